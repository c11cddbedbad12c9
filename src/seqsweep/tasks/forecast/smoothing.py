"""Exponential smoothing as baselines: parameters are fitted once, to train, and states go on with them to each origin.

A forecast of any origin is then a matter of its states, so that many origins cost no more than one.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from seqsweep.serving.array_types import Float64s, Int64s
from seqsweep.tasks.forecast.baseline_input import BaselineInput

LONGEST = 5000
"""Rows of train that are fitted to, the last ones: more change parameters by next to nothing, and take minutes."""

SHORTEST = 10
"""Rows of train below which nothing is fitted."""

NAMES = ("ets", "theta")

TRENDS = ((None, False), ("add", False), ("add", True))
"""Of the models that `ets` chooses from: none, a straight one, one that fades."""


def ets_forecasts(past: BaselineInput, origins: Int64s) -> Float64s | None:
    """(origins, horizon) by additive exponential smoothing; None where train is too short.

    Of no trend, a straight one and one that fades, each with the season if there is one, it is the model of the lowest
    corrected AIC.

    Source: Hyndman, Koehler, Ord & Snyder (2008), Forecasting with Exponential Smoothing, equations 2.12 and 7.

    Args:
        past: the series.
        origins: (n,), none before the last row of train.
    """
    fit = _fit_ets(past)
    return None if fit is None else fit.forecast(past.target, origins, past.horizon)


def theta_forecasts(past: BaselineInput, origins: Int64s) -> Float64s | None:
    """(origins, horizon) by the method Theta: half of the linear trend upon simple exponential smoothing.

    A season is taken off, and put on again, where a test finds one in train.

    Source: Assimakopoulos & Nikolopoulos (2000), International Journal of Forecasting 16(4); as Hyndman & Billah
    (2003), the same journal 19(2), write it.

    Args:
        past: the series.
        origins: (n,), none before the last row of train.
    """
    fit = _fit_theta(past)
    return None if fit is None else fit.forecast(past.target, origins, past.horizon)


def told(names: list[str], train: int, season: int | None) -> Iterator[str]:
    """What a baseline of this file does not do with a series, a sentence each.

    Args:
        names: `task.baselines`.
        train: rows of train.
        season: rows of one; None: nobody said.
    """
    for name in (name for name in names if name in NAMES):
        if train < SHORTEST:
            yield f"baseline {name}: train has {train} rows, and {SHORTEST} are needed: it is left out"
            continue
        if train > LONGEST:
            yield f"baseline {name}: of {train:,} rows of train it is fitted to the last {LONGEST:,}"
        if season is None:
            yield f"baseline {name}: data.season=null, so that it knows of no season; give the rows of one"
        elif not _has_seasons(min(train, LONGEST), season):
            yield f"baseline {name}: train holds no two seasons of {season} rows, so that it knows of none"


@dataclass(frozen=True)
class Smoothing:
    """Additive exponential smoothing with its parameters, and its states before the row `start`.

    Args:
        start: the first row that it reads.
        level: its rate, above 0; `trend` and `season` likewise, 0 where there is none.
        damping: by which the trend fades a row; 1: not at all.
        states: level, trend, and of each row of a season, the first one first.
    """

    start: int
    level: float
    trend: float
    season: float
    damping: float
    states: tuple[float, float, tuple[float, ...]]

    def forecast(self, target: Float64s, origins: Int64s, horizon: int) -> Float64s:
        """(origins, horizon), from the states behind each origin.

        Args:
            target: (time,).
            origins: (n,), not before `start`.
            horizon: rows ahead.
        """
        levels, trends, seasons = self._filtered(target[self.start : int(origins.max()) + 1])
        at, ahead = origins - self.start, np.arange(1, horizon + 1)
        fading = np.cumsum(self.damping**ahead)
        period = seasons.shape[1]
        # Behind row t the values of a season stand in the order of the rows that they are of, from row t + 1 on.
        made: Float64s = levels[at, None] + trends[at, None] * fading + seasons[at][:, (ahead - 1) % period]
        return made

    def _filtered(self, target: Float64s) -> tuple[Float64s, Float64s, Float64s]:
        """Level (rows,), trend (rows,) and the season that follows (rows, period), behind each row."""
        level, trend, given = self.states
        ring, period = list(given), len(given)
        levels, trends, seasons = np.empty(len(target)), np.empty(len(target)), np.empty((len(target), period))
        for row, value in enumerate(target.tolist()):
            place, steady = row % period, level + self.damping * trend
            error = value - steady - ring[place]
            level, trend = steady + self.level * error, self.damping * trend + self.trend * error
            ring[place] += self.season * error
            levels[row], trends[row] = level, trend
            seasons[row] = ring[place + 1 :] + ring[: place + 1]
        return levels, trends, seasons


@dataclass(frozen=True)
class Theta:
    """The method Theta with its parameters.

    Args:
        start: the first row that it reads.
        rate: of simple exponential smoothing.
        slope: of the straight line through train.
        season: of each row of one, the first one first; empty: there is none.
        multiplied: whether the season is a factor.
    """

    start: int
    rate: float
    slope: float
    season: Float64s
    multiplied: bool

    def forecast(self, target: Float64s, origins: Int64s, horizon: int) -> Float64s:
        """(origins, horizon), see `Smoothing.forecast`."""
        read = target[self.start : int(origins.max()) + 1]
        rows, at, ahead = np.arange(len(read)), origins - self.start, np.arange(1, horizon + 1)
        level, levels = float(self._bare(read, rows)[0]), np.empty(len(read))
        for row, value in enumerate(self._bare(read, rows).tolist()):
            level += self.rate * (value - level)
            levels[row] = level
        behind = (1 - (1 - self.rate) ** (at[:, None] + 1)) / self.rate if self.rate > 0 else 0.0
        bare = levels[at, None] + self.slope / 2 * (ahead - 1 + behind)
        return self._dressed(bare, at[:, None] + ahead)

    def _bare(self, values: Float64s, rows: Int64s) -> Float64s:
        season = self._at(rows)
        bare: Float64s = values / season if self.multiplied else values - season
        return bare

    def _dressed(self, values: Float64s, rows: Int64s) -> Float64s:
        season = self._at(rows)
        dressed: Float64s = values * season if self.multiplied else values + season
        return dressed

    def _at(self, rows: Int64s) -> Any:
        return self.season[rows % len(self.season)] if len(self.season) else float(self.multiplied)


@lru_cache(maxsize=1024)  # validation and test are scored by one fit, of each of several series
def _fit_ets(past: BaselineInput) -> Smoothing | None:
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    start, train = _train(past)
    if len(train) < SHORTEST:
        return None
    period = past.season if past.season and _has_seasons(len(train), past.season) else None
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a fit has not converged to the last digit
        for trend, fades in TRENDS:
            model = ETSModel(train, "add", trend, fades, "add" if period else None, period, "heuristic")
            found.append(model.fit(disp=False))
    best = min(found, key=lambda fit: fit.aicc if np.isfinite(fit.aicc) else np.inf)
    has_trend, fades = best.model.has_trend, best.model.damped_trend
    season = tuple(np.asarray(best.initial_seasonal).tolist()) if period else (0.0,)
    return Smoothing(
        start,
        float(best.smoothing_level),
        float(best.smoothing_trend) if has_trend else 0.0,
        float(best.smoothing_seasonal) if period else 0.0,
        float(best.damping_trend) if fades else 1.0,
        (float(best.initial_level), float(best.initial_trend) if has_trend else 0.0, season),
    )


@lru_cache(maxsize=1024)
def _fit_theta(past: BaselineInput) -> Theta | None:
    from statsmodels.tsa.forecasting.theta import ThetaModel

    start, train = _train(past)
    if len(train) < SHORTEST:
        return None
    has_seasons = past.season is not None and _has_seasons(len(train), past.season) and np.ptp(train) > 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = ThetaModel(train, period=past.season if has_seasons else None, deseasonalize=has_seasons).fit()
    season = np.empty(0)
    if has_seasons and past.season:
        coming = fit.forecast_components(past.season)["seasonal"].to_numpy(np.float64)
        season = np.roll(coming, len(train) % past.season)  # that of the first row first
    multiplied = bool(len(season)) and fit.model.method.startswith("mul")
    return Theta(start, float(fit.params["alpha"]), float(fit.params["b0"]), season, multiplied)


def _train(past: BaselineInput) -> tuple[int, Float64s]:
    """The first row that is fitted to, and the target from there to the end of train."""
    start = max(past.train_end - LONGEST, 0)
    return start, past.target[start : past.train_end]


def _has_seasons(rows: int, season: int) -> bool:
    return season > 1 and rows >= 2 * season + SHORTEST
