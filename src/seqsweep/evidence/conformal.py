"""Intervals around forecasts that assume nothing of the errors' distribution: split conformal prediction."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqsweep.evidence.dependent import error_of_mean
from seqsweep.evidence.paired import check_level
from seqsweep.serving.array_types import Float64s, Int64s

_FEWEST = 20  # dates, below which nothing is told
_SELDOM = 0.01
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


@dataclass(frozen=True, eq=False)
class Sizes:
    """Residuals of a step ahead by their size.

    Args:
        sorted: (n,), ascending.
        reach: (n,), how many dates each and the smaller ones come to; the last is all of them.
    """

    sorted: Float64s
    reach: Float64s

    @classmethod
    def of(cls, residuals: Float64s, moments: NDArray[Any] | None = None) -> list[Sizes]:
        """Those of each step ahead.

        Args:
            residuals: (n, horizon).
            moments: (n,), the date of each, see `half_widths`; None: each has its own.
        """
        return cls.of_scores(np.abs(residuals, dtype=np.float64), moments)

    @classmethod
    def of_scores(cls, scores: Float64s, moments: NDArray[Any] | None = None) -> list[Sizes]:
        """Likewise of what is a size already, and may be below 0.

        Args:
            scores: (n, horizon), how badly each target lay.
            moments: as of `of`.
        """
        sizes = np.where(np.isnan(scores), np.inf, scores)
        order, weights = np.argsort(sizes, axis=0, kind="stable"), np.ones(len(sizes))
        if moments is not None:
            _, place, counts = np.unique(moments, return_inverse=True, return_counts=True)
            weights = 1 / counts[place]
        return [cls(sizes[rows, step], np.cumsum(weights[rows])) for step, rows in enumerate(order.T)]

    def missed_by(self, miss: float) -> float:
        """The half width that misses this share."""
        dates = round(float(self.reach[-1])) if len(self.reach) else 0
        wanted = (dates + 1) * (1 - miss) - _CLOSE
        if wanted <= 0:
            return 0.0
        if wanted > dates:
            return math.inf
        return float(self.sorted[min(int(np.searchsorted(self.reach, wanted)), len(self.sorted) - 1)])


def half_widths(
    residuals: Float64s, levels: Sequence[float], moments: NDArray[Any] | None = None
) -> dict[float, Float64s]:
    """How far to each side of a forecast its interval must reach, for each level and step ahead.

    It is the ceil((n + 1) · level)-th smallest absolute residual of the step, infinite where n is too small for that
    (for 95 % below 19). A new target is covered with a chance of at least `level`, and of less than
    level + 1 / (n + 1) where no two residuals are equal, if its residual and these could have come in any order. Each
    step is covered on its own, not all at once.

    Residuals of a time series only come near that: they follow each other, and where they have chosen the network, as
    those of validation have, they are too small. `coverage` on later targets tells what became of the level.

    Those of several series are alike at one date: a thousand series of ten dates say no more of the next date than ten.
    So n is the count of dates, and the residuals of a date share its place in the order.

    Args:
        residuals: (n, horizon), actual minus forecast on targets that were not trained on, in the unit of the data. One
            that is not finite counts as infinitely large.
        levels: shares to cover, each in (0, 1).
        moments: (n,), the date of each where several series have one each; None: each has its own.

    Returns:
        Level → (horizon,), in the unit of the data, 0 or more.

    Raises:
        ValueError: the shape is not (n, horizon), or a level is not in (0, 1).

    Source: Vovk, Gammerman & Shafer (2005), Algorithmic Learning in a Random World; Lei, G'Sell, Rinaldo, Tibshirani &
    Wasserman (2018), Journal of the American Statistical Association 113(523), algorithm 2 and theorem 2; of dates:
    Lee, Barber & Willett (2023), Distribution-free inference with hierarchical data, arXiv 2306.06342, section 3.
    """
    if residuals.ndim != 2:
        raise ValueError(f"residuals must be (n, horizon), their shape is {residuals.shape}")
    sizes = np.abs(residuals, dtype=np.float64)
    return {level: reach(sizes, level, moments) for level in levels}


def reach(scores: Float64s, level: float, moments: NDArray[Any] | None = None) -> Float64s:
    """The score that an interval of this level must reach at each step ahead, (horizon,), see `half_widths`.

    Args:
        scores: (n, horizon), how badly each target lay; one that is not a number counts as infinitely badly.
        level: share to cover, in (0, 1).
        moments: (n,), the date of each; None: each has its own.
    """
    check_level(level)
    if moments is not None and len(np.unique(moments)) < len(scores):
        return np.array([sizes.missed_by(1 - level) for sizes in Sizes.of_scores(scores, moments)])
    ordered = np.sort(np.where(np.isnan(scores), np.inf, scores), axis=0)
    n, horizon = ordered.shape
    rank = _rank(n, level)
    return ordered[rank - 1] if rank <= n else np.full(horizon, np.inf)


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


def seldom_below(before: Float64s, later: Float64s, level: float, horizon: int) -> float:
    """The share held of later targets below which chance takes it once in a hundred times at most.

    That is, if later errors are like those that an interval was made of: how much the shares held at single dates
    scatter, of both, says how far the share of all may lie from the level. 0 where there are too few dates to tell.

    Args:
        before: (n,), the share held at each date of the errors that the interval is made of, in order of time.
        later: (m,), likewise, on what came later.
        level: of the interval.
        horizon: rows that a forecast covers.
    """
    from scipy.special import stdtrit

    if min(len(before), len(later)) < max(_FEWEST, 2 * horizon):
        return 0.0
    errors = [error_of_mean(held, horizon) for held in (before, later) if np.ptp(held) > 0]
    if not errors:
        return 0.0
    degrees = min(degrees for _, degrees in errors)
    return level - float(stdtrit(degrees, 1 - _SELDOM)) * math.hypot(*(error for error, _ in errors))


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
    sizes = Sizes.of(residuals)
    errors = np.abs(actual - predicted, dtype=np.float64)
    held, widths, last = np.zeros(errors.shape, bool), np.zeros(errors.shape), np.zeros(errors.shape[1])
    for ahead in range(errors.shape[1]):
        miss, known = 1 - level, 0
        for i, origin in enumerate(origins):
            while known < i and origins[known] + ahead + 1 <= origin:
                miss, known = _moved(miss, held[known, ahead], level, step), known + 1
            widths[i, ahead] = sizes[ahead].missed_by(miss)
            held[i, ahead] = errors[i, ahead] <= widths[i, ahead]
        for late in range(known, len(origins)):
            miss = _moved(miss, held[late, ahead], level, step)
        last[ahead] = sizes[ahead].missed_by(miss)
    finite = np.minimum(widths, [each.sorted[-1] for each in sizes])
    return Coverage(float(held.mean()), float(2 * finite.mean()), held.mean(axis=0)), last


def _moved(miss: float, held: bool, level: float, step: float) -> float:
    return miss + step * (1 - level - (not held))


def _rank(n: int, level: float) -> int:
    """ceil((n + 1) · level), of the level as it is written: floats would make 100 · 0.55 a little more than 55."""
    return math.ceil((n + 1) * Fraction(repr(float(level))))
