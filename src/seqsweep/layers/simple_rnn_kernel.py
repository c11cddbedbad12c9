"""SimpleRNN in three operations a step, forwards and backwards: h' = activation(x W + h U + b)."""

from __future__ import annotations

import tensorflow as tf

from seqsweep.layers.algebra import ACTIVATE, BACK, weight_gradient
from seqsweep.layers.loop import graph, recurrence
from seqsweep.layers.scan import State, scan


@graph
def forward(
    projected: tf.Tensor, recurrent_kernel: tf.Tensor, first: tf.Tensor, *live: tf.Tensor, activation: str, large: bool
) -> list[tf.Tensor]:
    """The state after each step, (time, batch, units).

    Args:
        projected: (time, batch, units), bias included.
        recurrent_kernel: (units, units).
        first: the state before the first step, (batch, units).
        *live: see `loop.Kernel`, or none.
        activation: of the state, one of `algebra.ACTIVATE`.
        large: see `scan`.
    """
    activate = ACTIVATE[activation]

    def step(state: State, element: State) -> tuple[State, State]:
        h = activate(element[0] + tf.matmul(state[0], recurrent_kernel))
        h = h * element[1] if live else h
        return (h,), (h,)

    return scan(step, (first,), [projected, *live], large=large)[1]


@graph
def backward(
    states: tf.Tensor,
    recurrent_kernel: tf.Tensor,
    upstream: tf.Tensor,
    first: tf.Tensor,
    activation: str,
    return_sequences: bool,
    given: bool,
    large: bool,
) -> tuple[tf.Tensor, ...]:
    """Gradients of the projected inputs, (time, batch, units), the recurrent weights, (units, units), the first state.

    Args:
        states: (time, batch, units), as `forward` gave them.
        recurrent_kernel: (units, units).
        upstream: the gradient of every state, (time, batch, units), or of the last, (batch, units).
        first: as `forward` took it.
        activation: of the state, one of `algebra.ACTIVATE`.
        return_sequences: whether `upstream` is of every state.
        given: whether `first` may be other than zero.
        large: see `scan`.
    """
    back = BACK[activation]

    def step(state: State, element: State) -> tuple[State, State]:
        d = state[0] + element[1] if return_sequences else state[0]
        dz = back(element[0], d)
        return (tf.matmul(dz, recurrent_kernel, transpose_b=True),), (dz,)

    last = tf.zeros_like(first) if return_sequences else upstream
    sequences = [states, upstream] if return_sequences else [states]
    (start,), (dz,) = scan(step, (last,), sequences, reverse=True, large=large)
    return dz, weight_gradient(states, dz, first if given else None), start


simple_rnn = recurrence(forward, backward)
"""As `keras.layers.SimpleRNN`."""
