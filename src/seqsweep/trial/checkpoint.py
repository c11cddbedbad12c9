"""All that training needs to go on as if it had never stopped: weights, optimizer, dropout's state, progress, seed."""

from __future__ import annotations

import contextlib
import io
import json
import os
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seqsweep.errors import StateError, TrialError
from seqsweep.trial.progress import Progress

if TYPE_CHECKING:
    import keras


def save(path: Path, model: keras.Model, progress: Progress, seed: int) -> None:
    """Write a checkpoint aside, sync it, and put it in place: a kill leaves the old one or the new one, whole.

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
    whole = io.BytesIO()  # in one piece: NumPy goes on writing to a file that has refused
    np.savez(whole, state=np.frombuffer(json.dumps(state).encode(), np.uint8), **arrays)
    aside = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with aside.open("wb") as file:
            file.write(whole.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            aside.unlink()
        raise StateError(
            f"cannot write its checkpoint ({error.strerror or error}). What was finished before is kept; make room and "
            f"run the same command again: {path}"
        ) from error


def load(path: Path, model: keras.Model) -> tuple[Progress, int]:
    """Put a checkpoint into a model of the same parameters, its optimizer built.

    Returns:
        How far it was, and the seed of the trial that it continues: its order of windows goes on with it.

    Raises:
        TrialError: the file is missing, truncated, or of another network. File and model are left as they are.
    """
    state, arrays = _read(path)
    variables = _variables(model)
    kept = [array for name, array in arrays.items() if name.startswith("variable_")]
    if [array.shape for array in kept] != [tuple(v.shape) for v in variables]:
        raise TrialError(f"{path}: this checkpoint is of another network")
    weights = [array for name, array in arrays.items() if name.startswith("best_")]
    try:
        seed = int(state.pop("seed"))
        progress = Progress(**state, best_weights=weights)
    except (KeyError, TypeError) as error:
        raise _unreadable(path, error) from error
    for variable, array in zip(variables, kept, strict=True):
        variable.assign(array)
    return progress, seed


def _read(path: Path) -> tuple[Any, dict[str, NDArray[np.float32]]]:
    """All that a checkpoint holds: what it says of the training, and the arrays in the order of writing."""
    try:
        # Read whole: of a truncated file, NumPy would leave the handle open.
        with np.load(io.BytesIO(path.read_bytes())) as content:
            arrays = {name: content[name] for name in content.files}
        return json.loads(arrays.pop("state").tobytes()), arrays
    except (
        OSError,
        ValueError,
        EOFError,
        KeyError,
        TypeError,
        AttributeError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> TrialError:
    said = error.strerror if isinstance(error, OSError) and error.strerror else repr(error)
    return TrialError(f"{path}: cannot read this checkpoint ({said})")


def _variables(model: keras.Model) -> list[keras.Variable]:
    """Weights, the state of dropout, and the optimizer's moments, in an order that the parameters fix."""
    return [*model.variables, *model.optimizer.variables]
