"""Trained networks on disk and back, to predict with: alone, or as the mean of several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seqsweep.errors import StateError
from seqsweep.events import TrialParams, TrialSpec
from seqsweep.serving.array_types import Float32s
from seqsweep.state_files import MEND
from seqsweep.tasks import Call, Items, Predictions, Task, View
from seqsweep.trial.arrays import UNREADABLE, unpack

if TYPE_CHECKING:
    import keras

    from seqsweep.trial.run import Trial


class WeightsError(StateError):
    """The weights of a network are missing, truncated, or another network's.

    Args:
        text: for the user.
        file: that holds them; or whose they are.
    """

    def __init__(self, text: str, file: str) -> None:
        super().__init__(text)
        self.file = file

    def __reduce__(self) -> tuple[type[WeightsError], tuple[str, str]]:
        # It crosses from another process by pickle, which would call __init__ with the text alone.
        return type(self), (str(self), self.file)


@dataclass(frozen=True)
class Network:
    """A trained network, or the mean of several, and the data as it sees them.

    Args:
        task: of its sweep.
        params: of its trial.
        model: inputs of items → outputs.
        view: what its trial saw.
        seeds: of its trial; of a mean those of each.
        branches: the networks that it is the mean of; `model` alone where it is one.
    """

    task: Task
    params: TrialParams
    model: keras.Model
    view: View
    seeds: tuple[int, ...]
    branches: tuple[keras.Model, ...]

    def predict(self, items: Items, view: View | None = None) -> Predictions:
        """Predictions for items (n,), in the unit of the data.

        Args:
            items: of the view.
            view: other data, seen the same way; None: that of the trial.
        """
        return self.task.predict(self.view if view is None else view, self.params, self.call, items)

    @cached_property
    def call(self) -> Call:
        """The network as it is."""
        return callable_network(self.model, self.view)


def mean_of(networks: Sequence[Network]) -> Network:
    """Networks of the same hyperparameters and the same fold as one, whose outputs are the mean of theirs.

    Args:
        networks: one or more; of one it is that network.
    """
    from seqsweep.model.ensemble import mean_of as mean_of_models

    if len(networks) == 1:
        return networks[0]
    models = [network.model for network in networks]
    seeds = tuple(seed for network in networks for seed in network.seeds)
    return replace(networks[0], model=mean_of_models(networks[0].task, models), seeds=seeds, branches=tuple(models))


def callable_network(model: keras.Model, view: View) -> Call:
    """A network as one graph that takes arrays: called op by op, it would take many times as long.

    Args:
        model: inputs of items → outputs.
        view: gives shapes and types of the inputs.
    """
    import tensorflow as tf

    read = zip(view.input_shapes, view.inputs, strict=True)
    signature = [tf.TensorSpec([None, *shape], gather.array.dtype) for shape, gather in read]

    def forward(*inputs: tf.Tensor) -> tf.Tensor:
        return model(inputs[0] if len(inputs) == 1 else list(inputs), training=False)

    graph = tf.function(forward, input_signature=signature, autograph=False)

    def call(arrays: Sequence[NDArray[Any]]) -> Float32s:
        return np.asarray(graph(*arrays))

    return call


def restore(job: Trial, spec: TrialSpec, weights: Path | bytes) -> Network:
    """The network that `spec` trained.

    Args:
        job: of the sweep.
        spec: of the trial.
        weights: of its best epoch, as they came with its last event; or the file that holds them.

    Raises:
        WeightsError: they are missing, truncated, or of another network.
    """
    view = job.view(spec)
    model = job.model(spec, view)
    where = weights if isinstance(weights, Path) else f"trial {spec.trial_id}"
    try:
        arrays = list(unpack(weights.read_bytes() if isinstance(weights, Path) else weights).values())
    except UNREADABLE as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else "they are truncated or damaged"
        raise WeightsError(f"{where}: cannot read the weights of a network ({said}); {MEND}", str(where)) from error
    if [w.shape for w in arrays] != [tuple(w.shape) for w in model.weights]:
        raise WeightsError(f"{where}: these are the weights of another network; {MEND}", str(where))
    for variable, value in zip(model.weights, arrays, strict=True):
        variable.assign(value)
    return Network(job.task, spec.params, model, view, (spec.seed,), (model,))
