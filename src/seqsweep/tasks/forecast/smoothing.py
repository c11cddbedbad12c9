"""Exponential smoothing as baselines: parameters are fitted once, to train, and states go on with them to each origin.

A forecast of any origin is then a matter of its states, so that many origins cost no more than one.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from seqsweep.serving.array_types import Float64s, Int64s
from seqsweep.serving.baselines.recursive import Smoothing, Theta, after
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
    fit = fit_ets(past)
    return None if fit is None else after(fit, past.target, origins, past.horizon)


def theta_forecasts(past: BaselineInput, origins: Int64s) -> Float64s | None:
    """(origins, horizon) by the method Theta: half of the linear trend upon simple exponential smoothing.

    A season is taken off, and put on again, where a test finds one in train.

    Source: Assimakopoulos & Nikolopoulos (2000), International Journal of Forecasting 16(4); as Hyndman & Billah
    (2003), the same journal 19(2), write it.

    Args:
        past: the series.
        origins: (n,), none before the last row of train.
    """
    fit = fit_theta(past)
    return None if fit is None else after(fit, past.target, origins, past.horizon)


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


@lru_cache(maxsize=1024)  # validation and test are scored by one fit, of each of several series
def fit_ets(past: BaselineInput) -> Smoothing | None:
    """See `ets_forecasts`; None where train is too short."""
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
    season = np.asarray(best.initial_seasonal) if period else np.zeros(1)
    return Smoothing(
        start,
        float(best.smoothing_level),
        float(best.smoothing_trend) if has_trend else 0.0,
        float(best.smoothing_seasonal) if period else 0.0,
        float(best.damping_trend) if fades else 1.0,
        np.array([best.initial_level, best.initial_trend if has_trend else 0.0, *season]),
    )


@lru_cache(maxsize=1024)
def fit_theta(past: BaselineInput) -> Theta | None:
    """See `theta_forecasts`; None where train is too short."""
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
