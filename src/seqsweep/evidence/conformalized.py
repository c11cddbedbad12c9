"""Intervals between two quantiles that a network has learned, moved until they cover what they say, and their score."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqsweep.evidence.conformal import reach
from seqsweep.evidence.paired import check_level
from seqsweep.serving.array_types import Float64s


def beyond_quantiles(
    actual: Float64s, low: Float64s, high: Float64s, level: float, moments: NDArray[Any] | None = None
) -> Float64s:
    """How far the ends of an interval must reach beyond two quantiles, (horizon,); below 0 they lie within.

    Conformalized quantile regression: the score of a target is how far it lies outside of its two quantiles, or minus
    how far within, and a new target is covered with the chance that `half_widths` speaks of, however good the
    quantiles are.

    Args:
        actual: (n, horizon), targets that the quantiles were not made from; likewise below.
        low: the lower quantile of each.
        high: the upper one.
        level: share to cover, in (0, 1).
        moments: (n,), the date of each where several series have one each, see `half_widths`; None: each has its own.

    Source: Romano, Patterson & Candès (2019), Conformalized Quantile Regression, NeurIPS, algorithm 1.
    """
    return reach(np.maximum(low - actual, actual - high), level, moments)


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
