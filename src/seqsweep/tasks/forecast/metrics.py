"""How far forecasts lie from what happened: the scores of networks and of the baselines that they must beat.

All that are here are errors: 0 for a perfect forecast, and all but `bias` grow as forecasts worsen, so they may rank.
(R² is not here: the `skill` of a squared error against that of the mean is the same.) A forecast that holds a NaN or
an infinity has the worst score by every metric: a network that diverged never looks good, not even by its median.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from seqsweep.catalog import Catalog
from seqsweep.metrics import Metric, adder
from seqsweep.serving.array_types import Float64s
from seqsweep.serving.quantiles import point_of
from seqsweep.tasks.forecast.quantiles import mean_pinball

_LARGEST = 1e150  # an error beyond it counts as infinite: its square and sums would overflow


class MetricFunction(Protocol):
    """What stands behind an entry of METRICS."""

    def __call__(self, actual: Float64s, forecast: Float64s, mase_scale: float) -> float:
        """How far forecasts lie from what happened.

        Args:
            actual: (targets, horizon), in the unit of the data, all finite.
            forecast: (targets, horizon), in the unit of the data.
            mase_scale: what `naive_scale` returns for the series: above 0, in the unit of the data.

        Raises:
            ValueError: the shapes differ or are empty, `actual` is not finite, or `mase_scale` is not above 0.
        """


METRICS: Catalog[Metric] = Catalog("metric", like=MetricFunction)


register = adder(METRICS)


def naive_scale(
    values: Float64s, train_end: int, season: int | None, observed: NDArray[np.bool_] | None = None
) -> float:
    """The mean absolute error, within the train part, of repeating the value of one season ago; never 0.

    Without a season, or where train is no longer than one or repeats it exactly, it is the error of repeating
    the last value. A constant train part, or one of a single row, gives 1.0: MASE is then the MAE.

    Args:
        values: (time,), the target in the unit of the data, all finite.
        train_end: rows [0, train_end) are train.
        season: rows a season.
        observed: (time,), whether the target had a row; None: always. Errors of filled values do not count.

    Raises:
        ValueError: `train_end` is not within the series, or a value of the train part is not finite.

    Source: Hyndman & Koehler (2006), International Journal of Forecasting 22(4), section 3; for seasons
    https://otexts.com/fpp3/accuracy.html#scaled-errors
    """
    if values.ndim != 1 or not 1 <= train_end <= len(values):
        raise ValueError(f"train_end={train_end} must be from 1 to the rows of a series, not {values.shape}")
    train = np.asarray(values[:train_end], dtype=np.float64)
    if not np.isfinite(train).all():
        raise ValueError("the train part holds values that are not finite")
    for lag in (season or 1, 1):
        if lag < train_end:
            errors = np.abs(train[lag:] - train[:-lag])
            if observed is not None:
                errors = errors[observed[lag:train_end] & observed[: train_end - lag]]
            if len(errors) and (mase_scale := float(np.mean(errors))) > 0:
                return mase_scale
    return 1.0


@register(unit="data")
def mae(actual: Float64s, forecast: Float64s, mase_scale: float) -> float:
    """Mean absolute error, in the unit of the data."""
    return float(np.mean(np.abs(_errors(actual, forecast, mase_scale))))


@register(unit="data", loss="squared")
def rmse(actual: Float64s, forecast: Float64s, mase_scale: float) -> float:
    """Root of the mean squared error, in the unit of the data: large errors weigh more."""
    return float(np.sqrt(np.mean(_errors(actual, forecast, mase_scale) ** 2)))


@register()
def mase(actual: Float64s, forecast: Float64s, mase_scale: float) -> float:
    """Mean absolute scaled error, no unit: below 1 is better than the seasonal naive forecast was on train.

    Source: Hyndman & Koehler (2006), International Journal of Forecasting 22(4), section 3.
    """
    return float(np.mean(np.abs(_errors(actual, forecast, mase_scale)))) / mase_scale


@register(unit="%", highest=200.0)
def smape(actual: Float64s, forecast: Float64s, mase_scale: float) -> float:
    """Mean absolute error relative to the mean size of actual and forecast, in per cent from 0 to 200.

    Where both are 0 the error counts 0.

    Source: Makridakis & Hibon (2000), International Journal of Forecasting 16(4), appendix A.
    """
    errors = np.abs(_errors(actual, forecast, mase_scale))
    if np.isinf(errors).any():
        return np.inf
    sizes = np.abs(actual, dtype=np.float64) + np.abs(forecast, dtype=np.float64)
    return 200.0 * float(np.mean(np.divide(errors, sizes, out=np.zeros_like(errors), where=sizes > 0)))


@register(unit="%")
def wape(actual: Float64s, forecast: Float64s, mase_scale: float) -> float:
    """Sum of absolute errors relative to the sum of absolute actuals, in per cent.

    Where every actual is 0 it is 0 for a perfect forecast and inf for any other.

    Source: Kolassa & Schütz (2007), Foresight 6, "MAD/Mean ratio".
    """
    error = float(np.mean(np.abs(_errors(actual, forecast, mase_scale))))
    size = float(np.mean(np.abs(actual, dtype=np.float64)))
    if size == 0:
        return 0.0 if error == 0 else np.inf
    return 100.0 * error / size


@register(unit="data")
def medae(actual: Float64s, forecast: Float64s, mase_scale: float) -> float:
    """Median absolute error, in the unit of the data: deaf to outliers."""
    return float(np.median(np.abs(_errors(actual, forecast, mase_scale))))


@register(unit="data", can_rank=False)
def pinball(actual: Float64s, forecast: Float64s, mase_scale: float) -> float:
    """Mean pinball loss of the quantiles, in the unit of the data; of a single forecast half of its mae.

    A single forecast says the same at all of these levels, which lie alike on both sides of the median. As no
    baseline says more, it cannot rank.

    Source: Koenker & Bassett (1978), Econometrica 46(1).
    """
    return float(np.mean(np.abs(_errors(actual, forecast, mase_scale)))) / 2


@register(unit="data", lowest=-math.inf, can_rank=False)
def bias(actual: Float64s, forecast: Float64s, mase_scale: float) -> float:
    """Mean of forecast minus actual, in the unit of the data: above 0 forecasts too much. It cannot rank."""
    return float(np.mean(_errors(actual, forecast, mase_scale)))


def scored(name: str, actual: Float64s, predicted: Float64s, mase_scale: float, levels: Sequence[float] = ()) -> float:
    """A metric of forecasts, or of quantiles: all but `pinball` look at the median.

    Args:
        name: of the metric.
        actual: (targets, horizon).
        predicted: (targets, horizon), or (targets, horizon, quantiles).
        mase_scale: see `MetricFunction`.
        levels: of the quantiles.
    """
    if name == pinball.name and predicted.ndim == 3:
        each = [_errors(actual, predicted[:, :, place], mase_scale) for place in range(len(levels))]
        return mean_pinball(np.zeros(actual.shape), np.stack(each, axis=2), levels)
    return METRICS[name](actual, point_of(predicted), mase_scale)


def _errors(actual: Float64s, forecast: Float64s, mase_scale: float) -> Float64s:
    """Forecast minus actual as float64, or +inf throughout where one is not finite or absurdly far off."""
    actual, forecast = np.asarray(actual, dtype=np.float64), np.asarray(forecast, dtype=np.float64)
    if actual.shape != forecast.shape:
        raise ValueError(f"actual has the shape {actual.shape}, forecast {forecast.shape}")
    if actual.size == 0:
        raise ValueError("there is no target to score")
    if not np.isfinite(actual).all():
        raise ValueError("an actual value is not finite")
    if not (np.isfinite(mase_scale) and mase_scale > 0):
        raise ValueError(f"mase_scale={mase_scale} must be finite and above 0")
    with np.errstate(over="ignore", invalid="ignore"):
        errors = forecast - actual
    return errors if np.abs(errors).max() <= _LARGEST else np.full_like(errors, np.inf)  # NaN fails it too
