"""What a person should know of a series before a network learns from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from seqsweep.data import Column, Contents, Series, Steps
from seqsweep.schema import SweepConfig
from seqsweep.tasks.facts import Facts, FactTable
from seqsweep.tasks.forecast.learnable import is_constant
from seqsweep.tasks.forecast.moments import at, in_words, short
from seqsweep.tasks.forecast.picture import pictures
from seqsweep.tasks.forecast.split import Split
from seqsweep.words import counted, significant

Row = tuple[str, str]

NONE = "none"

STYLES = {
    "objects": "times, not text",
    "ISO8601": "ISO 8601",
    "count": "whole numbers that count",
    "quarters": "quarters of years",
    "weeks": "weeks of years",
    **{unit: f"{unit} since 1970" for unit in ("s", "ms", "us", "ns")},
}
"""How times are written, where that is no format of `strptime`."""


@dataclass(frozen=True)
class _Facts:
    """What is told of.

    Args:
        config: of the sweep.
        series: complete and in order.
        parts: of it.
    """

    config: SweepConfig
    series: Series
    parts: Split

    @property
    def held(self) -> Contents | None:
        return self.series.contents

    @property
    def filled(self) -> int:
        return 0 if self.series.observed is None else int(np.count_nonzero(~self.series.observed))

    @property
    def span(self) -> str:
        return f"{at(self.series, 0)} to {at(self.series, -1)}"


def facts(config: SweepConfig, series: Series, parts: Split) -> Facts:
    """All that is known of a series and its parts.

    Args:
        config: of the sweep.
        series: complete and in order.
        parts: of it.
    """
    known = _Facts(config, series, parts)
    tables = [
        *column_tables(series),
        FactTable("time", "Time", tuple(_time(known))),
        FactTable("values", "Values", tuple(_values(known))),
        _parts(known),
        FactTable("window", "Longest window", tuple(_window(known))),
    ]
    return Facts(series.name, tuple(_summary(known)), tuple(tables), tuple(pictures(series, parts)))


def column_tables(series: Series) -> list[FactTable]:
    """The first rows and the columns of the source, where there is one.

    Args:
        series: that was read from it.
    """
    return [] if series.contents is None else [_first_rows(series.contents), _columns(series.contents)]


def _summary(known: _Facts) -> Iterator[str]:
    series, parts = known.series, known.parts
    features = len(series.columns) - 1 - series.known
    also = [counted(features, "feature")] if features else []
    also += [f"{counted(series.known, 'column')} known ahead"] if series.known else []
    more = f" and {' and '.join(also)}" if also else ""
    filled = f", {_of(known.filled, series.rows, 'rows')} filled" if known.filled else ""
    rows = f"{counted(series.rows, 'row')} of {series.target}{more}"
    yield f"{series.name}: {rows}, {known.span}, {_apart(known)}{filled}"
    sizes = [f"{part} {last - first:,}" for part, first, last, _, _ in _spans(parts)]
    yield f"rows: {', '.join(sizes)}; the longest window with its targets takes {parts.max_lookback + parts.horizon:,}"


def _apart(known: _Facts) -> str:
    """How far rows lie apart, in few words."""
    series = known.series
    if series.frequency is not None:
        return f"{in_words(series.frequency)} apart"
    steps = series.steps
    if steps is None:
        return "without times"
    return f"{steps.usual} apart but for {_of(steps.longer + steps.shorter, steps.count, 'steps')}"


def _first_rows(held: Contents) -> FactTable:
    used = tuple(position for position, column in enumerate(held.columns) if column.roles)
    names = tuple(column.name for column in held.columns)
    return FactTable("rows", "First rows, as written", held.first, names, len(names), used)


def _columns(held: Contents) -> FactTable:
    """Those that are used before the others."""
    ordered = sorted(held.columns, key=lambda column: not column.roles)
    rows = tuple((column.name, column.kind, _roles(column), _missing(column, held.kept)) for column in ordered)
    return FactTable("columns", "Columns", rows, ("column", "type", "role", "missing"), 3)


def _roles(column: Column) -> str:
    return ", ".join(column.roles) or "not used"


def _missing(column: Column, rows: int) -> str:
    return "" if column.missing is None else _of(column.missing, rows)


def _time(known: _Facts) -> Iterator[Row]:
    series, held = known.series, known.held
    if held is not None and held.times is None:
        yield "order", "as the rows stand; data.time=COLUMN reads their times"
        return
    yield "span", known.span
    if series.index.dtype.kind == "M":
        yield "zone", series.zone or "none is named"
    if held is not None and held.times is not None:
        yield "written as", STYLES.get(held.times, held.times)
    if known.config.data.frequency is not None and held is not None:
        was = held.steps.usual if held.steps is not None else NONE
        was = was if held.frequency is None else in_words(held.frequency)
        yield "joined from", f"rows {was} apart, by data.aggregate={known.config.data.aggregate}"
    if series.frequency is not None:
        yield "frequency", f"{in_words(series.frequency)} ({series.frequency}), at every step"
    elif series.steps is not None:
        usual = series.steps.count - series.steps.longer - series.steps.shorter
        yield "frequency", f"{series.steps.usual}, at {_of(usual, series.steps.count, 'steps')}"
    if held is not None:
        yield "gaps as read", _gaps(held.steps, held.frequency)
    if held is None or held.steps != series.steps:
        yield "gaps", _gaps(series.steps, series.frequency)


def _gaps(steps: Steps | None, frequency: str | None) -> str:
    if steps is None or frequency is not None:
        return NONE
    told = []
    if steps.longer:
        told.append(
            f"{counted(steps.longer, 'longer step')}, {counted(steps.absent, 'row')} absent; the longest, "
            f"{steps.longest}, begins at {short(steps.since)}"
        )
    if steps.shorter:
        told.append(counted(steps.shorter, "shorter step"))
    return "; ".join(told) or NONE


def _values(known: _Facts) -> Iterator[Row]:
    series, held = known.series, known.held
    target = series.values[:, 0]
    least, mean, most = (significant(float(value)) for value in (target.min(), target.mean(), target.max()))
    yield series.target, f"{least} to {most}, mean {mean}"
    if held is not None:
        kept = "" if held.kept == held.rows else f"; data.where keeps {_of(held.kept, held.rows)}"
        yield "read from", held.where
        yield "rows as read", f"{held.rows:,}{kept}"
        gaps = sum(column.missing or 0 for column in held.columns)
        size = held.kept * sum(column.missing is not None for column in held.columns)
        yield (
            "missing as read",
            f"{_of(gaps, size, 'values')}; data.missing={known.config.data.missing}" if gaps else NONE,
        )
    yield "filled", f"{_of(known.filled, series.rows, 'rows')} of the target; not scored" if known.filled else NONE
    train = series.values[: known.parts.train_end, 1:].T
    pairs = zip(series.columns[1:], train, strict=True)
    constants = [f"{name} is {column[0]:g} in all of train" for name, column in pairs if is_constant(column)]
    if series.known:
        yield "known ahead", ", ".join(series.known_columns)
    yield "constants", "; ".join(constants) or NONE
    sentinels = {} if held is None else held.sentinels
    far = [f"{name}: {value:g}, {_share(share)} of the rows" for name, (value, share) in sentinels.items()]
    yield "sentinels", "; ".join(far) or NONE


def _parts(known: _Facts) -> FactTable:
    series, rows = known.series, []
    is_filled = any(every > used for _, _, _, every, used in _spans(known.parts))
    for part, first, last, every, used in _spans(known.parts):
        cells = (
            part,
            at(series, first),
            at(series, last - 1),
            f"{last - first:,}",
            _share((last - first) / series.rows),
        )
        rows.append((*cells, f"{used:,}", *([f"{every - used:,}"] if is_filled else [])))
    head = ("part", "first row", "last row", "rows", "share", "forecasts", *(["left out"] if is_filled else []))
    return FactTable("parts", "Parts", tuple(rows), head, 3)


def _window(known: _Facts) -> Iterator[Row]:
    parts = known.parts
    yield "looks back", f"{_rows(known, parts.max_lookback)}, differencing included"
    yield "forecasts", f"{_rows(known, parts.horizon)} ahead"
    yield "takes", f"{counted(parts.max_lookback + parts.horizon, 'row')} of train, which has {parts.train_end:,}"
    yield "first target", at(known.series, parts.max_lookback)


def _rows(known: _Facts, count: int) -> str:
    """`48 rows (2 days)`."""
    frequency = known.series.frequency
    return counted(count, "row") + ("" if frequency is None else f" ({in_words(frequency, count)})")


def _spans(parts: Split) -> Iterator[tuple[str, int, int, int, int]]:
    """Of each part its name, its first row and the one behind it, its forecasts and those of them that are used."""
    ends = [0, parts.train_end, parts.validation_end, parts.rows]
    for (part, every, used), first, last in zip(parts.origins(), ends, ends[1:], strict=False):
        yield part, first, last, len(every), len(used)


def _of(count: int, whole: int, noun: str = "") -> str:
    """`51 of 8,706 values (0.586%)`, or `0`."""
    return f"{count:,} of {whole:,}{noun and f' {noun}'} ({_share(count / whole)})" if count else "0"


def _share(part: float) -> str:
    return f"{100 * part:.3g}%"
