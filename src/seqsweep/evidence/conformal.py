"""Intervals around forecasts that assume nothing of the errors' distribution: split conformal prediction."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from seqsweep.evidence.paired import check_level
from seqsweep.serving.array_types import Float64s, Int64s

_CLOSE = 1e-9  # of a product that is a whole number but for rounding


@dataclass(frozen=True, eq=False)  # an array's equality has no single truth value
class Coverage:
    """How intervals did on targets that they were not made from.

    Args:
        share: of all targets that lie within their interval, in [0, 1]; to be held against the level.
        width: mean over the steps of the horizon, from lower to upper end, in the unit of the data.
        by_step: (horizon,), the share at each step ahead.
    """

    share: float
    width: float
    by_step: Float64s


def half_widths(residuals: Float64s, levels: Sequence[float]) -> dict[float, Float64s]:
    """How far to each side of a forecast its interval must reach, for each level and step ahead.

    It is the ceil((n + 1) · level)-th smallest absolute residual of the step, infinite where n is too small for that
    (for 95 % below 19). A new target is covered with a chance of at least `level`, and of less than
    level + 1 / (n + 1) where no two residuals are equal, if its residual and these could have come in any order. Each
    step is covered on its own, not all at once.

    Residuals of a time series only come near that: they follow each other, and where they have chosen the network, as
    those of validation have, they are too small. `coverage` on later targets tells what became of the level.

    Args:
        residuals: (n, horizon), actual minus forecast on targets that were not trained on, in the unit of the data. One
            that is not finite counts as infinitely large.
        levels: shares to cover, each in (0, 1).

    Returns:
        Level → (horizon,), in the unit of the data, 0 or more.

    Raises:
        ValueError: the shape is not (n, horizon), or a level is not in (0, 1).

    Source: Vovk, Gammerman & Shafer (2005), Algorithmic Learning in a Random World; Lei, G'Sell, Rinaldo, Tibshirani &
    Wasserman (2018), Journal of the American Statistical Association 113(523), algorithm 2 and theorem 2.
    """
    if residuals.ndim != 2:
        raise ValueError(f"residuals must be (n, horizon), their shape is {residuals.shape}")
    sizes = np.abs(residuals, dtype=np.float64)
    return {level: reach(sizes, level) for level in levels}


def reach(scores: Float64s, level: float) -> Float64s:
    """The ceil((n + 1) · level)-th smallest score of each step ahead, (horizon,); infinite where n is too small.

    Args:
        scores: (n, horizon), how badly each target lay; one that is not a number counts as infinitely badly.
        level: share to cover, in (0, 1).
    """
    check_level(level)
    n, horizon = scores.shape
    rank = _rank(n, level)
    ordered = np.sort(np.where(np.isnan(scores), np.inf, scores), axis=0)
    return ordered[rank - 1] if rank <= n else np.full(horizon, np.inf)


def beyond_quantiles(actual: Float64s, low: Float64s, high: Float64s, level: float) -> Float64s:
    """How far the ends of an interval must reach beyond two quantiles, (horizon,); below 0 they lie within.

    Conformalized quantile regression: the score of a target is how far it lies outside of its two quantiles, or minus
    how far within, and a new target is covered with the chance that `half_widths` speaks of, however good the
    quantiles are.

    Args:
        actual: (n, horizon), targets that the quantiles were not made from; likewise below.
        low: the lower quantile of each.
        high: the upper one.
        level: share to cover, in (0, 1).

    Source: Romano, Patterson & Candès (2019), Conformalized Quantile Regression, NeurIPS, algorithm 1.
    """
    return reach(np.maximum(low - actual, actual - high), level)


def interval_score(actual: Float64s, low: Float64s, high: Float64s, level: float) -> float:
    """Width plus what targets outside of their intervals cost, on average: lower is better, and the truth the lowest.

    A target outside costs 2 / (1 - level) times its distance to the nearest end.

    Args:
        actual: (n, horizon), in the unit of the data, as all of it.
        low: lower ends.
        high: upper ends.
        level: that the intervals should cover, in (0, 1).

    Source: Winkler (1972), Journal of the American Statistical Association 67(337); Gneiting & Raftery (2007), Journal
    of the American Statistical Association 102(477), equation 43.
    """
    check_level(level)
    outside = np.maximum(low - actual, 0) + np.maximum(actual - high, 0)
    return float(np.mean(high - low + 2 / (1 - level) * outside))


def coverage(actual: Float64s, predicted: Float64s, half_width: Float64s) -> Coverage:
    """How many targets lie within `predicted ± half_width`, ends included, and how wide that is.

    A forecast that is not finite covers nothing.

    Args:
        actual: (n, horizon), what happened, in the unit of the data.
        predicted: (n, horizon), in the unit of the data.
        half_width: (horizon,), of one level, as `half_widths` returns it.

    Raises:
        ValueError: shapes do not fit each other, or there is no target.
    """
    if actual.ndim != 2 or actual.shape != predicted.shape or half_width.shape != actual.shape[1:] or not actual.size:
        shapes = f"{actual.shape}, {predicted.shape} and {half_width.shape}"
        raise ValueError(f"coverage takes (n, horizon), (n, horizon) and (horizon,), received {shapes}")
    with np.errstate(invalid="ignore"):
        within = np.isfinite(predicted) & (np.abs(actual - predicted) <= half_width)
    return Coverage(float(within.mean()), float(2 * half_width.mean()), within.mean(axis=0))


def adapted(
    residuals: Float64s, origins: Int64s, actual: Float64s, predicted: Float64s, level: float, step: float
) -> tuple[Coverage, Float64s]:
    """Intervals whose level follows how many targets they held: how they did, and the half widths in the end.

    Behind each target the share to miss is lowered by `step * level` where it was missed, and raised by
    `step * (1 - level)` where it was held, so that in the long run the share of targets held is the level, whatever
    the errors do. Each step ahead has a share of its own; at an origin those targets count that do not lie behind it.
    Where the share to miss falls to 0 the interval is infinite; its width is counted as that of the largest residual.

    Args:
        residuals: (n, horizon), as of `half_widths`.
        origins: (m,), in order: the row of the last value that each forecast has seen.
        actual: (m, horizon), what happened.
        predicted: (m, horizon).
        level: to cover in the long run, in (0, 1).
        step: above 0; 0.005 in the source.

    Source: Gibbs & Candès (2021), Adaptive Conformal Inference Under Distribution Shift, NeurIPS, equation 2.
    """
    check_level(level)
    sizes = np.sort(np.abs(residuals, dtype=np.float64), axis=0)
    errors = np.abs(actual - predicted, dtype=np.float64)
    held, widths, last = np.zeros(errors.shape, bool), np.zeros(errors.shape), np.zeros(errors.shape[1])
    for ahead in range(errors.shape[1]):
        miss, known = 1 - level, 0
        for i, origin in enumerate(origins):
            while known < i and origins[known] + ahead + 1 <= origin:
                miss, known = _moved(miss, held[known, ahead], level, step), known + 1
            widths[i, ahead] = _at(sizes[:, ahead], miss)
            held[i, ahead] = errors[i, ahead] <= widths[i, ahead]
        for late in range(known, len(origins)):
            miss = _moved(miss, held[late, ahead], level, step)
        last[ahead] = _at(sizes[:, ahead], miss)
    finite = np.minimum(widths, sizes[-1])
    return Coverage(float(held.mean()), float(2 * finite.mean()), held.mean(axis=0)), last


def _moved(miss: float, held: bool, level: float, step: float) -> float:
    return miss + step * (1 - level - (not held))


def _at(sizes: Float64s, miss: float) -> float:
    """The half width that misses this share: of sorted residuals (n,)."""
    rank = math.ceil((len(sizes) + 1) * (1 - miss) - _CLOSE)
    return 0.0 if rank < 1 else float(sizes[rank - 1]) if rank <= len(sizes) else math.inf


def _rank(n: int, level: float) -> int:
    """ceil((n + 1) · level), of the level as it is written: floats would make 100 · 0.55 a little more than 55."""
    return math.ceil((n + 1) * Fraction(repr(float(level))))
