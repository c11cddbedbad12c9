"""What to do with values that are not there."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Protocol

import numpy as np

from ..array_types import Float64s
from .faults import ReadError
from .rows import Rows


class MissingValues(Protocol):
    """What an entry of MISSING_VALUES is."""

    def __call__(self, rows: Rows, steady: Collection[str]) -> Rows:
        """Rows with NaN → rows without; in the order of time on both sides.

        Args:
            rows: in the order of time.
            steady: columns between whose values there is nothing: true and false, names.
        """


def error(rows: Rows, steady: Collection[str] = ()) -> Rows:  # noqa: ARG001
    """The rows as they are.

    Raises:
        ReadError: a value is missing.
    """
    gaps = np.isnan(rows.values)
    if gaps.any():
        row = int(gaps.any(axis=1).argmax())
        at = "" if rows.numbers is not None else f" at {rows.shown(row)}"
        raise ReadError(
            f"no value{at} ({gaps.sum():,} of {gaps.size:,} are missing)",
            column=rows.columns[int(gaps[row].argmax())],
            row=rows.number(row),
            mend="data.missing=interpolate, last or drop says what to do",
            served="fill it in",
        )
    return rows


def interpolate(rows: Rows, steady: Collection[str] = ()) -> Rows:
    """Gaps filled by a straight line over time between the values on both sides.

    A filled value therefore knows the next real one, which lies in its future: a gap that reaches over the
    end of the train part shows training a value from behind it, and a forecast made within a gap has seen
    where the gap leads. `last` never does. Where only one side exists, nothing comes from the future: rows
    before the first value of a column go, and after its last value that one stays. Of several values at one time the
    mean counts.

    Raises:
        ReadError: a column has no value at all.
    """
    start, values = _first_complete(rows), rows.values.copy()
    moments, group = np.unique(rows.index.view(np.int64), return_inverse=True)
    time = (moments - moments[0]).astype(np.float64)
    for name, column in zip(rows.columns, values.T, strict=True):
        gaps = np.isnan(column)
        if not gaps.any():
            continue
        if name in steady:
            column[:] = _held(column[:, None])[:, 0]
            continue
        counts = np.bincount(group[~gaps], minlength=len(moments))
        means = np.bincount(group[~gaps], column[~gaps], len(moments))[counts > 0] / counts[counts > 0]
        column[gaps] = np.interp(time[group[gaps]], time[counts > 0], means)
    return _since(start, replace(rows, values=values))


def last(rows: Rows, steady: Collection[str] = ()) -> Rows:  # noqa: ARG001
    """Gaps filled by the value before them, so by the past alone; rows before the first value of a column go.

    Raises:
        ReadError: a column has no value at all.
    """
    return _since(_first_complete(rows), replace(rows, values=_held(rows.values)))


def drop(rows: Rows, steady: Collection[str] = ()) -> Rows:  # noqa: ARG001
    """The rows that miss nothing. Steps of time become uneven where a row goes.

    Raises:
        ReadError: no row is left.
    """
    complete = np.flatnonzero(~np.isnan(rows.values).any(axis=1))
    if not len(complete):
        told = f"no row has a value in each of {', '.join(rows.columns)}"
        raise ReadError(told, mend="data.missing=drop leaves none; fill values in", served="fill values in")
    return rows.take(complete)


MISSING_VALUES: dict[str, MissingValues] = {"error": error, "interpolate": interpolate, "last": last, "drop": drop}


def completed(rows: Rows, policy: str, steady: Collection[str]) -> Rows:
    """The rows without missing values, and a note on what that took.

    Args:
        rows: in the order of time.
        policy: an entry of MISSING_VALUES.
        steady: columns between whose values there is nothing.

    Raises:
        ReadError: as the policy does.
    """
    n_gaps = int(np.isnan(rows.values).sum())
    if not n_gaps:
        return rows
    complete = MISSING_VALUES[policy](rows, steady)
    gone = len(rows) - len(complete)
    dropped = f", which left out {gone:,} of {len(rows):,} rows" if gone else ""
    joined = "after resampling, " if rows.numbers is None else ""
    note = f"{joined}{n_gaps:,} of {rows.values.size:,} values were missing; data.missing={policy}{dropped}"
    return complete.noted(note)


def _held(values: Float64s) -> Float64s:
    """(rows, columns), gaps filled by the value before."""
    sources = np.where(np.isnan(values), 0, np.arange(len(values))[:, np.newaxis])
    return np.take_along_axis(values, np.maximum.accumulate(sources, axis=0), axis=0)


def _first_complete(rows: Rows) -> int:
    """The first row by which every column has had a value."""
    present = ~np.isnan(rows.values)
    for name, column in zip(rows.columns, present.T, strict=True):
        if not column.any():
            raise ReadError("there is no value at all", column=name, served="fill it in")
    return int(present.argmax(axis=0).max())


def _since(start: int, rows: Rows) -> Rows:
    return rows.take(np.arange(start, len(rows))) if start else rows
