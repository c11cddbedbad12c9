"""The Keras layer that runs a stack of plain recurrent layers on fast kernels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from seqsweep.layers.algebra import ACTIVATE
from seqsweep.layers.dropout import drop
from seqsweep.layers.gru_kernel import gru
from seqsweep.layers.loop import Kernel
from seqsweep.layers.lstm_kernel import lstm
from seqsweep.layers.packing import Packing
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
    "zero_output_for_mask": False,
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
        self.supports_masking = True

    @property
    def return_sequences(self) -> bool:
        """Whether every step comes out."""
        return bool(self.steps[-1][0].return_sequences)

    def build(self, sequences_shape: Shape, initial_state_shape: Any = None) -> None:  # noqa: ARG002
        """Make the weights of every layer: (batch, window, features)."""
        shape = tuple(sequences_shape)
        for layer, _ in self.steps:
            layer.build(shape)
            shape = (*shape[:2], layer.units)

    def compute_output_shape(self, sequences_shape: Shape, initial_state_shape: Any = None) -> Shape:  # noqa: ARG002
        """(batch, window, features) -> (batch, units); spares Keras a trace of `call`."""
        units = self.steps[-1][0].units
        return (*sequences_shape[:2], units) if self.return_sequences else (sequences_shape[0], units)

    def compute_mask(self, _sequences: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor | None:
        """That of the inputs, where every step comes out."""
        return mask if self.return_sequences else None

    def call(
        self,
        sequences: tf.Tensor,
        initial_state: Sequence[Sequence[tf.Tensor]] | None = None,
        mask: tf.Tensor | None = None,
        training: bool | None = None,
    ) -> tf.Tensor:
        """(batch, window, features) -> (batch, units).

        Args:
            sequences: the window.
            initial_state: of each layer, (batch, units) each; None: zeros.
            mask: (batch, window), true where a step counts; None: everywhere.
            training: whether dropout acts.
        """
        # Rewriting the Python of the kernels, which autograph would do, takes longer than tracing them.
        return tf.autograph.experimental.do_not_convert(self._run)(sequences, initial_state, mask, training)

    def _run(
        self,
        sequences: tf.Tensor,
        initial_state: Sequence[Sequence[tf.Tensor]] | None,
        mask: tf.Tensor | None,
        training: bool | None,
    ) -> tf.Tensor:
        packing = None if mask is None else Packing(tf.cast(mask, tf.bool))
        live = None if packing is None else packing.live
        # (batch, window, features) -> (window, batch, features)
        outputs = tf.transpose(sequences, [1, 0, 2]) if packing is None else packing.pack(sequences)
        for i, (layer, dropout) in enumerate(self.steps):
            outputs = KERNELS[type(layer)](
                outputs,
                layer.cell.kernel.value,
                layer.cell.recurrent_kernel.value,
                layer.cell.bias.value if layer.use_bias else None,
                activation(layer),
                layer.return_sequences or packing is not None,
                None if initial_state is None else tuple(initial_state[i]),
                live,
            )
            if packing is not None and not layer.return_sequences:
                outputs = packing.last(outputs)
            if training and dropout.rate > 0:
                outputs = drop(outputs, dropout.rate, dropout.seed_generator)
        if not self.return_sequences:
            return outputs
        # (window, batch, units) -> (batch, window, units)
        return tf.transpose(outputs, [1, 0, 2]) if packing is None else packing.every(outputs)


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
