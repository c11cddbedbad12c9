"""Times as a column writes them, read in one style."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..array_types import Index
from .faults import ReadError
from .numbers import MISSING_MARKS
from .zones import Dates

# What a clock of nanoseconds in 64 bits can show.
EARLIEST, LATEST = np.datetime64("1677-09-22"), np.datetime64("2262-04-11")

UNITS = ("s", "ms", "us", "ns")
"""Of times that count from 1970 on, as pandas' `to_datetime` names them."""

COUNT = "count"

SEVERAL = "several offsets"

DIGITS = {
    4: ("%Y",),
    6: ("%Y%m",),
    8: ("%Y%m%d", "%d%m%Y", "%m%d%Y"),
    12: ("%Y%m%d%H%M",),
    14: ("%Y%m%d%H%M%S",),
}

_WEEKDAY = r"^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+"
_OFFSET = r"(?:UTC|GMT|[0-9]Z|[+-][0-9][0-9]:?[0-9][0-9])\Z"  # without \s, \d and $ Arrow searches, 20 times faster
_COUNT = "write a whole number of at most 18 digits"
_WRITE = "write times as 2020-01-31 or 2020-01-31 13:00, in 1678 to 2261"


@dataclass(frozen=True)
class TimeStyle:
    """How a column writes times.

    Args:
        format: of `strptime`, or ISO8601, quarters, weeks, objects, count, or one of UNITS.
        zone: of the times, as they name it or as data.timezone gives it; None: they name none.
        is_wall_clock: the times name no zone: they show the clock of `zone`.
        century: the last year that two digits can mean; None: years have four.
        is_mixed: the times name several offsets; `zone` is UTC then.
    """

    format: str
    zone: str | None = None
    is_wall_clock: bool = True
    century: int | None = None
    is_mixed: bool = False


def with_zone(column: pd.Series[Any], style: TimeStyle) -> tuple[Index, TimeStyle]:
    """The times in this style, in UTC where they name a zone, and the style with that zone.

    Args:
        column: as a source gives it.
        style: its zone is found anew.

    Raises:
        ReadError: some times name a zone and others do not, or a count is none.
    """
    if style.format in UNITS:
        return parsed(column, style), replace(style, zone="UTC", is_wall_clock=False)
    if style.format == COUNT:
        return counts(column), style
    zone = _zone_named(column, style)
    index = parsed(column, style)
    is_mixed = zone == SEVERAL
    return index, replace(style, zone="UTC" if is_mixed else zone, is_wall_clock=zone is None, is_mixed=is_mixed)


def _zone_named(column: pd.Series[Any], style: TimeStyle) -> str | None:
    """The zone that times name; SEVERAL where they name several offsets.

    Raises:
        ReadError: some name one and others do not.
    """
    if column.dtype.kind == "M":
        zone = getattr(column.dtype, "tz", None)
        return None if zone is None else str(zone)
    if style.format == "objects":
        zones = column.map(lambda value: str(tz) if (tz := getattr(value, "tzinfo", None)) is not None else "")
        return _only_zone(column, zones.to_numpy(object))
    if style.format != "ISO8601" and "%z" not in style.format and "%Z" not in style.format:
        return None
    text = column.astype("str").str.strip()
    if not text.str.contains(_OFFSET, regex=True).any():
        return None
    tails = text.str.slice(-7)
    offsets = {tail: _offset(tail) for tail in tails.unique()}
    return _only_zone(column, tails.map(offsets).to_numpy(object))


def _offset(tail: str) -> str:
    """The zone that the end of a text names, nothing where it names none."""
    found = re.search(_OFFSET, tail)
    if found is None:
        return ""
    named = found.group().strip().replace(":", "")
    if named.endswith(("Z", "UTC", "GMT")) or named[1:] == "0000":
        return "UTC"
    return f"UTC{named[:3]}:{named[3:]}"


def _only_zone(column: pd.Series[Any], zones: NDArray[Any]) -> str | None:
    """The zone of all times; SEVERAL where they name more than one.

    Raises:
        ReadError: some name one and others do not.
    """
    named = set(zones[column.notna().to_numpy(np.bool_)])
    if "" in named and len(named) > 1:
        row = int((zones == "").argmax())
        told = f"{str(column.iloc[row])!r} names no zone, and others do"
        mend = "write all of them with their zone, or none"
        raise ReadError(told, column=str(column.name), row=row, mend=mend, served=mend)
    return named.pop() or None if len(named) == 1 else SEVERAL if named else None


def parsed(column: pd.Series[Any], style: TimeStyle) -> Dates:
    """Values as dates, in UTC where they name a zone, NaT where the style does not fit.

    Args:
        column: as a source gives it.
        style: any but COUNT.
    """
    if style.format in UNITS:
        numbers = pd.to_numeric(column, errors="coerce")
        unit = cast(Literal["s", "ms", "us", "ns"], style.format)
        return _to_numpy(pd.to_datetime(numbers, unit=unit, errors="coerce"))
    if style.format == "objects":
        with warnings.catch_warnings():  # of texts among them, each is read by itself; what is no time is told by us
            warnings.filterwarnings("ignore", "Could not infer format", UserWarning)
            return _to_numpy(pd.to_datetime(column, errors="coerce", utc=True))
    raw = digits(column) if _is_digits(style.format) else column.astype("str").str.strip()
    dates = _as(raw, style.format)
    bad = dates.isna()
    if bad.any():
        text, days = plain(raw[bad])
        dates[bad] = _as(text, style.format) + days
    if style.century is not None:
        dates = dates.where(~(dates.dt.year > style.century), dates - pd.DateOffset(years=100))
    return _to_numpy(dates)


def _as(text: pd.Series[Any], style: str) -> pd.Series[Any]:
    if style == "quarters":
        parts = text.str.extract(r"^(?P<year>\d{4})[\s-]?Q(?P<quarter>[1-4])$", flags=re.IGNORECASE)
        other = text.str.extract(r"^Q(?P<quarter>[1-4])[\s/-]?(?P<year>\d{4})$", flags=re.IGNORECASE)
        parts = parts.fillna(other)
        months = pd.to_numeric(parts["quarter"], errors="coerce") * 3 - 2
        text, style = parts["year"] + "-" + months.astype("Int64").astype("str"), "%Y-%m"
    elif style == "weeks":
        parts = text.str.extract(r"^(?P<year>\d{4})-?W(?P<week>\d\d)$", flags=re.IGNORECASE)
        text, style = parts["year"] + "-" + parts["week"] + "-1", "%G-%V-%u"
    return pd.to_datetime(text, format=style, errors="coerce", utc=True)


def plain(column: pd.Series[Any]) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """Text without weekdays and with UTC as an offset; and the day to add where the clock shows 24:00."""
    text = column.astype("str").str.strip().str.replace(_WEEKDAY, "", regex=True, flags=re.IGNORECASE)
    text = text.str.replace(r"\s?(?:UTC|GMT)$", "+00:00", regex=True)
    late = text.str.contains(r"(?<=[ T])24:00(?::00)?$", regex=True).astype("boolean").fillna(value=False).astype(bool)
    text = text.mask(late, text.str.replace("24:00", "00:00", regex=False))
    return text, pd.to_timedelta(late.astype(np.int64), unit="D")


def _is_digits(style: str) -> bool:
    return any(style in styles for styles in DIGITS.values())


def digits(column: pd.Series[Any]) -> pd.Series[Any]:
    """Whole numbers as text of digits."""
    if column.dtype.kind == "f":
        column = column.astype("Int64")
    return column.astype("str").str.strip().str.replace(r"\.0*$", "", regex=True)


def counts(column: pd.Series[Any]) -> NDArray[np.int64]:
    """Whole numbers of 64 bits.

    Raises:
        ReadError: one is missing, or is no whole number.
    """
    if column.dtype.kind == "i":
        return column.to_numpy(np.int64)
    text = digits(column)
    fits = text.str.fullmatch(r"[+-]?\d{1,19}").fillna(False).to_numpy(np.bool_)
    if not fits.all():
        row = int((~fits).argmax())
        value = column.iloc[row]
        what = _absent(value) or f"{str(value)!r} is no whole number, and the times above it are"
        raise ReadError(what, column=str(column.name), row=row, mend=_COUNT, served=_COUNT)
    try:
        return text.map(int).to_numpy(np.int64)
    except OverflowError as error:
        told = "a count does not fit into 64 bits"
        raise ReadError(told, column=str(column.name), mend=_COUNT, served=_COUNT) from error


def _to_numpy(dates: pd.Series[Any]) -> Dates:
    if getattr(dates.dtype, "tz", None) is not None:
        dates = dates.dt.tz_convert("UTC").dt.tz_localize(None)
    return dates.to_numpy()


def is_bad(index: Index) -> NDArray[np.bool_]:
    """Which times are none, or lie where nanoseconds cannot show them; (rows,)."""
    if index.dtype.kind != "M":
        return np.zeros(len(index), np.bool_)
    bad: NDArray[np.bool_] = np.isnat(index) | (index < EARLIEST) | (index > LATEST)
    return bad


def checked(column: pd.Series[Any], index: Index, style: TimeStyle) -> tuple[Index, TimeStyle]:
    """Times in nanoseconds, or counts; and the style as it is.

    Args:
        column: that was read.
        index: what was read.
        style: in which.

    Raises:
        ReadError: a time is missing or could not be read.
    """
    bad = is_bad(index)
    if bad.any():
        row = int(bad.argmax())
        value = column.iloc[row]
        what = _absent(value) or f"{str(value)!r} cannot be read as a time"
        raise ReadError(what, column=str(column.name), row=row, mend=_WRITE, served=_WRITE)
    return (index.astype("datetime64[ns]", copy=False) if index.dtype.kind == "M" else index), style


def _absent(value: Any) -> str:
    missing = value is None or value is pd.NaT or str(value).strip().casefold() in MISSING_MARKS
    return "there is no time" if missing else ""
