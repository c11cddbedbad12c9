"""The ridge in a network: solved before the first step, the baseline to rounding, and never lost to training."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from points import POINT
from seqsweep import search_space
from seqsweep.api.jobs import config_faults
from seqsweep.config import compose
from seqsweep.errors import DataError
from seqsweep.events import Done, TrialSpec
from seqsweep.tasks.forecast import Forecast
from seqsweep.tasks.forecast.audit import audit, pipeline
from seqsweep.tasks.forecast.dataset import SeriesDataset
from seqsweep.tasks.forecast.linear_path import LinearPath, Ridge, ridge_lookback
from seqsweep.tasks.forecast.windows import ANCHORS
from seqsweep.tasks.scaling import SCALERS
from seqsweep.trial import Trial, warm

RIDGE = POINT.replace(linear_skip="ridge", linear_window=None, linear_trainable=False)
LOOKBACK = 60


@pytest.fixture
def make_trial(make_config, make_series):
    def make(*overrides, values=None, horizon=3):
        given = ("data.season=12", f"task.horizon={horizon}", "task.ridge_windows=[1,6,12,24,48]")
        config = make_config(*given, *overrides)
        return Trial(Forecast(config), SeriesDataset.of(config, make_series(values, rows=400), LOOKBACK))

    return make


def columns():
    """A season that a feature foretells, and another feature of a far larger unit."""
    random, time = np.random.default_rng(1), np.arange(400)
    lead = random.normal(size=401)
    return np.column_stack([50 + 20 * np.sin(time / 2) + 5 * lead[:-1], lead[1:], 1e4 * random.normal(size=400)])


def started(trial, params):
    """The network of a trial before its first step, and what it says of validation."""
    warm(1)
    spec = TrialSpec("1", params, seed=5, first_epoch=0, last_epoch=1)
    view = trial.view(spec)
    model, items = trial.model(spec, view), view.split.validation
    return model, view.inverse_transform(items, model(view.inputs[0].numpy(items)).numpy())


@pytest.mark.keras
@pytest.mark.parametrize("values", [None, columns()], ids=["one column", "three columns"])
@pytest.mark.parametrize(("anchor", "scaler"), [*((a, "standard") for a in ANCHORS), *(("last", s) for s in SCALERS)])
def test_before_the_first_step_a_network_forecasts_as_the_baseline(anchor, scaler, values, make_trial):
    trial = make_trial(values=values)
    baseline = trial.data.baselines(trial.data.split().validation)["linear"]
    for window in (6, 55):  # shorter and longer than the ridge's
        _, said = started(trial, RIDGE.replace(anchor=anchor, scaler=scaler, window=window))
        np.testing.assert_allclose(said, baseline, rtol=1e-5, atol=1e-5 * np.abs(baseline).max())


@pytest.mark.parametrize("change", [{"log1p": True}, {"difference": 1}, {"seasonal_difference": 1}], ids=str)
def test_where_a_trial_transforms_the_target_the_ridge_is_that_of_what_it_sees(change, make_trial):
    trial = make_trial("task.ridge_penalties=[0]")
    view = trial.data.view(RIDGE.replace(linear_window=6, anchor="last", **change))
    origins = np.arange(5 + view.transform.n_dropped, view.split.train_end - 3)
    inputs, targets = (gather.numpy(origins).astype(float) for gather in (view.inputs[0], view.targets))
    design = np.column_stack([inputs[:, :-1, 0], np.ones(len(inputs))])
    expected = design @ np.linalg.lstsq(design, targets, rcond=None)[0]
    made = inputs[:, :, 0] @ view.path.weights + view.path.bias
    np.testing.assert_allclose(made, expected, atol=1e-5)


@pytest.mark.keras
def test_a_trial_is_never_worse_on_validation_than_the_ridge_it_starts_from(make_trial):
    trial = make_trial()
    warm(1)
    spec = TrialSpec("1", RIDGE.replace(learning_rate=1.0), seed=5, first_epoch=0, last_epoch=3)
    *epochs, done = (event for event in trial(spec) if hasattr(event, "metrics") or isinstance(event, Done))
    assert [epoch.epoch for epoch in epochs] == [0, 1, 2, 3]
    assert done.result.best_epoch == 0
    assert all(epoch.metrics["val_loss"] > epochs[0].metrics["val_loss"] for epoch in epochs[1:])
    items = trial.data.split().validation
    baseline = trial.data.score(trial.data.actual(items), trial.data.baselines(items)["linear"])
    assert done.result.metrics["val_mae"] == pytest.approx(baseline["mae"], rel=1e-5)


@pytest.mark.keras
@pytest.mark.parametrize("trainable", [False, True])
def test_the_ridge_is_trained_on_only_where_a_trial_says_so(trainable, make_trial):
    model, _ = started(make_trial(), RIDGE.replace(linear_trainable=trainable))
    assert ("skip" in {variable.path.split("/")[0] for variable in model.trainable_variables}) is trainable


def test_the_audit_passes_the_ridge_of_train_and_finds_one_that_saw_more(make_trial):
    trial = make_trial()
    params, data = RIDGE.replace(scaler="none"), trial.data
    chosen = Ridge.of(trial.config, params).fixed(data.view(params).path.fit)
    assert audit(data.series, lambda _: data.parts, pipeline(params, 12, chosen)).passed

    def greedy(series, split, transform):
        return chosen(series, dataclasses.replace(split, train_end=split.validation_end - 30), transform)

    (found, *_) = audit(data.series, lambda _: data.parts, pipeline(params, 12, greedy)).findings
    assert "the ridge's weights moved" in found


def test_trials_that_see_the_same_values_share_one_ridge_whatever_their_scale(make_trial):
    data = make_trial().data
    standard, minmax = (data.view(RIDGE.replace(scaler=scaler)).path for scaler in ("standard", "minmax"))
    assert standard.fit is minmax.fit
    assert not np.allclose(standard.bias, minmax.bias)
    assert data.view(RIDGE.replace(log1p=True)).path.fit is not standard.fit
    assert data.view(RIDGE, fold=1).path.fit is not standard.fit


def test_a_window_of_its_own_is_taken_and_a_longer_one_than_train_refused(make_trial):
    data = make_trial().data
    path = data.view(RIDGE.replace(linear_window=17)).path
    assert (path.window, path.weights.shape) == (17, (17, 3))
    with pytest.raises(DataError, match="too few for a ridge on 300 rows or more; give a shorter"):
        data.view(RIDGE.replace(linear_window=300))


def test_a_ridge_looks_back_no_further_than_a_quarter_of_train_or_the_networks_window(make_config, make_series):
    config = make_config("task.ridge_windows=[1,24,96,168]")
    series = make_series(rows=400)  # 280 rows of train
    assert ridge_lookback(config, series, 12) == 24
    assert ridge_lookback(config, series, 100) == 96


def test_a_ridge_needs_the_baseline_that_it_is_held_against():
    given = ["search_space.linear_skip=[false,ridge]", "task.baselines=[last_value]"]
    (fault,) = (f for f in config_faults(compose("quickstart", given).jobs[0]) if "linear_skip" in f.text)
    assert "add linear to task.baselines" in fault.text


def test_true_and_false_beside_a_name_are_read_as_yaml_writes_them(make_config):
    config = make_config("search_space.linear_skip=[false,true,ridge]")
    read = {search_space.params(config, {"linear_skip": name}).linear_skip for name in ("false", "true", "ridge")}
    assert read == {"false", "true", "ridge"}
    assert search_space.params(make_config("search_space.linear_skip=true"), {}).linear_skip == "true"


def test_a_path_of_one_row_forecasts_the_level_at_the_origin(make_trial):
    view = make_trial().data.view(RIDGE.replace(linear_window=1, anchor="none", scaler="minmax"))
    assert isinstance(view.path, LinearPath)
    np.testing.assert_allclose(view.path.weights, np.ones((1, 3)))
