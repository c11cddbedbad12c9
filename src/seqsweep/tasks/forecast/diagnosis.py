"""What is wrong with forecasts of the test part, in sentences: they lean to a side, drift, or leave their intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from seqsweep.serving.array_types import Float64s
from seqsweep.tasks.forecast.intervals import ForecastInterval
from seqsweep.words import share, significant

FEWEST = 20  # origins below which nothing is told
STRIKING = 3.0  # standard errors from which on a mean is told: chance alone does so three times in a thousand


def diagnosis(residuals: Float64s, intervals: Sequence[ForecastInterval], unit: str) -> list[str]:
    """A sentence for each thing that a reader should not overlook; none where all is well, or too little is known.

    Args:
        residuals: (n, horizon), actual minus forecast, in order of time.
        intervals: around the forecasts.
        unit: of the residuals, in words.
    """
    each = residuals.mean(1)  # (n, horizon) -> (n,)
    if len(each) < FEWEST or not np.isfinite(each).all() or np.ptp(each) == 0:
        return []
    known = _independent(each)
    return [*_drift(each, known, unit), *_narrow(intervals, known)]


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


def _narrow(intervals: Sequence[ForecastInterval], known: float) -> list[str]:
    found = []
    for interval in intervals:
        noise = math.sqrt(interval.level * (1 - interval.level) / known)
        if interval.level - interval.coverage > STRIKING * noise:
            held = f"{share(interval.level)} intervals hold {share(round(interval.coverage, 3))} of the test part"
            found.append(f"{held}, fewer than chance explains: expect as few in service.")
    return found


def _independent(each: Float64s) -> float:
    """How many independent values say as much of a mean as these, of which neighbours are alike.

    Source: the variance of the mean of an autoregression of order one, Bayley & Hammersley (1946), Supplement to the
    Journal of the Royal Statistical Society 8(2).
    """
    centred = each - each.mean()
    alike = float((centred[1:] * centred[:-1]).sum() / (centred**2).sum())
    alike = min(0.95, max(0.0, alike))
    return max(2.0, len(each) * (1 - alike) / (1 + alike))
