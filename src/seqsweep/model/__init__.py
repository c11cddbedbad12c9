"""From the parameters of a trial and the shapes of its data to a Keras model; knows no tuner and no data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from seqsweep.catalog import Catalog
from seqsweep.events import TrialParams
from seqsweep.layers import recurrent_stack
from seqsweep.schema import ModelConfig

if TYPE_CHECKING:
    import keras


class OptimizerFactory(Protocol):
    """What an entry of OPTIMIZERS is."""

    def __call__(self, learning_rate: float, clip_norm: float | None) -> keras.optimizers.Optimizer:
        """A Keras optimizer.

        Args:
            learning_rate: above 0.
            clip_norm: the greatest norm of all gradients together; None leaves them as they are.
        """


OPTIMIZERS: Catalog[OptimizerFactory] = Catalog("optimizer", like=OptimizerFactory)


@OPTIMIZERS.register
def adam(learning_rate: float, clip_norm: float | None) -> keras.optimizers.Optimizer:
    """Source: Kingma and Ba, 2015."""
    from seqsweep.model.adam import Adam

    return Adam(learning_rate, global_clipnorm=clip_norm)


@OPTIMIZERS.register
def adamw(learning_rate: float, clip_norm: float | None) -> keras.optimizers.Optimizer:
    """Adam with decoupled weight decay of 0.004, Keras's default. Source: Loshchilov and Hutter, 2019."""
    from seqsweep.model.adam import AdamW

    return AdamW(learning_rate, global_clipnorm=clip_norm)


@OPTIMIZERS.register
def nadam(learning_rate: float, clip_norm: float | None) -> keras.optimizers.Optimizer:
    """Adam with Nesterov momentum. Source: Dozat, 2016."""
    import keras

    return keras.optimizers.Nadam(learning_rate, global_clipnorm=clip_norm)


@OPTIMIZERS.register
def rmsprop(learning_rate: float, clip_norm: float | None) -> keras.optimizers.Optimizer:
    """Source: Tieleman and Hinton, 2012."""
    import keras

    return keras.optimizers.RMSprop(learning_rate, global_clipnorm=clip_norm)


@OPTIMIZERS.register
def sgd(learning_rate: float, clip_norm: float | None) -> keras.optimizers.Optimizer:
    """Stochastic gradient descent with momentum 0.9."""
    import keras

    return keras.optimizers.SGD(learning_rate, momentum=0.9, global_clipnorm=clip_norm)


def build(params: TrialParams, columns: int, outputs: int, loss: str, config: ModelConfig, seed: int) -> keras.Model:
    """The compiled network of a trial: (batch, window, columns) → (batch, outputs).

    Args:
        params: the layers, their widths, activation and dropout, the optimizer.
        columns: of the input.
        outputs: numbers to put out, a dense layer on the last recurrent state.
        loss: a name that Keras knows.
        config: what all networks of the sweep share.
        seed: of initial weights and dropout; the same seed gives the same network.

    Source of `linear_skip`: the autoregressive component of LSTNet (Lai et al., 2018), here over all columns.
    """
    import keras

    seeds = [int(s) for s in np.random.SeedSequence([seed, 1]).generate_state(3)]
    window = keras.Input((params.window, columns), name="window")
    state = recurrent_stack(
        params.layer, params.units, params.activation, params.dropout, params.use_bias, config.kernels, seeds[0]
    )(window)
    output = _dense(outputs, "head", seeds[1], use_bias=True)(state)
    if params.linear_skip:
        flat = keras.layers.Flatten(name="skip_window")(window)
        output = keras.layers.Add(name="output")([output, _dense(outputs, "skip", seeds[2], use_bias=False)(flat)])
    model = keras.Model(window, output, name=params.layer)
    model.compile(OPTIMIZERS[params.optimizer](params.learning_rate, config.clip_norm), loss, jit_compile=False)
    return model


def kernel(model: keras.Model) -> str:
    """What runs the recurrent layers of a model that `build` made: `fast` or `keras`."""
    chosen = [getattr(layer, "kernel", None) for layer in model.layers]  # of a Dense layer this is a weight
    return next((name for name in chosen if isinstance(name, str)), "keras")


def _dense(outputs: int, name: str, seed: int, *, use_bias: bool) -> keras.layers.Layer:
    import keras

    initializer = keras.initializers.GlorotUniform(seed=seed)
    return keras.layers.Dense(outputs, use_bias=use_bias, kernel_initializer=initializer, name=name)
