"""The Keras layer that holds a stack of recurrent layers and runs it with fast kernels or with Keras's own."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from seqsweep.errors import ConfigError
from seqsweep.layers.gru_kernel import gru
from seqsweep.layers.lstm_kernel import lstm
from seqsweep.layers.simple_rnn_kernel import simple_rnn

KERNELS = {"simple_rnn": simple_rnn, "lstm": lstm, "gru": gru}
KERAS_LAYERS = {"simple_rnn": keras.layers.SimpleRNN, "lstm": keras.layers.LSTM, "gru": keras.layers.GRU}


class Recurrent(keras.layers.Layer):  # type: ignore[misc]  # keras ships no types
    """Recurrent layers of one kind, each followed by dropout.

    The weights belong to plain Keras layers, built and seeded by Keras, whatever runs them. `kernel` says what does:
    `fast` or `keras`.

    Args:
        layer: an entry of LAYERS.
        units: width of each layer, first to last.
        activation: one of ACTIVATIONS.
        dropout: fraction of each layer's outputs that training drops, in [0, 1).
        use_bias: whether the layers have biases.
        return_sequences: give the last layer's state after every step, not the last one alone.
        kernels: `fast`, `keras`, or `auto`: fast where that is exact and faster.
        name: of the Keras layer.
        seed: of the initial weights and of the dropout.
    """

    def __init__(
        self,
        layer: str,
        units: tuple[int, ...],
        activation: str,
        dropout: tuple[float, ...],
        use_bias: bool,
        return_sequences: bool,
        kernels: str,
        name: str,
        seed: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.layer = layer
        self.units = tuple(units)
        self.activation = activation
        self.dropout = tuple(dropout)
        self.use_bias = use_bias
        self.return_sequences = return_sequences
        self.kernels = kernels
        self.seed = seed
        self.kernel = self._choose_kernel()
        self.plain_layers = plain_layers(self)

    def _choose_kernel(self) -> str:
        reason = "a GPU is present, where Keras uses cuDNN" if tf.config.list_physical_devices("GPU") else None
        if self.kernels == "fast" and reason:
            raise ConfigError([f"model.kernels=fast: {reason}; use model.kernels=auto or keras"])
        return "keras" if self.kernels == "keras" or reason else "fast"

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        shape = tuple(input_shape)
        for recurrent, _ in self.plain_layers:
            recurrent.build(shape)
            shape = (*shape[:2], recurrent.units)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        ends = (input_shape[0], input_shape[1], self.units[-1])
        return ends if self.return_sequences else (ends[0], ends[2])

    def call(self, inputs: tf.Tensor, training: bool | None = None, mask: tf.Tensor | None = None) -> tf.Tensor:
        if self.kernel == "keras" or mask is not None:
            return self._run_keras(inputs, training, mask)
        return self._run_fast(inputs, training)

    def _run_keras(self, inputs: tf.Tensor, training: bool | None, mask: tf.Tensor | None) -> tf.Tensor:
        outputs = inputs
        for recurrent, dropout in self.plain_layers:
            outputs = dropout(recurrent(outputs, mask=mask, training=training), training=training)
        return outputs

    @tf.autograph.experimental.do_not_convert
    def _run_fast(self, inputs: tf.Tensor, training: bool | None) -> tf.Tensor:
        outputs = tf.transpose(inputs, [1, 0, 2])  # time-major: a step's inputs lie together
        for recurrent, dropout in self.plain_layers:
            states = KERNELS[self.layer](
                outputs,
                recurrent.cell.kernel.value,
                recurrent.cell.recurrent_kernel.value,
                recurrent.cell.bias.value if self.use_bias else None,
                self.activation,
                recurrent.return_sequences,
            )
            outputs = dropout(states, training=training)
        return tf.transpose(outputs, [1, 0, 2]) if self.return_sequences else outputs

    def get_config(self) -> dict[str, Any]:
        names = ("layer", "units", "activation", "dropout", "use_bias", "return_sequences", "kernels", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def plain_layers(stack: Recurrent) -> list[tuple[keras.layers.Layer, keras.layers.Layer]]:
    """The stack's layers in plain Keras, not yet built: each recurrent layer and the dropout after it."""
    depth = len(stack.units)
    layers = []
    for i, (units, dropout) in enumerate(zip(stack.units, stack.dropout, strict=True)):
        seeds = [int(s) for s in np.random.SeedSequence([stack.seed, i]).generate_state(3)]
        recurrent = KERAS_LAYERS[stack.layer](
            units,
            activation=stack.activation,
            use_bias=stack.use_bias,
            kernel_initializer=keras.initializers.GlorotUniform(seed=seeds[0]),
            recurrent_initializer=keras.initializers.Orthogonal(seed=seeds[1]),
            return_sequences=stack.return_sequences or i < depth - 1,
            name=f"{stack.name}_{i}" if depth > 1 else stack.name,
        )
        layers.append((recurrent, keras.layers.Dropout(dropout, seed=seeds[2], name=f"{stack.name}_dropout_{i}")))
    return layers
