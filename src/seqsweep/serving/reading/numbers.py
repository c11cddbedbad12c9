"""A column of anything as numbers, NaN where a value is missing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..array_types import Float64s
from .faults import ReadError

MISSING_MARKS = frozenset(("", "na", "n/a", "#n/a", "nan", "nat", "null", "none", "-", "?", "."))

LARGEST = 1e100
"""Of values: the square of a greater one, or the sum of many squares, may be more than a float can hold."""

_NUMBERS = "give numbers"


@dataclass(frozen=True)
class NumberStyle:
    """How numbers are written.

    Args:
        decimal: what stands before the fraction.
        thousands: what parts groups of three digits; None: nothing does.
        na_values: what counts as missing beside MISSING_MARKS: numbers, or text.
    """

    decimal: str = "."
    thousands: str | None = None
    na_values: tuple[float | str, ...] = ()


def read_numbers(column: pd.Series[Any], style: NumberStyle) -> Float64s:
    """The values of a column, (rows,), NaN where one is missing.

    Args:
        column: numbers, or text and objects that say numbers. Booleans and times are no numbers.
        style: how they are written.

    Raises:
        ReadError: a value is no number, or too large to compute with; its row is named.
    """
    name = str(column.name)
    _refuse_other_kinds(column, name)
    if column.dtype.kind in "iuf":
        values = column.to_numpy(np.float64, na_value=np.nan, copy=True)
    else:
        values, bad = convert(column, style)
        if bad.any():
            row = int(bad.argmax())
            text = str(column.iloc[row])
            told, mend = f"{_short(text)!r} is not a number", _mend(text.strip())
            raise ReadError(told, column=name, row=row, mend=mend, served=f"give one, such as {_written(style)}")
    values[np.isin(values, _numbers_among(style.na_values))] = np.nan
    with np.errstate(invalid="ignore"):
        huge = np.abs(values) > LARGEST
    if huge.any():
        row = int(huge.argmax())
        what = "is infinite, which" if np.isinf(values[row]) else f"{values[row]:g} is beyond {LARGEST:g}: so much"
        mend = "mend it, or empty it and say data.missing=interpolate"
        told, served = f"the value {what} nothing can be learned from", "give a smaller one"
        raise ReadError(told, column=name, row=row, mend=mend, served=served)
    return values


def convert(column: pd.Series[Any], style: NumberStyle) -> tuple[Float64s, NDArray[np.bool_]]:
    """Text or objects as numbers, (rows,), NaN where there is none; and which of these are there and are no numbers.

    Args:
        column: text or objects.
        style: how numbers are written.
    """
    values = pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan, copy=True)
    open_rows = np.flatnonzero(np.isnan(values)) if _is_plain(style) else np.arange(len(values))
    if not len(open_rows):
        return values, np.zeros(len(values), np.bool_)
    rest = column.iloc[open_rows]
    there = ~is_missing(rest, style)
    values[open_rows] = np.nan
    plain = _plain(rest, style)
    values[open_rows[there]] = pd.to_numeric(plain[there], errors="coerce").to_numpy(np.float64, na_value=np.nan)
    bad = np.zeros(len(values), np.bool_)
    bad[open_rows] = there & np.isnan(values[open_rows])
    return values, bad


def is_missing(column: pd.Series[Any], style: NumberStyle) -> NDArray[np.bool_]:
    """Which values of a column of text or objects are missing, (rows,).

    Args:
        column: text or objects.
        style: its `na_values` are read.
    """
    marks = MISSING_MARKS | {str(value).strip().casefold() for value in style.na_values}
    missing: NDArray[np.bool_] = column.isna().to_numpy(np.bool_, copy=True)
    text = column[~missing].astype(str).str.strip().str.casefold()
    missing[~missing] = text.isin(marks).to_numpy(np.bool_)
    return missing


def _refuse_other_kinds(column: pd.Series[Any], name: str) -> None:
    """Booleans would count as 0 and 1, and dates as their nanoseconds."""
    if column.dtype.kind in "mM":
        raise ReadError(f"{str(column.iloc[0])!r} is a time, no number", column=name, row=0, served=_NUMBERS)
    if column.dtype == object:
        is_bool = column.map(lambda value: isinstance(value, bool | np.bool_)).to_numpy(np.bool_)
    else:
        is_bool = np.full(len(column), column.dtype.kind == "b")
    if is_bool.any():
        row = int(is_bool.argmax())
        raise ReadError(f"{column.iloc[row]} is true or false, no number", column=name, row=row, served=_NUMBERS)


def _written(style: NumberStyle) -> str:
    """A number as a column of this style writes it."""
    return f"{'' if style.thousands is None else f'1{style.thousands}'}234{style.decimal}5"


def _is_plain(style: NumberStyle) -> bool:
    return style.decimal == "." and style.thousands is None


def _plain(column: pd.Series[Any], style: NumberStyle) -> pd.Series[Any]:
    """Numbers as everybody reads them; what does not fit the style becomes what is no number."""
    if _is_plain(style):
        return column
    text = column.astype(str).str.strip()
    if style.thousands is not None:
        mark = re.escape(style.thousands)
        grouped = text.str.contains(style.thousands, regex=False)
        # 1,23 is no number in groups of thousands, and would be read as 123.
        fits = text.str.match(rf"^[+-]?\d{{1,3}}(?:{mark}\d{{2,3}})*{mark}\d{{3}}(?!\d)(?!.*{mark})")
        text = text.str.replace(style.thousands, "", regex=False).where(~grouped | fits, "no number")
    if style.decimal != ".":
        text = text.where(~text.str.contains(".", regex=False), "no number")
        text = text.str.replace(style.decimal, ".", regex=False)
    return text


def _numbers_among(values: tuple[float | str, ...]) -> list[float]:
    found = pd.to_numeric(pd.Series(list(values), dtype=object), errors="coerce").to_numpy(np.float64)
    return [float(value) for value in found if not np.isnan(value)]


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}…"


# What reads a number that is written in another way: shapes of text, and the settings.
_ADVICE = {
    r"[+-]?\d{1,3},\d{3}": "data.thousands=',' reads a thousand and more, data.decimal=',' a fraction",
    r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?": "data.thousands=',' reads it",
    r"[+-]?\d{1,3}(\.\d{3})+,\d+": "data.decimal=',' data.thousands=. reads it",
    r"[+-]?\d{1,3}([ '\u00a0\u202f]\d{3})+,\d+": "data.decimal=',' and data.thousands, the sign of groups, read it",
    r"[+-]?\d*,\d+": "data.decimal=',' reads it",
}


def _mend(text: str) -> str:
    for shape, advice in _ADVICE.items():
        if re.fullmatch(shape, text):
            return advice
    if re.search(r"\d", text):
        return ""
    return f"if it stands for no value: data.na_values=[{text}] with data.missing=interpolate, last or drop"
