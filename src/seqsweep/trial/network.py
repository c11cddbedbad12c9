"""A trained network on disk and back: the weights of its best epoch, to predict with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seqsweep.errors import StateError
from seqsweep.events import TrialParams, TrialSpec
from seqsweep.state_files import MEND
from seqsweep.tasks import Items, Predictions, View
from seqsweep.trial.arrays import UNREADABLE, unpack

if TYPE_CHECKING:
    import keras

    from seqsweep.trial.run import Trial

PREDICT_BATCH = 1024  # items a call: what is gathered stays small, and the call's own cost too


@dataclass(frozen=True)
class Network:
    """A trained network and the data as it sees them.

    Args:
        params: of its trial.
        model: inputs of items → outputs.
        view: what its trial saw.
    """

    params: TrialParams
    model: keras.Model
    view: View

    def predict(self, items: Items, view: View | None = None) -> Predictions:
        """Predictions for items (n,), in the unit of the data.

        Args:
            items: of the view.
            view: other data, seen the same way; None: that of the trial.
        """
        seen = self.view if view is None else view
        cuts = range(0, len(items), PREDICT_BATCH)
        parts = [self._call(seen.inputs.numpy(items[cut : cut + PREDICT_BATCH])).numpy() for cut in cuts]
        return seen.inverse_transform(items, np.concatenate(parts))

    @cached_property
    def _call(self) -> Any:
        import tensorflow as tf

        spec = tf.TensorSpec([None, *self.view.input_shape], self.view.inputs.array.dtype)
        return tf.function(lambda inputs: self.model(inputs, training=False), input_signature=[spec])


def restore(job: Trial, spec: TrialSpec, weights: Path | bytes) -> Network:
    """The network that `spec` trained.

    Args:
        job: of the sweep.
        spec: of the trial.
        weights: of its best epoch, as they came with its last event; or the file that holds them.

    Raises:
        StateError: they are missing, truncated, or of another network.
    """
    view = job.view(spec)
    model = job.model(spec, view)
    where = weights if isinstance(weights, Path) else f"trial {spec.trial_id}"
    try:
        arrays = list(unpack(weights.read_bytes() if isinstance(weights, Path) else weights).values())
    except UNREADABLE as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else "they are truncated or damaged"
        raise StateError(f"{where}: cannot read the weights of a network ({said}); {MEND}") from error
    if [w.shape for w in arrays] != [tuple(w.shape) for w in model.weights]:
        raise StateError(f"{where}: these are the weights of another network; {MEND}")
    for variable, value in zip(model.weights, arrays, strict=True):
        variable.assign(value)
    return Network(spec.params, model, view)
