"""Times as people and programs write them → datetime64[ns], or whole numbers that count."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from datetime import datetime
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from pandas.tseries.api import guess_datetime_format

from ..array_types import Index
from .faults import ReadError
from .time_styles import COUNT, DIGITS, UNITS, TimeStyle, checked, counts, digits, is_bad, parsed, plain, with_zone

# What pandas' own guess does not know: short years, months alone, clocks of twelve hours.
DAYS = ("%m/%d/%Y", "%d/%m/%Y", "%m-%d-%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d", "%Y/%m/%d")
SHORT = ("%m/%d/%y", "%d/%m/%y", "%d.%m.%y", "%m-%d-%y", "%d-%m-%y", "%d-%b-%y", "%d %b %y")
MONTHS = ("%b %Y", "%b-%Y", "%B %Y", "%B-%Y", "%m/%Y", "%b-%y", "%b %y", "%Y-%b", "%Y %b", "%Y/%m")
CLOCKS = (" %H:%M", " %H:%M:%S", " %H:%M:%S.%f")
HALF_DAYS = (" %I:%M %p", " %I:%M:%S %p", " %I%p", " %I %p", " %I:%M%p")
STYLES = (
    *("".join(parts) for parts in product(SHORT, ("", *CLOCKS, *HALF_DAYS))),
    *("".join(parts) for parts in product(DAYS, HALF_DAYS)),
    *MONTHS,
)
SINCE_1970 = {10: "s", 13: "ms"}
_PARTS = "write year, month, day and so on as whole numbers that make a date"


def fit_times(column: pd.Series[Any], given: str | None, now: pd.Timestamp) -> tuple[Index, TimeStyle, list[str]]:
    """The times of a column, how it writes them, and what was guessed.

    Text where day and month can be exchanged is read the way that makes the steps more even. Whole numbers of 4, 6, 8,
    12 or 14 digits are dates where all of them can be (1700, 170001, 17000131, 170001311330); those of 10 or 13 are
    seconds or milliseconds since 1970 where these lie in our time; others count.

    Args:
        column: times as objects, numbers or text, at least one.
        given: a format of `strptime`, one of UNITS or COUNT; None: find out.
        now: two digits of a year mean no year after the next one.

    Raises:
        ReadError: a time is missing or cannot be read; its row is named.
    """
    if given is not None:
        style = TimeStyle(given, century=now.year + 1 if "%y" in given else None)
        return *checked(column, *with_zone(column, style)), _notes(column, style)
    if column.dtype.kind == "M" or (column.dtype == object and not isinstance(column.iloc[0], str | int | float)):
        return *checked(column, *with_zone(column, TimeStyle("objects"))), []
    candidates = _of_whole_numbers(column)
    if candidates is None:
        candidates = _of_text(column, now)
    (index, style), other = _best(column, candidates)
    return *checked(column, index, style), [*_notes(column, style), *_chosen(column, index, style, other)]


def read_times(column: pd.Series[Any], style: TimeStyle) -> tuple[Index, bool]:
    """The times of a column of a known style, and whether they show a clock instead of naming their zone.

    Where the style does not fit, times as objects and as ISO 8601 are understood as well.

    Args:
        column: times as objects, numbers or text, at least one.
        style: as `fit_times` found it.

    Raises:
        ReadError: a time is missing or cannot be read.
    """
    first = column.iloc[0]
    is_object = column.dtype.kind == "M" or (column.dtype == object and not isinstance(first, str | int | float))
    if style.format not in ("objects", "ISO8601", COUNT, *UNITS) and not is_object and not _fits(column[:1], style):
        is_iso = re.match(r"\d{4}-\d\d-\d\d", str(first).strip())
        style = TimeStyle("ISO8601") if is_iso else style
    if is_object or style.format == "objects":
        style = TimeStyle("objects")
    index, found = checked(column, *with_zone(column, style))
    return index, found.is_wall_clock


def joined(frame: pd.DataFrame, columns: Iterable[str]) -> pd.Series[Any]:
    """One column of times from several: year, month, day, hour and so on by these names; else date and time of day.

    Args:
        frame: holds them.
        columns: their names, in the order in which a time is written.

    Raises:
        ReadError: the parts make no time.
    """
    names = list(columns)
    if len(names) == 1:
        return frame[names[0]]
    title = " ".join(names)
    parts = {name.strip().casefold(): frame[name] for name in names}
    if {"year", "month"} <= set(parts):
        numbers = {name: pd.to_numeric(part, errors="coerce") for name, part in parts.items()}
        numbers.setdefault("day", pd.Series(1, frame.index))
        try:
            times = pd.to_datetime(pd.DataFrame(numbers), errors="coerce")
        except ValueError as error:
            raise ReadError(
                f"data.time=[{', '.join(names)}]: {error}", column=title, mend=_PARTS, served=_PARTS
            ) from error
        if times.isna().any():
            row = int(times.isna().to_numpy().argmax())
            shown = "-".join(str(frame[name].iloc[row]) for name in names)
            raise ReadError(f"{shown!r} cannot be read as a time", column=title, row=row, mend=_PARTS, served=_PARTS)
        return times.rename(title)
    text = _written(frame[names[0]])
    for name in names[1:]:
        part = _written(frame[name])
        # An hour alone: 7 or 07 of a column that is called hour, or that holds no more than numbers to 24.
        hours = part.str.fullmatch(r"\d{1,2}(?:\.0)?")
        if hours.all():
            part = part.str.removesuffix(".0").str.zfill(2) + ":00"
        text = text + " " + part
    return text.rename(title)


def steps_even(dates: Index) -> float:
    """The longest step over the shortest: 1 where all are equal, 31/28 for months."""
    steps = np.diff(np.unique(dates)).astype(np.int64)
    return float(steps.max() / steps.min()) if len(steps) else 1.0


def _written(column: pd.Series[Any]) -> pd.Series[Any]:
    if column.dtype.kind == "M":
        column = column.dt.strftime("%Y-%m-%d")
    return column.astype("str").str.strip()


# Which style ------------------------------------------------------------------------------------------


def _of_whole_numbers(column: pd.Series[Any]) -> list[TimeStyle] | None:
    """How whole numbers may be meant; None where the first value is none."""
    first = str(column.iloc[0]).strip()
    if not re.fullmatch(r"[+-]?\d+(?:\.0*)?", first):
        is_fraction = re.fullmatch(r"\d{10}\.\d+", first)
        return [TimeStyle("s", "UTC", False)] if is_fraction else None
    numbers = counts(column)
    low, high = int(numbers.min()), int(numbers.max())
    lengths = {len(str(low)), len(str(high))}
    if column.dtype.kind in "OTSU" or isinstance(column.dtype, pd.StringDtype):
        lengths = {len(text) for text in digits(column).iloc[[0, int(numbers.argmin()), int(numbers.argmax())]]}
    styles: list[TimeStyle] = []
    if low >= 0 and len(lengths) == 1:
        length = lengths.pop()
        styles = [TimeStyle(style) for style in DIGITS.get(length, ())]
        if length in SINCE_1970:
            unit = SINCE_1970[length]
            begin, end = (pd.Timestamp(count, unit=unit).year for count in (low, high))
            styles = [TimeStyle(unit, "UTC", False)] if 1990 <= begin <= end <= 2100 else []
    return [*styles, TimeStyle(COUNT)]


def _of_text(column: pd.Series[Any], now: pd.Timestamp) -> list[TimeStyle]:
    first = plain(column.iloc[:1])[0].iloc[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one of the two is not what the text says, which is why both are asked
        guesses = [guess_datetime_format(first, dayfirst=dayfirst) for dayfirst in (False, True)]
    found = [guess for guess in guesses if guess is not None and not guess.startswith("%Y-%d")]
    styles = ["ISO8601", *found, *STYLES, "quarters", "weeks"]
    fitting = [style for style in dict.fromkeys(styles) if style == "ISO8601" or _may_be(first, style)]
    return [TimeStyle(style, century=now.year + 1 if "%y" in style else None) for style in fitting]


def _may_be(text: str, style: str) -> bool:
    """Whether one text fits a style; pandas would take a millisecond for each of some eighty styles."""
    if style in ("quarters", "weeks"):
        return not is_bad(parsed(pd.Series([text]), TimeStyle(style))).any()
    try:
        datetime.strptime(text, style)
    except ValueError:
        return False
    return True


def _fits(column: pd.Series[Any], style: TimeStyle) -> bool:
    if style.format in (COUNT, *UNITS):
        return False
    return not is_bad(parsed(column, style)).any()


def _best(column: pd.Series[Any], styles: list[TimeStyle]) -> tuple[tuple[Index, TimeStyle], TimeStyle | None]:
    """The reading that fits all values, else the one that fits most; and the style of the next best that fits all."""
    readings: list[tuple[Index, TimeStyle]] = []
    for style in styles:
        if style.format == COUNT and readings and any(not is_bad(index).any() for index, _ in readings):
            break
        reading = with_zone(column, style)
        readings.append(reading)
        if style.format == "ISO8601" and not is_bad(reading[0]).any():
            return reading, None
    whole: list[tuple[Index, TimeStyle]] = []
    for index, style in readings:
        if not is_bad(index).any() and not any(np.array_equal(index, other) for other, _ in whole):
            whole.append((index, style))
    if not whole:
        return min(readings, key=lambda reading: int(is_bad(reading[0]).sum())), None
    whole.sort(key=lambda reading: steps_even(reading[0]))
    if len(whole) > 1 and steps_even(whole[1][0]) < 2 * steps_even(whole[0][0]):
        row = int((whole[0][0] != whole[1][0]).argmax())
        ways = " or ".join(str(index[row].astype("datetime64[D]")) for index, _ in whole[:2])
        formats = " or ".join(f"'{style.format}'" for _, style in whole[:2])
        formats += f" or {COUNT}" if whole[0][1].format in DIGITS[8] else ""
        raise ReadError(
            f"{str(column.iloc[row])!r} may be {ways}",
            column=str(column.name),
            row=row,
            mend=f"say which: data.time_format={formats}",
        )
    return whole[0], whole[1][1] if len(whole) > 1 else None


def _chosen(column: pd.Series[Any], index: Index, style: TimeStyle, other: TimeStyle | None) -> list[str]:
    """That day and month could be exchanged, and how they are read."""
    if other is None:
        return []
    row = int((index != parsed(column, other)).argmax())
    shown, day = str(column.iloc[row]), str(index[row])[:10]
    read = f"column {str(column.name)!r} is read as {style.format}, which makes steps more even: {shown} is {day}"
    return [f"{read}; data.time_format='{other.format}' reads it the other way"]


def _notes(column: pd.Series[Any], style: TimeStyle) -> list[str]:
    """What was guessed, or may be meant otherwise."""
    name = str(column.name)
    if style.format in UNITS:
        return [
            f"column {name!r} is read as {style.format} since 1970-01-01 in UTC; data.time_format={COUNT} counts them"
        ]
    if style.format in DIGITS[8][1:]:
        first = str(column.iloc[0]).strip()
        day = str(parsed(column[:1], style)[0])[:10]
        return [f"column {name!r} is read as {style.format}: {first} is {day}; data.time_format={COUNT} counts instead"]
    if style.century is not None:
        last = f"{style.century % 100:02d}"
        return [f"column {name!r} has years of two digits: {last} means {style.century}, later ones the century before"]
    return []
