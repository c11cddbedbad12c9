"""The Keras layer that runs a stack of plain recurrent layers on fast kernels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from seqsweep.layers.dropout import drop
from seqsweep.layers.kernels import run
from seqsweep.layers.packing import Packing

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
        batch_size: items of a training step, by which kernels are chosen.
        one_hot: features that whole numbers (batch, window) stand for, see `layers.body`; None: features come in.
        last: steps that come out of the last layer, the last ones, where it gives all; None: all.
    """

    def __init__(
        self,
        steps: Sequence[tuple[keras.layers.Layer, keras.layers.Dropout]],
        name: str,
        batch_size: int,
        one_hot: int | None = None,
        last: int | None = None,
    ) -> None:
        super().__init__(name=name)
        self.steps, self._batch_size, self.one_hot, self.last = list(steps), batch_size, one_hot, last
        self.supports_masking = True

    @property
    def return_sequences(self) -> bool:
        """Whether every step comes out."""
        return bool(self.steps[-1][0].return_sequences)

    def build(self, sequences_shape: Shape, initial_state_shape: Any = None) -> None:  # noqa: ARG002
        """Make the weights of every layer: (batch, window, features), or (batch, window) of numbers."""
        shape = tuple(sequences_shape) if self.one_hot is None else (*sequences_shape, self.one_hot)
        for layer, _ in self.steps:
            layer.build(shape)
            shape = (*shape[:2], _units(layer))

    def compute_output_shape(self, sequences_shape: Shape, initial_state_shape: Any = None) -> Shape:  # noqa: ARG002
        """(batch, window, features) -> (batch, units); spares Keras a trace of `call`."""
        units = _units(self.steps[-1][0])
        window = sequences_shape[1] if self.last is None else self.last
        return (sequences_shape[0], window, units) if self.return_sequences else (sequences_shape[0], units)

    def compute_mask(self, _sequences: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor | None:
        """That of the inputs, where every step comes out."""
        if mask is None or not self.return_sequences:
            return None
        return mask if self.last is None else mask[:, -self.last :]

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
        if self.one_hot is not None and packing is not None:
            sequences = tf.one_hot(sequences, self.one_hot)
        # (batch, window, features) -> (window, batch, features)
        outputs = _time_first(sequences) if packing is None else packing.pack(sequences)
        for i, (layer, dropout) in enumerate(self.steps):
            first = None if initial_state is None else tuple(initial_state[i])
            outputs = run(layer, outputs, self._batch_size, first, packing)
            if training and dropout.rate > 0:
                outputs = drop(outputs, dropout.rate, dropout.seed_generator)
        if not self.return_sequences:
            return outputs
        # (window, batch, units) -> (batch, window, units)
        if packing is None:
            # Cut while a step's states lie together: the way back then adds zeros in one piece.
            outputs = (
                outputs if self.last is None else tf.slice(outputs, [outputs.shape[0] - self.last, 0, 0], [-1] * 3)
            )
            return tf.transpose(outputs, [1, 0, 2])
        outputs = packing.counted(outputs) if isinstance(layer, keras.layers.Bidirectional) else packing.every(outputs)
        return outputs if self.last is None else outputs[:, -self.last :]


def _time_first(sequences: tf.Tensor) -> tf.Tensor:
    """(batch, window, …) -> (window, batch, …)."""
    return tf.transpose(sequences, [1, 0, *range(2, len(sequences.shape))])


def _units(layer: keras.layers.Layer) -> int:
    """The width of what a plain layer gives."""
    both = isinstance(layer, keras.layers.Bidirectional)
    return int(layer.forward_layer.units + layer.backward_layer.units if both else layer.units)
