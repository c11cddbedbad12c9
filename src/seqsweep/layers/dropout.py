"""Inverted dropout that draws a byte for each number, where Keras draws four.

TensorFlow's generator (Philox) takes some 3 ns a 32-bit word on a CPU: with a word a number, as Keras draws them, that
was a third of a training step. What is kept is scaled by the share that is truly dropped, so that the mean is exact.
"""

from __future__ import annotations

import keras
import tensorflow as tf

PHILOX = 1  # TensorFlow's number for the algorithm: the same bits on every machine


def drop(inputs: tf.Tensor, rate: float, generator: keras.random.SeedGenerator) -> tf.Tensor:
    """`inputs` with a share `rate` of the numbers zero, each by itself, and the others scaled up.

    Args:
        inputs: any shape, float32.
        rate: in (0, 1); taken to the nearest multiple of 1/256, or of 1/65536 below 1/16 and above 15/16.
        generator: its next state seeds the draw, as in `keras.layers.Dropout`, whose numbers are others.
    """
    dtype = tf.uint8 if 1 / 16 <= rate <= 15 / 16 else tf.uint16
    values = 256**dtype.size
    dropped = min(max(round(rate * values), 1), values - 1)
    kept = tf.reshape(_integers(tf.size(inputs), dtype, generator), tf.shape(inputs)) >= tf.constant(dropped, dtype)
    return inputs * (tf.cast(kept, tf.float32) * (values / (values - dropped)))


def _integers(count: tf.Tensor, dtype: tf.DType, generator: keras.random.SeedGenerator) -> tf.Tensor:
    """Uniform over all values of `dtype`, (count,)."""
    key = tf.bitcast(tf.cast(generator.next(), tf.uint32), tf.uint64)
    words = tf.raw_ops.StatelessRandomUniformFullIntV2(
        shape=[(count * dtype.size + 3) // 4], key=[key], counter=tf.zeros([2], tf.uint64), alg=PHILOX, dtype=tf.uint32
    )
    return tf.reshape(tf.bitcast(words, dtype), [-1])[:count]
