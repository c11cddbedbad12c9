"""Heads of several steps, and windows without their own level: what a network says, in training and in service."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from networks import assert_same, outputs_and_gradients
from points import POINT
from seqsweep.api.jobs import config_faults
from seqsweep.config import compose
from seqsweep.errors import ConfigError
from seqsweep.events import Done, TrialSpec
from seqsweep.tasks.forecast import Forecast
from seqsweep.tasks.forecast.audit import audit, pipeline
from seqsweep.tasks.forecast.dataset import SeriesDataset
from seqsweep.tasks.forecast.hyperparameters import HEADS
from seqsweep.tasks.forecast.split import make_split
from seqsweep.trial import Trial, warm

HORIZON, LOOKBACK = 4, 20
RIDGE = {"linear_skip": "ridge", "linear_window": None, "linear_trainable": False}
KINDS = pytest.mark.parametrize("layer", ["simple_rnn", "gru", "lstm"])


@pytest.fixture(scope="module", autouse=True)
def ready():
    warm(1)


@pytest.fixture
def make_trial(make_config, make_series):
    """A trial of sales, a feature that is not known ahead, and a promotion that is."""

    def make(*overrides, known=1):
        config = make_config(f"task.horizon={HORIZON}", "task.ridge_windows=[1,6]", *overrides)
        random = np.random.default_rng(4)
        promo = (random.random(200) < 0.2).astype(float)
        series = make_series(
            np.column_stack([100 + 40 * promo + random.normal(size=200), random.normal(size=200), promo])
        )
        return Trial(Forecast(config), SeriesDataset.of(config, dataclasses.replace(series, known=known), LOOKBACK))

    return make


def made(trial, head, **changes):
    """The view and the network of a trial before its first step."""
    params = POINT.replace(head=head, anchor=changes.pop("anchor", "none"), **changes)
    spec = TrialSpec("1", params, seed=5, first_epoch=0, last_epoch=1)
    view = trial.view(spec)
    return view, trial.model(spec, view)


def inputs(view, items):
    return [gather.numpy(items) for gather in view.inputs]


@pytest.mark.keras
@KINDS
def test_a_recursive_head_is_a_loop_that_reads_all_rows_anew_with_each_forecast_behind_them(layer, make_trial):
    view, network = made(make_trial(), "recursive", layer=layer, units=(5, 4), depth=2, dropout=(0.1, 0.0))
    rows, known = inputs(view, view.split.validation[:3])
    rolled = network.get_layer("rolled")
    rolled.said.bias.assign([0.3])
    forecasts = []
    for step in range(HORIZON):
        outputs = rows
        for recurrent in rolled.recurrent:
            outputs = recurrent(outputs)[0]
        state, ahead = outputs[:, -1].numpy(), known[:, step]
        mixed, by_step = rolled.ahead
        own = np.concatenate([mixed(np.concatenate([state, ahead], 1)), ahead], 1)
        forecasts.append((rolled.said(state) + by_step(own)).numpy())
        row = np.concatenate([forecasts[-1], rows[:, -1, 1:2], ahead], axis=1)
        rows = np.concatenate([rows, row[:, None]], axis=1)
    np.testing.assert_allclose(network([*inputs(view, view.split.validation[:3])]), np.hstack(forecasts), atol=1e-5)


@pytest.mark.keras
def test_a_rolled_network_has_the_gradients_of_kerass_own_loops(make_trial):
    changes = {"layer": "lstm", "dropout": (0.0,), "use_bias": False}
    (view, fast), (_, slow) = (
        made(make_trial(f"model.kernels={kernels}"), "recursive", **changes) for kernels in ("fast", "keras")
    )
    slow.set_weights(fast.get_weights())
    given = inputs(view, view.split.validation[:3])
    weights = [[weight.value for weight in network.trainable_weights] for network in (fast, slow)]
    assert_same(*(outputs_and_gradients(*pair, *given) for pair in zip((fast, slow), weights, strict=True)))


@pytest.mark.keras
@pytest.mark.parametrize("head", HEADS)
def test_what_is_known_of_a_step_changes_no_earlier_step(head, make_trial):
    view, network = made(make_trial(), head)
    rows, known = inputs(view, view.split.validation[:1])
    before = network([rows, known]).numpy()[0]
    for step in range(HORIZON):
        other = known.copy()
        other[:, step] += 1
        moved = network([rows, other]).numpy()[0] != before
        alone = np.arange(HORIZON) == step
        assert moved.tolist() == (alone if head == "direct" else np.arange(HORIZON) >= step).tolist()


@pytest.mark.keras
@pytest.mark.parametrize("head", HEADS)
def test_without_its_level_a_window_is_forecast_alike_whatever_its_unit(head, make_trial):
    view, network = made(make_trial(), head, anchor="standard", linear_skip="true")
    rows, known = inputs(view, view.split.validation[:3])
    before = network([rows, known]).numpy()
    moved = rows * [50, 2, 1] + [7, -3, 0]  # the promotion has no level
    np.testing.assert_allclose(network([moved, known]), 50 * before + 7, rtol=1e-4)
    constant = np.broadcast_to(rows[:, :1], rows.shape)
    assert np.abs(network([constant, known]) - constant[:, 0, :1]).max() < 0.1


@pytest.mark.keras
@pytest.mark.parametrize("anchor", ["none", "standard"])
@pytest.mark.parametrize("head", ["recursive", "decoder"])
def test_beside_a_ridge_a_network_starts_as_the_ridge(head, anchor, make_trial):
    trial = make_trial()
    view, network = made(trial, head, anchor=anchor, **RIDGE)
    items = view.split.validation
    said = view.inverse_transform(items, network(inputs(view, items)).numpy())
    np.testing.assert_allclose(said, trial.data.baselines(items)["linear"], rtol=1e-5)


@pytest.mark.keras
@pytest.mark.parametrize("head", ["recursive", "decoder"])
def test_what_is_packaged_says_what_was_trained_one_network_or_the_mean_of_two(head, make_trial, tmp_path):
    from seqsweep.layers import kernels_of, to_keras
    from seqsweep.model.ensemble import mean_of
    from seqsweep.serving.model import load_network

    trial = make_trial()
    view, network = made(trial, head, layer="gru", anchor="standard", linear_skip="true")
    assert kernels_of(network) == {"recursive": "mixed", "decoder": "fast"}[head]
    _, slow = made(make_trial("model.kernels=keras"), head, layer="gru", anchor="standard", linear_skip="true")
    assert kernels_of(slow) == "keras"
    given = inputs(view, view.split.validation)
    for models in [[network], [network, slow]] if head == "recursive" else [[network]]:
        plain, path = [to_keras(model) for model in models], tmp_path / f"{len(models)}.keras"
        (plain[0] if len(plain) == 1 else mean_of(trial.task, plain)).save(path)
        np.testing.assert_allclose(load_network(path)(*given), network(given), atol=1e-5)


@pytest.mark.keras
@pytest.mark.parametrize("head", ["recursive", "decoder"])
def test_later_values_reach_no_earlier_forecast(head, make_trial):
    trial = make_trial(known=0)
    _, network = made(trial, head, anchor="standard")
    split = lambda series: make_split(series, trial.config.windows, HORIZON, LOOKBACK)  # noqa: E731
    see = pipeline(POINT.replace(anchor="standard"), None)
    seen = lambda windows, items: windows.inverse_transform(items, network(*inputs(windows, items)).numpy())  # noqa: E731
    assert audit(trial.data.series, split, see, seen).passed
    peeking = lambda windows, items: seen(windows, np.minimum(items + 1, len(windows.values) - 1))  # noqa: E731
    assert not audit(trial.data.series, split, see, peeking).passed


@pytest.mark.keras
def test_a_rolled_network_learns_under_dropout_and_one_mask_drops_its_states(make_trial):
    trial = make_trial()
    params = POINT.replace(head="recursive", layer="gru", dropout=(0.2,), learning_rate=0.02)
    *_, done = trial(TrialSpec("1", params, seed=5, first_epoch=0, last_epoch=6))
    assert isinstance(done, Done)
    assert done.result.kernels == "mixed"
    assert done.result.metrics["val_mae"] < 12  # 40 on one day in five: without the promotions some 13
    view, network = made(trial, "recursive", layer="gru", dropout=(0.0,), recurrent_dropout=0.5)
    given = inputs(view, view.split.validation[:2])
    first, second = (network(given, training=True).numpy() for _ in range(2))
    assert (first != second).any()
    assert (network(given).numpy() == network(given).numpy()).all()


@pytest.mark.keras
def test_a_layer_without_a_state_cannot_be_rolled_and_not_every_lstm_by_fast_kernels(make_trial, monkeypatch):
    import keras

    from seqsweep.layers import LAYERS

    with pytest.raises(ConfigError, match="an LSTM's cell, which its kernel tells with the activation tanh alone; use"):
        made(make_trial("model.kernels=fast"), "recursive", layer="lstm", activation="relu")
    monkeypatch.setitem(LAYERS._entries, "gru", lambda units, *_: keras.layers.Conv1D(units, 2, padding="causal"))
    with pytest.raises(ConfigError, match="goes on from a layer's state, which this one lacks; leave one of them out"):
        made(make_trial(), "recursive", layer="gru")


FAULTS = {
    "one step": (("search_space.head=[direct,decoder]",), "task.horizon=2"),
    "two directions": (
        ("search_space.head=recursive", "search_space.bidirectional=true"),
        "set bidirectional to false",
    ),
    "no decoder": (("search_space.head=recursive", "search_space.decoder_units=4"), "search_space.decoder_units"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_head_that_means_nothing_is_refused(case):
    overrides, told = FAULTS[case]
    horizon = 1 if case == "one step" else 3
    with pytest.raises(ConfigError, match=told):
        (job,) = compose("quickstart", [f"task.horizon={horizon}", *overrides]).jobs
        raise ConfigError(config_faults(job))
