"""From models with our layers to models that Keras alone can load."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from seqsweep.layers.recurrent import Recurrent, plain_layers


def plain(model: keras.Model) -> keras.Model:
    """An uncompiled copy of the functional `model` with every Recurrent taken apart into its Keras layers."""
    weights: dict[str, list[np.ndarray[Any, Any]]] = {}  # of the copy's layers, by their names

    def call(layer: keras.layers.Layer, *args: Any, **kwargs: Any) -> Any:
        original = model.get_layer(layer.name)
        if not isinstance(original, Recurrent):
            weights[layer.name] = original.get_weights()
            return layer(*args, **kwargs)
        outputs = args[0]
        for (recurrent, dropout), (trained, _) in zip(plain_layers(layer), original.plain_layers, strict=True):
            weights[recurrent.name] = trained.get_weights()
            outputs = recurrent(outputs)
            outputs = dropout(outputs) if dropout.rate > 0 else outputs
        return outputs

    # The same graph without its optimizer, which may be one of ours too: what is saved holds the network alone. Its
    # input and output as they are, not in lists: else the copy would ask for a list.
    bare = keras.Model(model.input, model.output, name=model.name)
    copy = keras.models.clone_model(bare, call_function=call)
    for layer in copy.layers:
        if layer.name in weights:  # an input or a dropout has none
            layer.set_weights(weights[layer.name])
    return copy
