"""Networks that are bodies and nothing else, and what they give."""

from __future__ import annotations

from itertools import chain

import numpy as np

from points import POINT
from seqsweep.layers import LAYERS, body

EXACT = 1e-5  # of the largest number of a tensor
RECURRENT = ("simple_rnn", "lstm", "gru")


def params(layer="gru", *, units=(5,), dropout=None, **changes):
    return POINT.replace(layer=layer, units=units, dropout=dropout or (0.0,) * len(units), **changes)


def one_layer(kind, units=5, return_sequences=False, seeds=(1, 2, 3), **changes):
    return LAYERS[kind](units, params(kind, **changes), return_sequences, "layer", seeds)


def network(kind="gru", *, shape=(6, 3), kernels="auto", seed=3, masked=False, every_step=False, states=(), **changes):
    """A model that is a body and nothing else; `states`: of each layer the widths of the first states it is given."""
    import keras

    inputs = keras.Input(shape)
    window = keras.layers.Masking()(inputs) if masked else inputs
    given = [[keras.Input((width,)) for width in widths] for widths in states]
    outputs = body(
        window, params(kind, **changes), kernels, seed, every_step=every_step, initial_state=given if states else None
    )
    return keras.Model([inputs, *chain(*given)] if states else inputs, outputs)


def random(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def spread_biases(weights):
    """Biases that are not zero, or a fault in them would not show."""
    return [w + 0.3 * random(*w.shape, seed=i) if w.ndim == 1 or len(w) == 2 else w for i, w in enumerate(weights)]


def outputs_and_gradients(call, weights, *inputs):
    """Of a weighted sum of outputs: the outputs, and gradients of inputs and weights, traced with any batch.

    Args:
        call: a network of one input or a list of them.
        weights: tensors that the outputs depend on.
        *inputs: one array each.
    """
    import tensorflow as tf

    @tf.function(input_signature=[[tf.TensorSpec([None, *array.shape[1:]]) for array in inputs]])
    def run(inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = call(inputs if len(inputs) > 1 else inputs[0])
            loss = tf.reduce_sum(outputs * tf.constant(random(*outputs.shape[1:], seed=7)))
        return outputs, tape.gradient(loss, [*inputs, *weights])

    return [tensor.numpy() for tensor in tf.nest.flatten(run(list(inputs)))]


def assert_same(ours, theirs):
    for one, other in zip(ours, theirs, strict=True):
        assert one.shape == other.shape
        assert np.abs(one - other).max() <= EXACT * max(np.abs(other).max(), 1e-3)
