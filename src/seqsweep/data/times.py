"""Times as sources write them → datetime64[ns], or whole numbers that count."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from itertools import product
from typing import cast

import numpy as np
from numpy.typing import NDArray

from seqsweep.data.series import Index
from seqsweep.errors import DataError

MISSING_MARKS = frozenset(("", "na", "n/a", "#n/a", "nan", "nat", "null", "none", "-", "?", "."))

# What a clock of nanoseconds in 64 bits can show.
EARLIEST, LATEST = np.datetime64("1677-09-22"), np.datetime64("2262-04-11")

Dates = NDArray[np.datetime64]
Place = Callable[[int], str]

DAYS = (
    *("%m/%d/%Y", "%d/%m/%Y", "%m-%d-%Y", "%d-%m-%Y", "%d.%m.%Y", "%m/%d/%y", "%d/%m/%y", "%d.%m.%y"),
    *("%d %b %Y", "%d-%b-%Y", "%b %d, %Y", "%b %d %Y", "%d %B %Y", "%B %d, %Y", "%Y-%m-%d", "%Y/%m/%d"),
    *("%b %Y", "%b-%Y", "%B %Y", "%m/%Y"),
)
CLOCKS = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")
DIGITS = {4: "%Y", 6: "%Y%m", 8: "%Y%m%d"}


def read_times(values: Sequence[object] | NDArray[np.generic], place: Place) -> Index:
    """An index entry for each value: datetime64[ns], or int64 where they are whole numbers and no dates.

    Dates may be objects, ISO 8601 text, or text in any of DAYS with any of CLOCKS; times with an offset
    become UTC. Text where day and month can be exchanged is read the way that makes the steps more even.
    Whole numbers of 4, 6 or 8 digits are years, months or days where all of them can be (1700, 170001,
    17000131); others count.

    Args:
        values: at least one, all of one form.
        place: says where a row of the source lies, for messages.

    Raises:
        DataError: one is missing, cannot be read, or lies outside 1677 to 2262; `place` names its row.
    """
    if not isinstance(values, np.ndarray):
        values = [value.strip() if isinstance(value, str) else value for value in values]
    first = values[0]
    if isinstance(values, np.ndarray) and values.dtype.kind == "M":
        return _checked(cast(Dates, values), values, place)
    if isinstance(first, date | datetime | np.datetime64):
        return _checked(_parse(values, None), values, place)
    if _is_whole(first):
        return _from_whole(values, place)
    return _checked(_from_text(values, place), values, place)


def _checked(dates: Dates, values: Sequence[object] | NDArray[np.generic], place: Place) -> Dates:
    bad = _bad(dates)
    if bad.any():
        row = int(bad.argmax())
        what = _absent(values[row]) or f"{str(values[row])!r} cannot be read as a time"
        raise DataError(f"{place(row)}: {what}; write times as 2020-01-31 or 2020-01-31 13:00, in 1678 to 2261")
    return dates.astype("datetime64[ns]", copy=False)


def _absent(value: object) -> str:
    return "there is no time" if value is None or str(value).casefold() in MISSING_MARKS else ""


def _bad(dates: Dates) -> NDArray[np.bool_]:
    bad: NDArray[np.bool_] = np.isnat(dates) | (dates < EARLIEST) | (dates > LATEST)
    return bad


def _parse(values: Sequence[object] | NDArray[np.generic], style: str | None) -> Dates:
    """`values` as dates in UTC, NaT where `style` does not fit; the unit is pandas' choice."""
    import pandas as pd

    parsed = pd.to_datetime(pd.Index(values, dtype=object), format=style, errors="coerce", utc=True)
    return parsed.tz_localize(None).to_numpy()


# Whole numbers ------------------------------------------------------------------------------------


def _whole(value: object) -> int:
    """`value` as a whole number of 64 bits.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, int | np.integer):
        result = int(value)
    elif isinstance(value, str) and value.strip().lstrip("+-").isdigit():
        result = int(value)  # not by way of a float, which has too few digits for nanoseconds
    else:
        as_float = float(value)  # type: ignore[arg-type]  # whatever has no float raises TypeError
        result = int(as_float)
        if result != as_float:
            raise ValueError(value)
    if abs(result) >= 2**63:
        raise ValueError(value)
    return result


def _is_whole(value: object) -> bool:
    try:
        _whole(value)
    except (TypeError, ValueError, OverflowError):
        return False
    return True


def _from_whole(values: Sequence[object] | NDArray[np.generic], place: Place) -> Index:
    if isinstance(values, np.ndarray) and values.dtype.kind == "i":
        count = values.astype(np.int64)
    else:
        count = np.empty(len(values), dtype=np.int64)
        for row, value in enumerate(values):
            try:
                count[row] = _whole(value)
            except (TypeError, ValueError, OverflowError):
                what = _absent(value) or f"{str(value)!r} is no whole number, and the times above it are"
                raise DataError(f"{place(row)}: {what}") from None
    style = DIGITS.get(len(str(count.min())))
    if style is None or count.min() < 0 or len(str(count.max())) != len(str(count.min())):
        return count
    dates = _parse(count.astype(str), style)
    return count if _bad(dates).any() else dates.astype("datetime64[ns]", copy=False)


# Text ---------------------------------------------------------------------------------------------


def _from_text(values: Sequence[object] | NDArray[np.generic], place: Place) -> Dates:
    """The reading that fits all of `values`, else the one that fits most."""
    readings = [_parse(values, "ISO8601")]
    if not _bad(readings[0]).any():
        return readings[0]
    styles = [day + clock for day, clock in product(DAYS, CLOCKS) if _fits(str(values[0]), day + clock)]
    readings += [_parse(values, style) for style in styles]
    whole: list[Dates] = []
    for reading in readings:
        if not _bad(reading).any() and not any(np.array_equal(reading, other) for other in whole):
            whole.append(reading)
    if not whole:
        return min(readings, key=lambda reading: int(_bad(reading).sum()))
    whole.sort(key=_unevenness)
    if len(whole) > 1 and _unevenness(whole[1]) < 2 * _unevenness(whole[0]):
        row = int((whole[0] != whole[1]).argmax())
        ways = " or ".join(str(reading[row].astype("datetime64[D]")) for reading in whole[:2])
        raise DataError(f"{place(row)}: {str(values[row])!r} may be {ways}; write times as 2020-01-31")
    return whole[0]


def _fits(text: str, style: str) -> bool:
    try:
        datetime.strptime(text, style)
    except ValueError:
        return False
    return True


def _unevenness(dates: Dates) -> float:
    """The longest step over the shortest: 1 where all are equal, 31/28 for months."""
    steps = np.diff(np.unique(dates)).astype(np.int64)
    return float(steps.max() / steps.min()) if len(steps) else 1.0
