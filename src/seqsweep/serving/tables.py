"""What a request for rows must have: its columns, numbers that a network can take, texts."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
from mlflow.exceptions import MlflowException

from .array_types import Float32s, Float64s
from .reading.faults import ReadError
from .reading.numbers import NumberStyle, read_numbers
from .transforms import Transform

LARGEST = float(np.finfo(np.float32).max)  # of what a network can take


def checked(frame: pd.DataFrame, needed: Sequence[str]) -> pd.DataFrame:
    """The rows with the names of their columns stripped.

    Args:
        frame: of a request.
        needed: columns that must be there, once each.

    Raises:
        MlflowException: one is not, or there is no row.
    """
    frame = frame.reset_index(drop=True).rename(columns=lambda name: str(name).strip())
    if missing := [name for name in needed if name not in frame]:
        others = {str(name).lower(): name for name in frame if name not in needed}
        near = difflib.get_close_matches(missing[0].lower(), others, 1)
        held = ", ".join(map(str, list(frame)[:10])) or "none"
        mend = f"rename {others[near[0]]!r}" if near else f"the columns are {held}"
        raise refused(f"there is no column {missing[0]!r}; the model reads {', '.join(needed[:10])}: {mend}")
    twice = [str(name) for name in frame.columns[frame.columns.duplicated()] if name in needed]
    if twice:
        raise refused(f"there are several columns {twice[0]!r}; leave one")
    if not len(frame):
        raise refused("there is no row; give one or more")
    return frame


@contextmanager
def placed() -> Iterator[None]:
    """A fault of reading becomes one of the request, with column and row."""
    try:
        yield
    except ReadError as error:
        raise refused(error.in_request()) from error


def scaled(frame: pd.DataFrame, columns: Sequence[str], style: NumberStyle, transform: Transform) -> Float32s:
    """(rows, columns), as the network learned them.

    Args:
        frame: that has the columns.
        columns: of numbers.
        style: how they are written.
        transform: of the network.

    Raises:
        ReadError: a value is missing, no number, or too large.
    """
    values = np.column_stack([_numbers(frame[name], style) for name in columns])
    beyond = np.abs((values - transform.offset) / transform.scale) > LARGEST
    if beyond.any():
        row, column = (int(place) for place in np.argwhere(beyond)[0])
        told = f"{values[row, column]:g} is beyond what the network can take"
        raise ReadError(told, column=columns[column], row=row, served="mend it")
    return transform.transform(values)


def texts_of(column: pd.Series[Any]) -> list[str]:
    """Texts as they were given, nothing for a missing one."""
    return ["" if missing else str(text) for text, missing in zip(column, column.isna(), strict=True)]


def refused(text: str) -> MlflowException:
    """A fault of the input: a server answers it with status 400 and the text."""
    fault: MlflowException = MlflowException.invalid_parameter_value(text)
    return fault


def _numbers(column: pd.Series[Any], style: NumberStyle) -> Float64s:
    values = read_numbers(column, style)
    if np.isnan(values).any():
        row = int(np.isnan(values).argmax())
        raise ReadError("the value is missing", column=str(column.name), row=row, served="give it")
    return values
