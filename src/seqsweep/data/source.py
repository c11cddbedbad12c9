"""What every source gives: names of columns, first rows of all of them, and whole columns as frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

SAMPLE = 1000  # rows that decide which columns hold numbers


@dataclass(frozen=True)
class Origin:
    """Where rows came from.

    Args:
        where: the file, or the database.
        numbers: (rows,), what each row is called there; None: counted from 1.
        label: makes words of a number.
        is_text: rows are lines, fields stand between separators.
    """

    where: str
    numbers: NDArray[Any] | None = None
    label: Callable[[Any], str] = "row {}".format
    is_text: bool = False

    def without_lines(self) -> Origin:
        """The same with rows by their numbers: what makes words of lines does not cross a process border."""
        return replace(self, label="row {}".format)

    def place(self, row: int | None, column: str | None = None) -> str:
        """`sales.csv, line 17, column 'price'`: what a message begins with.

        Args:
            row: of the frame, counted from 0; None: the whole source is meant.
            column: its name; None: the whole row is meant.
        """
        at = "" if row is None else f", {self.label(row + 1 if self.numbers is None else self.numbers[row])}"
        return f"{self.where}{at}" if column is None else f"{self.where}{at}, column {column!r}"


@dataclass(frozen=True)
class Source:
    """A source that was found and opened.

    Args:
        where: what messages call it.
        names: of its columns, in their order; blanks around them are gone.
        sample: the first rows of all columns, at most SAMPLE, as they are written.
        read: names of columns → all their rows, in the order of the source, and where each came from.
    """

    where: str
    names: tuple[str, ...]
    sample: pd.DataFrame
    read: Callable[[Sequence[str]], tuple[pd.DataFrame, Origin]]


def of_frame(where: str, frame: pd.DataFrame, first: int = 1) -> Source:
    """A source that was read as a whole.

    Args:
        where: what messages call it.
        frame: all its rows and columns.
        first: the number of its first row.
    """
    names = tuple(str(name).strip() for name in frame.columns)
    frame.columns = list(names)
    origin = Origin(where, np.arange(first, first + len(frame)))

    # By position: a name may be there twice, which is a fault of the column alone that asks for it.
    def read(wanted: Sequence[str]) -> tuple[pd.DataFrame, Origin]:
        return frame.iloc[:, [names.index(name) for name in wanted]], origin

    return Source(where, names, frame.head(SAMPLE), read)
