"""Several series in one table → one array of all of them, a series behind the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from seqsweep.data import hints
from seqsweep.data.contents import Contents, contents
from seqsweep.data.future import not_following
from seqsweep.data.series import SIDE_BY_SIDE, Series, fingerprint
from seqsweep.data.source import Source
from seqsweep.errors import DataError
from seqsweep.serving.array_types import Float64s, Int64s
from seqsweep.serving.static import Value

if TYPE_CHECKING:
    import pandas as pd

    from seqsweep.serving.reading.reader import Reader
    from seqsweep.serving.reading.rows import Rows
    from seqsweep.serving.reading.settings import Raw, Settings
    from seqsweep.serving.reading.static import StaticTable

ROWS_A_SERIES = 3
"""Fewer, on average, are no series: the column numbers the rows."""


@dataclass(frozen=True)
class Member:
    """A series of a table.

    Args:
        name: a text a column of `data.series`.
        rows: complete and in order.
        step: between its rows as they were given, in nanoseconds or counts.
        static: what it is, a value a column of `data.static`.
        future: the rows behind, blank in the target.
    """

    name: tuple[str, ...]
    rows: Rows
    step: int | None
    static: tuple[Value, ...]
    future: Rows


def read_panel(
    source: Source, frame: pd.DataFrame, settings: Settings
) -> tuple[list[Member], Reader, Contents, list[str]]:
    """The series of a table, their reader, what the table holds, and what is to be said of it.

    Args:
        source: that was read.
        frame: all its rows.
        settings: by which they are read.

    Raises:
        DataError: there are as many series as rows, or a column that is a series has no value.
        ReadError: rows of a series are out of order, or a time is there twice.
    """
    import pandas as pd

    from seqsweep.serving.reading.reader import Reader
    from seqsweep.serving.reading.wide import long_form

    long = long_form(frame, settings) if settings.wide else None
    if long is not None and long.empty:
        told = f"data.columns: column {long.empty[0]!r} of {source.where} has no value at all; leave it out"
        raise DataError(told)
    with nullcontext() if long is None else long.placed():
        rows = frame if long is None else long.frame
        reader, raw = Reader.fit(rows, settings, pd.Timestamp.now())
        return _read(source, rows, len(frame), reader, raw)


def _read(
    source: Source, frame: pd.DataFrame, total: int, reader: Reader, raw: Raw
) -> tuple[list[Member], Reader, Contents, list[str]]:
    """See `read_panel`; `total` rows are those of the source."""
    from seqsweep.serving.reading.names import series_of
    from seqsweep.serving.reading.steps import spacing

    groups = series_of(frame, reader.settings.series, raw.numbers)
    if not reader.settings.wide:
        _check_rows(source, groups, len(raw.numbers), reader.settings.series)
    members, notes, filled, static = [], list(raw.notes), [], reader.static_in(frame)
    longest = max(groups, key=lambda name: len(groups[name]))
    for name, rows in groups.items():
        ordered = reader.ordered(raw.take(rows))
        apart = spacing(ordered)
        if name == longest:  # it stands for all of them where one alone can be told of
            held = contents(source, reader, ordered, total, apart)
            notes += hints.before(source, reader.settings, ordered, is_mixed=False)
        past, future = reader.parted(ordered)
        with _of_series(name):
            complete = reader.with_calendar(reader.complete(past))
        is_static = _static(static, reader.settings.static, ordered, name)
        members.append(Member(name, complete, None if apart is None else apart.step, is_static, future))
        filled += [SIDE_BY_SIDE.join(name)] if not complete.observed.all() else []
    if filled:
        notes.append(f"values of the target were filled in {len(filled):,} series, {filled[0]!r} among them")
    return members, reader, held, list(dict.fromkeys(notes))


def _static(table: StaticTable, columns: Sequence[str], rows: Rows, name: tuple[str, ...]) -> tuple[Value, ...]:
    """What a series is; it must say so in each of the columns."""
    from seqsweep.serving.reading.faults import ReadError

    whose = f"series {SIDE_BY_SIDE.join(name)!r} "
    found: list[Value] = []
    for column, value in zip(columns, table.of_series(columns, rows, whose), strict=True):
        if value is None:
            told = f"{whose}has no value, and a static column says what each series is"
            raise ReadError(told, column=column, row=rows.number(0), mend="give it in one of its rows at least")
        found.append(value)
    return tuple(found)


@contextmanager
def _of_series(name: tuple[str, ...]) -> Iterator[None]:
    """A fault that no row stands for names its series."""
    from seqsweep.serving.reading.faults import ReadError

    try:
        yield
    except ReadError as fault:
        if fault.row is None and not fault.text.startswith("data."):
            fault.text = f"series {SIDE_BY_SIDE.join(name)!r}: {fault.text}"
        raise


def _check_rows(source: Source, groups: Mapping[Any, Int64s], rows: int, columns: Sequence[str]) -> None:
    if len(groups) > 1 and rows < ROWS_A_SERIES * len(groups):
        named = ", ".join(columns)
        raise DataError(
            f"data.series=[{named}]: {source.where} has {len(groups):,} different ones in {rows:,} rows, so that a "
            "series has next to none; name the columns that tell series apart, such as a store and not a number of rows"
        )


def panel_series(
    name: str, members: Sequence[Member], reader: Reader, held: Contents, notes: Sequence[str], where: str
) -> Series:
    """All of them in one array.

    Args:
        name: of the data.
        members: at least one.
        reader: of all of them.
        held: what the source holds.
        notes: on reading.
        where: what messages call the source.

    Raises:
        DataError: no target of all of them varies.
    """
    from seqsweep.data.contents import steps_of
    from seqsweep.serving.reading.steps import even_frequency, spacing

    longest = max(members, key=lambda member: len(member.rows))
    values = np.ascontiguousarray(np.concatenate([member.rows.values for member in members]))
    check_varies(values[:, 0], members[0].rows.columns[0], where)
    sizes = [len(member.rows) for member in members]
    starts = np.cumsum([0, *sizes[:-1]], dtype=np.int64)
    index = np.concatenate([member.rows.index for member in members])
    seen = np.concatenate([member.rows.observed for member in members])
    observed = None if seen.all() else seen
    names, first = tuple(member.name for member in members), longest.rows
    static = tuple(member.static for member in members) if reader.settings.static else ()
    behind = [(SIDE_BY_SIDE.join(member.name), member.rows, member.future) for member in members]
    frequencies = {even_frequency(member.rows.index, first.zone) for member in members if len(member.rows) > 2}
    frequency = frequencies.pop() if len(frequencies) == 1 else None
    return Series(
        name=name,
        values=values,
        columns=first.columns,
        index=index,
        sha256=fingerprint(values, first.columns, index, first.zone, observed, reader.n_known, names, starts, static),
        frequency=frequency,
        notes=(*notes, *not_following(behind, frequency)),
        zone=first.zone,
        observed=observed,
        reader=reader.knowing(spacing(first), first),
        steps=steps_of(first, spacing(first)),
        contents=held,
        known=reader.n_known,
        calendar=reader.n_calendar,
        names=names,
        starts=starts,
        static=static,
        ahead=tuple(member.future for member in members) if reader.n_known else (),
    )


def check_varies(target: Float64s, column: str, where: str) -> None:
    """Refuse a target that never moves.

    Args:
        target: (rows,).
        column: its name.
        where: what messages call the source.

    Raises:
        DataError: all values are one.
    """
    if len(target) == 1:
        told = "there is a single row with a value, and a forecast learns from those before it; give more rows"
        raise DataError(f"{where}, column {column!r}: {told}")
    if target.min() == target.max():
        raise DataError(
            f"{where}, column {column!r}: all {len(target):,} values are {target[0]:g}; "
            "there is nothing to forecast; give another data.target"
        )
