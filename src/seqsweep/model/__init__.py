"""From the parameters of a trial and its task to a compiled Keras model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from seqsweep.catalog import Catalog
from seqsweep.events import TrialParams
from seqsweep.hyperparameters import Hyperparameter
from seqsweep.layers import ACTIVATIONS, LAYERS
from seqsweep.model.schedules import SCHEDULES
from seqsweep.tasks import Task, View

if TYPE_CHECKING:
    import keras

__all__ = ["OPTIMIZERS", "SCHEDULES", "WEIGHT_DECAY", "build"]


class OptimizerFactory(Protocol):
    """What an entry of OPTIMIZERS is."""

    def __call__(self, params: TrialParams, clip_norm: float | None) -> keras.optimizers.Optimizer:
        """A Keras optimizer.

        Args:
            params: of the trial: `learning_rate`, and whatever hyperparameters the entry brings.
            clip_norm: the greatest norm of all gradients together; None leaves them as they are.
        """


OPTIMIZERS: Catalog[OptimizerFactory] = Catalog("optimizer", like=OptimizerFactory)


@OPTIMIZERS.register
def adam(params: TrialParams, clip_norm: float | None) -> keras.optimizers.Optimizer:
    """Source: Kingma and Ba, 2015."""
    from seqsweep.model.adam import Adam

    return Adam(params.learning_rate, global_clipnorm=clip_norm)


WEIGHT_DECAY = Hyperparameter(
    "weight_decay",
    float,
    at_least=0,
    default=0.004,  # Keras's
    meaning="times the learning rate: the share of each weight that a step takes away",
)


@OPTIMIZERS.register(hyperparameters=[WEIGHT_DECAY])
def adamw(params: TrialParams, clip_norm: float | None) -> keras.optimizers.Optimizer:
    """Adam with decoupled weight decay. Source: Loshchilov and Hutter, 2019."""
    from seqsweep.model.adam import Adam

    return Adam(params.learning_rate, weight_decay=params.weight_decay, global_clipnorm=clip_norm)


@OPTIMIZERS.register
def nadam(params: TrialParams, clip_norm: float | None) -> keras.optimizers.Optimizer:
    """Adam with Nesterov momentum. Source: Dozat, 2016."""
    import keras

    return keras.optimizers.Nadam(params.learning_rate, global_clipnorm=clip_norm)


@OPTIMIZERS.register
def rmsprop(params: TrialParams, clip_norm: float | None) -> keras.optimizers.Optimizer:
    """Source: Tieleman and Hinton, 2012."""
    import keras

    return keras.optimizers.RMSprop(params.learning_rate, global_clipnorm=clip_norm)


@OPTIMIZERS.register
def sgd(params: TrialParams, clip_norm: float | None) -> keras.optimizers.Optimizer:
    """Stochastic gradient descent with momentum 0.9."""
    import keras

    return keras.optimizers.SGD(params.learning_rate, momentum=0.9, global_clipnorm=clip_norm)


HYPERPARAMETERS = (
    Hyperparameter("layer", str, choices=LAYERS, default="lstm", meaning="kind of all layers of a network"),
    Hyperparameter(
        "depth", int, at_least=1, default=1, unit="layers", meaning="layers, one reading what the last gave"
    ),
    Hyperparameter("units", int, at_least=1, default=32, per_layer=True, unit="numbers", meaning="width of a layer"),
    Hyperparameter(
        "activation",
        str,
        choices=ACTIVATIONS,
        default="tanh",
        meaning="function that makes a layer's new state; the fast kernels of LSTM and GRU are written for tanh",
    ),
    Hyperparameter(
        "dropout",
        float,
        at_least=0,
        below=1,
        default=0,
        per_layer=True,
        unit="share of outputs",
        meaning="share of a layer's outputs that training drops",
    ),
    Hyperparameter("use_bias", bool, default=True, meaning="whether layers have biases"),
    Hyperparameter(
        "learning_rate", float, above=0, default=0.001, section="training", meaning="size of the optimizer's steps"
    ),
    Hyperparameter(
        "batch_size", int, at_least=1, default=64, section="training", unit="items", meaning="items a training step"
    ),
    Hyperparameter(
        "optimizer",
        str,
        choices=OPTIMIZERS,
        default="adam",
        section="training",
        meaning="rule that changes the weights",
    ),
    Hyperparameter(
        "clip_norm",
        float,
        above=0,
        optional=True,
        follows="model.clip_norm",
        section="training",
        meaning="greatest norm of the gradients of all weights together; null does not clip",
    ),
    Hyperparameter(
        "schedule",
        str,
        choices=SCHEDULES,
        default="constant",
        section="training",
        meaning="how the learning rate goes on from epoch to epoch",
    ),
)
"""Those of every network and every training."""


def build(task: Task, view: View, params: TrialParams, seed: int) -> keras.Model:
    """The compiled network of a trial: an input for each of the view's → what the task's network puts out.

    Args:
        task: how inputs become outputs, and the loss.
        view: what the trial sees.
        params: the layers, their widths, activation and dropout, the optimizer.
        seed: of initial weights and dropout; the same seed gives the same network.
    """
    import keras

    config = task.config.model
    seeds = [int(s) for s in np.random.SeedSequence([seed, 1]).generate_state(8)]
    read = enumerate(zip(view.input_shapes, view.inputs, strict=True), 1)
    inputs = tuple(
        keras.Input(shape, dtype=gather.array.dtype.name, name="window" if number == 1 else f"window_{number}")
        for number, (shape, gather) in read
    )
    outputs = task.network(view, params, inputs, config.kernels, seeds)
    model = keras.Model(inputs[0] if len(inputs) == 1 else list(inputs), outputs, name=params.layer)
    optimizer = OPTIMIZERS[params.optimizer](params, params.get("clip_norm"))
    model.compile(optimizer, task.loss_of(params), jit_compile=False)
    return model
