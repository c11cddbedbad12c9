"""The target as a network sees it, and forecasts back in the unit of the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from seqsweep.catalog import Catalog
from seqsweep.errors import DataError

Array = NDArray[np.float64]


class Scaler(Protocol):
    """What an entry of SCALERS is."""

    def __call__(self, train: Array) -> tuple[Array, Array]:
        """Train rows (time, columns) → offset (columns,) and scale (columns,): scaled = (value - offset) / scale."""


SCALERS: Catalog[Scaler] = Catalog("scaler", like=Scaler)


@SCALERS.register
def minmax(train: Array) -> tuple[Array, Array]:
    """Train's smallest value becomes 0, its largest 1."""
    return train.min(axis=0), np.ptp(train, axis=0)


@SCALERS.register
def standard(train: Array) -> tuple[Array, Array]:
    """Train's mean becomes 0, its standard deviation 1."""
    return train.mean(axis=0), train.std(axis=0)


@SCALERS.register
def robust(train: Array) -> tuple[Array, Array]:
    """Train's median becomes 0, its interquartile range 1; outliers have no say."""
    low, median, high = np.quantile(train, [0.25, 0.5, 0.75], axis=0)
    return median, high - low


@SCALERS.register
def none(train: Array) -> tuple[Array, Array]:
    """Values stay as they are."""
    return np.zeros(train.shape[1]), np.ones(train.shape[1])


@dataclass(frozen=True)
class Transform:
    """Clip, then log(1 + y), then difference: of the target alone; then a linear scale of every column.

    All that it knows comes from train rows. Clipping cannot be undone: forecasts stay within train's quantiles, and
    scores compare them with what really happened.
    """

    clip: tuple[float, float] | None
    log1p: bool
    lags: Array  # coefficients of the differencing polynomial, (order + 1,), the first is 1
    offset: Array  # (columns,)
    scale: Array  # (columns,)

    @property
    def n_dropped(self) -> int:
        """Rows at the start that differencing leaves without a value."""
        return len(self.lags) - 1

    def level(self, target: Array) -> Array:
        """The target (time,) clipped and in logs: what is differenced."""
        if self.clip is not None:
            target = np.clip(target, *self.clip)
        return np.log1p(target) if self.log1p else target

    def apply(self, values: Array) -> NDArray[np.float32]:
        """What a network sees: (time, columns) → (time, columns); the first `n_dropped` rows of the target are 0."""
        result = (self._differenced(values) - self.offset) / self.scale
        result[: self.n_dropped, 0] = 0.0
        return result.astype(np.float32)

    def inverse_transform(self, values: Array, origins: NDArray[np.int64], forecast: Array) -> Array:
        """Forecasts in the unit of the data.

        Args:
            values: the series (time, columns); rows up to each origin are used, later ones are not.
            origins: (n,), the last row that each forecast may see.
            forecast: (n, horizon), scaled.

        Returns:
            (n, horizon)
        """
        change = np.asarray(forecast, np.float64) * self.scale[0] + self.offset[0]
        if self.n_dropped == 0:
            return self._unit(change)
        level = self.level(values[:, 0])
        past = level[origins[:, None] - np.arange(self.n_dropped)]  # (n, n_dropped), the latest first
        steps = []
        for step in range(change.shape[1]):
            # (1-B)^d (1-B^s)^D y = z, solved for the newest y; what is not yet observed is itself a forecast.
            value = change[:, step] - past @ self.lags[1:]
            past = np.column_stack([value, past[:, :-1]])
            steps.append(value)
        return self._unit(np.column_stack(steps))

    def _differenced(self, values: Array) -> Array:
        result = values.astype(np.float64, copy=True)
        level = self.level(values[:, 0])
        result[:, 0] = np.convolve(level, self.lags)[: len(level)] if self.n_dropped else level
        return result

    def _unit(self, level: Array) -> Array:
        with np.errstate(over="ignore"):  # an overflow is a diverged forecast, which its score will show
            return np.expm1(level) if self.log1p else level


def fit_transform(
    values: Array,
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
    lags = np.ones(1)  # of the polynomials' product: (1 - B) for each difference, (1 - B^season) for a seasonal one
    for lag in [1] * difference + [season or 1] * seasonal_difference:
        lags = np.convolve(lags, np.r_[1.0, np.zeros(lag - 1), -1.0])
    columns = values.shape[1]
    bare = Transform(clip, log1p, lags, np.zeros(columns), np.ones(columns))
    if log1p and (lowest := values[:, 0].min() if clip is None else clip[0]) <= -1:
        raise DataError(f"data.log1p=true: the target holds {lowest:g}, and log(1 + y) needs values above -1")
    offset, scale = SCALERS[scaler](bare._differenced(train)[bare.n_dropped :])
    return Transform(clip, log1p, lags, offset, np.where(scale > 0, scale, 1.0))
