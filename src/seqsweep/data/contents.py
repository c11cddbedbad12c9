"""What a source holds before anything is filled, joined or left out: for people to see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from seqsweep.data import hints
from seqsweep.data.source import Source

if TYPE_CHECKING:
    import pandas as pd

    from seqsweep.serving.reading.reader import Reader
    from seqsweep.serving.reading.rows import Rows
    from seqsweep.serving.reading.settings import Settings
    from seqsweep.serving.reading.steps import Spacing

FIRST = 5
"""Rows that are shown as they are written."""


STATIC = {"names": "text", "numbers": "number", "truths": "true or false"}
"""What static columns hold, in words."""

LONGEST = 100
"""Characters of a value that is shown."""


@dataclass(frozen=True)
class Column:
    """A column of a source.

    Args:
        name: as the source has it.
        kind: of its values, in words.
        roles: target, feature, known ahead, time, filter; empty: it is not used.
        missing: values of the rows that are kept; None: it is not read whole.
    """

    name: str
    kind: str
    roles: tuple[str, ...]
    missing: int | None


@dataclass(frozen=True)
class Steps:
    """How far rows lie apart.

    Args:
        usual: the usual step, in words.
        count: of all steps.
        longer: steps that are longer.
        shorter: steps that are shorter.
        absent: rows that would make the longer ones even.
        longest: the longest step, in words.
        since: the time of the row before it.
    """

    usual: str
    count: int
    longer: int
    shorter: int
    absent: int
    longest: str
    since: str


@dataclass(frozen=True)
class Contents:
    """What a source holds.

    Args:
        where: what messages call it.
        rows: all of them.
        kept: those that the filter keeps.
        columns: in the order of the source.
        first: the first rows, as they are written.
        times: how times are written, as `strptime` says it, or a name of such a style; None: there are none.
        frequency: of pandas, where all steps are even; else None.
        steps: None: there are no times, or one row.
        sentinels: by column a value that may stand for a missing one, and its share of the rows.
    """

    where: str
    rows: int
    kept: int
    columns: tuple[Column, ...]
    first: tuple[tuple[str, ...], ...]
    times: str | None
    frequency: str | None
    steps: Steps | None
    sentinels: Mapping[str, tuple[float, float]]


def contents(source: Source, reader: Reader, rows: Rows, total: int, apart: Spacing | None) -> Contents:
    """What a source holds.

    Args:
        source: that was read.
        reader: that was fitted to it.
        rows: in the order of time, nothing filled yet.
        total: rows of the source.
        apart: how far the rows lie apart.
    """
    from seqsweep.serving.reading.steps import even_frequency

    times = reader.found.times
    return Contents(
        where=source.where,
        rows=total,
        kept=len(rows),
        columns=_columns(source, reader, _missing(reader, rows)),
        first=tuple(tuple(map(_written, row)) for row in source.sample.head(FIRST).itertuples(index=False, name=None)),
        times=None if times is None else times.format,
        frequency=even_frequency(rows.index, rows.zone),
        steps=steps_of(rows, apart),
        sentinels=dict(hints.sentinels(rows)),
    )


def _columns(source: Source, reader: Reader, missing: Mapping[str, int]) -> tuple[Column, ...]:
    from seqsweep.serving.reading.filters import columns_of

    settings, kinds = reader.settings, _kinds(reader)
    filtered = columns_of(settings.where) if settings.where is not None else []
    asked = {
        "target": settings.targets,
        "feature": settings.features,
        "known ahead": settings.known_future,
        "series": settings.series,
        "static": settings.static,
        "time": settings.time,
        "filter": filtered,
    }
    found = []
    for position, name in enumerate(source.names):
        roles = tuple(role for role, names in asked.items() if name in names)
        kind = kinds[name] if roles else _kind_of(source, position, settings)
        found.append(Column(name, kind, roles, missing.get(name)))
    return tuple(found)


def _missing(reader: Reader, rows: Rows) -> Mapping[str, int]:
    """Missing values of target and features; a column of names has all of its own or none."""
    settings, held, position = reader.settings, reader.found.categories or {}, 0
    found = {}
    for name in settings.columns:
        found[name] = int(np.isnan(rows.values[:, position]).sum())
        position += len(held.get(name) or [name])
    return found


def _kinds(reader: Reader) -> Mapping[str, str]:
    """What is known of the columns that are used."""
    settings, found = reader.settings, reader.found
    kinds = {name: "number" if is_number else "text" for name, is_number in (found.numeric or {}).items()}
    kinds |= dict.fromkeys(settings.series, "names of series") | dict.fromkeys(settings.time, "time")
    kinds |= dict.fromkeys((*settings.columns, *settings.wide), "number")
    kinds |= {name: STATIC[kind] for name, kind in (found.static or {}).items()}
    return kinds | {
        name: f"{len(names):,} names" if names else "true or false" for name, names in (found.categories or {}).items()
    }


def _kind_of(source: Source, position: int, settings: Settings) -> str:
    """What the first rows of a column hold that is not used."""
    from seqsweep.serving.reading.categories import TRUTHS
    from seqsweep.serving.reading.numbers import NumberStyle, convert, is_missing

    column = source.sample.iloc[:, position]
    if column.dtype.kind in "mM":
        return "time"
    style = NumberStyle(settings.decimal, settings.thousands, settings.na_values)
    there: pd.Series[Any] = column[~is_missing(column, style)]
    if not len(there):
        return "empty"
    if there.astype("str").str.strip().str.casefold().isin(TRUTHS).all():
        return "true or false"
    if not convert(there, style)[1].any():
        return "number"
    return "text" if hints.times_of(there.iloc[:50]) is None else "time"


def steps_of(rows: Rows, apart: Spacing | None) -> Steps | None:
    """How far rows lie apart, for people.

    Args:
        rows: in the order of time.
        apart: likewise, in nanoseconds or counts; None: there are no times, or one row.
    """
    if apart is None:
        return None
    from seqsweep.serving.reading.steps import period

    is_time = rows.index.dtype.kind == "M"
    steps = np.diff(rows.index.view(np.int64))
    longer = steps[steps > apart.step]
    row = int(steps.argmax())
    return Steps(
        usual=period(apart.step, is_time),
        count=apart.steps,
        longer=len(longer),
        shorter=apart.uneven - len(longer),
        absent=int(np.rint(longer / apart.step).sum()) - len(longer),
        longest=period(int(steps[row]), is_time),
        since=rows.shown(row),
    )


def _written(value: Any) -> str:
    """A value of the first rows; those of text are as they stand there."""
    import pandas as pd

    if pd.api.types.is_scalar(value) and pd.isna(value):
        return ""
    text = str(value).removesuffix(" 00:00:00")
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
