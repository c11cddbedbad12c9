"""What crosses the border between a sweep and the process that trains: plain frozen values, no heavy library."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class TrialParams(Mapping[str, Any]):
    """One point of the search space: every hyperparameter that is active in a trial, by name and as an attribute.

    What may have another value in each layer is a tuple with one entry a layer (`units`, `dropout`), and `depth` is
    their length. What is not active is not there: `params.weight_decay` of a trial without it raises, while
    `params.get("weight_decay")` is None. It never changes; equal values make equal points.

    Raises:
        ValueError: tuples of several lengths, or another `depth`.
    """

    __slots__ = ("_values",)
    _values: dict[str, Any]

    def __init__(self, **values: Any) -> None:
        depths = {len(value) for value in values.values() if isinstance(value, tuple)}
        if depths and len(depths | {values.setdefault("depth", max(depths))}) > 1:
            raise ValueError(f"one entry a layer is needed, and one depth: {values}")
        object.__setattr__(self, "_values", values)

    def replace(self, **changes: Any) -> TrialParams:
        """The same point but for `changes`; the depth is that of the tuples."""
        values = {**self._values, **changes}
        layered = [value for value in changes.values() if isinstance(value, tuple)]
        return TrialParams(**values | ({"depth": len(layered[0])} if layered and "depth" not in changes else {}))

    def __getitem__(self, name: str) -> Any:
        if name not in self._values:
            raise KeyError(self._missing(name))
        return self._values[name]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._values:
            raise AttributeError(name if name.startswith("_") else self._missing(name))
        return self._values[name]

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{name}={value}: a point never changes; replace() gives another one")

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return hash(frozenset(self._values.items()))

    def __reduce__(self) -> tuple[Callable[[dict[str, Any]], TrialParams], tuple[dict[str, Any]]]:
        return _trial_params, (self._values,)  # the default would set the slot, which never changes

    def __repr__(self) -> str:
        return f"TrialParams({', '.join(f'{name}={value!r}' for name, value in self._values.items())})"

    def _missing(self, name: str) -> str:
        return f"this trial has no hyperparameter {name!r}; it has {', '.join(self._values)}"


def _trial_params(values: dict[str, Any]) -> TrialParams:
    return TrialParams(**values)


CALIBRATION = -1
"""The fold whose train part lacks its end, on which a network that has not learned from it shows how far it errs."""

REFIT = -2
"""The fold whose train part is all of the data: what serves is trained on it, once its scores are known."""


@dataclass(frozen=True)
class TrialSpec:
    """All that a worker is told of a trial.

    Epochs are cumulative over promotions: a trial that continues another starts at `first_epoch` (0 for a fresh one)
    and trains until `last_epoch` epochs are behind it, with the seed of the first of them. What it continues travels
    with it, and what it leaves with its last event: no file is needed that both sides can reach.

    Args:
        trial_id: its own.
        params: the point of the search space.
        seed: of initial weights, dropout and the order of items.
        first_epoch: epochs behind it.
        last_epoch: epochs at which it ends, unless it stops earlier.
        continues: the trial that it goes on from.
        continue_from: the checkpoint which that trial left; None although it continues one: the checkpoint is gone.
        checkpoint: whether its own is wanted at the end, because it may be continued.
        fold: validation parts by which train and validation end earlier: rolling origins; or CALIBRATION, or REFIT.
        network: whether the weights of its best epoch are wanted, to forecast with.
        bounds: by epoch, the cost above which it is pruned.
        rates: of REFIT, the learning rate of each epoch; empty: all have that of the parameters.
    """

    trial_id: str
    params: TrialParams
    seed: int
    first_epoch: int
    last_epoch: int
    continues: str | None = None
    continue_from: bytes | None = field(default=None, repr=False)
    checkpoint: bool = False
    fold: int = 0
    network: bool = False
    bounds: Mapping[int, float] = field(default_factory=dict)
    rates: tuple[float, ...] = ()


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
        kernels: of its layers: `fast`, `keras`, or `mixed`.
        threads: of an operation.
        latency_ms: of a single forecast, see `trial.latency`: measured, so that the next time it is another figure;
            None: nobody asked for it. `latency_spread_ms` likewise: how far single ones lie apart.
    """

    metrics: Mapping[str, float]
    epochs: int
    best_epoch: int
    parameter_count: int
    seed: int
    seconds: Mapping[str, float] = field(default_factory=dict)
    kernels: str = ""
    threads: int | None = None
    latency_ms: float | None = None
    latency_spread_ms: float | None = None


@dataclass(frozen=True)
class Started:
    """A worker took the trial up; `at` is in seconds since the epoch."""

    pid: int
    at: float


@dataclass(frozen=True)
class Epoch:
    """One epoch (counted from 1, over promotions) ended; 0 is a network that was solved, before its first step."""

    epoch: int
    metrics: Mapping[str, float]
    at: float


@dataclass(frozen=True)
class Note:
    """Something that the user must know of a trial that goes on all the same."""

    text: str  # one sentence


@dataclass(frozen=True)
class Done:
    """The trial ended as it should; with it comes what its spec wants to be kept."""

    result: TrialResult
    checkpoint: bytes | None = field(default=None, repr=False)
    network: bytes | None = field(default=None, repr=False)  # the weights of its best epoch


@dataclass(frozen=True)
class Pruned:
    """The trial fell behind the others and was stopped: no failure, and no score to rank by.

    Args:
        result: of the epochs that it trained; of the metrics the losses and the objective alone.
        reason: what it fell behind, in a sentence.
    """

    result: TrialResult
    reason: str


class Cause(StrEnum):
    """Why a trial failed."""

    DIVERGED = "diverged"  # a result: its loss became NaN, infinite, or far worse than a constant forecast
    ERROR = "error"
    TIME_LIMIT = "time limit"
    LOST = "lost"  # with its worker, more often than `executor.max_retries` allows
    STATE = "state"
    """A full disk. That says nothing against the trial that met it: whoever hears of it stops the sweep and records
    nothing, so that the same command runs the trial again."""


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


Event = Started | Epoch | Note | Done | Pruned | Failed | Lost

Job = Callable[[TrialSpec], Iterator[Event]]
"""Runs one trial: yields Started, then an Epoch each, Notes between, then Done, Pruned or Failed. Picklable."""
