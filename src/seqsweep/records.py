"""The record of a trial: what a sweep keeps of it, and all that is ever shown of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from seqsweep.events import Cause, Epoch
from seqsweep.redaction import redacted

Value = str | int | float | bool | None
"""Of a parameter."""

TrialStatus = Literal["RUNNING", "COMPLETED", "PRUNED", "FAILED"]
RunKind = Literal["trial", "final", "refit"]
"""A trial of the search, one of its best trained again, or the winner trained once more on all of the data."""

Origin = Literal["warm_start", "oracle", "finals"]
"""Who proposed it: `search_space.warm_start`, the oracle, or the finals."""


@dataclass(frozen=True)
class TrialRecord:
    """One trial of the search, or one final run.

    Args:
        trial_id: its own within the sweep; `number` counts from 1, and a final run has that of its trial.
        name: `trial 13: GRU, 2 × 32 units`.
        params: all parameters by their plain names, see `search_space.plain`.
        metrics: scores of the best epoch, in the unit of the data; none where it failed; of a pruned one the losses and
            the objective.
        curve: what each epoch gave.
        started: seconds since 1970, and likewise `ended`; None: not known yet.
        kind: of the search, or a final run.
        seed: trains it again from its first epoch.
        last_epoch: the most epochs that it was given, over promotions.
        origin: who proposed it.
        continues: the trial that it went on from.
        final_of: of a final run: the trial that it repeats.
        fold: of a final run: counted from 0, the sweep's own split.
        retries: times that it was begun again because its worker was lost.
        note: what its user must know although it went on.
        epochs: as in TrialResult, like `best_epoch`, `parameter_count`, `latency_ms`, `latency_spread_ms`, `seconds`,
            `kernels`, `threads`; None and empty where it failed.
        cause: why it failed; None: it did not.
        reason: why it failed or was pruned, in a sentence.
        detail: a traceback.
    """

    trial_id: str
    number: int
    name: str
    status: TrialStatus
    params: Mapping[str, Value] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    curve: tuple[Epoch, ...] = ()
    started: float | None = None
    ended: float | None = None
    kind: RunKind = "trial"
    seed: int = 0
    last_epoch: int = 0
    origin: Origin = "oracle"
    continues: str | None = None
    final_of: str | None = None
    fold: int = 0
    retries: int = 0
    note: str = ""
    epochs: int | None = None
    best_epoch: int | None = None
    parameter_count: int | None = None
    latency_ms: float | None = None
    latency_spread_ms: float | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    kernels: str = ""
    threads: int | None = None
    cause: Cause | None = None
    reason: str = ""
    detail: str = ""

    def __post_init__(self) -> None:
        for name in ("note", "reason", "detail"):  # the words of others, which may quote an address
            if text := getattr(self, name):
                object.__setattr__(self, name, redacted(text))

    def scores(self, objective: str) -> tuple[float, ...]:
        """What it would have scored had it ended after each of its epochs: the objective at the best `val_loss` so far.

        Args:
            objective: by its name on validation: `val_mae`.
        """
        found: list[float] = []
        best, score = math.inf, math.nan
        for point in self.curve:
            if point.metrics["val_loss"] < best:
                best, score = point.metrics["val_loss"], point.metrics[objective]
            if point.epoch > 0:  # 0 is a network that was solved, before its first step
                found.append(score)
        return tuple(found)

    @property
    def duration(self) -> float | None:
        """Seconds from its start to its end; None: it has not ended."""
        return None if self.started is None or self.ended is None else self.ended - self.started
