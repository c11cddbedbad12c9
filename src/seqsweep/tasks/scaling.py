"""What a transform learns from train."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seqsweep.catalog import Catalog
from seqsweep.errors import DataError
from seqsweep.serving import scalers
from seqsweep.serving.array_types import Float64s
from seqsweep.serving.scalers import Scaler, scaled_by
from seqsweep.serving.transforms import Transform, difference_lags

SCALERS: Catalog[Scaler] = Catalog("scaler", like=Scaler)
for _scaler in scalers.SCALERS.values():
    SCALERS.register(_scaler)


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
    further: Sequence[Float64s] = (),
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
        further: train rows (time, columns) of other series that share the transform; no difference reaches into them.
        scaler: an entry of `SCALERS`.
        clip_quantile: q in (0.5, 1): the target is clipped to train's quantiles [1-q, q]; None: not at all.
        log1p: train on log(1 + target).
        difference: times the target is differenced at lag 1.
        seasonal_difference: times it is differenced at lag `season`.
        season: rows a season.

    Raises:
        DataError: log1p of a target of -1 or less.
    """
    pieces = [values[:train_end], *further]
    train = np.concatenate(pieces) if further else pieces[0]
    clip = None
    if clip_quantile is not None:
        low, high = np.quantile(train[:, 0], [1 - clip_quantile, clip_quantile])
        clip = (float(low), float(high))
    lags = difference_lags([1] * difference + [season or 1] * seasonal_difference)
    columns = values.shape[1]
    bare = Transform(clip, log1p, lags, np.zeros(columns), np.ones(columns))
    if log1p and (lowest := min(part[:, 0].min() for part in (values, *further)) if clip is None else clip[0]) <= -1:
        raise DataError(f"data.log1p=true: the target holds {lowest:g}, and log(1 + y) needs values above -1")
    parts = [bare.difference(piece)[bare.n_dropped :] for piece in pieces]
    return scaled_by(bare, np.concatenate(parts) if further else parts[0], train, SCALERS[scaler])
