"""What a reader is told, what it finds in its data, and what it passes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..array_types import Float64s, Index, Int64s

if TYPE_CHECKING:  # pandas is not loaded to check a config
    from .time_styles import TimeStyle

NAME, VALUE = "series", "value"
"""What the columns of names and of values are called where a table of a column a series is read as a long one."""


@dataclass(frozen=True)
class Settings:
    """What `data.*` says of reading, by the names of its keys.

    Args:
        target: the column to forecast.
        features: further columns.
        time: the columns that a time is written in; empty: rows are in order.
        known_future: columns whose values are known ahead.
        calendar: what times themselves say, see `calendar`.
        series: columns that name a series, of several in one table.
        static: columns that say what a series is, at all times alike.
        wide: columns that are a series each; `series` and `target` then name those that `wide.long_form` makes.
    """

    target: str
    features: tuple[str, ...] = ()
    time: tuple[str, ...] = ()
    time_format: str | None = None
    timezone: str | None = None
    sort: bool = False
    na_values: tuple[float | str, ...] = ()
    decimal: str = "."
    thousands: str | None = None
    where: str | None = None
    missing: str = "error"
    frequency: str | None = None
    aggregate: str = "mean"
    known_future: tuple[str, ...] = ()
    calendar: tuple[str, ...] = ()
    series: tuple[str, ...] = ()
    wide: tuple[str, ...] = ()
    static: tuple[str, ...] = ()

    @property
    def targets(self) -> tuple[str, ...]:
        """The columns of the table that hold what is forecast."""
        return self.wide or (self.target,)

    @property
    def given(self) -> tuple[str, ...]:
        """The columns of the table that hold names of series and values."""
        names = () if self.wide else self.series
        return (*names, *self.targets, *self.features, *self.known_future)

    @property
    def columns(self) -> tuple[str, ...]:
        """Those that are read for their values, the target first, those that are known ahead last."""
        return (self.target, *self.features, *self.known_future)


@dataclass(frozen=True)
class Found:
    """What the data of a sweep showed, and what a request must share with it.

    Args:
        times: how times are written; None: there are none.
        categories: for each column that holds no numbers its names; none where it holds true and false.
        numeric: for each column of `where` whether it is compared as a number.
        filtered: for each of them what it holds in the first row that was kept.
        static: for each static column what it holds, see `static.kinds_of`.
        step: between the rows as they were given: nanoseconds, or counts; None: there are no times.
        origin: where the first step of a resampled series begins, in UTC where there is a zone.
    """

    times: TimeStyle | None = None
    categories: Mapping[str, list[str]] | None = None
    numeric: Mapping[str, bool] | None = None
    filtered: Mapping[str, str | float] | None = None
    static: Mapping[str, str] | None = None
    step: int | None = None
    origin: str | None = None


@dataclass(frozen=True)
class Raw:
    """The columns of a frame as numbers and times, of one series or of several; still in the order of the frame.

    Args:
        values: (rows, columns), NaN where a value is missing.
        index: (rows,), not yet in UTC where times show the clock of a zone; None: the frame has no times.
        numbers: (rows,), of the frame, from 0.
        is_wall_clock: times name no zone.
        notes: a sentence each.
    """

    values: Float64s
    index: Index | None
    numbers: Int64s
    is_wall_clock: bool = True
    notes: tuple[str, ...] = ()

    def take(self, rows: Int64s) -> Raw:
        """Some of the rows, (n,), counted from 0: those of one series."""
        index = None if self.index is None else self.index[rows]
        return replace(self, values=self.values[rows], index=index, numbers=self.numbers[rows])
