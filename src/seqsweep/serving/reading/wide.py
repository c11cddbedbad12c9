"""A table with a column a series as the same rows in one column of values, with the name of its series in each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ..array_types import Int64s
from .faults import ReadError
from .numbers import NumberStyle, is_missing
from .order import OrderError, TwiceError
from .settings import NAME, VALUE, Settings


@dataclass(frozen=True)
class LongForm:
    """The rows of all series, those of one row of the table beside each other.

    Args:
        frame: the columns that all series share, NAME and VALUE.
        numbers: (rows,), the row of the table that each was, from 0.
        columns: (rows,), the column of the table that each was.
        empty: columns without any value.
    """

    frame: pd.DataFrame
    numbers: Int64s
    columns: list[str]
    empty: list[str]

    @contextmanager
    def placed(self) -> Iterator[None]:
        """Faults within name row and column of the table."""
        try:
            yield
        except ReadError as fault:
            if fault.row is not None:
                fault.column = self.columns[fault.row] if fault.column == VALUE else fault.column
                fault.row = int(self.numbers[fault.row])
            if isinstance(fault, OrderError | TwiceError) and fault.earlier is not None:
                fault.earlier = int(self.numbers[fault.earlier])
            if isinstance(fault, OrderError | TwiceError) and fault.rows.numbers is not None:
                fault.rows = replace(fault.rows, numbers=self.numbers[fault.rows.numbers])
            raise


def long_form(frame: pd.DataFrame, settings: Settings, by: str | None = None) -> LongForm:
    """The rows of each series that has a value at all.

    Args:
        frame: a table with the columns of `settings.wide`.
        settings: how numbers are written, and what is missing.
        by: a column that tells several such tables in one apart; a series without a value in one is not in that one.
    """
    style = NumberStyle(settings.decimal, settings.thousands, settings.na_values)
    shared = frame.drop(columns=list(settings.wide)).reset_index(drop=True)
    tables = frame[by].reset_index(drop=True).groupby(frame[by].to_numpy(), dropna=False) if by is not None else None
    kept, empty = np.zeros((len(frame), len(settings.wide)), np.bool_), []
    for place, name in enumerate(settings.wide):
        column = frame[name]
        there = column.notna().to_numpy() if column.dtype.kind in "iuf" else ~is_missing(column, style)
        empty += [] if there.any() else [name]
        kept[:, place] = there.any() if tables is None else pd.Series(there).groupby(tables.ngroup()).transform("any")
    numbers, places = (found.astype(np.int64) for found in np.nonzero(kept))
    cells = pd.concat([frame[name].reset_index(drop=True)[kept[:, k]] for k, name in enumerate(settings.wide)])
    order = np.argsort(np.concatenate([np.flatnonzero(column) for column in kept.T]), kind="stable")
    names = np.array(settings.wide, object)[places]
    rows = shared.iloc[numbers].reset_index(drop=True)
    rows[NAME], rows[VALUE] = names, cells.iloc[order].reset_index(drop=True)
    return LongForm(rows, numbers, names.tolist(), empty)


def wide_form(frame: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """The rows of a table in long form with a column a series again, blank in all but their own.

    Args:
        frame: has NAME and VALUE.
        settings: name the columns.
    """
    own = {name: frame[VALUE].where(frame[NAME] == name) for name in settings.wide}
    return pd.concat([frame.drop(columns=[NAME, VALUE]), pd.DataFrame(own, index=frame.index)], axis=1)
