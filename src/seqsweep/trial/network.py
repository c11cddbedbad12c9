"""A trained network on disk and back: the weights of its best epoch, to forecast with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seqsweep.errors import StateError
from seqsweep.events import TrialParams, TrialSpec
from seqsweep.trial.arrays import UNREADABLE, read
from seqsweep.windows import Windows

if TYPE_CHECKING:
    import keras

    from seqsweep.trial.run import Trial

FORECAST_BATCH = 1024  # windows a call: gathered windows stay small, and the call's own cost too


@dataclass(frozen=True)
class Network:
    """A trained network and the series as it sees it.

    Args:
        params: of its trial.
        model: (batch, window, columns) → (batch, horizon), scaled and anchored.
        windows: what its trial saw.
    """

    params: TrialParams
    model: keras.Model
    windows: Windows

    def forecast(self, origins: NDArray[np.int64], windows: Windows | None = None) -> NDArray[np.float64]:
        """(n,) → (n, horizon), in the unit of the data.

        Args:
            origins: the last row that each forecast may see.
            windows: another series, seen the same way; None: that of the trial.
        """
        seen = self.windows if windows is None else windows
        cuts = range(0, len(origins), FORECAST_BATCH)
        parts = [self._call(seen.inputs.numpy(origins[cut : cut + FORECAST_BATCH])).numpy() for cut in cuts]
        return seen.inverse_transform(origins, np.concatenate(parts))

    @cached_property
    def _call(self) -> Any:
        import tensorflow as tf

        shape = [None, self.windows.window, self.windows.scaled.shape[1]]
        return tf.function(
            lambda inputs: self.model(inputs, training=False), input_signature=[tf.TensorSpec(shape, tf.float32)]
        )


def restore(job: Trial, spec: TrialSpec, path: Path) -> Network:
    """The network that `spec` trained, with the weights in `path`.

    Raises:
        StateError: the file is missing, truncated, or of another network.
    """
    model = job.model(spec)
    try:
        weights = list(read(path).values())
    except UNREADABLE as error:
        raise StateError(f"{path}: cannot read the weights of a network: {error}; move it away") from error
    if [w.shape for w in weights] != [tuple(w.shape) for w in model.weights]:
        raise StateError(f"{path}: these are the weights of another network; move the file away to train it again")
    for variable, value in zip(model.weights, weights, strict=True):
        variable.assign(value)
    return Network(spec.params, model, job.windows(spec))
