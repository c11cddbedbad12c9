"""How sure the mean of paired differences is."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_ROUNDING = 8 * float(np.finfo(np.float64).eps)
"""Of scores, the share by which sums of them differ that should not."""


@dataclass(frozen=True)
class Interval:
    """A mean and its two-sided confidence interval, both ends inclusive, in the unit of what was averaged.

    Args:
        mean: in the middle of the interval.
        low: its lower end.
        high: its upper end.
        level: of confidence, in (0, 1).
        n: values that the mean is of.
    """

    mean: float
    low: float
    high: float
    level: float
    n: int

    @property
    def holds_zero(self) -> bool:
        """Whether the data allow that there is no difference at all."""
        return self.low <= 0.0 <= self.high


def paired_interval(a: Sequence[float], b: Sequence[float], level: float = 0.95) -> Interval | None:
    """Student's t interval of the mean of `a - b`; None where fewer than two pairs are finite.

    A pair is one seed on one fold, scored for both configurations: what both share (a hard fold) cancels. Pairs in
    which either is not finite are left out, and `n` says how many were left; a caller who must not lose a diverged
    run has to look at them first. Where all differences are equal the interval has no width.

    Over seeds alone the interval speaks of the luck of training on this very data. Folds overlap in what they train on,
    so their differences are not independent, and over folds the interval is somewhat too narrow.

    Args:
        a: (pairs,), scores of one configuration.
        b: (pairs,), scores of the other, in the same order.
        level: of confidence, in (0, 1).

    Raises:
        ValueError: the lengths differ, or the level is not in (0, 1).

    Source: Student (1908), Biometrika 6(1); on folds: Nadeau & Bengio (2003), Machine Learning 52(3).
    """
    first, second = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if first.ndim != 1 or first.shape != second.shape:
        raise ValueError(f"pairs need two rows of one length, received the shapes {first.shape} and {second.shape}")
    check_level(level)
    whole = np.isfinite(first) & np.isfinite(second)
    differences = first[whole] - second[whole]
    n = len(differences)
    if n < 2:
        return None
    if np.ptp(differences) == 0:  # their mean may differ from each of them in the last bit
        return around(float(differences[0]), 0.0, level, n)
    from scipy.stats import ttest_rel

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # differences that are all but equal: the interval is as narrow
        ends = ttest_rel(first[whole], second[whole]).confidence_interval(level)
    mean = float(differences.mean())
    if abs(mean) <= _ROUNDING * max(np.abs(first[whole]).max(), np.abs(second[whole]).max()):
        mean = 0.0  # they cancel, but for rounding: 3.7e-17 would be told as a lead
    return Interval(mean, float(ends.low), float(ends.high), level, n)


def around(mean: float, standard_error: float, level: float, n: int, degrees: int | None = None) -> Interval:
    """The interval of Student's t; of no width for an error of 0.

    Args:
        mean: of the differences, in their unit.
        standard_error: of that mean, in the same unit, 0 or more.
        level: of confidence, in (0, 1).
        n: differences that the mean is of, 2 or more.
        degrees: of freedom, 1 or more; None: n - 1.
    """
    from scipy.special import stdtrit

    reach = float(stdtrit(n - 1 if degrees is None else degrees, (1 + level) / 2)) * standard_error
    return Interval(mean, mean - reach, mean + reach, level, n)


def check_level(level: float) -> None:
    """Refuse what is no share.

    Raises:
        ValueError: the level is not in (0, 1).
    """
    if not 0 < level < 1:
        raise ValueError(f"level={level} must lie between 0 and 1, such as 0.95; 95 per cent is 0.95")
