"""How sure the mean of values is of which neighbours are alike: those of origins that follow each other."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqsweep.serving.array_types import Float64s

_ROUNDING = 1e-12  # a variance below this share of another is zero but for rounding


def error_of_mean(values: Float64s, horizon: int) -> tuple[float, int]:
    """The standard error of their mean, above 0, and its degrees of freedom.

    The variance of the mean is that of slow movements: the mean square of the first B cosine transforms, which are as
    good as independent whatever the correlation, so that there are B degrees of freedom. B is 0.4 n^(2/3), and at most
    n / (2 horizon), so that movements count alone that are slower than the overlap of targets makes them.

    Args:
        values: (n,), in order of time, finite and not all equal.
        horizon: rows that each is of.

    Source: Lazarus, Lewis, Stock & Watson (2018), Journal of Business & Economic Statistics 36(4).
    """
    n = len(values)
    degrees = max(1, min(int(0.4 * n ** (2 / 3)), n // (2 * horizon)))
    centred = values - values.mean()
    size = float(np.abs(centred).max())  # squares of what is tiny or huge would leave the range of floats
    centred /= size
    waves = np.cos(np.pi * np.outer(np.arange(1, degrees + 1), np.arange(n) + 0.5) / n)  # (degrees, n)
    variance = float(np.mean((waves @ centred) ** 2)) * 2 / n
    independent = float(centred @ centred) / n
    if variance <= _ROUNDING * independent:
        variance = independent  # nothing in them is slow
    return size * math.sqrt(variance / n), degrees


def by_moment(values: Float64s, moments: NDArray[Any] | None) -> Float64s:
    """(n,) → (times,), the mean of each time, in their order.

    Args:
        values: (n,).
        moments: (n,), the time of each; None: each has its own, and they are in order.
    """
    if moments is None:
        return values
    times, place, counts = np.unique(moments, return_inverse=True, return_counts=True)
    means: Float64s = np.bincount(place, values, len(times)) / counts
    return means
