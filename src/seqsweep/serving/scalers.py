"""Offset and scale of columns: of train where a network learns, of a request's own rows where a series is new."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import numpy as np

from .array_types import Float64s
from .transforms import Transform


class Scaler(Protocol):
    """What an entry of SCALERS is."""

    def __call__(self, train: Float64s) -> tuple[Float64s, Float64s]:
        """Train rows (time, columns) → offset (columns,) and scale (columns,): scaled = (value - offset) / scale."""


def minmax(train: Float64s) -> tuple[Float64s, Float64s]:
    """Train's smallest value becomes 0, its largest 1."""
    return train.min(axis=0), np.ptp(train, axis=0)


def standard(train: Float64s) -> tuple[Float64s, Float64s]:
    """Train's mean becomes 0, its standard deviation 1."""
    return train.mean(axis=0), train.std(axis=0)


def robust(train: Float64s) -> tuple[Float64s, Float64s]:
    """Train's median becomes 0, its interquartile range 1; outliers have no say."""
    low, median, high = np.quantile(train, [0.25, 0.5, 0.75], axis=0)
    return median, high - low


def none(train: Float64s) -> tuple[Float64s, Float64s]:
    """Values stay as they are."""
    return np.zeros(train.shape[1]), np.ones(train.shape[1])


SCALERS: dict[str, Scaler] = {"minmax": minmax, "standard": standard, "robust": robust, "none": none}


def scaled_by(bare: Transform, seen: Float64s, raw: Float64s, scaler: Scaler) -> Transform:
    """A transform with the offset and the scale of some rows.

    Args:
        bare: clips, takes logs and differences.
        seen: (rows, columns), as `bare` leaves them.
        raw: (rows, columns), in the unit of the data.
        scaler: an entry of SCALERS.
    """
    offset, scale = scaler(seen)
    # What does not vary has a deviation of some 1e-14 all the same, its rounding; divided by that, a later value would
    # be huge. A scale of exactly 1 is that of `none`.
    varies = (scale > 1e-12 * np.abs(raw).max(axis=0)) | (scale == 1)
    offset = np.where(varies | (scale == 0), offset, seen[0])
    return replace(bare, offset=offset, scale=np.where(varies, scale, 1.0))
