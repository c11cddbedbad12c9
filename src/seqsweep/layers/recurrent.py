"""The Keras layer that holds a stack of recurrent layers and runs it with fast kernels or with Keras's own."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from seqsweep.errors import ConfigError, Fault
from seqsweep.layers.dropout import drop
from seqsweep.layers.gru_kernel import gru
from seqsweep.layers.lstm_kernel import lstm
from seqsweep.layers.simple_rnn_kernel import simple_rnn

KERNELS = {"simple_rnn": simple_rnn, "lstm": lstm, "gru": gru}
KERAS_LAYERS = {"simple_rnn": keras.layers.SimpleRNN, "lstm": keras.layers.LSTM, "gru": keras.layers.GRU}

Shape = tuple[int | None, ...]


class Recurrent(keras.layers.Layer):  # type: ignore[misc]  # keras ships no types
    """Recurrent layers of one kind, each followed by dropout.

    The weights are those of plain Keras layers, made and seeded by Keras, whatever runs them. Once built, `kernel` says
    what runs them: `fast` or `keras`.

    Args:
        layer: an entry of LAYERS.
        units: width of each layer, first to last.
        activation: one of ACTIVATIONS.
        dropout: fraction of each layer's outputs that training drops, in [0, 1).
        use_bias: whether the layers have biases.
        return_sequences: give the last layer's state after every step, not after the last one alone.
        kernels: `fast`, `keras`, or `auto`: fast wherever that is exact.
        seed: of the initial weights and of the dropout.
        name: of the Keras layer.

    Raises:
        ConfigError: `kernels` is `fast` where the fast kernels are not exact, or would lose to a GPU.
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
        seed: int,
        name: str,
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
        self.kernel = kernels
        self.plain_layers = plain_layers(self)
        self.supports_masking = True

    def build(self, input_shape: Shape) -> None:
        """Make the weights of every layer, and choose the kernel: (batch, window, features)."""
        self.kernel = self._choice(obstacle(window=input_shape[1], dtype=self.compute_dtype))
        shape = tuple(input_shape)
        for recurrent, _ in self.plain_layers:
            recurrent.build(shape)
            shape = (*shape[:2], recurrent.units)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(batch, window, features) -> (batch, window, units) or (batch, units); spares Keras a trace of `call`."""
        batch, window, _ = input_shape
        return (batch, window, self.units[-1]) if self.return_sequences else (batch, self.units[-1])

    def compute_mask(self, _inputs: tf.Tensor, previous_mask: tf.Tensor | None = None) -> tf.Tensor | None:
        """The mask of the inputs, where there still is a window that it could apply to."""
        return previous_mask if self.return_sequences else None

    def __call__(self, inputs: tf.Tensor, *args: Any, **kwargs: Any) -> tf.Tensor:
        """As `call`, for symbolic inputs too."""
        masked = kwargs.get("mask") is not None or getattr(inputs, "_keras_mask", None) is not None
        if masked:
            self._choice("its inputs are masked")  # raises here, since Keras rewrites what `call` raises
        outputs = super().__call__(inputs, *args, **kwargs)
        if masked:
            self.kernel = "keras"
        return outputs

    def call(self, inputs: tf.Tensor, training: bool | None = None, mask: tf.Tensor | None = None) -> tf.Tensor:
        """(batch, window, features) -> (batch, window, units) or (batch, units)."""
        if self.kernel == "keras" or mask is not None:
            return self._run_keras(inputs, training, mask)
        # Rewriting the Python of the kernels, which autograph would do, takes longer than tracing them.
        return tf.autograph.experimental.do_not_convert(self._run_fast)(inputs, training)

    def get_config(self) -> dict[str, Any]:
        """What makes an equal layer, for Keras."""
        names = ("layer", "units", "activation", "dropout", "use_bias", "return_sequences", "kernels", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}

    def _choice(self, reason: str | None) -> str:
        if self.kernels == "fast" and reason is not None:
            told = f"model.kernels=fast: layer {self.name!r} cannot: {reason}; use auto or keras"
            raise ConfigError([Fault("model.kernels", told)])
        return "keras" if self.kernels == "keras" or reason is not None else "fast"

    def _run_keras(self, inputs: tf.Tensor, training: bool | None, mask: tf.Tensor | None) -> tf.Tensor:
        outputs = inputs
        for recurrent, dropout in self.plain_layers:
            outputs = dropout(recurrent(outputs, mask=mask, training=training), training=training)
        return outputs

    def _run_fast(self, inputs: tf.Tensor, training: bool | None) -> tf.Tensor:
        outputs = tf.transpose(inputs, [1, 0, 2])  # (batch, window, features) -> (window, batch, features)
        for recurrent, dropout in self.plain_layers:
            outputs = KERNELS[self.layer](
                outputs,
                recurrent.cell.kernel.value,
                recurrent.cell.recurrent_kernel.value,
                recurrent.cell.bias.value if self.use_bias else None,
                self.activation,
                recurrent.return_sequences,
            )
            if training and dropout.rate > 0:
                outputs = drop(outputs, dropout.rate, dropout.seed_generator)
        return tf.transpose(outputs, [1, 0, 2]) if self.return_sequences else outputs


def obstacle(window: int | None, dtype: str) -> str | None:
    """Why the fast kernels cannot or should not run, or None.

    Short windows and large batches are none: the fast kernels were never slower there (benchmarks/kernels.py).
    """
    if dtype != "float32":
        return f"it computes in {dtype}, the fast kernels in float32"
    if window is None:
        return "the length of its window is not known before it runs"
    if tf.config.list_physical_devices("GPU"):
        return "there is a GPU, where Keras uses cuDNN"
    return None


def plain_layers(stack: Recurrent) -> list[tuple[keras.layers.Layer, keras.layers.Layer]]:
    """The stack in plain Keras, not yet built: each recurrent layer and the dropout after it."""
    last = len(stack.units) - 1
    layers = []
    for i, (units, dropout) in enumerate(zip(stack.units, stack.dropout, strict=True)):
        seeds = [int(seed) for seed in np.random.SeedSequence([stack.seed, i]).generate_state(3)]
        recurrent = KERAS_LAYERS[stack.layer](
            units,
            activation=stack.activation,
            use_bias=stack.use_bias,
            kernel_initializer=keras.initializers.GlorotUniform(seed=seeds[0]),
            recurrent_initializer=keras.initializers.Orthogonal(seed=seeds[1]),
            return_sequences=stack.return_sequences or i < last,
            name=f"{stack.name}_{i}" if last else stack.name,
        )
        layers.append((recurrent, keras.layers.Dropout(dropout, seed=seeds[2], name=f"{stack.name}_dropout_{i}")))
    return layers
