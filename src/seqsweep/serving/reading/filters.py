"""`data.where`: which rows are read."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ..array_types import Int64s
from .faults import ReadError

if TYPE_CHECKING:
    import pandas as pd

    from .numbers import NumberStyle

ALLOWED = (
    *(ast.Expression, ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.UAdd, ast.Invert),
    *(ast.Compare, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn),
    *(ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Mod, ast.BitAnd, ast.BitOr),
    *(ast.Name, ast.Load, ast.Constant, ast.List, ast.Tuple),
)
"""Comparisons and what joins them: a filter calls nothing and reaches into nothing, since a study is no program."""


def columns_of(where: str) -> list[str]:
    """The columns that a filter reads.

    Args:
        where: in the words of pandas' `DataFrame.query`; a name with blanks stands in backticks.

    Raises:
        ValueError: it is more than comparisons joined by `and`, `or` and `not`, or cannot be read at all.
    """
    quoted: dict[str, str] = {}

    def plain(match: re.Match[str]) -> str:
        return quoted.setdefault(match.group(1), f"backtick_{len(quoted)}_")

    tree = _parsed(re.sub(r"`([^`]+)`", plain, where))
    if more := [node for node in ast.walk(tree) if not isinstance(node, ALLOWED)]:
        raise ValueError(f"{ast.unparse(more[0])!r} is no comparison")
    names = {stand_in: name for name, stand_in in quoted.items()}
    found = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]
    return list(dict.fromkeys(names.get(name, name) for name in found))


def numeric_columns(frame: pd.DataFrame, style: NumberStyle) -> dict[str, bool]:
    """For each column whether it is compared as a number: all its values are numbers.

    Args:
        frame: the columns of a filter.
        style: how numbers are written.
    """
    from .numbers import convert

    found = {}
    for name in frame:
        column = frame[name]
        is_text = column.dtype.kind not in "iufbmM"
        found[str(name)] = not convert(column, style)[1].any() if is_text else column.dtype.kind in "iuf"
    return found


def matching(frame: pd.DataFrame, where: str, numeric: Mapping[str, bool], style: NumberStyle) -> Int64s:
    """The rows that a filter keeps, counted from 0.

    Args:
        frame: with the columns that it reads.
        where: as `columns_of` takes it.
        numeric: what `numeric_columns` said where the filter was first used.
        style: how numbers are written.

    Raises:
        ReadError: values cannot be compared, or no row is left.
    """
    import pandas as pd

    from .numbers import convert

    columns = {}
    for name, as_number in numeric.items():
        column = frame[name].reset_index(drop=True)
        is_text = column.dtype.kind not in "iufbmM"
        if is_text:
            column = pd.Series(convert(column, style)[0]) if as_number else column.astype("str").str.strip()
        columns[name] = column
    try:
        kept = pd.DataFrame(columns).query(where, engine="python", local_dict={}, global_dict={})
    except Exception as error:  # whatever pandas' parser and the comparison of two types raise
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ReadError(f"data.where={where}: {reason}") from error
    if kept.empty:
        told, held = f"data.where={where}: no row of {len(frame):,} fits", _values(frame, numeric)
        raise ReadError(told, mend=held, served=f"{held}; give rows that the model was made for")
    return np.asarray(kept.index, np.int64)


def _values(frame: pd.DataFrame, numeric: Mapping[str, bool]) -> str:
    """What the columns of a filter hold."""
    held = []
    for name in numeric:
        values = [str(value) for value in frame[name].dropna().unique()[:6]]
        held.append(f"{name} holds {', '.join(values[:5])}{' and others' if len(values) > 5 else ''}")
    return "; ".join(held)


def _parsed(text: str) -> ast.Expression:
    try:
        return ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError) as error:
        raise ValueError(f"it cannot be read ({error.msg if isinstance(error, SyntaxError) else error})") from None
