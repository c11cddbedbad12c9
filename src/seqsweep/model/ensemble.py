"""Several networks of one trial's kind as one: they read the same inputs, and what they put out is averaged."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from seqsweep.tasks import Task


def mean_of(task: Task, models: Sequence[keras.Model]) -> keras.Model:
    """A model of a branch for each of the networks, uncompiled; their weights are shared with them.

    A branch is a model inside the model, so that layers of one name in several of them do not clash.

    Args:
        task: of the networks; says what the mean of their outputs is.
        models: two or more, with the same inputs; any layers.

    Source: Lakshminarayanan, Pritzel & Blundell (2017), Simple and Scalable Predictive Uncertainty Estimation using
    Deep Ensembles, NeurIPS: networks of several random starts, equally weighted.
    """
    first = models[0]
    inputs = [keras.Input(read.shape[1:], dtype=read.dtype, name=read.name) for read in first.inputs]
    told = inputs[0] if len(inputs) == 1 else inputs
    branches = [
        keras.Model(model.input, model.output, name=f"network_{number}") for number, model in enumerate(models, 1)
    ]
    output = task.mean_output([branch(told) for branch in branches])
    return keras.Model(told, output, name=f"mean_of_{len(branches)}")
