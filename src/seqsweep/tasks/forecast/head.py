"""The parts of which the end of a forecast's network is made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seqsweep.tasks.forecast.linear_path import LinearPath

if TYPE_CHECKING:
    import keras

    from seqsweep.tasks.task import Inputs


def by_step(
    state: keras.KerasTensor, known: keras.KerasTensor, seeds: Sequence[int], is_solved: bool, count: int = 1
) -> keras.KerasTensor:
    """(batch, units) and (batch, horizon, columns) → (batch, horizon): of each step its own values, beside the state.

    Of several quantiles (batch, horizon * quantiles), those of a step side by side.

    The weights are those of every step, so that a promotion means the same on each day ahead. A dense layer of as many
    units as the state lets it mean more where there is more to sell.

    Args:
        state: of the recurrent layers.
        known: the columns that are known ahead.
        seeds: two of them.
        is_solved: a ridge says all at first.
        count: of the quantiles.
    """
    import keras

    drawn = keras.initializers.GlorotUniform(seed=seeds[0])
    states = keras.layers.RepeatVector(known.shape[1], name="state_by_step")(state)
    both = keras.layers.Concatenate(name="state_and_known")([states, known])  # (batch, horizon, units + columns)
    mixed = keras.layers.Dense(state.shape[-1], "relu", kernel_initializer=drawn, name="mixed")(both)
    every = keras.layers.Concatenate(name="mixed_and_known")([mixed, known])
    return keras.layers.Flatten(name="of_known")(end(is_solved, seeds[1], "by_step", count)(every))


def end(is_solved: bool, seed: int, name: str, count: int = 1) -> keras.layers.Dense:
    """(…, units) → (…, outputs): a dense layer that forecasts.

    Args:
        is_solved: a ridge says all at first, and this nothing.
        seed: for weights.
        name: of the Keras layer.
        count: of its outputs: steps, quantiles, or both.
    """
    import keras

    start = "zeros" if is_solved else keras.initializers.GlorotUniform(seed=seed)
    return keras.layers.Dense(count, kernel_initializer=start, name=name)


def linear(rows: keras.KerasTensor, outputs: int, seed: int) -> keras.KerasTensor:
    """(batch, window, columns) → (batch, outputs): a linear path that is trained.

    Source: the autoregressive component of LSTNet (Lai et al., 2018), here over all columns.

    Args:
        rows: the window.
        outputs: steps ahead, or quantiles of all of them.
        seed: for weights.
    """
    import keras

    flat = keras.layers.Flatten(name="skip_window")(rows)
    start = keras.initializers.GlorotUniform(seed=seed)
    return keras.layers.Dense(outputs, use_bias=False, kernel_initializer=start, name="skip")(flat)


def solved(path: LinearPath, inputs: Inputs, trainable: bool) -> keras.KerasTensor:
    """(batch, rows, columns), and what is known ahead → (batch, horizon): a dense layer with the weights of a ridge.

    Args:
        path: the ridge.
        inputs: of the network.
        trainable: whether training changes the weights.
    """
    import keras

    window = inputs[0]
    rows = window[:, -path.window :] if window.shape[1] > path.window else window
    flat = keras.layers.Flatten(name="skip_window")(rows)
    if len(inputs) > 1:
        ahead = keras.layers.Flatten(name="skip_known")(inputs[1])
        flat = keras.layers.Concatenate(name="skip_inputs")([flat, ahead])
    layer = keras.layers.Dense(len(path.bias), trainable=trainable, name="skip")
    skip = layer(flat)
    layer.set_weights([path.weights, path.bias])
    return skip
