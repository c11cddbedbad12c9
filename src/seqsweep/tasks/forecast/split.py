"""Where train, validation and test lie, and which rows of each are forecast."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from seqsweep.catalog import Catalog
from seqsweep.data import Series
from seqsweep.errors import ConfigError, DataError, Fault
from seqsweep.events import CALIBRATION
from seqsweep.schema import SweepConfig, WindowsConfig
from seqsweep.serving.array_types import Int64s
from seqsweep.tasks.forecast.moments import at


@dataclass(frozen=True)
class Split:
    """The parts of a series in order of time, and the origins of the forecasts in each.

    Rows [0, train_end) are train, [train_end, validation_end) validation, [validation_end, rows) test. A forecast
    belongs to the part that holds all of its targets; its window may reach back into earlier parts, as it would in use.
    The origins are the same for every trial of a sweep: the first lies behind `max_lookback` rows, the most that any
    trial looks back.

    A forecast with a filled value among its targets is no forecast of what happened: it is not scored, and not trained
    on unless `train_on_filled` says so.

    Args:
        observed: (rows,), whether the target had a row; None: always.
        train_on_filled: whether train keeps the forecasts of filled values.
        held_rows: rows behind train that belong neither to it nor to validation, see CALIBRATION.
    """

    train_end: int
    validation_end: int
    rows: int
    max_lookback: int
    horizon: int
    observed: NDArray[np.bool_] | None = field(default=None, compare=False, repr=False, kw_only=True)
    train_on_filled: bool = field(default=False, kw_only=True)
    held_rows: int = field(default=0, kw_only=True)

    def fold(self, back: int) -> Split:
        """The split whose train and validation end `back` validation parts earlier; but for 0 it has no test part.

        That of CALIBRATION has the same validation and a shorter train.

        Source: rolling origins, Tashman (2000), International Journal of Forecasting 16(4).

        Raises:
            DataError: what is left is too short to train on.
        """
        if back == 0:
            return self
        if back == CALIBRATION:
            return self._calibration()
        shift = back * (self.validation_end - self.train_end)
        end = self.validation_end - shift
        if self.train_end - shift < self.max_lookback + self.horizon:
            raise DataError(
                f"fold {back} leaves {max(self.train_end - shift, 0)} rows to train on, and the longest window with "
                f"its targets needs {self.max_lookback + self.horizon} rows. Lower finals.folds, or shorten "
                "windows.validation"
            )
        return replace(self, train_end=self.train_end - shift, validation_end=end, rows=end)

    def _calibration(self) -> Split:
        """Without the last rows of train, as many as validation has, or a third of train where that is less.

        Raises:
            DataError: what is left is too short to train on, or what is held out to hold a forecast.
        """
        held = min(self.validation_end - self.train_end, self.train_end // 3)
        left = self.train_end - held
        if held < self.horizon or left < self.max_lookback + self.horizon:
            raise DataError(
                f"the end of train cannot be held out to calibrate intervals: of {self.train_end} rows {left} would be "
                f"left, and the longest window with its targets needs {self.max_lookback + self.horizon}"
            )
        return replace(self, train_end=left, rows=self.validation_end, held_rows=held)

    @property
    def held(self) -> Int64s:
        """Origins whose targets all lie between train and validation."""
        return self.scored(self._every["held"])

    @property
    def train(self) -> Int64s:
        """Origins whose targets all lie in train."""
        every = self._every["train"]
        return every if self.train_on_filled else self.scored(every)

    @property
    def validation(self) -> Int64s:
        """Origins whose targets all lie in validation."""
        return self.scored(self._every["validation"])

    @property
    def test(self) -> Int64s:
        """Origins whose targets all lie in test."""
        return self.scored(self._every["test"])

    def scored(self, origins: Int64s) -> Int64s:
        """Those of the origins (n,) whose targets all had a row."""
        if self.observed is None:
            return origins
        filled = np.concatenate([[0], np.cumsum(~self.observed)])
        kept: Int64s = origins[filled[origins + 1 + self.horizon] == filled[origins + 1]]
        return kept

    def origins(self) -> Iterator[tuple[str, Int64s, Int64s]]:
        """Of each part its name, all of its origins, and those that are used."""
        for part in ("train", "validation", "test"):
            yield part, self._every[part], getattr(self, part)

    @property
    def train_rows(self) -> slice:
        """The rows that are train."""
        return slice(self.train_end)

    def rows_before(self, cut: int) -> Int64s:
        """The rows before one.

        Args:
            cut: that one.
        """
        return np.arange(cut, dtype=np.int64)

    def origins_before(self, cut: int, ahead: bool) -> Int64s:
        """The origins before a row that have a longest window.

        Args:
            cut: that row.
            ahead: whether the rows that are forecast must be there too.
        """
        return np.arange(self.max_lookback - 1, min(cut, self.rows - self.horizon) if ahead else cut, dtype=np.int64)

    @property
    def _every(self) -> dict[str, Int64s]:
        begins = {
            "train": (self.max_lookback - 1, self.train_end),
            "held": (self.train_end - 1, self.train_end + self.held_rows),
            "validation": (self.train_end + self.held_rows - 1, self.validation_end),
            "test": (self.validation_end - 1, self.rows),
        }
        return {part: np.arange(begin, end - self.horizon, dtype=np.int64) for part, (begin, end) in begins.items()}


class Splitter(Protocol):
    """What an entry of SPLITS is."""

    def __call__(self, series: Series, validation: Any, test: Any) -> tuple[int, int]:
        """(train_end, validation_end), the rows that begin validation and test.

        Args:
            series: what is split.
            validation: size or begin of the validation part, as the config gives it.
            test: size or begin of the test part, as the config gives it.
        """


SPLITS: Catalog[Splitter] = Catalog("way to split", like=Splitter)


@SPLITS.register
def fraction(series: Series, validation: float, test: float) -> tuple[int, int]:
    """Parts by their share of the rows, in (0, 1)."""
    test_rows, validation_rows = round(series.rows * test), round(series.rows * validation)
    return series.rows - test_rows - validation_rows, series.rows - test_rows


@SPLITS.register
def rows(series: Series, validation: int, test: int) -> tuple[int, int]:
    """Parts by their count of rows."""
    return series.rows - test - validation, series.rows - test


@SPLITS.register
def dates(series: Series, validation: Any, test: Any) -> tuple[int, int]:
    """Parts by the first date of each.

    Raises:
        ConfigError: the series has no times, or a value is no date.
    """
    if not np.issubdtype(series.index.dtype, np.datetime64):
        has = "has no times; name the column of times with data.time"
        if series.reader is not None and series.reader.settings.time:
            has = "has counts for times; where they are seconds since 1970, data.time_format=s makes dates of them"
        raise ConfigError([Fault("data.time", f"windows=dates: the series {has}", also=("windows.split",))])
    cuts = []
    for name, value in (("validation", validation), ("test", test)):
        try:
            cut = cut_at(str(value), series.zone)
        except ValueError:
            told = f"windows.{name}={value}: this is no date; write it as 1990-01-01"
            raise ConfigError([Fault(f"windows.{name}", told)]) from None
        cuts.append(int(np.searchsorted(series.index, cut)))
        if not 0 < cuts[-1] < len(series.index):
            first, last = at(series, 0), at(series, len(series.index) - 1)
            side = "before" if not cuts[-1] else "behind"
            told = f"windows.{name}={value} leaves no row {side} it; give one after {first}, {last} at the latest"
            raise ConfigError([Fault(f"windows.{name}", told)])
    if cuts[0] >= cuts[1]:
        told = f"windows.validation={validation} must begin before windows.test={test}"
        raise ConfigError([Fault("windows.validation", told, also=("windows.test",))])
    return cuts[0], cuts[1]


def cut_at(date: str, zone: str | None) -> np.datetime64:
    """The time at which a date begins, in UTC where there is a zone.

    Args:
        date: as ISO 8601 writes it; the clock of the zone.
        zone: of the series.

    Raises:
        ValueError: it is no date.
    """
    cut = np.datetime64(date)
    if zone is None:
        return cut
    import pandas as pd

    moment = pd.Timestamp(cut).tz_localize(zone, ambiguous=True, nonexistent="shift_forward")
    return moment.tz_convert("UTC").tz_localize(None).to_datetime64()


def make_split(series: Series, config: WindowsConfig, horizon: int, max_lookback: int) -> Split:
    """The split of a sweep.

    Args:
        series: what is forecast.
        config: how it is split.
        horizon: rows that one forecast covers.
        max_lookback: rows that the most far-sighted trial looks back, differencing included.

    Raises:
        DataError: a part is too short to hold one forecast.
    """
    train_end, validation_end = SPLITS[config.split](series, config.validation, config.test)
    split = Split(
        train_end,
        validation_end,
        series.rows,
        max_lookback,
        horizon,
        observed=series.observed,
        train_on_filled=config.train_on_filled,
    )
    needed = {"train": max_lookback + horizon, "validation": horizon, "test": horizon}
    has = {"train": train_end, "validation": validation_end - train_end, "test": series.rows - validation_end}
    parts = [part for part in needed if has[part] < needed[part]]
    if parts:
        short = [f"the {part} part has {max(has[part], 0)} rows and needs {needed[part]}" for part in parts]
        raise DataError(
            f"{series.name}: the series of {series.rows} rows is too short for the windows: {'; '.join(short)} "
            f"(the longest window reaches back {max_lookback} rows, and {horizon} are forecast). "
            "Shorten search_space.window or task.horizon, or change windows.validation and windows.test"
        )
    if empty := [part for part, _, used in split.origins() if not len(used)]:
        raise DataError(
            f"{series.name}: each forecast of the {empty[0]} part has a filled value among its targets: none of them "
            f"happened. Shorten task.horizon={horizon}, or choose a data.frequency at which each step has a row"
        )
    return split


def faults(config: SweepConfig) -> list[Fault]:
    """What is wrong with how the series is split: an unknown way, or sizes of another type than it takes."""
    windows = config.windows
    found = SPLITS.fault("windows.split", windows.split)
    return found or _part_faults(windows.split, {"validation": windows.validation, "test": windows.test})


def _part_faults(split: str, parts: dict[str, object]) -> list[Fault]:
    """What is wrong with the sizes of the parts: each kind of split takes another type."""
    found: list[Fault] = []
    for name, value in parts.items():
        key = f"windows.{name}"
        rule: str | None = None
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if split == "fraction" and not (number and 0 < float(str(value)) < 1):
            rule = "with windows=fraction this is a share of the series, above 0 and below 1"
        elif split == "rows" and not (isinstance(value, int) and number and value >= 1):
            rule = "with windows=rows this is a count of rows, 1 or more"
        elif split == "dates" and number:
            rule = "with windows=dates this is the first date of the part, such as 1990-01-01"
        if rule is not None:
            found.append(Fault(key, f"{key}={value}: {rule}", also=("windows.split",)))
    if not found and split == "fraction" and sum(float(str(value)) for value in parts.values()) >= 1:
        told = "windows.validation and windows.test leave nothing to train on; their sum must be below 1"
        found.append(Fault("windows.validation", told, also=("windows.test", "windows.split")))
    return found
