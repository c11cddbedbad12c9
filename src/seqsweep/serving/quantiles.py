"""Several quantiles of each target, ascending, of which the middle one is the forecast: in training and in service."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeAlias

import numpy as np

from .array_types import Float32s, Float64s, Int64s

Inverse: TypeAlias = Callable[[Any, Int64s, Float32s], Float64s]
"""A view's way from its network's outputs for origins (n,) to forecasts in the unit of the data."""


def of_each_quantile(inverse: Inverse) -> Inverse:
    """The same way for outputs (n, horizon) and, a quantile at a time, (n, horizon, quantiles).

    All that is undone increases: a scale above 0, a logarithm, a level that was taken off. So a quantile stays one.
    Only differences that reach into the horizon add up, and quantiles do not: who learns them is refused.

    Args:
        inverse: of outputs (n, horizon).
    """

    @wraps(inverse)
    def both(view: Any, origins: Int64s, predicted: Float32s) -> Float64s:
        if predicted.ndim == 2:
            return inverse(view, origins, predicted)
        each = [inverse(view, origins, predicted[:, :, place]) for place in range(predicted.shape[2])]
        return np.stack(each, axis=2)

    return both


def point_of(predicted: Float64s) -> Float64s:
    """The forecast (n, horizon): of quantiles (n, horizon, quantiles) the middle one, the median.

    Args:
        predicted: (n, horizon), or with quantiles.
    """
    return predicted if predicted.ndim == 2 else predicted[:, :, predicted.shape[2] // 2]


def ends_of(
    predicted: Float64s, columns: Sequence[int] | None, reach: Float64s, lower: float | None
) -> tuple[Float64s, Float64s]:
    """The lower and the upper end (n, horizon) of intervals; the forecast lies within, or on an end.

    Args:
        predicted: (n, horizon), or quantiles (n, horizon, quantiles).
        columns: which quantiles the interval begins at, its lower one first; None: at the forecast.
        reach: (horizon,) or (n, horizon), how far each end lies beyond that; below 0 within it.
        lower: below which no end is; None: there is no bound.
    """
    point = point_of(predicted)
    if columns is None:
        low, high = point - reach, point + reach
    else:
        low, high = (np.asarray(predicted[:, :, column], np.float64) for column in columns)
        low, high = np.minimum(low - reach, point), np.maximum(high + reach, point)
    return low if lower is None else np.maximum(low, lower), high
