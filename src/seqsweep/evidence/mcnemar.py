"""Whether one set of labels is right more often than another one of the same items: the test of McNemar."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqsweep.evidence.comparison import Comparison
from seqsweep.evidence.paired import Interval, check_level


def mcnemar(
    actual: NDArray[Any], predicted: NDArray[Any], reference: NDArray[Any], level: float = 0.95
) -> Comparison | None:
    """The exact test of McNemar; None with fewer than two items.

    Only items count on which one is right and the other is wrong: where both are equally good, each of the two has an
    even chance. The interval of the difference of the error rates is that of Clopper and Pearson for this chance, so
    that it holds zero exactly where the test finds nothing; the number of such items is taken as it is.

    Args:
        actual: (n,), labels of any type.
        predicted: (n,).
        reference: (n,), of the other labels.
        level: of the interval's confidence, in (0, 1).

    Returns:
        The verdict. Its statistic is (b - c) / sqrt(b + c), the root of McNemar's own, where b items are wrong in the
        predictions alone and c in the reference alone.

    Raises:
        ValueError: the shapes differ, or the level is not in (0, 1).

    Source: McNemar (1947), Psychometrika 12(2); Clopper & Pearson (1934), Biometrika 26(4).
    """
    from scipy.stats import binomtest

    check_level(level)
    if actual.ndim != 1 or not actual.shape == predicted.shape == reference.shape:
        shapes = f"{actual.shape}, {predicted.shape} and {reference.shape}"
        raise ValueError(f"actual, predicted and reference must all be (n,), their shapes are {shapes}")
    n = len(actual)
    if n < 2:
        return None
    wrong, other = predicted != actual, reference != actual
    b, c = int((wrong & ~other).sum()), int((other & ~wrong).sum())
    if b + c == 0:
        return Comparison("McNemar", "error rate", "item", 0.0, 1.0, Interval(0.0, 0.0, 0.0, level, n), n)
    found = binomtest(b, b + c)
    ends = found.proportion_ci(level, method="exact")
    low, mean, high = ((2 * share - 1) * (b + c) / n for share in (ends.low, b / (b + c), ends.high))
    statistic = (b - c) / float(np.sqrt(b + c))
    return Comparison(
        "McNemar", "error rate", "item", statistic, float(found.pvalue), Interval(mean, low, high, level, n), n
    )
