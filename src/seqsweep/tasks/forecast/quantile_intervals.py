"""Intervals of a network that forecasts quantiles: its own, conformalized ones, conformal ones; what each is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from seqsweep.evidence import beyond_quantiles, half_widths, interval_score
from seqsweep.html import Section, note, table
from seqsweep.serving.quantiles import point_of
from seqsweep.tasks.facts import FactTable
from seqsweep.tasks.forecast.interval_words import NAMES
from seqsweep.tasks.forecast.intervals import (
    CONFORMAL,
    KINDS,
    ForecastInterval,
    Moments,
    error_growth,
    least_coverage,
    plain,
    read_intervals,
)
from seqsweep.tasks.forecast.quantiles import columns_of
from seqsweep.tasks.results import TestPredictions
from seqsweep.words import share, significant


@dataclass(frozen=True)
class Worth:
    """What the intervals of a level and a kind are worth on the test part.

    Args:
        level: the share of targets that they should cover.
        kind: one of `intervals.KINDS`.
        coverage: the share that they covered.
        width: mean width, in the unit of the data, or of several series in units of the size of each.
        score: see `evidence.interval_score`, likewise.
    """

    level: float
    kind: str
    coverage: float
    width: float
    score: float


def quantile_intervals(
    seen: TestPredictions,
    wanted: Sequence[float],
    levels: Sequence[float],
    lower: float | None = None,
    dates: Moments | None = None,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Intervals between quantiles of each level and kind, and what all kinds are worth, as plain values.

    Conformal ones around the median are compared too, and made elsewhere.

    Args:
        seen: quantiles (n, horizon, quantiles) of the end of train or else of validation, whose misses move the ends,
            and of test, where coverage is counted.
        wanted: levels of the intervals.
        levels: of the quantiles.
        lower: below which neither forecasts nor targets are; None: there is no bound.
        dates: see `make_intervals`.
    """
    made = [_of_kind(seen, level, levels, kind, lower, dates) for level in wanted for kind in KINDS]
    between = [plain(interval) for interval, _ in made if interval.columns is not None]
    return between, [asdict(worth) for _, worth in made]


def _of_kind(
    seen: TestPredictions,
    level: float,
    levels: Sequence[float],
    kind: str,
    lower: float | None,
    dates: Moments | None,
) -> tuple[ForecastInterval, Worth]:
    part, actual, predicted = seen.unseen
    before = None if dates is None else dates[0]
    low, high = columns_of(level, levels)
    columns: tuple[int, int] | None = (low, high)
    reach = np.zeros(actual.shape[1])
    if kind == "cqr":
        reach = beyond_quantiles(actual, predicted[:, :, low], predicted[:, :, high], level, before)
    elif kind == CONFORMAL:
        columns, reach = None, half_widths(actual - point_of(predicted), [level], before)[level]
    made = ForecastInterval(
        level, tuple(reach.tolist()), 0.0, 0.0, part, len(actual), lower=lower, kind=kind, columns=columns
    )
    begin, end = made.ends(seen.test_predicted)
    held = (begin <= seen.test_actual) & (seen.test_actual <= end)
    low_end, high_end = made.ends(predicted)
    known = (low_end <= actual) & (actual <= high_end)
    least = least_coverage(known, held, level, dates)
    score = interval_score(seen.test_actual, begin, end, level)
    worth = Worth(level, kind, float(held.mean()), float(np.mean(end - begin)), score)
    growth = error_growth(seen)
    return replace(made, coverage=worth.coverage, width=worth.width, least=least, growth=growth), worth


def read_compared(details: Mapping[str, Any]) -> tuple[Worth, ...]:
    """What each kind is worth, in the details of a test evaluation; none of a network without quantiles."""
    return tuple(Worth(**entry) for entry in details.get("compared", ()))


def figures(worths: Sequence[Worth]) -> dict[str, float]:
    """Of each level and kind its figures, by the names that MLflow shows.

    Args:
        worths: of a test evaluation.
    """
    found: dict[str, float] = {}
    for one in worths:
        of = f"{100 * one.level:g}_{one.kind}"
        found |= {f"test_coverage_{of}": one.coverage, f"test_width_{of}": one.width, f"test_winkler_{of}": one.score}
    return found


def compared_tables(details: Mapping[str, Any]) -> list[FactTable]:
    """All kinds of intervals beside each other, that which is served named; none of a network without quantiles."""
    worths = read_compared(details)
    chosen = {interval.kind for interval in read_intervals(details) if not interval.adaptation}  # those are wider
    rows = [
        (
            share(one.level),
            f"{one.kind}{' (served)' if one.kind in chosen else ''}",
            NAMES[one.kind][1],
            share(one.coverage),
            significant(one.width),
            significant(one.score),
        )
        for one in worths
    ]
    head = ("level", "finals.intervals", "made of", "held", "mean width", "Winkler score")
    title = "Intervals on the test part"
    return [FactTable("intervals", title, tuple(rows), head, 3, (0, 1, 3, 4, 5))] if rows else []


def compared_sections(details: Mapping[str, Any], target: str, in_sizes: bool) -> list[Section]:
    """The same on a page, with what tells a reader which to choose.

    Args:
        details: of a test evaluation.
        target: what is forecast.
        in_sizes: whether widths are in units of the size of each series.
    """
    unit = "in units of the size of each series" if in_sizes else f"in the unit of {target}"
    said = (
        f"Widths and scores are {unit}. Of intervals that hold what they say the narrower are better; the Winkler "
        "score weighs both, lower is better. What finals.intervals names is served."
    )
    return [
        Section("intervals", made.title, [table(list(made.head), made.rows, 3), note(said)])
        for made in compared_tables(details)
    ]
