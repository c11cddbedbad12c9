"""Rows put in the order of time, and what is wrong where they are not."""

from __future__ import annotations

import numpy as np

from .faults import ReadError
from .rows import Rows


class OrderError(ReadError):
    """A time that is earlier than the one before it.

    Args:
        rows: as they were given.
        row: the one with the earlier time.
    """

    def __init__(self, rows: Rows, row: int) -> None:
        super().__init__(
            f"{rows.shown(row)} follows {rows.shown(row - 1)}",
            column=rows.time,
            row=rows.number(row),
            served="sort the rows, the latest last",
        )
        self.rows = rows
        self.earlier = rows.number(row - 1)


class TwiceError(ReadError):
    """A time that is there twice.

    Args:
        rows: in the order of time.
        row: the second one at this time.
    """

    def __init__(self, rows: Rows, row: int) -> None:
        super().__init__(
            f"{rows.shown(row)} is there twice",
            column=rows.time,
            row=rows.number(row),
            served="a series has one row at each time; several series need a column series_id",
        )
        self.rows, self.at = rows, row
        self.earlier = rows.number(row - 1)


def in_order(rows: Rows, sort: bool, joined: bool) -> Rows:
    """The rows with their index ascending.

    Args:
        rows: in any order.
        sort: put them in order; else rows out of order are refused.
        joined: several rows may share a time, because resampling will join them.

    Raises:
        ReadError: rows are out of order and are not to be sorted, or a time is there twice.
    """
    if rows.time is None:
        return rows
    if sort:
        rows = rows.take(np.argsort(rows.index, kind="stable"))
    steps = np.diff(rows.index.view(np.int64))
    if (steps < 0).any():
        raise OrderError(rows, int((steps < 0).argmax()) + 1)
    if (steps == 0).any() and not joined:
        raise TwiceError(rows, int((steps == 0).argmax()) + 1)
    return rows
