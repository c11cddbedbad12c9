"""Forecast intervals of a winner: how wide, from its errors on validation, and how often they held on test."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from seqsweep.evidence import coverage, half_widths
from seqsweep.tasks.results import TestPredictions


@dataclass(frozen=True)
class ForecastInterval:
    """Split conformal intervals of one level.

    Args:
        level: the share of targets that they should cover, in (0, 1).
        half_widths: (horizon,), in the unit of the data, from validation residuals; inf where there are too few.
        coverage: the share of test targets that they covered.
        width: mean width on the test part, in the unit of the data.
    """

    level: float
    half_widths: tuple[float, ...]
    coverage: float
    width: float


def make_intervals(seen: TestPredictions, levels: Sequence[float]) -> list[dict[str, Any]]:
    """Intervals of each level, as plain values; see `ForecastInterval`.

    Args:
        seen: forecasts (n, horizon) of validation, whose errors give the widths, and of test, where coverage is
            counted.
        levels: of confidence, each in (0, 1).
    """
    widths = half_widths(seen.validation_actual - seen.validation_predicted, levels)
    held = {level: coverage(seen.test_actual, seen.test_predicted, width) for level, width in widths.items()}
    found = [
        ForecastInterval(level, tuple(widths[level].tolist()), held[level].share, held[level].width) for level in levels
    ]
    return [asdict(interval) | {"half_widths": list(interval.half_widths)} for interval in found]  # as JSON gives it


def read_intervals(details: Mapping[str, Any]) -> tuple[ForecastInterval, ...]:
    """The intervals in the details of a test evaluation."""
    plain = details.get("intervals", [])
    return tuple(ForecastInterval(**{**entry, "half_widths": tuple(entry["half_widths"])}) for entry in plain)


def finite_half_widths(intervals: Sequence[ForecastInterval]) -> dict[str, list[float]]:
    """Level → half widths (horizon,); a level whose interval is infinite says nothing, and JSON has no infinity."""
    return {
        f"{interval.level:g}": list(interval.half_widths)
        for interval in intervals
        if all(math.isfinite(width) for width in interval.half_widths)
    }
