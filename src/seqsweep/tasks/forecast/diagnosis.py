"""What is wrong with forecasts of the test part, in sentences: they lean to a side, or drift."""

from __future__ import annotations

import math

import numpy as np

from seqsweep.serving.array_types import Float64s
from seqsweep.words import significant

FEWEST = 20  # origins below which nothing is told
STRIKING = 3.0  # standard errors from which on a mean is told: chance alone does so three times in a thousand


def diagnosis(residuals: Float64s, unit: str) -> list[str]:
    """A sentence for each thing that a reader should not overlook; none where all is well, or too little is known.

    Args:
        residuals: (n, horizon), actual minus forecast, in order of time.
        unit: of the residuals, in words.
    """
    each = residuals.mean(1)  # (n, horizon) -> (n,)
    if len(each) < FEWEST or not np.isfinite(each).all() or np.ptp(each) == 0:
        return []
    return _drift(each, _independent(each), unit)


def _drift(each: Float64s, known: float, unit: str) -> list[str]:
    """Whether later errors differ from earlier ones; if not, whether all lean to one side."""
    half = len(each) // 2
    before, after = float(each[:half].mean()), float(each[half:].mean())
    noise = math.sqrt((each[:half].var() + each[half:].var()) / 2)
    if abs(after - before) > STRIKING * 2 * noise / math.sqrt(known):
        told = f"{significant(before, 3)} in the first half of the test part, {significant(after, 3)} in the second"
        return [f"The residuals drift: their mean is {told} ({unit}). What was learned holds less and less."]
    mean = float(each.mean())
    if abs(mean) > STRIKING * float(each.std()) / math.sqrt(known):
        side = "low" if mean > 0 else "high"
        return [f"Forecasts are too {side} throughout: by {significant(abs(mean), 3)} on average ({unit})."]
    return []


def _independent(each: Float64s) -> float:
    """How many independent values say as much of a mean as these, of which neighbours are alike.

    Source: the variance of the mean of an autoregression of order one, Bayley & Hammersley (1946), Supplement to the
    Journal of the Royal Statistical Society 8(2).
    """
    centred = each - each.mean()
    alike = float((centred[1:] * centred[:-1]).sum() / (centred**2).sum())
    alike = min(0.95, max(0.0, alike))
    return max(2.0, len(each) * (1 - alike) / (1 + alike))
