"""All that training needs to go on as if it had never stopped: weights, optimizer, dropout's state, progress, seed.

And of a network that nobody will train again, the weights alone.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from seqsweep.errors import TrialError
from seqsweep.trial.arrays import UNREADABLE, pack, unpack
from seqsweep.trial.training_progress import TrainingProgress

if TYPE_CHECKING:
    import keras


def pack_checkpoint(model: keras.Model, progress: TrainingProgress, seed: int) -> bytes:
    """A checkpoint.

    Args:
        model: with its optimizer.
        progress: how far its training is.
        seed: of its order of items.
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
    return pack({"state": state_array, **arrays})


def pack_weights(model: keras.Model) -> bytes:
    """A model's weights."""
    return pack({f"weight_{i}": w.numpy() for i, w in enumerate(model.weights)})


def restore_checkpoint(content: bytes | None, model: keras.Model) -> tuple[TrainingProgress, int]:
    """Put a checkpoint into a model of the same parameters, its optimizer built.

    Args:
        content: what `pack_checkpoint` gave; None: it is gone.
        model: left as it is where the checkpoint cannot be used.

    Returns:
        How far it was, and the seed of the trial that it continues: its order of items goes on with it.

    Raises:
        TrialError: it is gone, truncated, or of another network; the text goes on a sentence that names it.
    """
    if content is None:
        raise TrialError("is gone")
    try:
        arrays = unpack(content)
        state = json.loads(arrays["state"].tobytes())
        seed = int(state.pop("seed"))
        best = [array for name, array in arrays.items() if name.startswith("best_")]
        progress = TrainingProgress(**state, best_weights=best)
    except (*UNREADABLE, TypeError) as error:
        raise TrialError("is truncated or damaged") from error
    variables = _variables(model)
    kept = [array for name, array in arrays.items() if name.startswith("variable_")]
    if [array.shape for array in kept] != [tuple(v.shape) for v in variables]:
        raise TrialError("is of another network")
    for variable, array in zip(variables, kept, strict=True):
        variable.assign(array)
    return progress, seed


def _variables(model: keras.Model) -> list[keras.Variable]:
    """Weights, the state of dropout, and the optimizer's moments, in an order that the parameters fix."""
    return [*model.variables, *model.optimizer.variables]
