"""Outcomes of searches, made up without a sweep."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from seqsweep.events import Cause, Epoch
from seqsweep.records import TrialRecord
from seqsweep.schema import SweepConfig
from seqsweep.search import Outcome


def trial(number: int, score: float | None, reason: str = "", **params: object) -> TrialRecord:
    """A completed trial of a score, or one that failed for a reason."""
    status = "FAILED" if score is None else "COMPLETED"
    metrics = {} if score is None else {"val_mae": score, "val_rmse": 2 * score, "val_skill": 1 - score / 10}
    why = {"reason": reason, "cause": Cause.DIVERGED} if reason else {}
    settings = {"layer": "lstm", "window": 6 * number, "units": 8, "learning_rate": 0.01, **params}
    name = f"trial {number}: LSTM, 1 × 8 units"
    return TrialRecord(f"{number:04d}", number, name, status, settings, metrics, (), 1.0, 2.0, **why)


def pruned(number: int, epoch: int, **params: object) -> TrialRecord:
    """A trial that was stopped after so many epochs."""
    curve = tuple(
        Epoch(i, {"loss": 1.0, "val_loss": 20.0 - i, "val_mae": 20.0 - i}, float(i)) for i in range(1, epoch + 1)
    )
    why = f"pruned at epoch {epoch}: val_mae {20 - epoch} is above 12.0, the bound of the trials before it"
    kept = trial(number, 20.0 - epoch, **params)
    return replace(kept, status="PRUNED", epochs=epoch, best_epoch=epoch, reason=why, curve=curve)


def outcome(
    config: SweepConfig, *records: TrialRecord, baselines: dict[str, float] | None = None, **changes: object
) -> Outcome:
    """A search that ended, with two baselines unless others are given."""
    errors = {"last_value": 10.0, "linear": 12.0} if baselines is None else baselines
    values = {
        "config": config,
        "name": "random-12 3f0a",
        "fingerprint": "3f0a",
        "folder": Path("state"),
        "data": "shop",
        "target": "sales",
        "rows": 300,
        "sha256": "5eed",
        "measure": "forecast",
        "records": records,
        "baselines": {name: {"mae": error, "rmse": 2 * error} for name, error in errors.items()},
        "best_baseline": min(errors, key=errors.get, default=None),
        "reason": "3 of 3 trials",
        "trained": len(records),
        "seconds": 75.0,
        "search_seconds": 0.1,
        "tracking_seconds": 1.0,
        "disk": 2_500_000,
        "lineage": {},
        "prior": "",
    }
    return Outcome(**values | changes)
