"""Forecast intervals of a winner: how wide, from errors that no choice has seen, and how often they held on test."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqsweep.evidence import adapted, by_moment, coverage, half_widths, seldom_below
from seqsweep.serving.array_types import Float64s
from seqsweep.serving.quantiles import ends_of, point_of
from seqsweep.tasks.results import TestPredictions

Moments = tuple[NDArray[Any], NDArray[Any]]
"""Dates (n,) of errors that give widths, and (m,) of those on test."""

KINDS = ("cqr", "quantile", "conformal")
"""What `finals.intervals` may be: quantiles moved by what they missed, as they are, or errors of the median alone."""

CONFORMAL = "conformal"


@dataclass(frozen=True)
class ForecastInterval:
    """Intervals of one level: split conformal ones around forecasts, or those between two quantiles of a network.

    Args:
        level: the share of targets that they should cover, in (0, 1).
        half_widths: (horizon,), how far each end lies from the forecast, in the unit of the data; inf where there are
            too few residuals. Where the level adapts, those behind the last target of the test part. Between quantiles:
            how far beyond them, 0 where they are taken as they are, below 0 where they are too wide.
        coverage: the share of test targets that they covered.
        width: mean width on the test part, in the unit of the data.
        calibrated_on: the part that the residuals are of: the end of `train`, by networks without it, or `validation`.
        residuals: how many there were.
        adaptation: how fast the level adapts; 0: not at all.
        lower: below which no interval reaches; None: there is no bound.
        least: the share below which chance seldom takes the coverage; 0: there is too little to tell.
        growth: the mean absolute error on test by that of the residuals.
        kind: one of `KINDS`.
        columns: which quantiles of a network the ends are made from; None: none, the forecast itself.
    """

    level: float
    half_widths: tuple[float, ...]
    coverage: float
    width: float
    calibrated_on: str = "validation"
    residuals: int = 0
    adaptation: float = 0.0
    lower: float | None = None
    least: float = 0.0
    growth: float = 1.0
    kind: str = CONFORMAL
    columns: tuple[int, int] | None = None

    @property
    def falls_short(self) -> bool:
        """Whether it holds fewer targets of the test part than chance explains."""
        return self.coverage < self.least

    def scaled(self, size: float) -> ForecastInterval:
        """Of an interval in units of the size of each series that of one of them, in the unit of the data.

        Args:
            size: of the series.
        """
        return replace(self, half_widths=tuple(size * width for width in self.half_widths), width=size * self.width)

    def ends(self, predicted: Float64s) -> tuple[Float64s, Float64s]:
        """The lower and the upper end (n, horizon) of forecasts (n, horizon), or of (n, horizon, quantiles)."""
        return ends_of(predicted, self.columns, np.array(self.half_widths), self.lower)


def make_intervals(
    seen: TestPredictions,
    levels: Sequence[float],
    adaptation: float = 0.0,
    lower: float | None = None,
    moments: Moments | None = None,
) -> list[dict[str, Any]]:
    """Intervals of each level, as plain values; see `ForecastInterval`.

    Args:
        seen: forecasts (n, horizon) of the end of train or else of validation, whose errors give the widths, and of
            test, where coverage is counted.
        levels: of confidence, each in (0, 1).
        adaptation: by how much a level moves after a target, see `evidence.adapted`; 0: it stays.
        lower: below which neither forecasts nor targets are; None: there is no bound.
        moments: of several series the dates of the errors that give the widths, and of those on test: series are alike
            at one date. None: there is one series.
    """
    part, happened, predicted = seen.unseen
    residuals = happened - predicted
    misses, growth = np.abs(seen.test_actual - seen.test_predicted), error_growth(seen)
    found = []
    for level in levels:
        fixed = half_widths(residuals, [level], None if moments is None else moments[0])[level]
        least = least_coverage(np.abs(residuals) <= fixed, misses <= fixed, level, moments)
        if adaptation:
            held, width = adapted(residuals, seen.test_items, seen.test_actual, seen.test_predicted, level, adaptation)
        else:
            width = fixed
            held = coverage(seen.test_actual, seen.test_predicted, width)
        ends = tuple(width.tolist())
        spared = 0.0 if lower is None else _spared(seen.test_predicted, width, lower)
        made = ForecastInterval(level, ends, held.share, held.width - spared, part, len(residuals), adaptation, lower)
        found.append(replace(made, least=least, growth=growth))
    return [plain(interval) for interval in found]


def least_coverage(
    before: NDArray[np.bool_], later: NDArray[np.bool_], level: float, moments: Moments | None = None
) -> float:
    """The share of the test part's targets below which chance seldom takes the coverage, see `evidence.seldom_below`.

    Args:
        before: (n, horizon), which of the targets that give the widths lie within their interval.
        later: (m, horizon), likewise of the test part.
        level: of the intervals, in (0, 1).
        moments: the dates of both, see `make_intervals`.
    """
    shares = [
        by_moment(held.mean(1), dates) for held, dates in zip((before, later), moments or (None, None), strict=True)
    ]
    return seldom_below(shares[0], shares[1], level, later.shape[1])


def error_growth(seen: TestPredictions) -> float:
    """The mean absolute error on test by that of the errors that give the widths; 1 where all of those are 0.

    Args:
        seen: forecasts (n, horizon), or quantiles (n, horizon, quantiles), of which the median counts.
    """
    _, happened, predicted = seen.unseen
    before = np.abs(happened - point_of(predicted)).mean()
    later = np.abs(seen.test_actual - point_of(seen.test_predicted)).mean()
    return float(later / before) if before > 0 else 1.0


def _spared(predicted: Float64s, width: Float64s, lower: float) -> float:
    """By how much clipping at `lower` shortens intervals around forecasts (n, horizon), on average; endless ones: 0."""
    beyond = np.maximum(lower - (predicted - width), 0.0)
    return float(beyond.mean()) if np.isfinite(width).all() else 0.0


def read_intervals(details: Mapping[str, Any]) -> tuple[ForecastInterval, ...]:
    """The intervals in the details of a test evaluation."""
    plain = details.get("intervals", [])
    return tuple(_read(entry) for entry in plain)


def _read(entry: Mapping[str, Any]) -> ForecastInterval:
    columns = entry.get("columns")
    made = {"half_widths": tuple(entry["half_widths"]), "columns": None if columns is None else tuple(columns)}
    return ForecastInterval(**{**entry, **made})


def plain(interval: ForecastInterval) -> dict[str, Any]:
    """An interval as JSON gives it, which `read_intervals` takes."""
    columns = None if interval.columns is None else list(interval.columns)
    return asdict(interval) | {"half_widths": list(interval.half_widths), "columns": columns}


def finite_half_widths(intervals: Sequence[ForecastInterval]) -> dict[str, list[float]]:
    """Level → half widths (horizon,); a level whose interval is infinite says nothing, and JSON has no infinity."""
    return {
        f"{interval.level:g}": list(interval.half_widths)
        for interval in intervals
        if all(math.isfinite(width) for width in interval.half_widths)
    }
