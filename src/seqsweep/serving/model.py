"""A packaged model as MLflow loads it: a network, what was written down beside it, and the predictor of its task."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeAlias

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import numpy as np
import pandas as pd
from mlflow.pyfunc.model import PythonModel
from numpy.typing import NDArray

Network: TypeAlias = Callable[..., NDArray[Any]]
"""Arrays (n, ...), one for each input of the network → its output (n, ...)."""


class Predictor(Protocol):
    """What a task does with raw input, and with what the network puts out.

    It is made once for a loaded model and keeps nothing of a request. Its file travels with the model: beside that
    folder it may import what `serving` does.
    """

    def __init__(self, spec: dict[str, Any], network: Network) -> None:
        """Read what was written down at packaging.

        Args:
            spec: the content of spec.json.
            network: as trained, without dropout.
        """

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The answer to one request.

        Raises:
            MlflowException: the frame cannot be used; the text says why, and what to do.
        """


class ServedModel(PythonModel):
    """A model that answers raw values in their own unit.

    Args:
        predictor: of the model's task.
    """

    def __init__(self, predictor: type[Predictor]) -> None:
        self._kind = predictor

    def load_context(self, context: Any) -> None:
        """Read the network and what belongs to it; a baseline has none."""
        self.spec: dict[str, Any] = json.loads(Path(context.artifacts["spec"]).read_text(encoding="utf-8"))
        is_network = self.spec.get("baseline") is None
        network = load_network(Path(context.artifacts["network"])) if is_network else no_network
        self.predictor = self._kind(self.spec, network)

    def predict(
        self,
        context: Any,  # noqa: ARG002 (MLflow's interface, likewise `params`)
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> pd.DataFrame:
        """What the predictor answers.

        Args:
            context: not used.
            model_input: raw values.
            params: not used.

        Raises:
            MlflowException: the frame cannot be used; the text says why, and what to do.
        """
        return self.predictor.predict(model_input)


def no_network(*inputs: NDArray[Any]) -> NDArray[Any]:
    """What stands for the network of a baseline, which asks none."""
    raise NotImplementedError(f"a baseline has no network to take {len(inputs)} inputs")


def load_network(path: Path) -> Network:
    """The network of a `.keras` file as one graph: called op by op, it would take many times as long."""
    import keras
    import tensorflow as tf

    from .rolled import Rolled

    network = keras.saving.load_model(path, {"Rolled": Rolled}, compile=False, safe_mode=True)
    shapes = [tf.TensorSpec([None, *tensor.shape[1:]], tensor.dtype) for tensor in network.inputs]

    def forward(*inputs: tf.Tensor) -> tf.Tensor:
        return network(inputs[0] if len(inputs) == 1 else list(inputs), training=False)

    graph = tf.function(forward, input_signature=shapes, autograph=False)
    return lambda *inputs: np.asarray(graph(*(tf.constant(array) for array in inputs)))
