"""What crosses the border between a sweep and the process that trains: plain frozen values, no heavy library."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True)
class TrialParams:
    """One point of the search space, complete: everything that may differ between two trials of a sweep.

    `units` and `dropout` have one entry a recurrent layer, so their length is the depth.
    """

    layer: str
    units: tuple[int, ...]
    activation: str
    dropout: tuple[float, ...]
    use_bias: bool
    window: int
    learning_rate: float
    batch_size: int
    optimizer: str
    linear_skip: bool
    anchor: str
    scaler: str
    clip_quantile: float | None
    log1p: bool
    difference: int
    seasonal_difference: int

    @property
    def depth(self) -> int:
        """Recurrent layers."""
        return len(self.units)


@dataclass(frozen=True)
class TrialSpec:
    """All that a worker is told of a trial.

    Epochs are cumulative over promotions: a trial that continues another starts at `first_epoch` (0 for a fresh one)
    and trains until `last_epoch` epochs are behind it, with the seed of the first of them. Checkpoints are paths
    of files that both sides can reach.
    """

    trial_id: str
    params: TrialParams
    seed: int
    first_epoch: int
    last_epoch: int
    continue_from: str | None = None  # the checkpoint of the trial that this one continues
    checkpoint: str | None = None  # where to leave a checkpoint at the end; None: nobody will continue it
    fold: int = 0  # validation parts by which train and validation end earlier: rolling origins
    network: str | None = None  # where to leave the weights of the best epoch; None: nobody will forecast with them


@dataclass(frozen=True)
class TrialResult:
    """What a finished trial has to say.

    Args:
        metrics: of the best epoch: `loss` and `val_loss` on scaled targets, `val_mae` and its like in the unit of the
            data.
        epochs: behind it at the end, over promotions; `best_epoch` likewise counts from 1.
        parameter_count: of the network.
        seed: trains it again from its first epoch: a continued trial goes on with that of its beginning.
        seconds: by activity: `tracing`, `training`, `validation` and so on.
        kernels: of its layers: `fast` or `keras`.
        threads: of an operation.
    """

    metrics: Mapping[str, float]
    epochs: int
    best_epoch: int
    parameter_count: int
    seed: int
    seconds: Mapping[str, float] = field(default_factory=dict)
    kernels: str = ""
    threads: int | None = None


@dataclass(frozen=True)
class Started:
    """A worker took the trial up; `at` is in seconds since the epoch."""

    pid: int
    at: float


@dataclass(frozen=True)
class Epoch:
    """One epoch (counted from 1, over promotions) ended."""

    epoch: int
    metrics: Mapping[str, float]
    at: float


@dataclass(frozen=True)
class Note:
    """Something that the user must hear of a trial that goes on all the same."""

    text: str  # one sentence


@dataclass(frozen=True)
class Done:
    """The trial ended as it should."""

    result: TrialResult


class Cause(StrEnum):
    """Why a trial failed."""

    DIVERGED = "diverged"  # a result: its loss became NaN, infinite, or far worse than a constant forecast
    ERROR = "error"
    TIME_LIMIT = "time limit"
    LOST = "lost"  # with its worker, more often than `executor.max_retries` allows
    STATE = "state"
    """The disk refused what the trial had to keep. That says nothing against the trial: whoever hears of it stops the
    sweep and records nothing, so that the same command runs the trial again."""


@dataclass(frozen=True)
class Failed:
    """The trial ended otherwise."""

    cause: Cause
    reason: str  # one sentence for the leaderboard
    detail: str = ""  # a traceback, for an artifact


@dataclass(frozen=True)
class Lost:
    """The worker died under the trial: nothing is known against the trial itself."""

    reason: str


Event = Started | Epoch | Note | Done | Failed | Lost

Job = Callable[[TrialSpec], Iterator[Event]]
"""Runs one trial: yields Started, then an Epoch each, Notes between them, then Done or Failed. It must be picklable."""
