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
        inputs: (time, batch, features); features are known. Or whole numbers (time, batch), each of which stands for
            features that are 0 but for a 1 at its place.
        kernel: (features, columns).
        bias: (columns,); None: there is none.
    """
    if len(inputs.shape) == 2:
        table = (
            kernel if bias is None else kernel + bias
        )  # once for each number that there is, not for each that is read
        rows = tf.custom_gradient(_rows)(table, tf.reshape(inputs, [-1]))
    else:
        rows = tf.matmul(tf.reshape(inputs, [-1, inputs.shape[2]]), kernel)
        rows = rows if bias is None else tf.nn.bias_add(rows, bias)
    if inputs.shape[0] is None:
        return tf.ensure_shape(
            tf.reshape(rows, [*tf.unstack(tf.shape(inputs)[:2]), kernel.shape[1]]), [None, None, kernel.shape[1]]
        )
    return tf.reshape(rows, [inputs.shape[0], -1, kernel.shape[1]])


def _rows(table: tf.Tensor, numbers: tf.Tensor) -> tuple[tf.Tensor, Callable[..., tuple[tf.Tensor, None]]]:
    """The rows of a table, which are to the bit what the product of ones and zeros with it gives.

    Args:
        table: (features, columns).
        numbers: (n,), of rows.

    Returns:
        (n, columns), and the way back: to each row the sum of what comes back to its copies. TensorFlow's own gradient
        of a gather would pair rows with numbers and leave the sum to the optimizer.
    """

    def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, None]:
        return tf.math.unsorted_segment_sum(upstream, numbers, table.shape[0]), None

    return tf.gather(table, numbers), gradient


def weight_gradient(states: tf.Tensor, upstream: tf.Tensor, first: tf.Tensor | None) -> tf.Tensor:
    """The gradient of the recurrent weights, of all steps in one product.

    Args:
        states: after each step, (time, batch, units).
        upstream: of what the weights gave at each step, (time, batch, columns).
        first: the state before the first step, (batch, units); None: it is zero and adds nothing.

    Returns:
        (units, columns)
    """
    before = tf.reshape(states[:-1], [-1, states.shape[2]])
    after = tf.reshape(upstream[1:], [-1, upstream.shape[2]])
    found = tf.matmul(before, after, transpose_a=True)
    return found if first is None else found + tf.matmul(first, upstream[0], transpose_a=True)
