"""Raw rows → the rows of a series, by settings that a sweep gives and by what it found in its data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any, cast

import numpy as np
import pandas as pd

from ..array_types import Index, Int64s
from .calendar import calendar_columns, calendar_names
from .categories import categories_of, read_columns
from .faults import ReadError
from .filters import columns_of, matching, numeric_columns
from .missing import completed
from .numbers import NumberStyle
from .order import in_order
from .rows import Rows
from .settings import Found, Raw, Settings
from .static import StaticTable, kinds_of
from .steps import Spacing, is_within_hours, resampled, spacing
from .time_styles import COUNT, TimeStyle
from .times import fit_times, joined, read_times
from .zones import Dates, to_utc


@dataclass(frozen=True)
class Reader:
    """How raw rows become a series.

    Args:
        settings: of a sweep.
        found: in its data.
    """

    settings: Settings
    found: Found

    @classmethod
    def fit(cls, frame: pd.DataFrame, settings: Settings, now: pd.Timestamp) -> tuple[Reader, Raw]:
        """The reader that data determines, and its columns.

        Args:
            frame: the columns that the settings name, as a source gives them; at least one row.
            settings: of the sweep.
            now: see `fit_times`.

        Raises:
            ReadError: a value or a time cannot be read.
        """
        numeric = None
        if settings.where is not None:
            numeric = numeric_columns(frame[columns_of(settings.where)], _style(settings))
        reader = cls(settings, Found(numeric=numeric))
        kept, numbers = reader._filtered(frame)
        categories = {name: categories_of(kept[name], _style(settings)) for name in settings.columns[1:]}
        held = {name: names for name, names in categories.items() if names is not None}
        times, index = None, None
        notes: list[str] = []
        with _numbered(numbers):
            if settings.time:
                column = joined(kept, settings.time)
                index, times, notes = fit_times(column, settings.time_format, now)
                if times.format == COUNT and settings.timezone is not None:
                    raise ReadError(f"data.timezone={settings.timezone}: times are counts, which have no zone")
        filtered = {name: _plain(kept[name].iloc[0], is_number) for name, is_number in (numeric or {}).items()}
        static = kinds_of(kept, settings.static, _style(settings))
        reader = cls(settings, Found(times=times, categories=held, numeric=numeric, filtered=filtered, static=static))
        is_wall_clock = times is None or times.is_wall_clock
        return reader, reader._raw(kept, numbers, index, is_wall_clock, notes)

    def columns_of(self, frame: pd.DataFrame) -> Raw:
        """The columns of a request.

        Args:
            frame: the columns that the settings name.

        Raises:
            ReadError: a value or a time cannot be read.
        """
        kept, numbers = self._filtered(frame)
        index, is_wall_clock = None, True
        times = self.found.times
        with _numbered(numbers):
            if times is not None and len(kept) and (column := self._times_in(kept)) is not None:
                index, is_wall_clock = read_times(column, times)
                self._check_zone(column, index, is_wall_clock)
        return self._raw(kept, numbers, index, is_wall_clock, [])

    def static_in(self, frame: pd.DataFrame) -> StaticTable:
        """The static columns of a table or of a request, which may lack them.

        Raises:
            ReadError: a value cannot be read.
        """
        return StaticTable.of(frame, self.found.static or {}, _style(self.settings))

    def ordered(self, raw: Raw) -> Rows:
        """The rows of one series in the order of time, nothing filled or joined yet.

        Args:
            raw: of one series.

        Raises:
            ReadError: rows are out of order, or a time is there twice.
        """
        name, index = self.time_name, raw.index
        if index is None:
            name, index = None, np.arange(len(raw.values), dtype=np.int64)
        zone = self.zone if index.dtype.kind == "M" else None
        if raw.is_wall_clock and zone is not None:
            with _numbered(raw.numbers):
                index = to_utc(cast(Dates, index), zone, str(name))
        observed = ~np.isnan(raw.values[:, 0])
        rows = Rows(self.read_names, raw.values, index, observed, raw.numbers, name, zone, raw.notes)
        return in_order(rows, self.settings.sort, joined=self.settings.frequency is not None)

    def complete(self, rows: Rows) -> Rows:
        """The rows without gaps: filled or dropped, joined to even steps, and filled again where a step has no row.

        Args:
            rows: in the order of time.

        Raises:
            ReadError: a value is missing and must not be, or rows cannot be joined.
        """
        settings = self.settings
        rows = completed(rows, settings.missing, self.steady)
        if settings.frequency is None:
            return rows
        apart = spacing(rows)
        step = None if apart is None else apart.step
        times = self.found.times
        if (
            times is not None
            and times.is_mixed
            and settings.timezone is None
            and not is_within_hours(settings.frequency)
        ):
            told = (
                f"data.frequency={settings.frequency}: times name several offsets, so that no midnight is that of all"
            )
            raise ReadError(told, mend="data.timezone, such as Europe/Berlin, says whose days count")
        rows = resampled(rows, settings.frequency, settings.aggregate, self.steady, step, self.found.origin)
        return completed(rows, settings.missing, self.steady)

    def knowing(self, apart: Spacing | None, complete: Rows) -> Reader:
        """This reader with what its own data showed when it was whole.

        Args:
            apart: the spacing of the rows as they were given.
            complete: the series.
        """
        origin = str(complete.index[0]) if self.settings.frequency is not None else None
        return replace(self, found=replace(self.found, step=None if apart is None else apart.step, origin=origin))

    def parted(self, rows: Rows) -> tuple[Rows, Rows]:
        """The rows up to the last one with a value of the target, and the future behind, whose targets are blank.

        Without columns that are known ahead there is no future: a blank target is a missing one. A series that is a
        column of a table begins with its first value and ends with its last one.

        Args:
            rows: in the order of time.
        """
        seen = np.flatnonzero(rows.observed)
        wide = bool(self.settings.wide)
        begin = int(seen[0]) if len(seen) and wide else 0
        end = int(seen[-1]) + 1 if len(seen) and (self.n_known or wide) else len(rows)
        future = np.arange(end, len(rows) if self.n_known else end, dtype=np.int64)
        return rows.take(np.arange(begin, end, dtype=np.int64)), rows.take(future)

    def with_calendar(self, rows: Rows) -> Rows:
        """The rows with the columns that their times make.

        Args:
            rows: at their final times.

        Raises:
            ReadError: times have no calendar.
        """
        if not self.settings.calendar:
            return rows
        made = calendar_columns(rows.index, rows.zone, self.settings.calendar)
        return replace(rows, columns=self.names, values=np.column_stack([rows.values, made]))

    @cached_property
    def read_names(self) -> tuple[str, ...]:
        """The columns that are read: a column of names is one for each of them."""
        found: list[str] = []
        for name in self.settings.columns:
            found += self._names_of(name)
        return tuple(found)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The columns of the series: those that are read, then those that times make."""
        return (*self.read_names, *calendar_names(self.settings.calendar))

    @property
    def n_known(self) -> int:
        """Columns at the end whose values are known ahead."""
        return sum(len(self._names_of(name)) for name in self.settings.known_future) + self.n_calendar

    @property
    def n_calendar(self) -> int:
        """Columns at the end that times make."""
        return len(calendar_names(self.settings.calendar))

    def _names_of(self, name: str) -> list[str]:
        """The columns of the series that a column becomes."""
        held = self._categories.get(name)
        return [f"{name}={value}" for value in held] if held else [name]

    @cached_property
    def steady(self) -> frozenset[str]:
        """The columns that are 0 or 1, with nothing in between."""
        return frozenset(
            name for name in self.read_names[1:] if name in self._categories or name not in self.settings.columns
        )

    @property
    def zone(self) -> str | None:
        """Of the times: as the settings say, or as the data of the sweep named it."""
        times = self.found.times
        return self.settings.timezone or (None if times is None else times.zone)

    @property
    def time_name(self) -> str | None:
        """What messages call the column of times."""
        return " ".join(self.settings.time) or None

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns that a request must have; times beside them, see `needs_times`."""
        where = [] if self.settings.where is None else columns_of(self.settings.where)
        return tuple(dict.fromkeys((*self.settings.given, *where)))

    @property
    def needs_times(self) -> bool:
        """Whether rows cannot be read without times: they are put in order, joined, or say what day it is."""
        settings = self.settings
        return bool(settings.time) and (settings.sort or settings.frequency is not None or bool(settings.calendar))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, from which `from_json` makes the same reader."""
        return {"settings": asdict(self.settings), "found": asdict(self.found)}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Reader:
        """The reader that `to_json` wrote down."""
        lists: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in content["settings"].items()
        }
        found = dict(content["found"])
        times = found.pop("times")
        return cls(Settings(**lists), Found(times=None if times is None else TimeStyle(**times), **found))

    @property
    def _categories(self) -> Mapping[str, list[str]]:
        return self.found.categories or {}

    def _filtered(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, Int64s]:
        frame = frame.reset_index(drop=True)
        where = self.settings.where
        if where is None:
            return frame, np.arange(len(frame), dtype=np.int64)
        numbers = matching(frame, where, self.found.numeric or {}, _style(self.settings))
        return frame.iloc[numbers].reset_index(drop=True), numbers

    def _times_in(self, frame: pd.DataFrame) -> pd.Series[Any] | None:
        """The times of a request, in the columns of the sweep or written together in one; None: it has none."""
        if self.time_name in frame:
            return frame[self.time_name]
        return joined(frame, self.settings.time) if all(name in frame for name in self.settings.time) else None

    def _check_zone(self, column: pd.Series[Any], index: Index, is_wall_clock: bool) -> None:
        """Times that name a zone cannot be told from those of a series that has none, nor the other way round."""
        if index.dtype.kind != "M" or is_wall_clock == (self.zone is None) or self.settings.timezone is not None:
            return
        has, learned = ("no zone", f"the zone {self.zone}") if is_wall_clock else ("a zone", "none")
        told = f"{str(column.iloc[0])!r} names {has}, and the times that were learned from name {learned}"
        raise ReadError(told, column=str(column.name), row=0, served="write times as those")

    def _raw(
        self, frame: pd.DataFrame, numbers: Int64s, index: Index | None, is_wall_clock: bool, notes: list[str]
    ) -> Raw:
        with _numbered(numbers):
            values, more = read_columns(frame, self.settings.columns, self._categories, _style(self.settings))
        return Raw(values, index, numbers, is_wall_clock, (*notes, *more))


def _plain(value: object, is_number: bool) -> str | float:
    """A value that JSON can hold."""
    return float(str(value)) if is_number else str(value)


def _style(settings: Settings) -> NumberStyle:
    return NumberStyle(settings.decimal, settings.thousands, settings.na_values)


@contextmanager
def _numbered(numbers: Int64s) -> Iterator[None]:
    """Faults within name rows of the frame, not of what a filter has left of it.

    Args:
        numbers: (rows,), of the frame, from 0.
    """
    try:
        yield
    except ReadError as fault:
        if fault.row is not None:
            fault.row = int(numbers[fault.row])
        raise
