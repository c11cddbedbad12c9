"""The Keras layer that runs a stack of plain recurrent layers on fast kernels."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import tensorflow as tf

from seqsweep.layers.algebra import ACTIVATE
from seqsweep.layers.dropout import drop
from seqsweep.layers.gru_kernel import gru
from seqsweep.layers.loop import Kernel
from seqsweep.layers.lstm_kernel import lstm
from seqsweep.layers.simple_rnn_kernel import simple_rnn

KERNELS: dict[type, Kernel] = {keras.layers.SimpleRNN: simple_rnn, keras.layers.LSTM: lstm, keras.layers.GRU: gru}
"""What runs a plain Keras layer, by its class, where its settings are those of EXACT."""

EXACT = {
    "recurrent_activation": "sigmoid",
    "recurrent_dropout": 0,
    "dropout": 0,
    "go_backwards": False,
    "stateful": False,
    "return_state": False,
    "reset_after": True,
}
"""The settings of Keras's layers, as far as a layer has them, that the fast kernels are written for."""

Shape = tuple[int | None, ...]


class Recurrent(keras.layers.Layer):  # type: ignore[misc]  # keras ships no types
    """Plain Keras layers, each followed by dropout, run by fast kernels: (batch, window, features) → (batch, units).

    Where the last of them gives all its steps, (batch, window, units) comes out.

    Weights, their names and their initial values are those of the plain layers. Inside, time comes before batch, so
    that a step's inputs lie together.

    Args:
        steps: recurrent layers that `obstacle` has nothing against, each with the dropout after it. Of all but the
            last, every step comes out; of the last, where it says so itself.
        name: of the Keras layer.
    """

    def __init__(self, steps: Sequence[tuple[keras.layers.Layer, keras.layers.Dropout]], name: str) -> None:
        super().__init__(name=name)
        self.steps = list(steps)

    def build(self, input_shape: Shape) -> None:
        """Make the weights of every layer: (batch, window, features)."""
        shape = tuple(input_shape)
        for layer, _ in self.steps:
            layer.build(shape)
            shape = (*shape[:2], layer.units)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(batch, window, features) -> (batch, units); spares Keras a trace of `call`."""
        last = self.steps[-1][0]
        return (*input_shape[:2], last.units) if last.return_sequences else (input_shape[0], last.units)

    def call(self, inputs: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        """(batch, window, features) -> (batch, units)."""
        # Rewriting the Python of the kernels, which autograph would do, takes longer than tracing them.
        return tf.autograph.experimental.do_not_convert(self._run)(inputs, training)

    def _run(self, inputs: tf.Tensor, training: bool | None) -> tf.Tensor:
        outputs = tf.transpose(inputs, [1, 0, 2])  # (batch, window, features) -> (window, batch, features)
        for layer, dropout in self.steps:
            outputs = KERNELS[type(layer)](
                outputs,
                layer.cell.kernel.value,
                layer.cell.recurrent_kernel.value,
                layer.cell.bias.value if layer.use_bias else None,
                activation(layer),
                layer.return_sequences,
            )
            if training and dropout.rate > 0:
                outputs = drop(outputs, dropout.rate, dropout.seed_generator)
        # (window, batch, units) -> (batch, window, units)
        return tf.transpose(outputs, [1, 0, 2]) if self.steps[-1][0].return_sequences else outputs


def obstacle(window: keras.KerasTensor, layers: Sequence[keras.layers.Layer]) -> str | None:
    """Why the fast kernels cannot or should not run a stack of layers, or None.

    Short windows and large batches are none: the fast kernels were never slower there (benchmarks/kernels.py).

    Args:
        window: what the first layer reads, (batch, window, features).
        layers: plain ones, first to last, not yet built.
    """
    for layer in layers:
        if (difference := _difference(layer)) is not None:
            return difference
    if window.shape[1] is None:
        return "the length of its window is not known before it runs"
    if _masked(window):
        return "its inputs are masked"
    if tf.config.list_physical_devices("GPU"):
        return "there is a GPU, where Keras uses cuDNN"
    return None


def activation(layer: keras.layers.Layer) -> str:
    """The name of a recurrent layer's activation."""
    return str(keras.activations.serialize(layer.activation))


def _difference(layer: keras.layers.Layer) -> str | None:
    """What a plain layer does that its fast kernel, if there is one, does not."""
    if type(layer) not in KERNELS:
        return f"there is no fast kernel of {type(layer).__name__}"
    if layer.compute_dtype != "float32":
        return f"it computes in {layer.compute_dtype}, the fast kernels in float32"
    if activation(layer) not in ACTIVATE:
        return f"there is no fast kernel with the activation {activation(layer)}"
    config = layer.get_config()
    others = (f"its {name} is {config[name]}" for name, value in EXACT.items() if config.get(name, value) != value)
    return next(others, None)


def _masked(inputs: keras.KerasTensor) -> bool:
    probe = _MaskProbe()
    probe(inputs)
    return probe.masked


class _MaskProbe(keras.layers.Layer):  # type: ignore[misc]  # keras ships no types
    """Sees whether its inputs are masked: Keras tells that to the layers that it calls, and to nobody else."""

    def __init__(self) -> None:
        super().__init__()
        self.supports_masking, self.masked = True, False

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return inputs

    def compute_mask(self, _inputs: tf.Tensor, previous_mask: tf.Tensor | None = None) -> tf.Tensor | None:
        self.masked = previous_mask is not None
        return previous_mask
