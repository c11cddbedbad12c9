"""Instance normalisation: what a network reads without the level and the spread of its own window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

STANDARD = "standard"
"""The anchor that the network takes off and puts back itself, so that its loss stays in the unit of the scaler."""

LEAST = 1e-5**0.5
"""The least standard deviation that a window is divided by, in the unit of the scaler: a constant one stays 0."""


@dataclass(frozen=True)
class Level:
    """Mean and standard deviation of each window, by column.

    The loss is that of forecasts that have both again, as in RevIN: else calm windows would weigh more than others, and
    one that is constant without end. Columns that are known ahead stay as they are. Where RevIN adds 1e-5 to the
    variance, that is its lower bound here, so that a forecast of a times the values is exactly a times the forecast.

    Source: Kim et al., 2022, Reversible Instance Normalization for Accurate Time-Series Forecasting against
    Distribution Shift, ICLR, without its learned scale and shift: the layers behind it learn theirs.

    Args:
        normalised: (batch, window, columns).
        mean: of the target, (batch, 1).
        deviation: of the target, (batch, 1).
    """

    normalised: keras.KerasTensor
    mean: keras.KerasTensor
    deviation: keras.KerasTensor

    @classmethod
    def of(cls, rows: keras.KerasTensor, known: int) -> Level:
        """The level of windows.

        Args:
            rows: (batch, window, columns), the target first.
            known: columns at the end that are known ahead.
        """
        import keras

        past = rows[:, :, : rows.shape[2] - known]
        mean = keras.ops.mean(past, axis=1, keepdims=True)
        away = past - mean
        deviation = keras.ops.sqrt(keras.ops.mean(keras.ops.square(away), axis=1, keepdims=True))
        deviation = keras.ops.maximum(deviation, LEAST)
        normalised = away / deviation
        if known:
            normalised = keras.ops.concatenate([normalised, rows[:, :, -known:]], axis=2)
        return cls(normalised, mean[:, 0, :1], deviation[:, 0, :1])

    def taken_off(self, forecast: keras.KerasTensor) -> keras.KerasTensor:
        """A forecast (batch, horizon) as the normalised window would have it."""
        return (forecast - self.mean) / self.deviation

    def restored(self, output: keras.KerasTensor) -> keras.KerasTensor:
        """The forecast (batch, horizon) of what a network says of a normalised window; of quantiles each of them."""
        if len(output.shape) == 3:
            return output * self.deviation[:, None] + self.mean[:, None]
        return output * self.deviation + self.mean
