"""A trained network on disk and back: the weights of its best epoch, to forecast with."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seqsweep.errors import StateError
from seqsweep.events import TrialSpec
from seqsweep.windows import Windows

if TYPE_CHECKING:
    import keras

    from seqsweep.trial.learner import Learner
    from seqsweep.trial.run import Trial


@dataclass(frozen=True)
class Network:
    """A trained network and the series as it sees it."""

    learner: Learner
    windows: Windows

    @property
    def model(self) -> keras.Model:
        """(batch, window, columns) → (batch, horizon), scaled and anchored."""
        return self.learner.model

    def forecast(self, origins: NDArray[np.int64]) -> NDArray[np.float64]:
        """(n,) → (n, horizon), in the unit of the data."""
        return self.windows.restore(origins, self.learner.forecast(origins))


def save_weights(path: Path, model: keras.Model) -> None:
    """Write a model's weights aside, sync them, put them in place.

    Raises:
        StateError: the disk refuses.
    """
    aside = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with aside.open("wb") as file:
            np.savez(file, *[weight.numpy() for weight in model.weights])
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise StateError(f"{path}: cannot write the weights of a network: {error}") from error


def restore(job: Trial, spec: TrialSpec, path: Path, windows: Windows | None = None) -> Network:
    """The network that `spec` trained, with the weights in `path`.

    Args:
        job: of its sweep.
        spec: as it was trained.
        path: what `save_weights` wrote.
        windows: the series to forecast, as this trial sees it; None: the sweep's own.

    Raises:
        StateError: the file is missing, truncated, or of another network.
    """
    windows = job.windows(spec) if windows is None else windows
    learner = job.learner(spec, windows)
    try:
        with np.load(path) as content:
            weights = [content[name] for name in content.files]
        if [w.shape for w in weights] != [tuple(w.shape) for w in learner.model.weights]:
            raise StateError(f"{path}: these are the weights of another network; move the file away to train it again")
        for variable, value in zip(learner.model.weights, weights, strict=True):
            variable.assign(value)
    except (OSError, ValueError, EOFError) as error:
        raise StateError(f"{path}: cannot read the weights of a network: {error}; move it away") from error
    return Network(learner, windows)
