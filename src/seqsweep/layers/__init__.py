"""What a network is made of: a catalog of Keras layers, and the body that stacks one of them.

- `LAYERS["gru"](32, params, …)`: one plain Keras layer, (batch, time, features) → (batch, time, units)
- `body(window, params, …)`: several, with dropout after each, (batch, window, features) → (batch, units); where that is
  exact, fast kernels run them on a CPU
- `to_keras(model)`: the same weights and predictions in layers that Keras loads without seqsweep

To add a layer, register a function. What it returns is searched, trained, packaged and loaded like any other:

    @LAYERS.register(hyperparameters=[Hyperparameter("kernel_size", int, at_least=1, default=3, unit="rows")])
    def causal_conv(units, params, return_sequences, name, seeds):
        import keras

        return keras.layers.Conv1D(
            units, params.kernel_size, padding="causal", activation=params.activation, use_bias=params.use_bias,
            kernel_initializer=keras.initializers.GlorotUniform(seeds[0]), name=name,
        )

Importing this package imports neither TensorFlow nor Keras.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from seqsweep.catalog import Catalog
from seqsweep.events import TrialParams
from seqsweep.hyperparameters import Hyperparameter

if TYPE_CHECKING:
    import keras

__all__ = ["ACTIVATIONS", "FAST", "LAYERS", "body", "kernels_of", "to_keras"]

InitialState = Sequence[Sequence["keras.KerasTensor"]]
"""What layers start from: tensors (batch, units) for each layer, first to last."""

ACTIVATIONS = ("tanh", "relu", "sigmoid")
"""What `search_space.activation` may name."""


class LayerFactory(Protocol):
    """What an entry of LAYERS is."""

    def __call__(
        self, units: int, params: TrialParams, return_sequences: bool, name: str, seeds: Sequence[int]
    ) -> keras.layers.Layer:
        """One Keras layer, not yet built: (batch, time, features) → (batch, time, units) or (batch, units).

        It must be made of what plain Keras knows, for a packaged model is loaded where there is no seqsweep. A layer
        that runs over time alone may give all steps in any case: then the last one is taken.

        Args:
            units: width of the layer.
            params: of the trial: `activation`, `use_bias`, and whatever hyperparameters the entry brings.
            return_sequences: whether every step must come out: another layer follows.
            name: of the Keras layer.
            seeds: a few, independent of each other, for initial weights and whatever else is drawn. Use each once:
                two initializers of one seed draw the same numbers. The same seeds must give the same layer.
        """


LAYERS: Catalog[LayerFactory] = Catalog("layer", like=LayerFactory)
"""What `search_space.layer` may name."""

BIDIRECTIONAL = Hyperparameter(
    "bidirectional",
    bool,
    default=False,
    meaning="a second layer beside each reads the window from its end; their outputs lie side by side",
)
"""Of any layer that has Keras's `go_backwards`; `body` makes the second layer."""

RECURRENT_DROPOUT = Hyperparameter(
    "recurrent_dropout",
    float,
    at_least=0,
    below=1,
    default=0.0,
    unit="share of the state",
    meaning="fraction of the state that training drops between steps; above 0 Keras's own, slower kernels run it",
)
"""One mask a window, the same at each step. Source: Gal and Ghahramani, 2016."""

RECURRENT = (BIDIRECTIONAL, RECURRENT_DROPOUT)

FAST: Mapping[str, Sequence[Any]] = {
    "layer": ("simple_rnn", "lstm", "gru"),
    RECURRENT_DROPOUT.name: (0.0,),
}
"""The values of hyperparameters that fast kernels are written for; what else decides is seen at the layers alone."""


@LAYERS.register(hyperparameters=RECURRENT)
def simple_rnn(
    units: int, params: TrialParams, return_sequences: bool, name: str, seeds: Sequence[int]
) -> keras.layers.Layer:
    """Elman's network."""
    import keras

    return keras.layers.SimpleRNN(units, **_recurrent(params, return_sequences, name, seeds))


@LAYERS.register(hyperparameters=RECURRENT)
def lstm(
    units: int, params: TrialParams, return_sequences: bool, name: str, seeds: Sequence[int]
) -> keras.layers.Layer:
    """Long short-term memory; the bias of its forget gate starts at 1, its gates are sigmoid."""
    import keras

    return keras.layers.LSTM(units, **_recurrent(params, return_sequences, name, seeds))


@LAYERS.register(hyperparameters=RECURRENT)
def gru(units: int, params: TrialParams, return_sequences: bool, name: str, seeds: Sequence[int]) -> keras.layers.Layer:
    """Gated recurrent unit; its reset gate comes after the product (`reset_after=True`), its gates are sigmoid."""
    import keras

    return keras.layers.GRU(units, **_recurrent(params, return_sequences, name, seeds))


def body(
    window: keras.KerasTensor,
    params: TrialParams,
    kernels: str,
    seed: int,
    *,
    every_step: bool = False,
    initial_state: InitialState | None = None,
    name_prefix: str = "",
    one_hot: int | None = None,
    last: int | None = None,
) -> keras.KerasTensor:
    """A window read by a trial's layers: (batch, window, features) → (batch, features of the last layer).

    What comes out is the last state, or one vector of all where a task brings the hyperparameter `pooling` and a trial
    has `mean` or `attention`; with `every_step` all of them, (batch, window, features of the last layer).

    Args:
        window: symbolic, of a functional model.
        params: of the trial.
        kernels: `keras`, `fast`, or `auto`: fast wherever that is exact.
        seed: of initial weights and dropout: the same seed gives the same network, whatever the kernels.
        every_step: whether every step of the last layer comes out, whatever the pooling.
        initial_state: what the layers start from, for each of them a list of (batch, units): one of a SimpleRNN or GRU,
            h and c of an LSTM, those of both directions one after the other; None: zeros.
        name_prefix: of the names of layers, so that a network can have several bodies.
        one_hot: the window holds whole numbers below that, (batch, window), and a layer reads as many features for
            each, all 0 but for a 1 at its place: fast kernels then look rows up where a product would find them.
        last: of every step, so many come out, the last ones; None: all.

    Raises:
        ConfigError: there is no such layer, `kernels` is `fast` where the fast kernels cannot run, or there is an
            initial state for a layer that has none.
    """
    from seqsweep.layers.stack import read

    return read(window, params, kernels, seed, every_step, initial_state, name_prefix, one_hot, last)


def kernels_of(model: keras.Model) -> str:
    """What runs the bodies of `model`: `fast`, `keras`, or `mixed` where one of several runs on Keras's own.

    A network that is rolled forward is `mixed` where fast kernels read the window: the steps ahead are Keras's.
    """
    from keras.layers import RNN, Bidirectional

    from seqsweep.layers.recurrent import Recurrent
    from seqsweep.layers.rolling import FastRolled
    from seqsweep.serving.rolled import Rolled

    fast = any(isinstance(layer, Recurrent | FastRolled) for layer in model.layers)
    slow = any(isinstance(layer, RNN | Bidirectional | Rolled) for layer in model.layers)
    return ("mixed" if slow else "fast") if fast else "keras"


def to_keras(model: keras.Model) -> keras.Model:
    """A copy of a functional `model` in plain Keras layers: the same weights and predictions, not compiled."""
    from seqsweep.layers.conversion import plain

    return plain(model)


def _recurrent(params: TrialParams, return_sequences: bool, name: str, seeds: Sequence[int]) -> dict[str, Any]:
    """What Keras's three recurrent layers are told alike."""
    import keras

    return {
        "activation": params.activation,
        "use_bias": params.use_bias,
        "kernel_initializer": keras.initializers.GlorotUniform(seed=seeds[0]),
        "recurrent_initializer": keras.initializers.Orthogonal(seed=seeds[1]),
        "recurrent_dropout": params.recurrent_dropout,
        "seed": seeds[2],  # of the recurrent dropout
        "return_sequences": return_sequences,
        "name": name,
    }
