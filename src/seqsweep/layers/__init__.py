"""Recurrent layers that train fast on a CPU, and the way back to plain Keras layers.

- `LAYERS["gru"](units=32, …)`: one layer, (batch, window, features) → (batch, window, units) or (batch, units)
- `recurrent_stack("gru", (32, 16), …)`: several with dropout after each, which is what a model is made of; inside, time
  comes before batch, so that a step's inputs lie together
- `to_keras(model)`: the same weights and predictions in layers that Keras loads without seqsweep

`kernels` says what runs them: `fast`, `keras`, or `auto`, which is `fast` wherever that is exact. A layer's attribute
`kernel` says what was chosen. Importing this package imports neither TensorFlow nor Keras.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from seqsweep.catalog import Catalog
from seqsweep.errors import ConfigError
from seqsweep.search_space import ACTIVATIONS

if TYPE_CHECKING:
    import keras

    from seqsweep.layers.recurrent import Recurrent

__all__ = ["ACTIVATIONS", "LAYERS", "recurrent_stack", "to_keras"]


class LayerFactory(Protocol):
    """What an entry of LAYERS is."""

    def __call__(
        self, units: int, activation: str, use_bias: bool, return_sequences: bool, kernels: str, name: str, seed: int
    ) -> Recurrent:
        """A Keras layer: (batch, window, features) → (batch, units), or (batch, window, units) for sequences.

        Args:
            units: width of the layer.
            activation: of the state or candidate, one of ACTIVATIONS; gates are sigmoid.
            use_bias: whether the layer has biases.
            return_sequences: whether every step is put out, or the last alone.
            kernels: `auto`, `fast` or `keras`.
            name: of the Keras layer.
            seed: of the initial weights: the same seed gives the same weights, whatever the kernels.
        """


LAYERS: Catalog[LayerFactory] = Catalog("layer", like=LayerFactory)
"""What `search_space.layer` may name."""


@LAYERS.register
def simple_rnn(
    units: int, activation: str, use_bias: bool, return_sequences: bool, kernels: str, name: str, seed: int
) -> Recurrent:
    """Elman's network, as `keras.layers.SimpleRNN`."""
    return _stack("simple_rnn", (units,), activation, (0.0,), use_bias, return_sequences, kernels, name, seed)


@LAYERS.register
def lstm(
    units: int, activation: str, use_bias: bool, return_sequences: bool, kernels: str, name: str, seed: int
) -> Recurrent:
    """Long short-term memory, as `keras.layers.LSTM`; the bias of its forget gate starts at 1."""
    return _stack("lstm", (units,), activation, (0.0,), use_bias, return_sequences, kernels, name, seed)


@LAYERS.register
def gru(
    units: int, activation: str, use_bias: bool, return_sequences: bool, kernels: str, name: str, seed: int
) -> Recurrent:
    """Gated recurrent unit, as `keras.layers.GRU`; its reset gate comes after the product (`reset_after=True`)."""
    return _stack("gru", (units,), activation, (0.0,), use_bias, return_sequences, kernels, name, seed)


def recurrent_stack(
    layer: str,
    units: tuple[int, ...],
    activation: str,
    dropout: tuple[float, ...],
    use_bias: bool,
    kernels: str,
    seed: int,
) -> Recurrent:
    """A Keras layer that reads a window through recurrent layers: (batch, window, features) → (batch, units[-1]).

    Args:
        layer: an entry of LAYERS.
        units: width of each layer, first to last.
        activation: one of ACTIVATIONS.
        dropout: fraction of each layer's outputs that training drops, in [0, 1).
        use_bias: whether the layers have biases.
        kernels: `auto`, `fast` or `keras`.
        seed: of the initial weights and of the dropout.

    Raises:
        ConfigError: there is no such layer, or `kernels` is `fast` where the fast kernels cannot run.
    """
    if faults := LAYERS.fault("layer", layer):
        raise ConfigError(faults)
    return _stack(layer, units, activation, dropout, use_bias, False, kernels, f"{layer}_stack", seed)


def to_keras(model: keras.Model) -> keras.Model:
    """A copy of a functional `model` in plain Keras layers: the same weights and predictions, not compiled."""
    from seqsweep.layers.conversion import plain

    return plain(model)


def _stack(
    layer: str,
    units: tuple[int, ...],
    activation: str,
    dropout: tuple[float, ...],
    use_bias: bool,
    return_sequences: bool,
    kernels: str,
    name: str,
    seed: int,
) -> Recurrent:
    from seqsweep.layers.recurrent import Recurrent

    return Recurrent(
        layer=layer,
        units=units,
        activation=activation,
        dropout=dropout,
        use_bias=use_bias,
        return_sequences=return_sequences,
        kernels=kernels,
        name=name,
        seed=seed,
    )
