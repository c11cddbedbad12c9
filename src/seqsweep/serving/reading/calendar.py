"""What the time of a row says: columns that are known for any time, however far ahead."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from ..array_types import Float64s, Index
from .faults import ReadError

HOLIDAYS = "holidays"
"""Begins the entry of a country's holidays, `holidays:TR`, and is the library that knows them."""


@dataclass(frozen=True)
class Cycle:
    """A part of a time that comes round again.

    Args:
        place: times → where each stands in the cycle, in [0, 1).
        frequencies: so many have a sine and a cosine; three tell seven days apart, whatever each of them is like.
    """

    place: Callable[[Any], Any]
    frequencies: int


CYCLES = {
    "hour": Cycle(lambda times: (times.hour + times.minute / 60 + times.second / 3600) / 24, 2),
    "weekday": Cycle(lambda times: times.day_of_week / 7, 3),
    "day": Cycle(lambda times: (times.day - 1) / times.days_in_month, 1),
    "week": Cycle(lambda times: (times.day_of_year - 1) / (365 + times.is_leap_year), 2),
    "month": Cycle(lambda times: (times.month - 1) / 12, 2),
}
"""Entries of `data.calendar`; a week is where its day stands in the year, so that years of 53 weeks come round too."""


def calendar_names(entries: Iterable[str]) -> tuple[str, ...]:
    """The columns that entries of `data.calendar` make.

    Args:
        entries: of CYCLES, or a country's holidays.
    """
    found: list[str] = []
    for entry in entries:
        count = CYCLES[entry].frequencies if entry in CYCLES else 0
        found += [f"{entry} {wave}{number}" for number in range(1, count + 1) for wave in ("sin", "cos")]
        found += [] if count else [entry]
    return tuple(found)


def calendar_columns(index: Index, zone: str | None, entries: Iterable[str]) -> Float64s:
    """(times, columns), as `calendar_names` calls them.

    Args:
        index: (times,), in UTC where there is a zone.
        zone: whose clock counts.
        entries: see `calendar_names`.

    Raises:
        ReadError: times are counts, or holidays of a country are not known here.
    """
    import pandas as pd

    from .zones import wall_clock

    entries = list(entries)
    if entries and index.dtype.kind != "M":
        told = f"data.calendar=[{', '.join(entries)}]: times are whole numbers, which have no calendar"
        raise ReadError(told, mend="where they count seconds since 1970: data.time_format=s")
    times = pd.DatetimeIndex(wall_clock(index, zone))
    columns: list[Float64s] = []
    for entry in entries:
        columns += _waves(CYCLES[entry], times) if entry in CYCLES else [_holidays(times, entry)]
    return np.column_stack(columns) if columns else np.empty((len(index), 0))


def entry_fault(entry: object) -> str | None:
    """What is wrong with an entry of `data.calendar`; None: nothing."""
    name, _, country = str(entry).partition(":")
    if name in CYCLES and not country:
        return None
    if name != HOLIDAYS or not country:
        return f"{entry!r} is no part of a calendar"
    if find_spec(HOLIDAYS) is None:
        return "holidays come from the library of this name: pip install 'seqsweep[holidays]'"
    return None if country in _countries() else f"{country!r} is no country whose holidays are known; write TR, US, DE"


def _countries() -> set[str]:
    import holidays

    return set(holidays.list_supported_countries())


class _Parts:
    """Parts of times as arrays: an index of pandas makes another index of each step of arithmetic.

    Args:
        times: a `DatetimeIndex`.
    """

    def __init__(self, times: Any) -> None:
        self._times = times

    def __getattr__(self, name: str) -> Any:
        return np.asarray(getattr(self._times, name))


def _waves(cycle: Cycle, times: Any) -> list[Float64s]:
    angle = 2 * np.pi * np.asarray(cycle.place(_Parts(times)), np.float64)
    return [wave(number * angle) for number in range(1, cycle.frequencies + 1) for wave in (np.sin, np.cos)]


def _holidays(times: Any, entry: str) -> Float64s:
    """1 on a public holiday, else 0."""
    if (fault := entry_fault(entry)) is not None:
        raise ReadError(f"data.calendar=[{entry}]: {fault}", served="install it where the model is served")
    import holidays

    years = range(int(times.year.min()), int(times.year.max()) + 1)
    known = holidays.country_holidays(entry.partition(":")[2], years=years)
    days = np.array(sorted(known), "datetime64[D]")
    return np.isin(times.to_numpy().astype("datetime64[D]"), days).astype(np.float64)
