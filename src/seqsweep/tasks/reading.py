"""Columns of a table of items, as any task that learns from rows reads them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seqsweep.data import Origin, Source, check_columns, number_columns, time_columns
from seqsweep.errors import DataError
from seqsweep.schema import DataConfig
from seqsweep.serving.array_types import Float64s, Int64s

if TYPE_CHECKING:
    import pandas as pd

    from seqsweep.serving.reading.numbers import NumberStyle
    from seqsweep.serving.reading.time_styles import TimeStyle

Words = NDArray[np.str_]


def number_style(config: DataConfig) -> NumberStyle:
    """How numbers are written."""
    from seqsweep.serving.reading.numbers import NumberStyle

    return NumberStyle(config.decimal, config.thousands, tuple(config.na_values))


@contextmanager
def placed(origin: Origin) -> Iterator[None]:
    """Faults of reading become the user's: with file, line and column."""
    from seqsweep.serving.reading.faults import ReadError

    try:
        yield
    except ReadError as fault:
        if fault.row is None and fault.column is None:
            text = f"{fault.text}; {fault.mend}" if fault.mend else fault.text
            raise DataError(f"{origin.where}: {text}") from fault
        raise DataError(f"{origin.place(fault.row, fault.column)}: {fault.text}") from fault


def check_named(config: DataConfig, source: Source) -> None:
    """Refuse columns that are named and are not there.

    Args:
        config: names them.
        source: has columns.

    Raises:
        DataError: one is not there, or named twice.
    """
    asked = [("features", name) for name in config.features]
    asked += [("where", name) for name in filtered_columns(config)]
    asked += [("time", name) for name in ordering_columns(config)]
    check_columns(source, [*asked, ("group", config.group), ("target", config.target)])


def ordering_columns(config: DataConfig) -> tuple[str, ...]:
    """The columns of times that rows are put in order by; none: they stay as they are."""
    return () if config.time is None else time_columns(config)


def other_numbers(config: DataConfig, source: Source) -> tuple[str, ...]:
    """All columns of numbers but target, group and times.

    Args:
        config: names these.
        source: has columns.

    Raises:
        DataError: there is none.
    """
    taken = (config.target, config.group, *ordering_columns(config))
    found = tuple(name for name in number_columns(config, source) if name not in taken)
    if not found:
        others = ", ".join(name for name in source.names if name not in taken) or "no other column"
        raise DataError(
            f"data.features: {source.where} has no column of numbers beside data.target={config.target}, but {others}"
        )
    check_columns(source, [("features", name) for name in found])
    return found


def filtered_columns(config: DataConfig) -> list[str]:
    """The columns that `data.where` asks for."""
    from seqsweep.serving.reading.filters import columns_of

    return [] if config.where is None else columns_of(config.where)


def kept_rows(frame: pd.DataFrame, config: DataConfig, filtered: Sequence[str]) -> Int64s:
    """The rows that `data.where` keeps, counted from 0.

    Args:
        frame: all rows.
        config: has `where`.
        filtered: columns that it asks for.
    """
    from seqsweep.serving.reading.filters import matching, numeric_columns

    if config.where is None:
        return np.arange(len(frame), dtype=np.int64)
    style = number_style(config)
    part = frame[list(filtered)]
    return matching(part, config.where, numeric_columns(part, style), style)


@dataclass(frozen=True)
class Times:
    """How the times that rows were put in order by are written.

    Args:
        columns: that hold them.
        style: as `serving` reads it.
        notes: what was guessed.
    """

    columns: tuple[str, ...]
    style: TimeStyle
    notes: tuple[str, ...]


def in_order(frame: pd.DataFrame, rows: Int64s, config: DataConfig) -> tuple[Int64s, Times | None]:
    """The rows by their times, those of one time as they came.

    Args:
        frame: all rows.
        rows: that are kept.
        config: says which columns hold times; none: rows stay as they are.

    Raises:
        ReadError: a time is missing or cannot be read.
    """
    import pandas as pd

    from seqsweep.serving.reading.faults import ReadError
    from seqsweep.serving.reading.times import fit_times, joined

    columns = ordering_columns(config)
    if not columns:
        return rows, None
    try:
        times = joined(frame.iloc[rows], columns).reset_index(drop=True)
        index, style, notes = fit_times(times, config.time_format, pd.Timestamp.now())
    except ReadError as fault:
        row = None if fault.row is None else int(rows[fault.row])
        raise ReadError(f"{fault.text}; mend it, or take the row out", column=fault.column, row=row) from fault
    return rows[np.argsort(index, kind="stable")], Times(columns, style, tuple(notes))


def read_values(column: pd.Series[Any], style: NumberStyle) -> Float64s:
    """A column of numbers, none missing.

    Args:
        column: as its source gave it.
        style: how they are written.

    Raises:
        ReadError: a value is missing or no number.
    """
    from seqsweep.serving.reading.faults import ReadError
    from seqsweep.serving.reading.numbers import read_numbers

    try:
        values = read_numbers(column, style)
    except ReadError as fault:  # its advice is for series
        raise ReadError(f"{fault.text}; mend it, or take the row out", column=fault.column, row=fault.row) from fault
    if np.isnan(values).any():
        row = int(np.isnan(values).argmax())
        raise ReadError("the value is missing; fill it, or take the row out", column=str(column.name), row=row)
    return values


def named(column: pd.Series[Any], style: NumberStyle) -> Words:
    """Labels or groups as text; a whole number has no fraction.

    Args:
        column: as its source gave it.
        style: how missing values are written.

    Raises:
        ReadError: one is missing.
    """
    from seqsweep.serving.reading.faults import ReadError
    from seqsweep.serving.reading.numbers import is_missing

    missing = is_missing(column, style)
    if missing.any():
        row = int(missing.argmax())
        held, mend = column.iloc[row], "give one, or take the row out"
        told = f"there is no label; {mend}"
        if isinstance(held, str) and held.strip():
            told = f"{held!r} counts as no label; {mend.replace('one', 'another name')}"
        raise ReadError(told, column=str(column.name), row=row)
    if column.dtype.kind == "f" and (column % 1 == 0).all():
        column = column.astype(np.int64)
    return np.asarray(column.astype("str").str.strip().to_numpy(), np.str_)


def written(column: pd.Series[Any]) -> NDArray[np.object_]:
    """A column of texts as they are written, (rows,); of a missing one nothing is."""
    texts: NDArray[np.object_] = column.astype("object").where(column.notna(), "").astype("str").to_numpy(object)
    return texts


def fingerprint(columns: Sequence[str], values: Float64s, *words: NDArray[Any] | None) -> str:
    """The SHA-256 (hex) of a table's content: the same data has the same one, whatever file it came from.

    Args:
        columns: those of the values.
        values: (items, columns).
        words: labels, groups, texts, (items,) each; None: there are none.
    """
    told = [list(columns), *(None if column is None else column.tolist() for column in words)]
    digest = hashlib.sha256(json.dumps(told).encode())
    digest.update(np.ascontiguousarray(values + 0.0, dtype="<f8").data)
    return digest.hexdigest()
