"""What to do with values that are not there."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import numpy as np

from seqsweep.catalog import Catalog
from seqsweep.data.table import Table
from seqsweep.errors import DataError


class MissingValues(Protocol):
    """What an entry of MISSING_VALUES is."""

    def __call__(self, table: Table) -> Table:
        """A table with NaN → one without; rows in the order of time on both sides."""


MISSING_VALUES: Catalog[MissingValues] = Catalog("way to treat missing values", like=MissingValues)


@MISSING_VALUES.register
def error(table: Table) -> Table:
    """The table as it is.

    Raises:
        DataError: a value is missing.
    """
    gaps = np.isnan(table.values)
    if gaps.any():
        row = int(gaps.any(axis=1).argmax())
        column = table.columns[int(gaps[row].argmax())]
        raise DataError(
            f"{table.origin.place(row, column)}: no value ({gaps.sum():,} of {gaps.size:,} are missing); "
            "data.missing=interpolate, last or drop says what to do"
        )
    return table


@MISSING_VALUES.register
def interpolate(table: Table) -> Table:
    """Gaps filled by a straight line over time between the values on both sides.

    A filled value therefore knows the next real one, which lies in its future: a gap that reaches over the
    end of the train part shows training a value from behind it, and a forecast made within a gap has seen
    where the gap leads. `last` never does. Where only one side exists, nothing comes from the future: rows
    before the first value of a column go, and after its last value that one stays.

    Raises:
        DataError: a column has no value at all.
    """
    start, values = _first_complete(table), table.values.copy()
    time = (table.index.view(np.int64) - table.index.view(np.int64)[0]).astype(np.float64)
    for column in values.T:
        gaps = np.isnan(column)
        if gaps.any():
            column[gaps] = np.interp(time[gaps], time[~gaps], column[~gaps])
    return _since(start, replace(table, values=values))


@MISSING_VALUES.register
def last(table: Table) -> Table:
    """Gaps filled by the value before them, so by the past alone; rows before the first value of a column go.

    Raises:
        DataError: a column has no value at all.
    """
    start = _first_complete(table)
    rows = np.arange(len(table.values))[:, np.newaxis]
    sources = np.maximum.accumulate(np.where(np.isnan(table.values), 0, rows), axis=0)
    return _since(start, replace(table, values=np.take_along_axis(table.values, sources, axis=0)))


@MISSING_VALUES.register
def drop(table: Table) -> Table:
    """The rows that miss nothing. Steps of time become uneven where a row goes.

    Raises:
        DataError: no row is left.
    """
    complete = np.flatnonzero(~np.isnan(table.values).any(axis=1))
    if not len(complete):
        raise DataError(
            f"{table.origin.where}: no row has a value in each of {', '.join(table.columns)}; "
            "data.missing=drop leaves none"
        )
    return table.take(complete)


def _first_complete(table: Table) -> int:
    """The first row by which every column has had a value."""
    present = ~np.isnan(table.values)
    for name, column in zip(table.columns, present.T, strict=True):
        if not column.any():
            raise DataError(f"{table.origin.where}, column {name!r}: there is no value at all")
    return int(present.argmax(axis=0).max())


def _since(start: int, table: Table) -> Table:
    return table.take(np.arange(start, len(table.values))) if start else table
