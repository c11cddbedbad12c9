"""Baselines of forecasts as networks of one dense layer: all but `drift` are weighted sums of the last rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from seqsweep.errors import UserError
from seqsweep.events import CALIBRATION, TrialParams
from seqsweep.serving.array_types import Float64s
from seqsweep.serving.transforms import Transform, difference_lags
from seqsweep.tasks.dataset import Items
from seqsweep.tasks.forecast.baseline_input import BaselineInput
from seqsweep.tasks.forecast.dataset import SeriesDataset
from seqsweep.tasks.forecast.linear_path import LinearPath
from seqsweep.tasks.forecast.ridge import fit_linear
from seqsweep.tasks.forecast.settings import own
from seqsweep.tasks.forecast.windows import ANCHORS, Windows
from seqsweep.tasks.results import TestPredictions
from seqsweep.tasks.served import ServedBaseline

if TYPE_CHECKING:
    import keras

    from seqsweep.schema import SweepConfig

Weights = tuple[str, Float64s, Float64s]
"""The anchor, weights of a window's rows (window, columns, horizon) and what is added (horizon,), scaled."""


def served_baseline(data: SeriesDataset, name: str, params: TrialParams) -> ServedBaseline:
    """A baseline of a sweep as a network.

    Args:
        data: of the sweep, or all of it as train.
        name: of the baseline.
        params: of any trial.

    Raises:
        UserError: it cannot be packaged.
    """
    if name not in WEIGHTS or data.series.known:
        why = WHY_NOT.get(name, "reads columns that are known ahead; without such columns")
        raise UserError(f"the baseline {name} cannot be packaged: it {why} {', '.join(WEIGHTS)} can")
    transform = _scaled(data)
    anchor, weights, bias = WEIGHTS[name](data.past, transform)
    if len(weights) > data.parts.train_end:
        raise UserError(f"the baseline {name} cannot be packaged: it reads {len(weights)} rows, more than train has")
    settings, split = own(data.config), data.parts
    view = Windows(
        data.series.values, transform, ANCHORS[anchor], len(weights), settings.horizon, split, lower=settings.lower
    )
    own_params = params.replace(anchor=anchor, window=len(weights))
    return ServedBaseline(own_params, view, _network(weights, bias))


def serves_baseline(config: SweepConfig, name: str) -> bool:
    """Whether a config allows a baseline to be packaged.

    Args:
        config: of the sweep.
        name: of the baseline.
    """
    data = config.data
    return name in WEIGHTS and not (data.series or data.columns or data.known_future or data.calendar)


def seen_by_baseline(data: SeriesDataset, name: str, held: Items, other: str | None) -> TestPredictions:
    """What a baseline says of validation and test, and of the end of train.

    Args:
        data: of the sweep.
        name: of the baseline.
        held: the end of train, see `Task.calibration`; none: intervals are made on validation.
        other: the best of the other baselines on test; None: there is none.
    """
    validation, test = data.parts.validation, data.parts.test
    made, unseen = data.baselines(test), None
    if len(held):
        unseen = replace(data, parts=data.parts.fold(CALIBRATION)).baselines(held)[name]
    return TestPredictions(
        validation_items=validation,
        validation_actual=data.actual(validation),
        validation_predicted=data.baselines(validation)[name],
        test_items=test,
        test_actual=data.actual(test),
        test_predicted=made[name],
        test_baseline=made[other] if other is not None else None,
        calibration_actual=data.actual(held) if unseen is not None else None,
        calibration_predicted=unseen,
    )


def _scaled(data: SeriesDataset) -> Transform:
    """Nothing but a scale, so that a network of float32 keeps the digits."""
    train = data.series.values[: data.parts.train_end]
    deviation = train.std(axis=0)
    return Transform(None, False, difference_lags(()), train.mean(axis=0), np.where(deviation > 0, deviation, 1.0))


def _network(weights: Float64s, bias: Float64s) -> keras.Model:
    import keras

    window = keras.Input(weights.shape[:2], name="window")
    layer = keras.layers.Dense(len(bias), name="baseline")
    output = layer(keras.layers.Flatten(name="rows")(window))
    layer.set_weights([weights.reshape(-1, len(bias)), bias])
    return keras.Model(window, output, name="baseline")


def _rows(past: BaselineInput, window: int) -> Float64s:
    return np.zeros((window, past.values.shape[1], past.horizon))


def _last_value(past: BaselineInput, transform: Transform) -> Weights:  # noqa: ARG001
    return "last", _rows(past, 1), np.zeros(past.horizon)


def _constant(past: BaselineInput, transform: Transform, level: float) -> Weights:
    return "none", _rows(past, 1), np.full(past.horizon, (level - transform.offset[0]) / transform.scale[0])


def _train_mean(past: BaselineInput, transform: Transform) -> Weights:
    return _constant(past, transform, float(past.target[: past.train_end].mean()))


def _train_median(past: BaselineInput, transform: Transform) -> Weights:
    return _constant(past, transform, float(np.median(past.target[: past.train_end])))


def _moving_average(past: BaselineInput, transform: Transform) -> Weights:  # noqa: ARG001
    weights = _rows(past, past.settings.moving_average)
    weights[:, 0] = 1 / len(weights)
    return "last", weights, np.zeros(past.horizon)


def _seasonal_naive(past: BaselineInput, transform: Transform) -> Weights:  # noqa: ARG001
    assert past.season is not None  # or it would not have been scored
    weights, ahead = _rows(past, past.season), np.arange(past.horizon)
    weights[ahead % past.season, 0, ahead] = 1
    return "last", weights, np.zeros(past.horizon)


def _linear(past: BaselineInput, transform: Transform) -> Weights:
    fit = fit_linear(past)
    assert fit is not None  # likewise
    path = LinearPath.of(fit, transform)
    return "last", path.weights.reshape(fit.window, -1, past.horizon), path.bias


WEIGHTS: dict[str, Callable[[BaselineInput, Transform], Weights]] = {
    "last_value": _last_value,
    "seasonal_naive": _seasonal_naive,
    "train_mean": _train_mean,
    "train_median": _train_median,
    "moving_average": _moving_average,
    "linear": _linear,
}

WHY_NOT = {
    **dict.fromkeys(("drift", "ets", "theta"), "reads the whole series, and a package a window;"),
    "boosting": "is made of trees, and a package holds layers;",
}
"""Why a baseline cannot be packaged, by its name."""
