"""One vector of all the steps that a body puts out, in layers that Keras loads without seqsweep."""

from __future__ import annotations

from collections.abc import Sequence

import keras

OF_ALL_STEPS = ("mean", "attention")
"""The values of `pooling` for which a body's last layer gives every step."""


def pooled(steps: keras.KerasTensor, pooling: str, seeds: Sequence[int], prefix: str) -> keras.KerasTensor:
    """(batch, time, units) → (batch, units); a masked step has no part in it.

    Of `attention` each step has a weight, which the network learns to give: the softmax of the product of a query, made
    of the mean of the steps, and a key of the step.

    Args:
        steps: of the last layer.
        pooling: one of OF_ALL_STEPS.
        seeds: two of them, for weights.
        prefix: of the names of layers.

    Source: Yang et al. (2016), Hierarchical Attention Networks, section 2.2; the product is Luong's (2015).
    """
    mean = keras.layers.GlobalAveragePooling1D(name=f"{prefix}mean_of_steps")(steps)
    if pooling == "mean":
        return mean
    units = steps.shape[-1]
    starts = [keras.initializers.GlorotUniform(seed=seed) for seed in seeds]
    key = keras.layers.Dense(units, "tanh", kernel_initializer=starts[0], name=f"{prefix}attention_key")(steps)
    query = keras.layers.Dense(units, kernel_initializer=starts[1], name=f"{prefix}attention_query")(mean)
    query = keras.layers.Reshape((1, units), name=f"{prefix}attention_question")(query)
    weighted = keras.layers.Attention(name=f"{prefix}attention")([query, steps, key])  # (batch, 1, units)
    return keras.layers.Reshape((units,), name=f"{prefix}attended")(weighted)
