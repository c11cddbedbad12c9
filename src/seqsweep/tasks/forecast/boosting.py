"""Gradient boosting as a baseline: trees on the last rows, and on what is known of the time that is forecast."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from seqsweep.metrics import Loss
from seqsweep.serving.array_types import Float64s, Int64s
from seqsweep.serving.baselines.trees import Lags, Trees
from seqsweep.tasks.forecast.baseline_input import BaselineInput
from seqsweep.tasks.forecast.metrics import METRICS

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingRegressor

NAME = "boosting"

LAGS = 24
"""Rows before a forecast that it reads, the origin among them, or as many as a short train has."""

TREES = 200
"""The most; how many is what does best on the end of train."""

HELD = 0.15
"""The share of train, its end, that says how many."""

MOST = 200_000
"""Forecasts of train, a step ahead each, that it learns from: of more every second, third and so on."""

_LOSSES: dict[Loss, str] = {"absolute": "absolute_error", "squared": "squared_error"}


@dataclass(frozen=True, eq=False)
class Boosting:
    """Trees that say by how much the target of a step ahead differs from that at the origin; see `Lags`."""

    lags: int
    trees: HistGradientBoostingRegressor

    def forecast(self, past: BaselineInput, origins: Int64s) -> Float64s:
        """(origins, horizon).

        Args:
            past: the series.
            origins: (n,), each with `lags` rows up to it.
        """
        with _one_thread():
            read = _lags(past, self.lags).inputs(past.values, origins, past.horizon)
            changes = self.trees.predict(read).reshape(len(origins), past.horizon)
        ahead: Float64s = past.target[origins, None] + changes
        return ahead

    def served(self, past: BaselineInput) -> Trees:
        """The same as plain arrays, which need no scikit-learn.

        Args:
            past: any series, or the one, that it is of.
        """
        each = [predictor.nodes for (predictor,) in self.trees._predictors]
        ends = np.cumsum([len(nodes) for nodes in each])
        roots = np.concatenate([[0], ends[:-1]]).astype(np.int64)
        nodes, own = np.concatenate(each), np.arange(int(ends[-1]), dtype=np.int64)
        behind, is_leaf = np.repeat(roots, [len(nodes) for nodes in each]), nodes["is_leaf"] > 0
        lags = _lags(past, self.lags)
        return Trees(
            lags.rows,
            lags.season,
            lags.known,
            lags.calendar,
            base=float(self.trees._baseline_prediction.ravel()[0]),
            roots=roots,
            feature=nodes["feature_idx"].astype(np.int64),
            # Infinite where a missing value goes one way and all others the other; JSON has no infinity.
            threshold=np.nan_to_num(nodes["num_threshold"]),
            missing=nodes["missing_go_to_left"] > 0,
            left=np.where(is_leaf, own, behind + nodes["left"]),
            right=np.where(is_leaf, own, behind + nodes["right"]),
            value=nodes["value"].astype(np.float64),
            depth=int(nodes["depth"].max()),
        )


def boosting_forecasts(past: BaselineInput, origins: Int64s) -> Float64s | None:
    """(origins, horizon) of trees that learn from train; None where it is too short.

    Args:
        past: the series.
        origins: (n,), none before the last row of train.
    """
    fit = fit_one(past)
    return None if fit is None else fit.forecast(past, origins)


@lru_cache(maxsize=2)  # validation and test are scored by one fit
def fit_one(past: BaselineInput) -> Boosting | None:
    """Trees for a single series; see `fit_boosting`."""
    return fit_boosting([past])


def fit_boosting(series: Sequence[BaselineInput]) -> Boosting | None:
    """One set of trees for several series; None where they have no forecast of train to learn from.

    How many trees there are is what has the lowest loss on the forecasts of the end of train; then as many learn from
    all of it. Loss, size of the trees and their rate are fixed.

    Source: Friedman (2001), The Annals of Statistics 29(5); scikit-learn's HistGradientBoostingRegressor.

    Args:
        series: in units that make them alike.
    """
    horizon, settings = series[0].horizon, series[0].settings
    lags = min(LAGS, max(past.train_end for past in series) // 4)
    origins = [past.learned(np.arange(lags - 1, past.train_end - horizon, dtype=np.int64)) for past in series]
    every = max(1, -(-sum(map(len, origins)) * horizon // MOST))
    pairs = [(past, own[::every]) for past, own in zip(series, origins, strict=True) if len(own)]
    if lags < 1 or sum(len(own) for _, own in pairs) < 10:
        return None
    cuts = [round(len(own) * (1 - HELD)) for _, own in pairs]
    loss = _LOSSES[METRICS[settings.objective].loss]
    first = [(past, own[:cut]) for (past, own), cut in zip(pairs, cuts, strict=True) if cut]
    held = [(past, own[cut + horizon - 1 :]) for (past, own), cut in zip(pairs, cuts, strict=True)]
    held = [(past, own) for past, own in held if len(own)]
    count = _best_count(_learned(first, lags, loss, TREES), held, lags, loss) if held else TREES // 4
    return Boosting(lags, _learned(pairs, lags, loss, count))


def _learned(
    pairs: Sequence[tuple[BaselineInput, Int64s]], lags: int, loss: str, count: int
) -> HistGradientBoostingRegressor:
    from sklearn.ensemble import HistGradientBoostingRegressor

    trees = HistGradientBoostingRegressor(
        loss=loss, learning_rate=0.1, max_iter=count, max_leaf_nodes=15, early_stopping=False, random_state=0
    )
    with _one_thread():
        return trees.fit(*_table(pairs, lags))


def _best_count(
    trees: HistGradientBoostingRegressor, held: Sequence[tuple[BaselineInput, Int64s]], lags: int, loss: str
) -> int:
    inputs, changes = _table(held, lags)
    power = 2 if loss == "squared_error" else 1
    with _one_thread():
        costs = [float((np.abs(made - changes) ** power).mean()) for made in trees.staged_predict(inputs)]
    return int(np.argmin(costs)) + 1


def _one_thread() -> AbstractContextManager[object]:
    """Threads that wait for each other beside workers take many times as long as one."""
    from threadpoolctl import threadpool_limits

    limited: AbstractContextManager[object] = threadpool_limits(1, "openmp")
    return limited


def _table(pairs: Sequence[tuple[BaselineInput, Int64s]], lags: int) -> tuple[Float64s, Float64s]:
    """What is read (forecasts * horizon, features), and the change of the target to that at the origin."""
    inputs = [_lags(past, lags).inputs(past.values, origins, past.horizon) for past, origins in pairs]
    changes = [(past.actual(origins) - past.target[origins, None]).ravel() for past, origins in pairs]
    return np.concatenate(inputs), np.concatenate(changes)


def _lags(past: BaselineInput, rows: int) -> Lags:
    return Lags(rows, past.season or 0, past.known, past.calendar)
