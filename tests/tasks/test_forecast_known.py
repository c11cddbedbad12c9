"""What is known ahead reaches a forecast at the target's own time, in network, ridge and service; nothing else does."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from points import POINT
from seqsweep.events import TrialSpec
from seqsweep.tasks.forecast import Forecast
from seqsweep.tasks.forecast.audit import audit, pipeline
from seqsweep.tasks.forecast.dataset import SeriesDataset
from seqsweep.tasks.forecast.linear_path import Ridge
from seqsweep.tasks.forecast.ridge import fit_linear
from seqsweep.tasks.forecast.split import make_split
from seqsweep.tasks.forecast.windows import ANCHORS, make_windows
from seqsweep.trial import Trial, warm

RIDGE = POINT.replace(linear_skip="ridge", linear_window=None, linear_trainable=False)
LOOKBACK = 30


def promoted(rows=300, horizon=1):
    """Sales that a promotion of their own day lifts by 40, a feature that tells nothing, and the promotion."""
    random = np.random.default_rng(4)
    promo = (random.random(rows) < 0.2).astype(float)
    return np.column_stack([100 + 40 * promo + random.normal(size=rows), random.normal(size=rows), promo])


@pytest.fixture
def make_data(make_config, make_series):
    def make(*overrides, known=1, calendar=0, values=None, horizon=3):
        config = make_config(f"task.horizon={horizon}", "task.ridge_windows=[1,6]", *overrides)
        series = make_series(promoted() if values is None else values)
        return SeriesDataset.of(config, dataclasses.replace(series, known=known, calendar=calendar), LOOKBACK)

    return make


@pytest.mark.parametrize("anchor", ANCHORS)
def test_a_network_reads_the_values_of_the_targets_own_times_as_they_are(anchor, make_data):
    data = make_data()
    view = data.view(POINT.replace(window=6, anchor=anchor, scaler="none"))
    origins = data.split().validation
    ahead = view.inputs[1].numpy(origins)
    assert view.input_shapes == ((6, 3), (3, 1))
    np.testing.assert_array_equal(ahead[:, :, 0], data.series.values[origins[:, None] + np.arange(1, 4), 2])
    past = view.inputs[0].numpy(origins)[:, :, 2]
    np.testing.assert_array_equal(past, data.series.values[origins[:, None] + np.arange(-5, 1), 2])


@pytest.mark.parametrize(("known", "least", "most"), [(1, 0, 2), (0, 6, 40)])
def test_the_ridge_meets_a_promotion_that_it_is_told_of_and_no_other(known, least, most, make_data):
    data = make_data(known=known)
    origins = data.split().test
    errors = np.abs(data.baselines(origins)["linear"] - data.actual(origins))
    assert least <= errors.mean() <= most


def test_the_ridge_is_that_of_a_design_written_out(make_data):
    data = make_data("task.ridge_windows=[4]", "task.ridge_penalties=[0]")
    values, end = data.series.values, data.parts.train_end
    origins = np.arange(3, end - 3)
    now = values[origins]
    before = [values[origins - lag] - now for lag in (3, 2, 1)]
    ahead = [(values[origins + step, 2] - now[:, 2])[:, None] for step in (1, 2, 3)]
    design = np.column_stack([*before, *ahead, np.ones(len(origins))])
    target = values[origins[:, None] + np.arange(1, 4), 0] - now[:, :1]
    expected = design @ np.linalg.lstsq(design, target, rcond=None)[0] + now[:, :1]
    np.testing.assert_allclose(fit_linear(data.past).after(values, origins, 3), expected, rtol=1e-6)


def test_of_what_times_make_a_ridge_reads_those_ahead_alone(make_data):
    data = make_data(calendar=1)
    fit = fit_linear(data.past)
    assert len(fit.coefficients) == (fit.window - 1) * 2 + 3


@pytest.mark.keras
@pytest.mark.parametrize("calendar", [0, 1])
@pytest.mark.parametrize("anchor", ANCHORS)
def test_a_network_starts_as_the_ridge_that_reads_ahead(anchor, calendar, make_data):
    data = make_data(calendar=calendar)
    trial = Trial(Forecast(data.config), data)
    warm(1)
    spec = TrialSpec("1", RIDGE.replace(anchor=anchor, window=8), seed=5, first_epoch=0, last_epoch=1)
    view = trial.view(spec)
    model, items = trial.model(spec, view), view.split.validation
    said = view.inverse_transform(items, model([gather.numpy(items) for gather in view.inputs]).numpy())
    np.testing.assert_allclose(said, data.baselines(items)["linear"], rtol=1e-5)


@pytest.mark.keras
def test_a_network_learns_what_a_promotion_of_the_target_is_worth(make_data):
    data = make_data(horizon=2)
    trial = Trial(Forecast(data.config), data)
    warm(1)
    params = POINT.replace(window=4, units=(4,), depth=1, batch_size=16, learning_rate=0.02, dropout=(0.0,))
    *_, done = trial(TrialSpec("1", params, seed=5, first_epoch=0, last_epoch=12))
    assert done.result.metrics["val_mae"] < 6  # 40 on one day in five: without it some 13


def peeking(anchor="last"):
    return pipeline(POINT.replace(window=6, anchor=anchor), None)


def test_the_audit_makes_noise_of_what_is_not_known_ahead_and_of_that_alone(make_data):
    data = make_data()
    split = lambda series: make_split(series, data.config.windows, 3, LOOKBACK)  # noqa: E731
    seen = []

    def watched(series, parts):
        seen.append(series.values)
        return make_windows(series, parts, POINT.replace(window=6), None)

    assert audit(data.series, split, watched).passed
    original, *noisy = seen
    for values in noisy:
        np.testing.assert_array_equal(values[:, 2], original[:, 2])
        assert (values[-1, :2] != original[-1, :2]).all()


def test_the_audit_finds_a_feature_that_is_read_beyond_its_origin(make_data):
    data = make_data()

    def peeks(series, parts):
        windows = make_windows(series, parts, POINT.replace(window=6), None)
        return dataclasses.replace(windows, known=2)  # the feature too, which is known up to the origin alone

    split = lambda series: make_split(series, data.config.windows, 3, LOOKBACK)  # noqa: E731
    found = audit(data.series, split, peeks)
    assert not found.passed
    assert "inputs" in found.findings[0]


def test_a_column_that_is_the_target_of_its_own_time_is_not_known_ahead(make_data):
    values = promoted()
    values[:, 2] = 3 * values[:, 0] + 7
    data = make_data(values=values)
    told = "column 'x2' is declared as known ahead and equals the target at its own time but for scale"
    name = data.series.columns[2]
    assert any(note.startswith(told.replace("x2", name)) for note in data.notes)
    split = lambda series: make_split(series, data.config.windows, 3, LOOKBACK)  # noqa: E731
    found = audit(data.series, split, peeking())
    assert not found.passed
    assert found.findings[0].startswith(told.replace("x2", name))


def test_a_ridge_of_a_trial_reads_ahead_in_what_it_sees(make_data):
    data = make_data()
    params = RIDGE.replace(anchor="last", window=8)
    fit = data.view(params).path.fit
    assert Ridge.of(data.config, params) is not None
    assert (fit.known, len(fit.coefficients)) == (1, (fit.window - 1) * 3 + 3)
