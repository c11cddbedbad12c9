"""Where train, validation and test of several series lie: one date for all, each series with rows of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from seqsweep.data import Series
from seqsweep.errors import DataError
from seqsweep.schema import WindowsConfig
from seqsweep.serving.array_types import Index, Int64s
from seqsweep.tasks.forecast.split import SPLITS, Split
from seqsweep.words import counted


@dataclass(frozen=True)
class PanelSplit:
    """The parts of each series; an item is an origin's row among those of all series.

    A series whose train part is too short for a window with its targets has no items at all.

    Args:
        times: all that any series has a row at, ascending.
        whole: the parts of these times.
        starts: (series,), the first row of each series.
        indices: of each series its times.
        members: the parts of each series, by its own rows.
    """

    times: Index = field(compare=False, repr=False)
    whole: Split
    starts: Int64s = field(compare=False, repr=False)
    indices: tuple[Index, ...] = field(compare=False, repr=False)
    members: tuple[Split, ...]

    @classmethod
    def of(cls, series: Series, whole: Split) -> PanelSplit:
        """The parts that a split of all times gives each series.

        Args:
            series: a panel.
            whole: of all times that any of its series has.
        """
        assert series.starts is not None  # it is a panel
        times, members = times_of(series), series.members
        found = [_part(member, times, whole) for member in members]
        return cls(times, whole, series.starts, tuple(member.index for member in members), tuple(found))

    def fold(self, back: int) -> PanelSplit:
        """Train and validation end `back` validation parts earlier; but for 0 there is no test part.

        Raises:
            DataError: what is left is too short to train on.
        """
        if back == 0:
            return self
        whole = self.whole.fold(back)
        pairs = zip(self.indices, self.members, strict=True)
        found = [_cut(index, member, self.times, whole) for index, member in pairs]
        fold = replace(self, whole=whole, members=tuple(found))
        if not len(fold.train) or not len(fold.validation):
            told = f"fold {back} leaves no series with rows to train on and to validate by"
            raise DataError(f"{told}. Lower finals.folds, or shorten windows.validation")
        return fold

    @property
    def max_lookback(self) -> int:
        """Rows that the most far-sighted trial looks back."""
        return self.whole.max_lookback

    @property
    def horizon(self) -> int:
        """Rows ahead that are forecast."""
        return self.whole.horizon

    @property
    def train(self) -> Int64s:
        """Origins whose targets all lie in train."""
        return self._joined(lambda member: member.train)

    @property
    def held(self) -> Int64s:
        """Origins whose targets all lie between train and validation, see CALIBRATION."""
        return self._joined(lambda member: member.held)

    @property
    def validation(self) -> Int64s:
        """Origins whose targets all lie in validation."""
        return self._joined(lambda member: member.validation)

    @property
    def test(self) -> Int64s:
        """Origins whose targets all lie in test."""
        return self._joined(lambda member: member.test)

    @property
    def train_rows(self) -> NDArray[np.bool_]:
        """(rows,), of all series, whether each lies in train."""
        ends = [
            np.arange(len(index)) < split.train_end for index, split in zip(self.indices, self.members, strict=True)
        ]
        return np.concatenate(ends)

    def owners(self, items: Int64s) -> Int64s:
        """(n,), the number of the series that each item is of."""
        found: Int64s = np.searchsorted(self.starts, items, side="right") - 1
        return found

    def by_series(self, items: Int64s) -> Iterator[tuple[int, Int64s]]:
        """Each series that has items (n,), by its number, and which of them are its own, ascending."""
        if not len(items):
            return  # validation of all of the data as one part
        owners = self.owners(items)
        order = np.argsort(owners, kind="stable")
        numbers, begins = np.unique(owners[order], return_index=True)
        yield from zip(map(int, numbers), np.split(order, begins[1:]), strict=True)

    def rows_before(self, cut: int) -> Int64s:
        """The rows of all series before a time.

        Args:
            cut: of that time, its place among all.
        """
        return self._joined_rows(lambda end, _: np.arange(end), cut)

    def origins_before(self, cut: int, ahead: bool) -> Int64s:
        """The origins before a time that have a longest window.

        Args:
            cut: of that time, its place among all.
            ahead: whether the rows that are forecast must be there too.
        """
        first, horizon = self.max_lookback - 1, self.horizon
        return self._joined_rows(lambda end, n: np.arange(first, min(end, n - horizon) if ahead else end), cut)

    def _joined(self, part: Callable[[Split], Int64s]) -> Int64s:
        parts = [part(member) + start for member, start in zip(self.members, self.starts, strict=True)]
        return np.concatenate(parts)

    def _joined_rows(self, rows: Callable[[int, int], NDArray[np.int64]], cut: int) -> Int64s:
        if cut >= len(self.times):
            ends = [len(index) for index in self.indices]
        else:
            ends = [int(np.searchsorted(index, self.times[cut])) for index in self.indices]
        parts = zip(self.indices, self.starts, ends, strict=True)
        return np.concatenate([rows(end, len(index)) + start for index, start, end in parts]).astype(np.int64)


def times_of(series: Series) -> Index:
    """All times that any series has a row at, ascending."""
    times: Index = np.unique(series.index)  # type: ignore[assignment]
    return times


def all_times(series: Series) -> Series:
    """A series that has a row wherever any of these has one, and stands for all of them where they are split."""
    times = times_of(series)
    values = np.zeros((len(times), 1))
    return replace(series, values=values, index=times, observed=None, names=(), starts=None, static=(), ahead=())


def is_short(part: Split) -> bool:
    """Whether a series' train part is too short for a longest window with its targets, so that it has no items."""
    return part.train_end < part.max_lookback


def make_panel_split(series: Series, config: WindowsConfig, horizon: int, max_lookback: int) -> PanelSplit:
    """The parts that the config asks for: shares, counts and dates are of all times that any series has.

    Args:
        series: a panel.
        config: how it is split.
        horizon: rows that one forecast covers.
        max_lookback: rows that the most far-sighted trial looks back, differencing included.

    Raises:
        DataError: no series has rows enough, or a part holds no forecast.
    """
    times = times_of(series)
    train_end, validation_end = SPLITS[config.split](all_times(series), config.validation, config.test)
    whole = Split(train_end, validation_end, len(times), max_lookback, horizon, train_on_filled=config.train_on_filled)
    found = PanelSplit.of(series, whole)
    sizes = {part: len(getattr(found, part)) for part in ("train", "validation", "test")}
    if empty := [part for part, count in sizes.items() if not count]:
        needs = max_lookback + horizon
        raise DataError(
            f"{series.name}: no series has a forecast in its {empty[0]} part, of {counted(len(times), 'time')} in all "
            f"(the longest window reaches back {max_lookback} rows, so that train needs {needs}, and {horizon} are "
            "forecast). Shorten search_space.window or task.horizon, or change windows.validation and windows.test"
        )
    return found


def _part(member: Series, times: Index, whole: Split) -> Split:
    bare = replace(whole, observed=member.observed)
    return _cut(member.index, bare, times, whole)


def _cut(index: Index, member: Split, times: Index, whole: Split) -> Split:
    """The parts of a series: its rows before the times at which all validation and test parts begin."""
    cuts = (whole.train_end, whole.validation_end, whole.rows, whole.train_end + whole.held_rows)
    ends = [_row(index, times, cut) for cut in cuts]
    if ends[0] < whole.max_lookback + whole.horizon:
        ends = [ends[0]] * 4
        lookback = ends[0] + 1  # no origin has so many rows behind it
    else:
        lookback = whole.max_lookback
    held = ends[3] - ends[0]
    return replace(
        member, train_end=ends[0], validation_end=ends[1], rows=ends[2], max_lookback=lookback, held_rows=held
    )


def _row(index: Index, times: Index, end: int) -> int:
    return len(index) if end >= len(times) else int(np.searchsorted(index, times[end]))
