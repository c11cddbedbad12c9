"""Exponential smoothing, Theta, gradient boosting as baselines: what libraries say, at every origin, of train alone."""

from __future__ import annotations

import dataclasses
import warnings

import numpy as np
import pytest

from seqsweep.config import compose
from seqsweep.search import load_data
from seqsweep.serving.baselines import recursive
from seqsweep.tasks.forecast import boosting, smoothing
from seqsweep.tasks.forecast.baseline_input import BaselineInput
from seqsweep.tasks.forecast.settings import ForecastConfig


def input_of(values: np.ndarray, season: int | None = None, horizon: int = 4, **more: object) -> BaselineInput:
    """A series of which the last third is validation and test."""
    settings = ForecastConfig(objective="mae")
    end, rows = 2 * len(values) // 3, len(values)
    origins = np.arange(end - 1, rows - horizon)
    return BaselineInput(values, end, origins, horizon, season, settings, **more)


def waves(rows: int, season: int, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(2, rows))
    return (
        50
        + 0.1 * np.arange(rows)
        + 8 * np.sin(2 * np.pi * np.arange(rows) / season)
        + 0.3 * noise[0].cumsum()
        + noise[1]
    )


@pytest.mark.parametrize("season", [None, 6])
def test_from_the_end_of_train_smoothing_forecasts_as_statsmodels_does(season):
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel
    from statsmodels.tsa.forecasting.theta import ThetaModel

    values = waves(120, 6)
    past = input_of(values[:, None], season)
    train, origin = values[:80], np.array([79])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        each = [
            ETSModel(train, "add", trend, fades, "add" if season else None, season, "heuristic").fit(disp=False)
            for trend, fades in smoothing.TRENDS
        ]
        theta = ThetaModel(train, period=season, deseasonalize=season is not None).fit().forecast(4)
    best = min(each, key=lambda fit: fit.aicc)
    np.testing.assert_allclose(smoothing.ets_forecasts(past, origin)[0], best.forecast(4), rtol=1e-9)
    np.testing.assert_allclose(smoothing.theta_forecasts(past, origin)[0], theta, rtol=1e-9)
    later = np.array([79, 95, 110])
    for made in (smoothing.ets_forecasts, smoothing.theta_forecasts):
        spoilt = values.copy()
        spoilt[96:] = 1e3
        assert np.array_equal(made(past, later)[:2], made(input_of(spoilt[:, None], season), later)[:2])


def test_states_go_on_with_parameters_that_stay():
    fit = recursive.Smoothing(0, 0.5, 0.1, 0.2, 0.9, np.array([10.0, 1.0, 2.0, -2.0]))
    target, level, trend, season = [13.0, 8.0, 12.0], 10.0, 1.0, [2.0, -2.0]
    for row, value in enumerate(target):
        steady = level + 0.9 * trend
        error = value - steady - season[row % 2]
        level, trend = steady + 0.5 * error, 0.9 * trend + 0.1 * error
        season[row % 2] += 0.2 * error
    expected = [level + 0.9 * trend + season[1], level + (0.9 + 0.81) * trend + season[0]]
    np.testing.assert_allclose(recursive.after(fit, np.array(target), np.array([2]), 2)[0], expected)
    state = fit.states(np.array(target[:1]))[-1]
    np.testing.assert_allclose(fit.ahead(fit.states(np.array(target[1:]), state), 2)[-1], expected)


def test_what_smoothing_does_not_do_is_told_and_a_short_train_has_none():
    tell = lambda *given: [text.partition(",")[0] for text in smoothing.told(["ets", "linear"], *given)]  # noqa: E731
    assert tell(100, 12) == []
    assert tell(9, 12) == ["baseline ets: train has 9 rows"]
    assert tell(6000, None) == [
        "baseline ets: of 6",  # 6,000 rows
        "baseline ets: data.season=null",
    ]
    assert tell(30, 12) == ["baseline ets: train holds no two seasons of 12 rows"]
    assert smoothing.ets_forecasts(input_of(np.arange(12.0)[:, None]), np.array([8])) is None


def test_trees_read_what_is_known_ahead_and_nothing_behind_an_origin(monkeypatch):
    monkeypatch.setattr(boosting, "TREES", 60)
    random = np.random.default_rng(1)
    sold = random.integers(0, 2, 400).astype(float)
    values = np.column_stack([20 + 10 * sold + random.normal(size=400), sold])
    past = input_of(values, 7, horizon=2, known=1)
    origins = past.validation_origins
    made = boosting.boosting_forecasts(past, origins)
    error = np.abs(made - past.actual(origins)).mean()
    assert error < 1.6  # the noise alone makes 0.8, promotions 5
    spoilt = values.copy()
    spoilt[301:, 0] = 1e3  # the target, behind the origin 300
    again = boosting.boosting_forecasts(dataclasses.replace(past, values=spoilt), origins)
    assert np.array_equal(again[origins <= 300], made[origins <= 300])
    assert boosting.boosting_forecasts(input_of(np.arange(12.0)[:, None]), np.array([8])) is None
    trees = boosting.fit_one(past)
    np.testing.assert_allclose(trees.served(past).after(values, origins, 2), trees.forecast(past, origins), rtol=1e-12)


def test_of_several_series_smoothing_learns_each_and_one_set_of_trees_all(monkeypatch):
    monkeypatch.setattr(boosting, "TREES", 40)
    names = "task.baselines=[seasonal_naive,theta,boosting]"
    (config,) = compose("shops", [names, "task.horizon=2", "tracking=none"]).jobs
    _, data = load_data(config, lambda _: None)
    items = data.split().validation
    items = items[data.split().owners(items) < 3]
    made, actual = data.baselines(items), data.actual(items)
    error = {name: data.score(actual, said, ["mase"], items)["mase"] for name, said in made.items()}
    assert error["boosting"] < 0.5 < error["theta"] < error["seasonal_naive"]  # promotions are known ahead
    assert float(data.notes_on_baselines()["boosting_seconds"]) > 0
