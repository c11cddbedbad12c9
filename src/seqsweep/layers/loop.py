"""What the kernels of recurrent layers have in common: what they take, their gradient, their traces."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Protocol

import tensorflow as tf

from seqsweep.layers.algebra import project
from seqsweep.layers.scan import State

UNBOUNDED = ("relu",)
"""Activations whose states may grow without end."""


class Kernel(Protocol):
    """What runs a recurrent layer."""

    def __call__(
        self,
        inputs: tf.Tensor,
        weights: tf.Tensor,
        recurrent_weights: tf.Tensor,
        bias: tf.Tensor | None,
        activation: str,
        return_sequences: bool,
        first: State | None = None,
        live: tf.Tensor | None = None,
        large: bool = False,
    ) -> tf.Tensor:
        """(time, batch, features) → (time, batch, units), or the last step's (batch, units).

        Args:
            inputs: float32, or whole numbers (time, batch), see `algebra.project`. A time that is not known in advance
                is a multiple of `scan.CHUNK`.
            weights: Keras's `kernel`, (features, columns).
            recurrent_weights: Keras's `recurrent_kernel`, (units, columns).
            bias: as Keras has it; None: the layer has none.
            activation: of the state or candidate, one of `algebra.ACTIVATE`; gates are sigmoid.
            return_sequences: whether every step comes out, or the last alone.
            first: the state before the first step, (batch, units) each: h, of an LSTM h and c; None: zeros.
            live: 1, or 0 from the step on behind which nothing is read, (time, batch, 1); None: everything may be read.
                There a state that has no bounds must not grow: infinity times 0 is no gradient.
            large: whether states are worth lists, see `scan`.
        """


def graph(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` traced once a set of shapes and options, however many layers, models and trials of a process call it.

    Positional arguments are tensors, keyword arguments are options that Python alone sees.
    """

    @functools.cache
    def traced(specs: tuple[tf.TensorSpec, ...], options: tuple[tuple[str, Any], ...]) -> Any:
        # The traces are kept here, not by tf.function, which warns of each after the fifth.
        keywords = dict(options)
        return tf.function(lambda *tensors: function(*tensors, **keywords), autograph=False).get_concrete_function(
            *specs
        )

    @functools.wraps(function)
    def call(*tensors: tf.Tensor, **options: Any) -> Any:
        specs = tuple(tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in tensors)
        return traced(specs, tuple(options.items()))(*tensors)

    return call


def recurrence(
    forward: Callable[..., Any], backward: Callable[..., Any], biases: Callable[..., Any] | None = None, states: int = 1
) -> Kernel:
    """The kernel of a recurrent layer, of its loops forwards and backwards.

    Args:
        forward: (projected inputs, recurrent weights, …, first states, live or nothing) → the state after each step,
            (time, batch, units), and what `backward` needs.
        backward: (states, recurrent weights, gradient of what came out, first h, *needed) → a gradient of each tensor
            that `forward` took, but `live`.
        biases: (bias, columns of the weights) → the one that is added to the projected inputs, and what else `forward`
            takes; None: the bias is added to the projected inputs, and that is all.
        states: how many tensors a layer's state is.
    """

    def kernel(
        inputs: tf.Tensor,
        weights: tf.Tensor,
        recurrent_weights: tf.Tensor,
        bias: tf.Tensor | None,
        activation: str,
        return_sequences: bool,
        first: State | None = None,
        live: tf.Tensor | None = None,
        large: bool = False,
    ) -> tf.Tensor:
        guard = [live] if live is not None and activation in UNBOUNDED else []

        def run(*tensors: tf.Tensor) -> Any:
            states, *needed = forward(*tensors, *guard, activation=activation, large=large)

            def gradient(upstream: tf.Tensor) -> Any:
                options = {"return_sequences": return_sequences, "given": first is not None, "large": large}
                h = tensors[-len(start)]
                upstream.set_shape(
                    states.shape[0 if return_sequences else 1 :]
                )  # that of a slice does not know its own
                return backward(states, tensors[1], upstream, h, *needed, activation=activation, **options)

            return (states if return_sequences else states[-1]), gradient

        own, *others = [bias] if biases is None else biases(bias, weights.shape[1])
        projected = project(inputs, weights, own)
        start = first or (tf.zeros_like(projected[0, :, : recurrent_weights.shape[0]]),) * states
        return tf.custom_gradient(run)(projected, recurrent_weights, *others, *start)

    return kernel
