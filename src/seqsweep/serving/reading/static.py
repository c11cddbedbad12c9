"""Columns that say what a series is: one value a series, in each of its rows or in some."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..array_types import Float64s
from ..static import Value
from .categories import categories_of, read_truths
from .faults import ReadError
from .numbers import NumberStyle, is_missing, read_numbers
from .rows import Rows


def kinds_of(frame: pd.DataFrame, names: Sequence[str], style: NumberStyle) -> dict[str, str]:
    """What each static column holds: `names`, `truths` or `numbers`.

    Args:
        frame: has the columns.
        names: of them.
        style: how numbers are written.

    Raises:
        ReadError: one holds too many names.
    """
    found = {}
    for name in names:
        try:
            held = categories_of(frame[name], style)
        except ReadError as fault:
            fault.mend = "leave it out of data.static; search_space.series_embedding learns what each series is"
            raise
        found[name] = "numbers" if held is None else "names" if held else "truths"
    return found


@dataclass(frozen=True)
class StaticTable:
    """The static columns of a table.

    Args:
        columns: of each its values, (rows,): text, None where there is none, or numbers, NaN where there is none.
    """

    columns: Mapping[str, pd.Series]

    @classmethod
    def of(cls, frame: pd.DataFrame, kinds: Mapping[str, str], style: NumberStyle) -> StaticTable:
        """Those that are there.

        Args:
            frame: a request may lack them.
            kinds: what each holds, see `kinds_of`.
            style: how numbers are written.

        Raises:
            ReadError: a value cannot be read.
        """
        return cls({name: _read(frame[name], kind, style) for name, kind in kinds.items() if name in frame})

    def of_series(self, names: Sequence[str], rows: Rows, whose: str) -> tuple[Value | None, ...]:
        """What a series says in each column; None: nothing.

        Args:
            names: of the columns.
            rows: of the series, in the order of time, each with its number.
            whose: the series, as a sentence begins.

        Raises:
            ReadError: a column says two things.
        """
        return tuple(self._one(name, rows, whose) for name in names)

    def _one(self, name: str, rows: Rows, whose: str) -> Value | None:
        if name not in self.columns:
            return None
        assert rows.numbers is not None  # nothing is joined yet
        said = self.columns[name].iloc[rows.numbers]
        places = np.flatnonzero(said.notna().to_numpy())
        if not len(places):
            return None
        there = said.iloc[places]
        other = np.flatnonzero((there != there.iloc[0]).to_numpy())
        if len(other):
            first, later = int(places[0]), int(places[other[0]])
            one, two = (_shown(said.iloc[place]) for place in (first, later))
            when = [f"in row {row + 1}" if rows.time is None else f"at {rows.shown(row)}" for row in (first, later)]
            told = f"{whose}is {one} {when[0]} and {two} {when[1]}, and a static column says one thing of a series"
            mend = "data.features or data.known_future name columns that change"
            raise ReadError(told, column=name, row=rows.number(later), mend=mend, served="give one of them in all rows")
        value: Value = there.iloc[0]
        return value if isinstance(value, str) else float(value)


def _read(column: pd.Series, kind: str, style: NumberStyle) -> pd.Series:
    if kind == "names":
        text = column.astype(object).where(column.isna(), column.astype(object).astype(str).str.strip())
        return text.mask(is_missing(column, style), None)
    values: Float64s = read_truths(column, style) if kind == "truths" else read_numbers(column, style)
    return pd.Series(values)


def _shown(value: Value) -> str:
    return repr(value) if isinstance(value, str) else f"{value:g}"
