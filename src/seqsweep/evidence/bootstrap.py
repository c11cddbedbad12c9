"""How sure the difference of two scores is, whatever the score: items drawn again and again, the same for both."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqsweep.evidence.comparison import Comparison
from seqsweep.evidence.paired import Interval, check_level

RESAMPLES = 1999  # with 95 %, the 50th from each end; the digits of an interval settle there

Cost = Callable[[NDArray[Any], NDArray[Any]], float]
"""What happened (n, …), what was predicted (n, …) → a number that grows as predictions worsen."""


def paired_bootstrap(
    cost: Cost,
    actual: NDArray[Any],
    predicted: NDArray[Any],
    reference: NDArray[Any],
    measure: str,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    stretch: int = 1,
) -> Comparison | None:
    """The paired bootstrap over items: the percentile interval of the difference of two costs.

    None with fewer than two items, or where a cost is not finite. The draws are the same each time. Items that depend
    on their neighbours are drawn in stretches of some that follow each other.

    Args:
        cost: of predictions.
        actual: (n, …), what happened.
        predicted: (n, …).
        reference: (n, …), other predictions of the same items.
        measure: what a cost is, in words: `log loss`.
        level: of the interval's confidence, in (0, 1).
        resamples: draws of n items.
        stretch: items that are drawn together; 1: items do not depend on each other.

    Returns:
        The verdict. Its statistic is the difference over the standard deviation of those of the draws; its p-value is
        twice the share of draws on the other side of zero, as far as so many draws can tell.

    Raises:
        ValueError: the lengths differ, the level is not in (0, 1), there are too few resamples for it, or fewer items
            than a stretch has.

    Source: Efron & Tibshirani (1993), An Introduction to the Bootstrap, sections 13.3 and 15.4; of two systems on the
    same items: Koehn (2004), Statistical Significance Tests for Machine Translation Evaluation, EMNLP; of stretches:
    the moving blocks of Künsch (1989), The Jackknife and the Bootstrap for General Stationary Observations, Annals of
    Statistics 17(3).
    """
    check_level(level)
    n = len(actual)
    if not n == len(predicted) == len(reference):
        raise ValueError(f"{n} items, and {len(predicted)} and {len(reference)} predictions of them")
    if not 1 <= stretch <= max(n, 1):
        raise ValueError(f"stretches of {stretch} items, and there are {n}")
    last = math.floor((1 - level) / 2 * (resamples + 1) + 1e-9)  # the draws beyond each end of the interval, and it
    if last < 1:
        raise ValueError(f"{resamples} resamples cannot tell an interval of level {level}")
    mean = cost(actual, predicted) - cost(actual, reference) if n > 1 else math.nan
    if not math.isfinite(mean):
        return None
    random = np.random.default_rng(0)
    draws = np.sort([_difference(cost, actual, predicted, reference, random, stretch) for _ in range(resamples)])
    beyond = min(int((draws <= 0).sum()), int((draws >= 0).sum()))
    p_value = min(1.0, 2 * (beyond + 1) / (resamples + 1))
    deviation = float(draws.std())
    statistic = mean / deviation if deviation else (0.0 if mean == 0 else math.copysign(math.inf, mean))
    interval = Interval(mean, float(draws[last - 1]), float(draws[-last]), level, n)
    return Comparison("paired bootstrap", measure, "item", statistic, p_value, interval, n)


def _difference(
    cost: Cost,
    actual: NDArray[Any],
    predicted: NDArray[Any],
    reference: NDArray[Any],
    random: np.random.Generator,
    stretch: int,
) -> float:
    count = len(actual)
    drawn = random.integers(0, count - stretch + 1, -(-count // stretch))
    if stretch > 1:  # as many items as there are, the last stretch cut short
        drawn = (drawn[:, None] + np.arange(stretch)).ravel()[:count]
    return cost(actual[drawn], predicted[drawn]) - cost(actual[drawn], reference[drawn])
