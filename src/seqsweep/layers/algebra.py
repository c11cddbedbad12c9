"""Activations, their slopes, and products over all steps at once."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

ACTIVATE: dict[str, Callable[[tf.Tensor], tf.Tensor]] = {
    "tanh": tf.tanh,
    "relu": tf.nn.relu,
    "sigmoid": tf.sigmoid,
}
"""y = activation(x)."""

BACK: dict[str, Callable[[tf.Tensor, tf.Tensor], tf.Tensor]] = {
    "tanh": lambda y, dy: tf.raw_ops.TanhGrad(y=y, dy=dy),
    "relu": lambda y, dy: tf.raw_ops.ReluGrad(gradients=dy, features=y),
    "sigmoid": lambda y, dy: tf.raw_ops.SigmoidGrad(y=y, dy=dy),
}
"""(y, dL/dy) -> dL/dx, in one operation each."""


def project(inputs: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor | None) -> tf.Tensor:
    """Every step's inputs through `kernel` in one product: (time, batch, features) -> (time, batch, columns).

    Args:
        inputs: (time, batch, features); features are known.
        kernel: (features, columns).
        bias: (columns,); None: there is none.
    """
    rows = tf.matmul(tf.reshape(inputs, [-1, inputs.shape[2]]), kernel)
    rows = rows if bias is None else tf.nn.bias_add(rows, bias)
    return tf.reshape(rows, [inputs.shape[0], -1, kernel.shape[1]])


def weight_gradient(states: tf.Tensor, upstream: tf.Tensor) -> tf.Tensor:
    """The gradient of the recurrent weights, of all steps in one product.

    Args:
        states: after each step, (time, batch, units); the one before the first step is zero and adds nothing.
        upstream: of what the weights gave at each step, (time, batch, columns).

    Returns:
        (units, columns)
    """
    before = tf.reshape(states[:-1], [-1, states.shape[2]])
    after = tf.reshape(upstream[1:], [-1, upstream.shape[2]])
    return tf.matmul(before, after, transpose_a=True)
