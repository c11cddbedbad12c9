"""What a test says of two sets of predictions of the same items."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqsweep.evidence.paired import Interval, check_level, paired_interval
from seqsweep.metrics import Loss
from seqsweep.serving.array_types import Float64s

_LOSSES: Mapping[Loss, Callable[[Any, Any], NDArray[Any]]] = {
    "absolute": lambda actual, predicted: np.abs(predicted - actual),
    "squared": lambda actual, predicted: np.square(predicted - actual),
    "zero-one": lambda actual, predicted: actual != predicted,
}


@dataclass(frozen=True)
class Comparison:
    """A set of predictions against a reference.

    Args:
        test: its name: `Diebold-Mariano`.
        measure: what was compared, in words: `absolute error`.
        item: what each pair of losses is of, in words: `forecast`.
        statistic: of the test where both are equally good; negative: the predictions are better. It is infinite where
            one is better by the same amount at every item.
        p_value: in [0, 1], two-sided: how often a statistic so far from 0 turns up where both are equally good.
        difference: mean loss of the predictions minus that of the reference: below 0 the predictions are better. It
            holds zero exactly where `p_value` is above 1 - level.
        n: items.
    """

    test: str
    measure: str
    item: str
    statistic: float
    p_value: float
    difference: Interval
    n: int


def losses(actual: NDArray[Any], predicted: NDArray[Any], loss: Loss) -> Float64s:
    """The loss of each item, (n,): its mean where an item has several values.

    Args:
        actual: (n, …), what happened.
        predicted: (n, …).
        loss: of one value: `zero-one` takes labels of any type, the others numbers.

    Raises:
        ValueError: the shapes differ.
    """
    if actual.shape != predicted.shape:
        raise ValueError(f"actual has the shape {actual.shape}, predicted {predicted.shape}")
    each = _LOSSES[loss](actual, predicted).astype(np.float64)
    lost: Float64s = each.reshape(len(each), -1).mean(axis=1)
    return lost


def compare_losses(
    losses: Sequence[float], reference: Sequence[float], measure: str, item: str, level: float = 0.95
) -> Comparison | None:
    """The paired t test of the losses of independent items; None with fewer than two items, or a loss not finite.

    Args:
        losses: (n,), of the predictions, one an item.
        reference: (n,), of the other predictions of the same items.
        measure: what a loss is, in words: `error`.
        item: what a loss is of, in words: `sentence`.
        level: of the interval's confidence, in (0, 1).

    Raises:
        ValueError: the lengths differ, or the level is not in (0, 1).

    Source: Student (1908), Biometrika 6(1).
    """
    from scipy.stats import ttest_rel

    check_level(level)
    first, second = np.asarray(losses, np.float64), np.asarray(reference, np.float64)
    difference = paired_interval(first.tolist(), second.tolist(), level)
    if difference is None or difference.n < len(first):
        return None
    if np.ptp(first - second) == 0:  # no variance to hold the mean against
        same = difference.mean
        verdict = (0.0, 1.0) if same == 0 else (float(np.copysign(np.inf, same)), 0.0)
        return Comparison("paired t", measure, item, *verdict, difference, len(first))
    found = ttest_rel(first, second)
    return Comparison("paired t", measure, item, float(found.statistic), float(found.pvalue), difference, len(first))
