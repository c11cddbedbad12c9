"""Which plain Keras layers the fast kernels can run, and how they run one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from seqsweep.layers.algebra import ACTIVATE
from seqsweep.layers.gru_kernel import gru
from seqsweep.layers.loop import Kernel
from seqsweep.layers.lstm_kernel import loop as lstm_loop
from seqsweep.layers.lstm_kernel import lstm
from seqsweep.layers.packing import Packing, swap
from seqsweep.layers.scan import State
from seqsweep.layers.simple_rnn_kernel import simple_rnn

KERNELS: dict[type, Kernel] = {keras.layers.SimpleRNN: simple_rnn, keras.layers.LSTM: lstm, keras.layers.GRU: gru}
"""What runs a plain Keras layer, by its class, where its settings are those of EXACT."""

WIDE = 128
"""Units from which an LSTM is faster by our own loop than by TensorFlow's operation (docs/decisions/0004-speed.md). Of
numbers, which the loop looks up and the operation multiplies, it is faster for each LARGE state.
"""

LARGE = 2048
"""Numbers of a state, units by items a step, from which a loop keeps its outputs in lists."""

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


def obstacle(window: keras.KerasTensor, layers: Sequence[keras.layers.Layer]) -> str | None:
    """Why the fast kernels cannot or should not run a stack of layers, or None.

    Short windows, large batches and masks are none: the fast kernels were never slower there (benchmarks/kernels.py).

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


def run(
    layer: keras.layers.Layer,
    inputs: tf.Tensor,
    batch_size: int,
    first: State | None = None,
    packing: Packing | None = None,
) -> tf.Tensor:
    """(time, batch, features) → (time, batch, units), or (batch, units) where the layer gives its last step alone.

    Args:
        layer: plain and built; `obstacle` has nothing against it.
        inputs: packed, where there is a packing.
        batch_size: items of most steps: which kernel is faster may depend on it.
        first: the states before the first step, (batch, units) each; None: zeros.
        packing: of steps that a mask leaves out; None: all count.
    """
    if not isinstance(layer, keras.layers.Bidirectional):
        states = _one_way(layer, inputs, batch_size, first, packing)
    else:
        half = None if first is None else len(first) // 2
        turn = _turned if packing is None else packing.turn
        ahead = _one_way(layer.forward_layer, inputs, batch_size, first and first[:half], packing)
        back = _one_way(layer.backward_layer, turn(inputs), batch_size, first and first[half:], packing)
        states = tf.concat([ahead, turn(back) if layer.return_sequences else back], -1)
    return states if packing is None or layer.return_sequences else packing.last(states)


def activation(layer: keras.layers.Layer) -> str:
    """The name of a recurrent layer's activation."""
    return str(keras.activations.serialize(layer.activation))


def kernel_of(layer: keras.layers.Layer, batch_size: int, of_numbers: bool = False) -> Kernel:
    """The fastest kernel of a layer.

    Args:
        layer: plain, for one direction.
        batch_size: items of most steps.
        of_numbers: whether it reads numbers that stand for features.
    """
    large = of_numbers and layer.units * batch_size >= LARGE
    if isinstance(layer, keras.layers.LSTM) and (layer.units >= WIDE or large):
        return lstm_loop
    return KERNELS[type(layer)]


def _one_way(
    layer: keras.layers.Layer, inputs: tf.Tensor, batch_size: int, first: State | None, packing: Packing | None
) -> tf.Tensor:
    """As `run`; under a packing every step comes out, in the order in which the kernel runs them."""
    return kernel_of(layer, batch_size, len(inputs.shape) == 2)(
        inputs,
        layer.cell.kernel.value,
        layer.cell.recurrent_kernel.value,
        layer.cell.bias.value if layer.use_bias else None,
        activation(layer),
        layer.return_sequences or packing is not None,
        first,
        None if packing is None else packing.live,
        layer.units * batch_size >= LARGE,
    )


def _turned(states: tf.Tensor) -> tf.Tensor:
    """(time, …), from the last step to the first."""
    return swap(states, tf.range(states.shape[0] - 1, -1, -1))


def _difference(layer: keras.layers.Layer) -> str | None:
    """What a plain layer does that its fast kernel, if there is one, does not."""
    if not isinstance(layer, keras.layers.Bidirectional):
        return _one_way_difference(layer, EXACT)
    if layer.merge_mode != "concat":
        return f"its merge_mode is {layer.merge_mode}"
    ahead = EXACT | {"zero_output_for_mask": layer.return_sequences}  # as Keras sets it
    back = ahead | {"go_backwards": True}
    return _one_way_difference(layer.forward_layer, ahead) or _one_way_difference(layer.backward_layer, back)


def _one_way_difference(layer: keras.layers.Layer, exact: Mapping[str, Any]) -> str | None:
    if type(layer) not in KERNELS:
        return f"there is no fast kernel of {type(layer).__name__}"
    if layer.compute_dtype != "float32":
        return f"it computes in {layer.compute_dtype}, the fast kernels in float32"
    if activation(layer) not in ACTIVATE:
        return f"there is no fast kernel with the activation {activation(layer)}"
    config = layer.get_config()
    others = (f"its {name} is {config[name]}" for name, value in exact.items() if config.get(name, value) != value)
    return next(others, None)
