"""Quantiles of a forecast: their loss, their head, the intervals between them; nothing here is trained."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from points import POINT
from seqsweep.api.jobs import config_faults
from seqsweep.config import compose
from seqsweep.errors import ConfigError
from seqsweep.events import TrialSpec
from seqsweep.evidence import beyond_quantiles, interval_score
from seqsweep.search import fingerprint, identity
from seqsweep.serving.quantiles import ends_of, point_of
from seqsweep.tasks.forecast import Forecast
from seqsweep.tasks.forecast.dataset import SeriesDataset
from seqsweep.tasks.forecast.interval_words import errors
from seqsweep.tasks.forecast.intervals import KINDS, make_intervals, read_intervals
from seqsweep.tasks.forecast.losses import constant_loss
from seqsweep.tasks.forecast.metrics import METRICS, scored
from seqsweep.tasks.forecast.quantile_intervals import compared_tables, figures, quantile_intervals, read_compared
from seqsweep.tasks.forecast.quantiles import columns_of, levels_of, mean_pinball, pinball_loss, points
from seqsweep.tasks.results import TestPredictions
from seqsweep.trial import Trial, warm

LEVELS = (0.025, 0.1, 0.5, 0.9, 0.975)
RIDGE = {"linear_skip": "ridge", "linear_window": None, "linear_trainable": False}


def drawn(n, *, seed=0, scale=1.0):
    """What happened, and quantiles of it that are too close to each other: (n, 2) and (n, 2, 5)."""
    random = np.random.default_rng(seed)
    level = random.normal(size=(n, 2, 1))
    actual = level[..., 0] + scale * random.normal(size=(n, 2))
    return actual, level + np.array([-1.5, -1.0, 0.0, 1.0, 1.5])


def seen(**changes):
    """Predictions whose held-out part lies wider than its quantiles say."""
    parts = {"validation": drawn(30), "test": drawn(40, seed=1), "calibration": drawn(60, seed=2, scale=2.0)}
    made = {f"{part}_{what}": each for part, pair in parts.items() for what, each in zip(WHAT, pair, strict=True)}
    items = {"validation_items": np.arange(30), "test_items": np.arange(30, 70), "test_baseline": None}
    return TestPredictions(**made | items | changes)


WHAT = ("actual", "predicted")


def test_the_quantiles_are_the_ends_of_the_intervals_and_the_median(make_config):
    config = make_config("task.loss=quantile")
    assert levels_of(config) == LEVELS
    assert levels_of(make_config()) == ()
    assert [columns_of(level, LEVELS) for level in (0.8, 0.95)] == [(1, 3), (0, 4)]
    assert levels_of(make_config("task.loss=quantile", "finals.levels=[0.5]")) == (0.25, 0.5, 0.75)


def test_levels_make_another_sweep_where_networks_learn_them_and_nowhere_else(make_config, make_series):
    def of(*overrides):
        return fingerprint(identity(make_config(*overrides), make_series()))

    assert of("task.loss=quantile") != of("task.loss=quantile", "finals.levels=[0.5]")
    assert of() == of("finals.levels=[0.5]")
    assert of("task.loss=quantile") == of("task.loss=quantile", "finals.intervals=quantile")


def test_the_pinball_loss_is_that_of_scikit_learn():
    from sklearn.metrics import mean_pinball_loss

    actual, predicted = drawn(50)
    expected = [mean_pinball_loss(actual, predicted[:, :, place], alpha=level) for place, level in enumerate(LEVELS)]
    assert mean_pinball(actual, predicted, LEVELS) == pytest.approx(np.mean(expected))
    assert scored("pinball", actual, predicted, 1.0, LEVELS) == pytest.approx(np.mean(expected))
    alone = scored("pinball", actual, point_of(predicted), 1.0)
    assert alone == pytest.approx(mean_pinball(actual, predicted[:, :, 2:3], LEVELS))  # the same at every level
    assert scored("mae", actual, predicted, 1.0, LEVELS) == METRICS["mae"](actual, predicted[:, :, 2], 1.0)
    predicted[0, 0, 1] = np.nan
    assert scored("pinball", actual, predicted, 1.0, LEVELS) == math.inf


def test_no_constant_has_a_lower_loss_than_the_quantiles_of_the_targets():
    targets = np.random.default_rng(0).gamma(2.0, size=(400, 1))
    least = constant_loss("quantile", targets, LEVELS)
    tried = np.linspace(targets.min(), targets.max(), 2000)
    each = [min(mean_pinball(targets, np.array([value]), [level]) for value in tried) for level in LEVELS]
    assert least == pytest.approx(np.mean(each), rel=1e-3)
    assert least <= np.mean(each)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("held", [True, False], ids=["end of train", "validation"])
def test_intervals_agree_with_an_independent_computation(kind, held):
    given = seen() if held else seen(calibration_actual=None, calibration_predicted=None)
    made, compared = quantile_intervals(given, [0.8], LEVELS)
    details = json.loads(
        json.dumps({"intervals": [*made, *make_intervals(points(given), [0.8])], "compared": compared})
    )
    (interval,) = (one for one in read_intervals(details) if one.kind == kind)
    y, q = drawn(60, seed=2, scale=2.0) if held else drawn(30)
    rank = math.ceil((len(y) + 1) * 0.8) - 1
    reach = {
        "cqr": np.sort(np.maximum(q[..., 1] - y, y - q[..., 3]), axis=0)[rank],
        "quantile": np.zeros(2),
        "conformal": np.sort(np.abs(y - q[..., 2]), axis=0)[rank],
    }[kind]
    actual, said = drawn(40, seed=1)
    low, high = (said[..., 2], said[..., 2]) if kind == "conformal" else (said[..., 1], said[..., 3])
    low, high = low - reach, high + reach
    assert interval.half_widths == pytest.approx(tuple(reach))
    assert interval.coverage == np.mean((low <= actual) & (actual <= high))
    assert interval.width == pytest.approx(np.mean(high - low))
    assert (interval.kind, interval.calibrated_on) == (kind, "train" if held else "validation")
    (worth,) = (one for one in read_compared(details) if one.kind == kind)
    missed = np.maximum(low - actual, 0) + np.maximum(actual - high, 0)
    assert worth.score == pytest.approx(np.mean(high - low + 10 * missed))
    assert (worth.coverage, worth.width) == (interval.coverage, pytest.approx(interval.width))
    assert figures([worth])[f"test_coverage_80_{kind}"] == interval.coverage
    assert errors(interval)


def test_conformalized_quantiles_cover_as_often_as_they_say_whatever_the_quantiles():
    random = np.random.default_rng(3)
    held = []
    for _ in range(400):
        y = random.normal(size=(60, 1)) * 3
        reach = beyond_quantiles(y[:-1], np.full((59, 1), -1.0), np.full((59, 1), 0.5), 0.8)
        held.append(-1 - reach[0] <= y[-1, 0] <= 0.5 + reach[0])
    assert np.mean(held) == pytest.approx(0.8, abs=0.05)
    assert np.isinf(beyond_quantiles(y[:3], y[:3], y[:3], 0.8)).all()  # three are too few


def test_the_winkler_score_is_lowest_for_the_true_quantiles():
    y = np.random.default_rng(0).normal(size=(20000, 1))
    scores = [interval_score(y, np.array([[-end]]), np.array([[end]]), 0.8) for end in (1.0, 1.2816, 1.6)]
    assert scores.index(min(scores)) == 1


def test_an_interval_holds_its_forecast_and_ends_where_the_target_does():
    quantiles = np.array([[[1.0, 2.0, 9.0]]])
    low, high = ends_of(quantiles, (0, 2), np.array([-6.0]), None)
    assert (low.item(), high.item()) == (2.0, 3.0)  # the two would have crossed at 7 and 3
    low, high = ends_of(quantiles, (0, 2), np.array([4.0]), 0.0)
    assert (low.item(), high.item()) == (0.0, 13.0)


def test_all_kinds_are_compared_in_one_table_with_the_served_one_named():
    made, compared = quantile_intervals(seen(), [0.8, 0.95], LEVELS)
    served = [one for one in made if one["kind"] == "quantile"]
    (made,) = compared_tables({"intervals": served, "compared": compared})
    assert [row[:2] for row in made.rows[:3]] == [("80%", "cqr"), ("80%", "quantile (served)"), ("80%", "conformal")]
    assert len(made.rows) == 6
    assert compared_tables({"intervals": make_intervals(points(seen()), [0.8])}) == []


@pytest.mark.parametrize("log1p", [False, True])
def test_a_quantile_stays_one_on_the_way_back_to_the_unit_of_the_data(log1p, make_config, make_series):
    config = make_config("task.loss=quantile", "task.lower=40", "data.season=12", "task.horizon=2")
    data = SeriesDataset.of(config, make_series(), 12)
    view = data.view(POINT.replace(anchor="last", log1p=log1p, seasonal_difference=1))
    outputs = np.sort(np.random.default_rng(0).normal(size=(9, 2, 5)), axis=2).astype(np.float32)
    said = view.inverse_transform(data.parts.test[:9], outputs)
    assert (np.diff(said, axis=2) >= 0).all()
    assert said.min() >= 40
    np.testing.assert_array_equal(
        said[:, :, 3], view.inverse_transform(data.parts.test[:9], np.ascontiguousarray(outputs[:, :, 3]))
    )


@pytest.fixture
def make_trial(make_config, make_series):
    def make(*overrides):
        given = ("task.loss=quantile", "data.season=12", "task.horizon=3", "task.ridge_windows=[1,6,12]")
        config = make_config(*given, *overrides)
        return Trial(Forecast(config), SeriesDataset.of(config, make_series(rows=300), 30))

    return make


@pytest.mark.keras
@pytest.mark.parametrize(
    ("skip", "head", "anchor"),
    [("false", "direct", "last"), ("true", "decoder", "none"), ("ridge", "direct", "standard")],
)
def test_a_network_gives_ascending_quantiles_and_begins_as_the_ridge_in_each(skip, head, anchor, make_trial):
    trial = make_trial()
    warm(1)
    more = RIDGE if skip == "ridge" else {"linear_skip": skip}
    params = POINT.replace(anchor=anchor, loss="quantile", head=head, decoder_units=None, **more)
    spec = TrialSpec("1", params, seed=5, first_epoch=0, last_epoch=1)
    view = trial.view(spec)
    model, items = trial.model(spec, view), view.split.validation
    outputs = model(view.inputs[0].numpy(items)).numpy()
    assert outputs.shape == (len(items), 3, 5)
    assert (np.diff(outputs, axis=2) >= 0).all()
    assert (np.diff(outputs, axis=2) > 0).any() == (skip != "ridge")
    targets = view.targets.numpy(items)
    loss = np.mean(model.loss(targets, outputs))
    assert loss == pytest.approx(mean_pinball(targets, outputs, LEVELS), rel=1e-5)
    assert float(np.mean(pinball_loss([0.5])(targets, outputs[:, :, 2:3]))) == pytest.approx(
        np.abs(targets - outputs[:, :, 2]).mean() / 2, rel=1e-5
    )
    if skip == "ridge":
        baseline = trial.data.baselines(items)["linear"]
        said = view.inverse_transform(items, outputs)
        np.testing.assert_allclose(said, np.repeat(baseline[..., None], 5, axis=2), rtol=1e-4)


FAULTS = {
    "search_space.loss=[mse,quantile]": ("all of them or none", "-m task.loss=mae,quantile"),
    "search_space.loss=quantile": ("all of them or none", "give task.loss=quantile"),
    "task.loss=quantile task.horizon=2 data.difference=1": ("quantiles of changes do not add up", "task.horizon to 1"),
    "task.loss=quantile task.horizon=13 search_space.seasonal_difference=[0,1] data.season=12": (
        "quantiles of changes do not add up",
        "task.horizon to 12",
    ),
    "task.loss=quantile finals.adaptation=0.01": ("levels that adapt are of conformal", "finals.intervals=conformal"),
    "task.loss=quantile task.horizon=2 search_space.head=[direct,recursive]": ("several forecasts", "leave it out"),
    "task.loss=quantile task.horizon=1 search_space.head=recursive": ("several forecasts", "direct has quantiles"),
    "task.loss=quantile task.horizon=2 search_space.warm_start=[{head:recursive}]": (
        "search_space.warm_start[0].head=recursive",
        "leave it out",
    ),
    "task.metrics=[mae,pinball]": ("this scores quantiles", "give task.loss=quantile"),
    "task.loss=quantile task.metrics=[pinball] task.objective=pinball": ("nothing can be ranked", "rank by one of"),
    "finals.intervals=quantile": ("only where task.loss is quantile", "leave it out"),
}


@pytest.mark.parametrize("given", FAULTS)
def test_what_cannot_be_combined_is_refused_in_one_message(given):
    told = [fault.text for fault in faults(*given.split())]
    assert len(told) == 1
    for part in FAULTS[given]:
        assert part in told[0]


@pytest.mark.parametrize(
    "given",
    [
        "task.loss=quantile task.horizon=1 data.difference=1",
        "task.loss=quantile task.horizon=12 data.seasonal_difference=1 data.season=12",
        "task.loss=quantile finals.adaptation=0.01 finals.intervals=conformal",
        "task.loss=quantile task.metrics=[mae,pinball] data.log1p=true task.lower=0",
    ],
)
def test_what_can_be_combined_is_not(given):
    assert faults(*given.split()) == []


def faults(*overrides):
    try:
        compose("quickstart", overrides, [config_faults])
    except ConfigError as error:
        return list(error.faults)
    return []
