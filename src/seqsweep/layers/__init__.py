"""Recurrent layers that train fast on a CPU, and the way back to plain Keras layers.

```
LAYERS["gru"](units=32, ...)      one layer, (batch, window, features) -> (batch, units) or (batch, window, units)
recurrent_stack("gru", (32, 16))  several, with dropout after each, time-major inside: what a model is made of
to_keras(model)                   the same weights and predictions in layers that Keras alone can load
```

Importing this package costs nothing: TensorFlow and Keras are imported by the functions that need them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from seqsweep.catalog import Catalog

if TYPE_CHECKING:
    import keras

    from seqsweep.layers.recurrent import Recurrent

ACTIVATIONS = ("tanh", "relu", "sigmoid")
"""Of a candidate or output; the gates of LSTM and GRU are always sigmoid, as they are in Keras."""


def _layer(  # what every entry of LAYERS takes
    units: int,
    activation: str,
    use_bias: bool,
    return_sequences: bool,
    kernels: str,
    name: str,
    seed: int,
) -> keras.layers.Layer:
    """A recurrent layer."""
    raise NotImplementedError


LAYERS: Catalog[Callable[..., Recurrent]] = Catalog("layer", like=_layer)


@LAYERS.register
def simple_rnn(
    units: int,
    activation: str,
    use_bias: bool,
    return_sequences: bool,
    kernels: str,
    name: str,
    seed: int,
) -> keras.layers.Layer:
    """H' = activation(x W + h U + b)."""
    from seqsweep.layers.recurrent import Recurrent

    return Recurrent(
        layer="simple_rnn",
        units=(units,),
        activation=activation,
        dropout=(0.0,),
        use_bias=use_bias,
        return_sequences=return_sequences,
        kernels=kernels,
        name=name,
        seed=seed,
    )


@LAYERS.register
def lstm(
    units: int,
    activation: str,
    use_bias: bool,
    return_sequences: bool,
    kernels: str,
    name: str,
    seed: int,
) -> keras.layers.Layer:
    """Long short-term memory; its forget gate's bias starts at 1, as in Keras."""
    from seqsweep.layers.recurrent import Recurrent

    return Recurrent(
        layer="lstm",
        units=(units,),
        activation=activation,
        dropout=(0.0,),
        use_bias=use_bias,
        return_sequences=return_sequences,
        kernels=kernels,
        name=name,
        seed=seed,
    )


@LAYERS.register
def gru(
    units: int,
    activation: str,
    use_bias: bool,
    return_sequences: bool,
    kernels: str,
    name: str,
    seed: int,
) -> keras.layers.Layer:
    """Gated recurrent unit; the reset gate acts after the product, as in Keras (`reset_after=True`)."""
    from seqsweep.layers.recurrent import Recurrent

    return Recurrent(
        layer="gru",
        units=(units,),
        activation=activation,
        dropout=(0.0,),
        use_bias=use_bias,
        return_sequences=return_sequences,
        kernels=kernels,
        name=name,
        seed=seed,
    )


def recurrent_stack(
    layer: str,
    units: tuple[int, ...],
    activation: str,
    dropout: tuple[float, ...],
    use_bias: bool,
    kernels: str,
    seed: int,
) -> Recurrent:
    """A Keras layer that reads a window through `len(units)` recurrent layers: (batch, window, features) -> (batch, units[-1])."""
    from seqsweep.layers.recurrent import Recurrent

    return Recurrent(
        layer=layer,
        units=units,
        activation=activation,
        dropout=dropout,
        use_bias=use_bias,
        return_sequences=False,
        kernels=kernels,
        name=f"{layer}_stack",
        seed=seed,
    )


def to_keras(model: keras.Model) -> keras.Model:
    """`model` in plain Keras layers: the same weights, the same predictions, and loadable without seqsweep."""
    from seqsweep.layers.conversion import plain

    return plain(model)
