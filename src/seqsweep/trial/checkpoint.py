"""All that training needs to go on as if it had never stopped: weights, optimizer, dropout's state, progress, seed.

And of a network that nobody will train again, the weights alone.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from seqsweep.errors import TrialError
from seqsweep.trial.arrays import UNREADABLE, read, write
from seqsweep.trial.training_progress import TrainingProgress

if TYPE_CHECKING:
    import keras


def save(path: Path, model: keras.Model, progress: TrainingProgress, seed: int) -> None:
    """Put a checkpoint in place, see `files.atomic_write`.

    Raises:
        StateError: the disk refuses. Nothing is left of what was written.
    """
    state = {
        "epoch": progress.epoch,
        "best_epoch": progress.best_epoch,
        "best_loss": progress.best_loss,
        "best_metrics": dict(progress.best_metrics),
        "seed": seed,
    }
    arrays = {f"variable_{i}": v.numpy() for i, v in enumerate(_variables(model))}
    arrays |= {f"best_{i}": w for i, w in enumerate(progress.best_weights)}
    state_array = np.frombuffer(json.dumps(state).encode(), np.uint8)
    write(path, "its checkpoint", {"state": state_array, **arrays})


def save_weights(path: Path, model: keras.Model) -> None:
    """Keep a model's weights, see `arrays.write`.

    Raises:
        StateError: the disk refuses.
    """
    write(path, "the weights of a network", {f"weight_{i}": w.numpy() for i, w in enumerate(model.weights)})


def load(path: Path, model: keras.Model) -> tuple[TrainingProgress, int]:
    """Put a checkpoint into a model of the same parameters, its optimizer built.

    Returns:
        How far it was, and the seed of the trial that it continues: its order of windows goes on with it.

    Raises:
        TrialError: the file is missing, truncated, or of another network. File and model are left as they are.
    """
    try:
        arrays = read(path)
        state = json.loads(arrays["state"].tobytes())
        seed = int(state.pop("seed"))
        best = [array for name, array in arrays.items() if name.startswith("best_")]
        progress = TrainingProgress(**state, best_weights=best)
    except (*UNREADABLE, TypeError) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else repr(error)
        raise TrialError(f"{path}: cannot read this checkpoint ({said})") from error
    variables = _variables(model)
    kept = [array for name, array in arrays.items() if name.startswith("variable_")]
    if [array.shape for array in kept] != [tuple(v.shape) for v in variables]:
        raise TrialError(f"{path}: this checkpoint is of another network")
    for variable, array in zip(variables, kept, strict=True):
        variable.assign(array)
    return progress, seed


def _variables(model: keras.Model) -> list[keras.Variable]:
    """Weights, the state of dropout, and the optimizer's moments, in an order that the parameters fix."""
    return [*model.variables, *model.optimizer.variables]
