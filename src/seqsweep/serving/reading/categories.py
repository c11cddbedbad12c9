"""Columns that hold no numbers: true and false, and names, which become a column of 0 and 1 each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..array_types import Float64s
from .faults import ReadError
from .numbers import NumberStyle, convert, is_missing, read_numbers

MOST = 50
"""Of different names in a column: more would each be a column with next to nothing in it."""

FIRST = 1000
"""Rows that are looked at before all of them: most columns hold numbers from the first row on."""

TRUTHS = {"true": 1.0, "false": 0.0}


def categories_of(column: pd.Series[Any], style: NumberStyle) -> list[str] | None:
    """The names in a column in their order, `[]` where it holds true and false, None where it holds numbers.

    A column of text holds names where none of its values is a number.

    Args:
        column: of any type.
        style: how numbers are written, and what counts as missing.

    Raises:
        ReadError: there are more than MOST of them.
    """
    if column.dtype.kind in "iufmM" or (column.dtype.kind != "b" and _has_numbers(column.iloc[:FIRST], style)):
        return None
    text = _names(column, style)
    there = text[text.notna()]
    if not len(there):
        return None
    if column.dtype.kind == "b" or there.str.casefold().isin(TRUTHS).all():
        return []
    if _has_numbers(there, style):
        return None  # and perhaps a slip among them
    names = sorted(str(name) for name in there.unique())
    if len(names) > MOST:
        raise ReadError(
            f"there are {len(names):,} different names, more than {MOST}: too many to learn what each of them means",
            column=str(column.name),
            mend="leave it out of data.features",
        )
    return names


def read_columns(
    frame: pd.DataFrame, names: Iterable[str], categories: Mapping[str, list[str]], style: NumberStyle
) -> tuple[Float64s, list[str]]:
    """Columns of any kind as numbers, (rows, columns), NaN where a value is missing; and what is to be said of them.

    Args:
        frame: has the columns.
        names: of them, in their order.
        categories: what `categories_of` said of those that hold no numbers.
        style: how numbers are written.

    Raises:
        ReadError: a value cannot be read.
    """
    columns: list[Float64s] = []
    notes: list[str] = []
    for name in names:
        values, more = _read(frame[name], categories.get(name), style)
        columns.append(values)
        notes += more
    return np.column_stack(columns), notes


def _read(column: pd.Series[Any], held: list[str] | None, style: NumberStyle) -> tuple[Float64s, list[str]]:
    """(rows, its columns), and what is to be said of it."""
    if held is None:
        return read_numbers(column, style)[:, None], []
    if not held:
        return read_truths(column, style)[:, None], []
    values, unknown = read_categories(column, held, style)
    if not unknown.any():
        return values, []
    first, count = str(column.iloc[int(unknown.argmax())]), int(unknown.sum())
    return values, [f"column {str(column.name)!r}: {count:,} values are names that were not learned, such as {first!r}"]


def _has_numbers(column: pd.Series[Any], style: NumberStyle) -> bool:
    if column.dtype == object and column.map(lambda value: isinstance(value, bool)).any():
        return False  # they would count as 0 and 1
    return bool(np.isfinite(convert(column, style)[0]).any())


def read_truths(column: pd.Series[Any], style: NumberStyle) -> Float64s:
    """True and false as 1 and 0, (rows,), NaN where a value is missing.

    Args:
        column: booleans, or text that says true or false in any case.
        style: its `na_values` are read.

    Raises:
        ReadError: a value is something else.
    """
    text = _names(column, style)
    values = np.asarray(text.str.casefold().map(TRUTHS), np.float64)
    bad = np.isnan(values) & text.notna().to_numpy(np.bool_)
    if bad.any():
        row = int(bad.argmax())
        what = f"{str(column.iloc[row])!r} is neither true nor false"
        raise ReadError(what, column=str(column.name), row=row, served="write true or false")
    return values


def read_categories(column: pd.Series[Any], names: list[str], style: NumberStyle) -> tuple[Float64s, NDArray[np.bool_]]:
    """A column of 0 and 1 for each name, (rows, names), NaN where a value is missing; and the rows of unknown names.

    An unknown name is none of the known ones: all its columns are 0.

    Args:
        column: text, or what can be written as text.
        names: the known ones.
        style: its `na_values` are read.
    """
    text = _names(column, style)
    missing = text.isna().to_numpy(np.bool_)
    codes = pd.Index(names).get_indexer(pd.Index(text))
    values = (codes[:, None] == np.arange(len(names))).astype(np.float64)
    values[missing] = np.nan
    return values, (codes < 0) & ~missing


def _names(column: pd.Series[Any], style: NumberStyle) -> pd.Series[Any]:
    """As text without blanks around it, NaN where a value is missing."""
    as_objects = column.astype(object)
    text = as_objects.where(column.isna(), as_objects.astype(str).str.strip()).astype("str")
    return text.mask(is_missing(column, style))
