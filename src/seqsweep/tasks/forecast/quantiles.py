"""Quantiles that a network forecasts with `task.loss=quantile`: which, by what loss, and how its head makes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seqsweep.schema import SweepConfig
from seqsweep.serving.quantiles import point_of
from seqsweep.tasks.results import TestPredictions

if TYPE_CHECKING:
    import keras

QUANTILE = "quantile"
"""What `task.loss` says."""


def levels_of(config: SweepConfig) -> tuple[float, ...]:
    """The quantiles of a network, ascending, the median in the middle; none where its loss is another.

    They are the ends of the intervals of `finals.levels`: 0.1 and 0.9 for 80 %.

    Args:
        config: of the sweep.
    """
    if config.task.loss != QUANTILE:
        return ()
    below = sorted(round((1 - level) / 2, 12) for level in config.finals.levels)
    return (*below, 0.5, *(round(1 - level, 12) for level in reversed(below)))


def columns_of(level: float, levels: Sequence[float]) -> tuple[int, int]:
    """Where the ends of an interval stand among a network's quantiles.

    Args:
        level: of the interval.
        levels: of `levels_of`.
    """
    low = list(levels).index(round((1 - level) / 2, 12))
    return low, len(levels) - 1 - low


def pinball_loss(levels: Sequence[float]) -> Callable[[Any, Any], Any]:
    """Targets (n, horizon) and outputs (n, horizon, quantiles) → (n,): the mean pinball loss of steps and quantiles.

    Args:
        levels: of the quantiles.

    Source: Koenker & Bassett (1978), Regression Quantiles, Econometrica 46(1).
    """

    def pinball(targets: Any, outputs: Any) -> Any:
        import keras

        error = keras.ops.expand_dims(targets, -1) - outputs
        above = keras.ops.convert_to_tensor(levels, error.dtype)
        return keras.ops.mean(keras.ops.maximum(above * error, (above - 1) * error), axis=(1, 2))

    return pinball


def mean_pinball(actual: NDArray[Any], predicted: NDArray[Any], levels: Sequence[float]) -> float:
    """The mean pinball loss over targets, steps and quantiles.

    Args:
        actual: (n, horizon).
        predicted: (n, horizon, quantiles), or what broadcasts to it.
        levels: of the quantiles.
    """
    error, above = np.asarray(actual, np.float64)[..., None] - predicted, np.asarray(levels)
    return float(np.mean(np.maximum(above * error, (above - 1) * error)))


def points(seen: TestPredictions) -> TestPredictions:
    """The same with the medians alone, (n, horizon) each.

    Args:
        seen: predictions of a network, which may be quantiles.
    """
    held = seen.calibration_predicted
    return replace(
        seen,
        validation_predicted=point_of(seen.validation_predicted),
        test_predicted=point_of(seen.test_predicted),
        calibration_predicted=None if held is None else point_of(held),
    )


def ascending(output: keras.KerasTensor, linear: keras.KerasTensor | None, horizon: int) -> keras.KerasTensor:
    """(batch, horizon * quantiles) → (batch, horizon, quantiles), what a linear path says added, then sorted.

    Quantiles that are learned side by side may cross. Sorted they never lie further from the true ones, nor is their
    loss greater, so that training goes through the sorting too, and a mean of several networks stays ascending.

    Args:
        output: all quantiles of the first step first.
        linear: (batch, horizon), alike for all quantiles of a step, or of each; None: there is nothing.
        horizon: steps.

    Source: Chernozhukov, Fernández-Val & Galichon (2010), Quantile and Probability Curves Without Crossing,
    Econometrica 78(3).
    """
    import keras

    said = keras.layers.Reshape((horizon, output.shape[1] // horizon), name="quantiles")(output)
    if linear is not None:
        path = keras.layers.Reshape((horizon, linear.shape[1] // horizon), name="linear_path")(linear)
        said = keras.layers.Add(name="output")([said, path])
    return keras.ops.sort(said, axis=-1)
