"""The body of a network: layers of one kind with dropout after each, on fast kernels where that is exact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import keras
import numpy as np

from seqsweep.errors import ConfigError, Fault
from seqsweep.events import TrialParams
from seqsweep.layers import LAYERS
from seqsweep.layers.kernels import obstacle
from seqsweep.layers.pooling import OF_ALL_STEPS, pooled
from seqsweep.layers.recurrent import Recurrent

if TYPE_CHECKING:
    from seqsweep.layers import InitialState, LayerFactory

Step = tuple[keras.layers.Layer, keras.layers.Dropout]
"""A layer and the dropout after it."""


def read(
    window: keras.KerasTensor,
    params: TrialParams,
    kernels: str,
    seed: int,
    every_step: bool,
    initial_state: InitialState | None,
    prefix: str,
    one_hot: int | None,
    last: int | None,
) -> keras.KerasTensor:
    """A window read by a trial's layers, see `layers.body`.

    Args:
        window: (batch, time, features), or (batch, time).
        params: of the trial.
        kernels: `auto`, `fast` or `keras`.
        seed: of the trial; each layer has its own from it.
        every_step: whether all steps come out.
        initial_state: for each layer; None: zeros.
        prefix: of the names of layers.
        one_hot: features that the numbers of the window stand for; None: it has features.
        last: steps that come out, the last ones; None: all.
    """
    pooling = "last" if every_step else params.get("pooling", "last")
    every = every_step or pooling in OF_ALL_STEPS  # then the last layer gives all its steps too
    make = LAYERS[params.layer]
    steps = [make_step(make, params, i, seed, every or i < params.depth - 1, prefix) for i in range(params.depth)]
    layers = [layer for layer, _ in steps]
    if initial_state is not None:
        _check_states(layers, params)
    reason = obstacle(window, layers)
    if kernels == "fast" and reason is not None:
        text = f"model.kernels=fast: layer {params.layer!r} cannot: {reason}; use auto or keras"
        raise ConfigError([Fault("model.kernels", text)])
    if kernels == "keras" or reason is not None:
        features = window if one_hot is None else keras.ops.one_hot(window, one_hot, dtype="float32")
        outputs = _compose(features, steps, every, initial_state)
        outputs = outputs if last is None else outputs[:, -last:]
    else:
        given = {} if initial_state is None else {"initial_state": [list(states) for states in initial_state]}
        outputs = Recurrent(steps, f"{prefix}{params.layer}_stack", params.batch_size, one_hot, last)(window, **given)
    if pooling in OF_ALL_STEPS:  # (batch, window, units) -> (batch, units), over the steps that are not masked
        outputs = pooled(outputs, pooling, _seeds(seed, params.depth)[:2], prefix)
    return outputs


def _check_states(layers: Sequence[keras.layers.Layer], params: TrialParams) -> None:
    if not all(isinstance(layer, keras.layers.RNN | keras.layers.Bidirectional) for layer in layers):
        text = f"search_space.layer={params.layer}: the task sets a layer's first state, which this one does not have"
        raise ConfigError([Fault("search_space.layer", f"{text}; leave it out")])


def _compose(
    outputs: keras.KerasTensor, steps: Sequence[Step], every: bool, initial_state: InitialState | None
) -> keras.KerasTensor:
    for i, (layer, dropout) in enumerate(steps):
        outputs = layer(outputs) if initial_state is None else layer(outputs, initial_state=list(initial_state[i]))
        if i == len(steps) - 1 and len(outputs.shape) == 3 and not every:
            outputs = outputs[:, -1]  # (batch, window, units) -> (batch, units)
        outputs = dropout(outputs) if dropout.rate > 0 else outputs
    return outputs


def make_step(make: LayerFactory, params: TrialParams, i: int, seed: int, every: bool, prefix: str) -> Step:
    """A layer and its dropout, not yet built.

    Args:
        make: makes the layer, an entry of LAYERS.
        params: of the trial.
        i: which one of its layers, from 0.
        seed: of the trial.
        every: whether all its steps come out.
        prefix: of the names of layers.
    """
    name, options = f"{prefix}{params.layer}_{i + 1}", (params.units[i], params, every)
    first, second, dropout, *others = _seeds(seed, i)
    layer = make(*options, name, (first, second, *others))
    if params.get("bidirectional", False):
        layer = _bidirectional(layer, make(*options, f"{name}_backward", _seeds(seed, i, 1)), name)
    return layer, keras.layers.Dropout(params.dropout[i], seed=dropout, name=f"{prefix}dropout_{i + 1}")


def _bidirectional(layer: keras.layers.Layer, other: keras.layers.Layer, name: str) -> keras.layers.Layer:
    """Two layers, one from each end of the window, their outputs side by side.

    Left to itself, Keras would make the second one of the first one's seeds: both would begin as the same network.

    Source: Schuster and Paliwal, 1997.
    """
    backward = type(other).from_config({**other.get_config(), "go_backwards": True})
    return keras.layers.Bidirectional(layer, backward_layer=backward, name=name)


def _seeds(seed: int, *place: int) -> list[int]:
    """Six, of a place in the network."""
    return [int(drawn) for drawn in np.random.SeedSequence([seed, *place]).generate_state(6)]
