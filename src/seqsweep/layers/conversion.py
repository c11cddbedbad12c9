"""From models with our layers to models that Keras alone can load."""

from __future__ import annotations

from typing import Any

import keras

from seqsweep.layers.recurrent import Recurrent, plain_layers


def plain(model: keras.Model) -> keras.Model:
    """A copy of the functional `model` with every Recurrent taken apart into its Keras layers, weights included."""
    weights: dict[str, list[Any]] = {}

    def call(layer: keras.layers.Layer, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(layer, Recurrent):
            weights[layer.name] = model.get_layer(layer.name).get_weights()
            return layer(*args, **kwargs)
        outputs = args[0]
        trained = model.get_layer(layer.name).plain_layers
        for (recurrent, dropout), (source, _) in zip(plain_layers(layer), trained, strict=True):
            outputs = recurrent(outputs)
            weights[recurrent.name] = source.get_weights()
            if dropout.rate > 0:
                outputs = dropout(outputs)
        return outputs

    copy = keras.models.clone_model(model, call_function=call)
    for layer in copy.layers:
        if layer.name in weights:
            layer.set_weights(weights[layer.name])
    return copy
