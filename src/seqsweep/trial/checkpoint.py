"""All that training needs to go on as if it had never stopped: weights, optimizer, dropout's state, progress, seed."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from seqsweep.errors import StateError
from seqsweep.trial.progress import Progress

if TYPE_CHECKING:
    import keras


def save(path: Path, model: keras.Model, progress: Progress, seed: int) -> None:
    """Write a checkpoint aside, sync it, and put it in place: a kill leaves the old one or the new one, whole."""
    state = {
        "epoch": progress.epoch,
        "best_epoch": progress.best_epoch,
        "best_loss": progress.best_loss,
        "best_metrics": dict(progress.best_metrics),
        "seed": seed,
    }
    arrays = {f"variable_{i}": v.numpy() for i, v in enumerate(_variables(model))}
    arrays |= {f"best_{i}": w for i, w in enumerate(progress.best_weights)}
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(f".{os.getpid()}.tmp")
    with aside.open("wb") as file:
        np.savez(file, state=np.frombuffer(json.dumps(state).encode(), np.uint8), **arrays)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def seed_of(path: Path) -> int:
    """The seed of the trial that a checkpoint continues: its order of windows goes on with it."""
    with _open(path) as content:
        return int(json.loads(content["state"].tobytes())["seed"])


def load(path: Path, model: keras.Model) -> Progress:
    """Put a checkpoint into a model of the same parameters, its optimizer built; returns how far it was.

    Raises:
        StateError: the file is missing, truncated, or of another network.
    """
    with _open(path) as content:
        state = json.loads(content["state"].tobytes())
        variables = _variables(model)
        shapes = [content[name].shape for name in content.files if name.startswith("variable_")]
        if shapes != [tuple(v.shape) for v in variables]:
            raise StateError(f"{path}: this checkpoint is of another network; delete it to train the trial afresh")
        for i, variable in enumerate(variables):
            variable.assign(content[f"variable_{i}"])
        best = sum(name.startswith("best_") for name in content.files)
        weights = [content[f"best_{i}"] for i in range(best)]
    return Progress(state["epoch"], state["best_epoch"], state["best_loss"], state["best_metrics"], weights)


def _open(path: Path) -> np.lib.npyio.NpzFile:
    try:
        # Read whole: of a truncated file, NumPy would leave the handle open.
        return np.load(io.BytesIO(path.read_bytes()))  # type: ignore[no-any-return]  # an .npz gives an NpzFile
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise StateError(f"{path}: cannot read this checkpoint: {error}") from error


def _variables(model: keras.Model) -> list[keras.Variable]:
    """Weights, the state of dropout, and the optimizer's moments, in an order that the parameters fix."""
    return [*model.variables, *model.optimizer.variables]
