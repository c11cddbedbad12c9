"""A trial: what it learns, what it reports, when it stops, and that it can be stopped and continued to the bit."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable

import numpy as np
import pytest

from points import POINT
from seqsweep import search_space
from seqsweep.errors import DivergedError, StateError
from seqsweep.events import Done, Epoch, Note, Started, TrialParams, TrialSpec
from seqsweep.model import OPTIMIZERS
from seqsweep.model.schedules import SCHEDULES, BetweenEpochs
from seqsweep.tasks.forecast import Forecast
from seqsweep.tasks.forecast.dataset import SeriesDataset
from seqsweep.trial import Trial, derive_seed, restore, warm

pytestmark = pytest.mark.keras

CHANGES = {  # one other value of each parameter
    "layer": "gru",
    "units": (7,),
    "activation": "sigmoid",
    "dropout": (0.4,),
    "use_bias": False,
    "bidirectional": True,
    "recurrent_dropout": 0.4,
    "window": 5,
    "learning_rate": 0.02,
    "batch_size": 16,
    "optimizer": "sgd",
    "schedule": "cosine",
    "clip_norm": 0.01,
    "linear_skip": "true",
    "anchor": "last",
    "scaler": "minmax",
    "clip_quantile": 0.9,
    "log1p": True,
    "difference": 1,
    "seasonal_difference": 1,
    "loss": "mae",
}


@pytest.fixture(scope="module", autouse=True)
def ready():
    warm(1)


@pytest.fixture
def make_trial(make_config, make_series):
    def make(*overrides: str, values: object = None, horizon: int = 1) -> Trial:
        config = make_config("data.season=12", f"task.horizon={horizon}", *overrides)
        return Trial(Forecast(config), SeriesDataset.of(config, make_series(values), 30))

    return make


@pytest.fixture(scope="module")
def trained(make_config, make_series) -> Callable[..., tuple[list[Epoch], Done]]:
    """What `run` gives of the usual data, trained once for all tests that look at it."""
    config = make_config("data.season=12", "task.horizon=1")

    @functools.cache
    def once(params: TrialParams, epochs: int, **spec: object) -> tuple[list[Epoch], Done]:
        return run(Trial(Forecast(config), SeriesDataset.of(config, make_series(), 30)), params, epochs, **spec)

    return lambda params=POINT, epochs=2, **spec: once(params, epochs, **spec)


def run(trial: Trial, params: TrialParams = POINT, epochs: int = 2, **spec: object) -> tuple[list[Epoch], Done]:
    """The epochs and the end of a trial."""
    events = list(trial(TrialSpec("1", params, seed=5, last_epoch=epochs, **{"first_epoch": 0} | spec)))
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Done)
    return events[1:-1], events[-1]


def test_a_network_learns_a_season_far_better_than_the_mean(make_trial):
    trial = make_trial()
    _, done = run(trial, POINT.replace(window=24, dropout=(0.0,), units=(16,)), epochs=30)
    targets = trial.data.series.values[trial.data.split().validation + 1]
    mean = trial.data.series.values[: trial.data.split().train_end].mean()
    assert done.result.metrics["val_mae"] < 0.5 * np.abs(targets - mean).mean()


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_no_parameter_is_dead_each_changes_what_a_trial_learns(name, make_trial, trained):
    _, changed = run(make_trial(), POINT.replace(**{name: CHANGES[name]}))
    assert changed.result.metrics["val_mae"] != trained()[1].result.metrics["val_mae"]


def test_weight_decay_changes_what_a_trial_learns(make_trial, trained):
    scores = {
        run(make_trial(), POINT.replace(optimizer="adamw", weight_decay=decay))[1].result.metrics["val_mae"]
        for decay in (0.0, 0.004, 0.3)
    }
    assert len(scores) == 3
    assert trained()[1].result.metrics["val_mae"] in scores  # without decay it is Adam


def test_every_parameter_of_a_trial_is_changed_above():
    assert set(CHANGES) == set(POINT) - {"depth"}


@pytest.mark.parametrize("setting", ["trial.patience=1", "seed=1"])
def test_settings_of_the_sweep_take_effect(setting, make_trial):
    if setting == "seed=1":
        assert derive_seed(1, "1") != derive_seed(0, "1")
        return
    epochs = 12 if "patience" in setting else 2
    params = POINT.replace(learning_rate=0.3) if "patience" in setting else POINT
    plain, changed = (run(make_trial(*o), params, epochs)[1].result for o in ([], [setting]))
    assert plain != changed


@pytest.mark.parametrize(
    ("setting", "name", "value"), [("task.loss=mae", "loss", "mae"), ("model.clip_norm=0.5", "clip_norm", 0.5)]
)
def test_what_is_not_searched_follows_the_setting_of_the_sweep(setting, name, value, make_config):
    config = make_config(setting)
    assert search_space.complete(config, {})[name] == value
    assert search_space.complete(config, {name: None if name == "clip_norm" else "huber"})[name] != value


def test_a_trial_diverges_by_the_loss_that_it_lowers(make_trial):
    targets = np.array([[0.0], [0.0], [30.0]], np.float32)
    task = make_trial("task.loss=mae").task
    assert task.constant_loss_of(POINT, targets) == pytest.approx(200.0)
    assert (
        task.constant_loss_of(POINT.replace(loss="mae"), targets) == task.constant_loss(targets) == pytest.approx(10.0)
    )


def test_the_same_trial_gives_the_same_figures_to_the_bit(make_trial, trained):
    first, second = trained(), run(make_trial())
    assert [epoch.metrics for epoch in first[0]] == [epoch.metrics for epoch in second[0]]
    assert first[1].result.metrics == second[1].result.metrics


def test_every_epoch_is_an_event_with_loss_validation_loss_and_the_objective(trained):
    epochs, done = trained(epochs=3)
    assert [epoch.epoch for epoch in epochs] == [1, 2, 3]
    assert all(set(epoch.metrics) == {"loss", "val_loss", "val_mae"} for epoch in epochs)
    assert (done.result.epochs, done.result.parameter_count) == (3, 6 + 36 + 6 + 7)


def test_the_result_is_that_of_the_best_epoch_and_metrics_agree_with_scikit_learn(make_trial):
    from sklearn.metrics import mean_absolute_error, root_mean_squared_error

    trial = make_trial()
    epochs, done = run(trial, POINT.replace(learning_rate=0.2), epochs=8)
    best = min(epochs, key=lambda epoch: epoch.metrics["val_loss"])
    assert done.result.best_epoch == best.epoch
    assert done.result.metrics["val_mae"] == best.metrics["val_mae"]
    assert done.result.metrics["val_loss"] == best.metrics["val_loss"]
    windows = trial.data.view(POINT)
    constant = np.zeros((len(trial.data.split().validation), 1), np.float32)
    origins = trial.data.split().validation
    scores = trial.data.score(trial.data.actual(origins), windows.inverse_transform(origins, constant))
    actual = trial.data.series.values[trial.data.split().validation + 1, 0]
    mean = np.full(len(actual), trial.data.series.values[: trial.data.split().train_end].mean())
    assert scores["mae"] == pytest.approx(mean_absolute_error(actual, mean))
    assert scores["rmse"] == pytest.approx(root_mean_squared_error(actual, mean))


def test_a_latency_is_measured_beside_the_same_scores_where_it_is_an_objective(make_trial, trained):
    done = run(make_trial("task.objectives=[mae,latency_ms]"))[1]
    assert done.result.metrics == trained()[1].result.metrics
    assert 0 < done.result.latency_ms < 1000 and done.result.latency_spread_ms >= 0
    assert trained()[1].result.latency_ms is None


def test_training_stops_when_patience_is_over(make_trial):
    epochs, done = run(make_trial("trial.patience=2"), POINT.replace(learning_rate=0.5), epochs=50)
    assert len(epochs) == done.result.best_epoch + 2 < 50


def test_a_diverged_trial_ends_with_its_reason(make_trial):
    params = POINT.replace(activation="relu", optimizer="sgd", learning_rate=1e6)
    with pytest.raises(DivergedError, match=r"loss (became|reached).* in epoch \d"):
        run(make_trial(), params, epochs=5)


@pytest.mark.parametrize(
    "changes",
    [
        {"layer": "simple_rnn"},
        {"layer": "lstm"},
        {
            "layer": "gru",
            "bidirectional": True,
            "recurrent_dropout": 0.3,
            "units": (4,),
            "dropout": (0.3,),
            "window": 2,
        },
        {"optimizer": "adamw", "weight_decay": 0.1},
    ],
    ids=str,
)
def test_a_continued_trial_equals_one_that_never_stopped(changes, make_trial):
    params = POINT.replace(**{"units": (5, 4), "dropout": (0.3, 0.2)} | changes)
    straight = run(make_trial(), params, epochs=3)
    _, first = run(make_trial(), params, epochs=1, checkpoint=True)
    # Another trial, another seed: what goes on is the first one's.
    *epochs, done = list(make_trial()(TrialSpec("2", params, 99, 1, 3, "1", first.checkpoint)))[1:]
    assert [epoch.metrics for epoch in epochs] == [epoch.metrics for epoch in straight[0][1:]]
    assert done.result.metrics == straight[1].result.metrics


@pytest.fixture
def rates(monkeypatch) -> list[float]:
    """The learning rate of each epoch that is trained."""
    from seqsweep.trial.learner import Learner

    seen: list[float] = []
    train = Learner.train
    monkeypatch.setattr(Learner, "train", lambda self, order: (seen.append(self.learning_rate), train(self, order))[1])
    return seen


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_trial_trains_with_the_rates_of_its_schedule_whether_it_is_stopped_or_not(
    schedule, make_trial, rates, tmp_path
):
    params = POINT.replace(schedule=schedule, learning_rate=0.3)  # so high that validation gets worse
    straight, whole = run(make_trial("trial.epochs=8", "trial.patience=3"), params, epochs=8)
    assert (len(set(rates)) > 1) is (schedule != "constant")
    expected = [np.float32(params.learning_rate)]
    for epoch in range(1, len(straight)):
        best = int(np.argmin([e.metrics["val_loss"] for e in straight[:epoch]])) + 1
        now = BetweenEpochs(params.learning_rate, float(expected[-1]), epoch, epoch - best, epochs=8, patience=3)
        expected.append(np.float32(SCHEDULES[schedule](now)))
    assert rates == expected
    told = [epoch.metrics.get("learning_rate") for epoch in straight]
    assert told == (expected if schedule != "constant" else [None] * len(expected))
    assert "learning_rate" not in whole.result.metrics  # which are scores
    cut = len(straight) - 1
    done = None
    for first, last in ((0, cut), (cut, 8)):
        before = {"continues": "1", "continue_from": done.checkpoint} if done else {}
        trial = make_trial("trial.epochs=8", "trial.patience=3")
        epochs, done = run(trial, params, last, first_epoch=first, checkpoint=True, **before)
    assert rates[len(straight) :] == expected
    assert [epoch.metrics for epoch in epochs] == [epoch.metrics for epoch in straight[cut:]]
    assert done.result.metrics == whole.result.metrics
    assert whole.result.epochs == min(whole.result.best_epoch + 3, 8)  # early stopping knows no schedule


def _cut(content: bytes) -> bytes:
    return content[:100]


def _flip(content: bytes) -> bytes:
    """One bit of the first weights: what the archive says of itself stays whole."""
    at = content.index(np.load(io.BytesIO(content))["variable_0"].tobytes())
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


DAMAGES = {
    "cut": (_cut, "truncated or damaged"),
    "empty": (lambda content: b"", "truncated or damaged"),
    "one bit": (_flip, "truncated or damaged"),
    "text": (lambda content: b"{}", "truncated or damaged"),
    "gone": (lambda content: None, "gone"),
    "another network": (lambda content: content, "of another network"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_checkpoint_that_cannot_be_used_is_named_and_costs_time_alone(damage, make_trial, trained):
    straight = trained(epochs=3)
    params = POINT.replace(units=(9,)) if damage == "another network" else POINT
    _, first = trained(params, checkpoint=True)
    change, said = DAMAGES[damage]
    (note, *epochs), done = run(
        make_trial(), epochs=3, first_epoch=2, continues="0007", continue_from=change(first.checkpoint)
    )
    assert isinstance(note, Note)
    assert note.text == f"the checkpoint of trial 0007 is {said}; it trains from its first epoch instead"
    assert [epoch.metrics for epoch in epochs] == [epoch.metrics for epoch in straight[0]]
    assert done.result.metrics == straight[1].result.metrics


def test_a_trial_hands_over_what_is_wanted_of_it_and_writes_no_file(make_trial, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    trial = make_trial()
    for wanted in ({}, {"checkpoint": True}, {"network": True}):
        _, done = run(trial, epochs=1, **wanted)
        assert {name for name in ("checkpoint", "network") if getattr(done, name) is not None} == set(wanted)
    assert not list(tmp_path.iterdir())
    assert "PK" not in repr(done)  # bytes would fill a screen


@pytest.mark.parametrize("damage", ["cut", "empty", "text", "gone", "another network"])
def test_weights_that_cannot_be_used_are_named_and_left_alone(damage, make_trial, trained, tmp_path):
    params = POINT.replace(units=(9,)) if damage == "another network" else POINT
    _, done = trained(network=True)
    damaged = DAMAGES[damage][0](done.network)
    path = tmp_path / "w.npz"
    if damaged is not None:
        path.write_bytes(damaged)
    said = {"gone": "No such file", "another network": "weights of another network"}.get(damage, DAMAGES[damage][1])
    spec = TrialSpec("1", params, seed=5, first_epoch=0, last_epoch=2)
    for weights in (path, damaged):
        if weights is not None:
            with pytest.raises(StateError, match=said) as raised:
                restore(make_trial(), spec, weights)
            assert str(raised.value).startswith(f"{path}: " if weights is path else "trial 1: ")
    assert (path.read_bytes() if path.exists() else None) == damaged


def test_weights_forecast_the_same_from_bytes_and_from_a_file(make_trial, tmp_path):
    trial, spec = make_trial(), TrialSpec("1", POINT, seed=5, first_epoch=0, last_epoch=2, network=True)
    weights = list(trial(spec))[-1].network
    (tmp_path / "w.npz").write_bytes(weights)
    origins = trial.data.split().validation
    own, kept = (restore(trial, spec, source).predict(origins) for source in (weights, tmp_path / "w.npz"))
    assert np.array_equal(own, kept)


@pytest.mark.parametrize("horizon", [1, 5])
def test_a_horizon_and_several_columns_train(horizon, make_trial):
    values = np.random.default_rng(0).normal(size=(240, 3)) + 5
    _, done = run(make_trial(values=values, horizon=horizon))
    assert np.isfinite(done.result.metrics["val_mae"])


def test_windows_in_the_graph_are_those_of_numpy(make_trial):
    import keras

    from seqsweep.trial.learner import Learner

    trial = make_trial(values=np.random.default_rng(0).normal(size=(240, 2)), horizon=3)
    for anchor in ("none", "last", "mean"):
        windows = trial.data.view(POINT.replace(anchor=anchor))
        model = keras.Sequential([keras.Input((6, 2)), keras.layers.Flatten()])
        model.compile("sgd", "mse")
        origins = trial.data.split().validation
        flat = Learner(model, windows, 8).predict(origins)
        assert np.array_equal(flat.reshape(-1, 6, 2), windows.inputs[0].numpy(origins))


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("clip_norm", [None, 0.5])
def test_every_optimizer_takes_rate_and_clip_norm(name, clip_norm):
    own = {hyperparameter.name: hyperparameter.default for hyperparameter in OPTIMIZERS.own(name)}
    optimizer = OPTIMIZERS[name](POINT.replace(optimizer=name, learning_rate=0.037, **own), clip_norm)
    assert float(optimizer.learning_rate) == pytest.approx(0.037)
    assert optimizer.global_clipnorm == clip_norm


@pytest.mark.parametrize("name", ["adam", "adamw"])
@pytest.mark.parametrize("clip_norm", [None, 0.5])
def test_adam_in_one_operation_takes_the_steps_of_keras(name, clip_norm):
    import keras
    import tensorflow as tf

    options = {"weight_decay": 0.3} if name == "adamw" else {}
    own = {"adam": keras.optimizers.Adam, "adamw": keras.optimizers.AdamW}[name]
    plain = own(0.01, global_clipnorm=clip_norm, **options)
    random = np.random.default_rng(0)
    start = [random.normal(size=shape).astype(np.float32) for shape in ((5, 3), (3,))]
    found = []
    for optimizer in (OPTIMIZERS[name](POINT.replace(learning_rate=0.01, **options), clip_norm), plain):
        weights = [keras.Variable(array) for array in start]
        optimizer.build(weights)
        for i in range(1, 40):
            optimizer.apply([tf.sin(i * array) for array in start], weights)
        found.append([v.numpy() for v in (*weights, *optimizer.variables)])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


def test_one_epoch_agrees_with_keras_fit(make_trial):
    """The graph loop takes the same steps as Keras's own training loop over the same batches."""
    import keras

    from seqsweep import model
    from seqsweep.trial.learner import Learner

    trial = make_trial()
    params = POINT.replace(dropout=(0.0,))
    windows = trial.data.view(params)
    order = np.random.default_rng(1).permutation(trial.data.split().train)
    ours, keras_own = (model.build(trial.task, windows, params, seed=3) for _ in range(2))
    loss = Learner(ours, windows, 32).train(order)
    inputs, targets = windows.inputs[0].numpy(order), windows.targets.numpy(order)
    fit = keras_own.fit(inputs, targets, batch_size=32, shuffle=False, verbose=0)
    assert loss == pytest.approx(fit.history["loss"][0], rel=1e-4)
    for mine, theirs in zip(ours.get_weights(), keras_own.get_weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=2e-5)
    assert isinstance(keras_own, keras.Model)


def test_garbage_of_networks_is_searched_for_now_and_then(monkeypatch):
    from seqsweep.trial import clearing

    searched, now = [], [100.0]
    monkeypatch.setattr(clearing.keras.utils, "clear_session", lambda **given: searched.append(given["free_memory"]))
    monkeypatch.setattr(clearing.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(clearing._Last, "search", 0.0)
    for now[0] in (100.0, 100.5, 101.9, 102.1, 103.0):
        clearing.clear_session()
    assert searched == [True, False, False, True, False]


def test_seeds_of_trials_differ_and_zero_is_a_seed():
    seeds = {derive_seed(sweep, trial) for sweep in (0, 1, 2) for trial in ("0001", "0002", "0003")}
    assert len(seeds) == 9
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert derive_seed(0, "0001") == derive_seed(0, "0001")
