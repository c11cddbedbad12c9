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
from seqsweep.state_files import MEND
from seqsweep.trial.arrays import UNREADABLE, unpack
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


def restore(job: Trial, spec: TrialSpec, weights: Path | bytes) -> Network:
    """The network that `spec` trained.

    Args:
        job: of the sweep.
        spec: of the trial.
        weights: of its best epoch, as they came with its last event; or the file that holds them.

    Raises:
        StateError: they are missing, truncated, or of another network.
    """
    model = job.model(spec)
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
    return Network(spec.params, model, job.windows(spec))
