"""What a network's outputs cost."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


def cross_entropy(classes: Any, logits: Any) -> Any:
    """The cross-entropy of each place in nats, in one operation that works its gradient out too.

    Where operations must be deterministic, TensorFlow's function, and so Keras's, builds it of a softmax, a gather and
    a sum over all logits, which takes three times as long. A GPU needs that; on a processor the operation is
    deterministic.

    Args:
        classes: (…), whole numbers from 0 on.
        logits: (…, classes).
    """
    if tf.config.list_physical_devices("GPU"):
        return keras.ops.sparse_categorical_crossentropy(classes, logits, from_logits=True)
    rows, places = tf.reshape(logits, [-1, logits.shape[-1]]), tf.cast(tf.reshape(classes, [-1]), tf.int32)
    costs = tf.raw_ops.SparseSoftmaxCrossEntropyWithLogits(features=rows, labels=places).loss
    return tf.reshape(costs, tf.shape(classes))
