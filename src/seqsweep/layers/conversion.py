"""From models with fused layers to models that Keras alone can load."""

from __future__ import annotations

from typing import Any

import keras

from seqsweep.layers.recurrent import Recurrent
from seqsweep.layers.rolling import FastRolled
from seqsweep.serving.rolled import Rolled


def plain(model: keras.Model) -> keras.Model:
    """An uncompiled copy of the functional `model` with every Recurrent taken apart into its plain layers."""
    originals: dict[str, keras.layers.Layer] = {}  # by the names of the copy's layers

    def copy(layer: keras.layers.Layer) -> keras.layers.Layer:
        if isinstance(layer, Recurrent):
            return layer  # called below, layer by layer
        originals[layer.name] = layer
        kind = Rolled if isinstance(layer, FastRolled) else type(layer)
        return kind.from_config(layer.get_config())

    def call(layer: keras.layers.Layer, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(layer, Recurrent):
            return layer(*args, **kwargs)
        outputs, states = args[0], kwargs.get("initial_state")
        if layer.one_hot is not None:
            outputs = keras.ops.one_hot(outputs, layer.one_hot, dtype="float32")
        for i, (recurrent, dropout) in enumerate(layer.steps):
            given = {} if states is None else {"initial_state": states[i]}
            outputs = copy(recurrent)(outputs, **given)
            outputs = copy(dropout)(outputs) if dropout.rate > 0 else outputs
        return outputs if layer.last is None else outputs[:, -layer.last :]

    # The same graph without its optimizer, which may be one of ours too: what is saved holds the network alone. Its
    # input and output as they are, not in lists: else the copy would ask for a list.
    bare = keras.Model(model.input, model.output, name=model.name)
    copied = keras.models.clone_model(bare, clone_function=copy, call_function=call)
    for layer in copied.layers:
        if layer.weights:
            layer.set_weights(originals[layer.name].get_weights())
    return copied
