"""Parts that the kernels share."""

from __future__ import annotations

import tensorflow as tf

ACTIVATE = {"tanh": tf.raw_ops.Tanh, "relu": tf.raw_ops.Relu, "sigmoid": tf.raw_ops.Sigmoid}
ACTIVATE = {name: (lambda x, op=op: op(**{"features" if name == "relu" else "x": x})) for name, op in ACTIVATE.items()}
ACTIVATE = {"tanh": tf.tanh, "relu": tf.nn.relu, "sigmoid": tf.sigmoid}
SLOPE = {
    "tanh": lambda y, dy: tf.raw_ops.TanhGrad(y=y, dy=dy),
    "relu": lambda y, dy: tf.raw_ops.ReluGrad(gradients=dy, features=y),
    "sigmoid": lambda y, dy: tf.raw_ops.SigmoidGrad(y=y, dy=dy),
}


def project(inputs, kernel, bias):
    """(time, batch, features) -> (time, batch, columns of kernel)."""
    steps, features = inputs.shape[0], inputs.shape[2]
    flat = tf.matmul(tf.reshape(inputs, [-1, features]), kernel)
    if bias is not None:
        flat = tf.nn.bias_add(flat, bias)
    return tf.reshape(flat, [steps, -1, kernel.shape[1]])


def row_products(left, right):
    """Sum over time and batch of the outer products."""
    return tf.matmul(tf.reshape(left, [-1, left.shape[2]]), tf.reshape(right, [-1, right.shape[2]]), transpose_a=True)
