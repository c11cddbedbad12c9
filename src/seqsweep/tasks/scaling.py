"""What a transform learns from train."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from seqsweep.catalog import Catalog
from seqsweep.errors import DataError
from seqsweep.serving.array_types import Float64s
from seqsweep.serving.transforms import Transform, difference_lags


class Scaler(Protocol):
    """What an entry of SCALERS is."""

    def __call__(self, train: Float64s) -> tuple[Float64s, Float64s]:
        """Train rows (time, columns) → offset (columns,) and scale (columns,): scaled = (value - offset) / scale."""


SCALERS: Catalog[Scaler] = Catalog("scaler", like=Scaler)


@SCALERS.register
def minmax(train: Float64s) -> tuple[Float64s, Float64s]:
    """Train's smallest value becomes 0, its largest 1."""
    return train.min(axis=0), np.ptp(train, axis=0)


@SCALERS.register
def standard(train: Float64s) -> tuple[Float64s, Float64s]:
    """Train's mean becomes 0, its standard deviation 1."""
    return train.mean(axis=0), train.std(axis=0)


@SCALERS.register
def robust(train: Float64s) -> tuple[Float64s, Float64s]:
    """Train's median becomes 0, its interquartile range 1; outliers have no say."""
    low, median, high = np.quantile(train, [0.25, 0.5, 0.75], axis=0)
    return median, high - low


@SCALERS.register
def none(train: Float64s) -> tuple[Float64s, Float64s]:
    """Values stay as they are."""
    return np.zeros(train.shape[1]), np.ones(train.shape[1])


def fit_scale(train: Float64s, scaler: str) -> Transform:
    """The scale of each column, and nothing else done to any value.

    Args:
        train: (rows, columns), all that is learned from.
        scaler: an entry of `SCALERS`.
    """
    return fit_transform(
        train,
        len(train),
        scaler=scaler,
        clip_quantile=None,
        log1p=False,
        difference=0,
        seasonal_difference=0,
        season=None,
    )


def fit_transform(
    values: Float64s,
    train_end: int,
    *,
    scaler: str,
    clip_quantile: float | None,
    log1p: bool,
    difference: int,
    seasonal_difference: int,
    season: int | None,
) -> Transform:
    """The transform that rows [0, train_end) of `values` (time, columns) alone determine.

    Args:
        values: the series; column 0 is the target.
        train_end: the first row that is not train.
        scaler: an entry of `SCALERS`.
        clip_quantile: q in (0.5, 1): the target is clipped to train's quantiles [1-q, q]; None: not at all.
        log1p: train on log(1 + target).
        difference: times the target is differenced at lag 1.
        seasonal_difference: times it is differenced at lag `season`.
        season: rows a season.

    Raises:
        DataError: log1p of a target of -1 or less.
    """
    train = values[:train_end]
    clip = None
    if clip_quantile is not None:
        low, high = np.quantile(train[:, 0], [1 - clip_quantile, clip_quantile])
        clip = (float(low), float(high))
    lags = difference_lags([1] * difference + [season or 1] * seasonal_difference)
    columns = values.shape[1]
    bare = Transform(clip, log1p, lags, np.zeros(columns), np.ones(columns))
    if log1p and (lowest := values[:, 0].min() if clip is None else clip[0]) <= -1:
        raise DataError(f"data.log1p=true: the target holds {lowest:g}, and log(1 + y) needs values above -1")
    seen = bare.difference(train)[bare.n_dropped :]
    offset, scale = SCALERS[scaler](seen)
    # What does not vary has a deviation of some 1e-14 all the same, its rounding; divided by that, a later value would
    # be huge. A scale of exactly 1 is that of `none`.
    varies = (scale > 1e-12 * np.abs(train).max(axis=0)) | (scale == 1)
    return Transform(clip, log1p, lags, np.where(varies | (scale == 0), offset, seen[0]), np.where(varies, scale, 1.0))
