"""Recurrent layers as a network of one step that is rolled forward, on fast kernels where that is exact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import tensorflow as tf

from seqsweep.errors import ConfigError, Fault
from seqsweep.events import TrialParams
from seqsweep.layers import LAYERS
from seqsweep.layers.dropout import drop
from seqsweep.layers.kernels import activation, obstacle, run
from seqsweep.layers.lstm_kernel import block_and_cell
from seqsweep.layers.stack import make_step
from seqsweep.serving.rolled import Rolled


@dataclass(frozen=True)
class Ends:
    """What a rolled network ends with.

    Args:
        said: see `Rolled`.
        ahead: see `Rolled`.
    """

    said: keras.layers.Dense
    ahead: Sequence[keras.layers.Dense]


class FastRolled(Rolled):
    """`Rolled` whose window is read by fast kernels; the steps ahead are Keras's cells.

    Weights, their names and their initial values are those of `Rolled`.
    """

    batch_size = 0
    """Items of a training step, by which kernels are chosen."""

    def read(self, rows: tf.Tensor, training: bool) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """See Rolled."""
        outputs, states = tf.transpose(rows, [1, 0, 2]), []  # time first, so that a step's inputs lie together
        for layer, dropout in zip(self.recurrent, self.dropouts, strict=True):
            outputs, own = _read(layer, outputs, self.batch_size)
            states += own
            outputs = self.dropped(dropout, outputs, training)
        return outputs[-1], states

    def dropped(self, dropout: keras.layers.Dropout, outputs: tf.Tensor, training: bool) -> tf.Tensor:
        """See Rolled; drawn a byte a number."""
        return drop(outputs, dropout.rate, dropout.seed_generator) if training and dropout.rate > 0 else outputs


def rolled(
    rows: keras.KerasTensor, params: TrialParams, kernels: str, seed: int, ends: Ends, known: int, columns: int,
    horizon: int,
) -> Rolled:  # fmt: skip
    """The layer that rolls a trial's recurrent layers forward.

    Args:
        rows: the window, symbolic, (batch, window, features).
        params: of the trial.
        kernels: `keras`, `fast`, or `auto`: fast wherever that is exact.
        seed: of initial weights and dropout: the same seed gives the same network, whatever the kernels.
        ends: what forecasts from the state.
        known: columns known ahead.
        columns: of the data, the first features of a row.
        horizon: steps ahead.

    Raises:
        ConfigError: the layers have no state that a forecast could go on from, or `kernels` is `fast` where the fast
            kernels cannot run.
    """
    steps = [make_step(LAYERS[params.layer], params, i, seed, True, "") for i in range(params.depth)]
    layers = [layer for layer, _ in steps]
    if not all(isinstance(layer, keras.layers.RNN) for layer in layers):
        text = f"search_space.layer={params.layer}: head=recursive goes on from a layer's state, which this one lacks"
        raise ConfigError([Fault("search_space.layer", f"{text}; leave one of them out")])
    reason = obstacle(rows, layers)
    if reason is None and any(isinstance(one, keras.layers.LSTM) and activation(one) != "tanh" for one in layers):
        reason = "head=recursive goes on from an LSTM's cell, which its kernel tells with the activation tanh alone"
    if kernels == "fast" and reason is not None:
        text = f"model.kernels=fast: layer {params.layer!r} cannot: {reason}; use auto or keras"
        raise ConfigError([Fault("model.kernels", text)])
    kind = Rolled if kernels == "keras" or reason is not None else FastRolled
    layer = kind(layers, [d for _, d in steps], ends.said, known, columns, horizon, ends.ahead, name="rolled")
    if isinstance(layer, FastRolled):
        layer.batch_size = params.batch_size
    return layer


def _read(layer: keras.layers.RNN, inputs: tf.Tensor, batch_size: int) -> tuple[tf.Tensor, list[tf.Tensor]]:
    """(time, batch, features) → every step, (time, batch, units), and the states at the end, (batch, units) each."""
    if not isinstance(layer, keras.layers.LSTM):
        outputs = run(layer, inputs, batch_size)
        return outputs, [outputs[-1]]
    cell, zero = layer.cell, tf.zeros([tf.shape(inputs)[1], layer.units])
    weights = tf.concat([cell.kernel.value, cell.recurrent_kernel.value], 0)
    bias = cell.bias.value if layer.use_bias else tf.zeros([weights.shape[1]])
    outputs, last = tf.custom_gradient(block_and_cell)(inputs, weights, bias, zero, zero)
    return outputs, [outputs[-1], last]
