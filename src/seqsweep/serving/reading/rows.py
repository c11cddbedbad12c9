"""The rows of one series as they are read, step by step."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..array_types import Float64s, Index, Int64s
from .zones import wall_clock


@dataclass(frozen=True)
class Rows:
    """Rows of one series.

    Args:
        columns: their names, the target first.
        values: (rows, columns), in the unit of the data, NaN where a value is missing.
        index: (rows,), times in UTC where there is a zone, or counts; row numbers from 0 where the data has no times.
        observed: (rows,), whether the target has a value of its own in each; filled values are not observed.
        numbers: (rows,), the row of the input that each was, from 0; None: rows were joined.
        time: the column that the index came from; None: there is none.
        zone: of the times; None: they name none.
        notes: what was filled, left out or guessed, a sentence each.
    """

    columns: tuple[str, ...]
    values: Float64s
    index: Index
    observed: NDArray[np.bool_]
    numbers: Int64s | None
    time: str | None
    zone: str | None = None
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Rows."""
        return len(self.values)

    def take(self, rows: Int64s) -> Rows:
        """Some of the rows, in this order."""
        numbers = None if self.numbers is None else self.numbers[rows]
        return replace(
            self, values=self.values[rows], index=self.index[rows], observed=self.observed[rows], numbers=numbers
        )

    def number(self, row: int) -> int | None:
        """The row of the input, from 0; None where rows were joined.

        Args:
            row: counted from 0.
        """
        return None if self.numbers is None else int(self.numbers[row])

    def shown(self, row: int) -> str:
        """The time of a row on the clock of its zone, as short as it can be written; or its count.

        Args:
            row: counted from 0.
        """
        moment = wall_clock(self.index[row : row + 1], self.zone)[0]
        return shown(moment)

    def noted(self, *notes: str) -> Rows:
        """With further notes."""
        return replace(self, notes=(*self.notes, *notes))


def shown(moment: np.generic) -> str:
    """A time as short as it can be written, or a count."""
    import pandas as pd

    text = str(moment)
    if isinstance(moment, np.datetime64):
        text = str(pd.Timestamp(moment)).removesuffix(" 00:00:00")
    return text
