"""One owner of a search: asks its oracle, tells it, and keeps every trial through any kill."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqsweep import search_space
from seqsweep.errors import StateError
from seqsweep.events import TrialParams
from seqsweep.records import Origin
from seqsweep.tuner import pruners, state_file
from seqsweep.tuner.patience import without_a_better_one
from seqsweep.tuner.rebuild import known
from seqsweep.tuner.state_file import Step, TunerState, TunerTrial

if TYPE_CHECKING:
    from seqsweep.schema import SweepConfig
    from seqsweep.tuner.remote_oracle import Oracle


@dataclass(frozen=True)
class Proposal:
    """A trial to run: it has `first_epoch` epochs behind it and trains until they are `last_epoch`."""

    trial_id: str
    number: int  # counted from 1, in the order of proposal
    params: TrialParams
    values: Mapping[str, Any]  # what sets it apart, in plain values, by the name of the dimension
    first_epoch: int
    last_epoch: int
    continues: str | None  # the trial whose checkpoint it goes on from
    first_trial: str  # which trained the network's first epoch: itself, or the first of those that it continues
    origin: Origin
    bounds: Mapping[int, float] = field(default_factory=dict)  # by epoch, the cost above which it is pruned


@dataclass(frozen=True)
class Wait:
    """Some running trial must end before the next can be proposed."""


@dataclass(frozen=True)
class Exhausted:
    """There is nothing more to propose; running trials may still be told."""

    reason: str  # `12 of 12 trials`


@dataclass
class Tuner:
    """Proposes trials and learns from their scores.

    Not safe for several threads or processes: whoever runs the sweep owns it.

    Args:
        config: the sweep; its search space must be free of faults.
        oracle: chooses the points.
        path: of the state file; read if it is there.
        over: says why nothing new may begin, whatever the oracle has left; nothing while it may.

    Raises:
        StateError: the file is truncated or belongs to another search.
    """

    config: SweepConfig
    oracle: Oracle
    path: Path
    over: Callable[[], str] = field(default=str, kw_only=True)
    _records: dict[str, TunerTrial] = field(default_factory=dict, init=False)
    _ended: list[str] = field(default_factory=list, init=False)
    _open: dict[str, TunerTrial] = field(default_factory=dict, init=False)  # those that run, in the order of proposal
    _slots: dict[str, str] = field(default_factory=dict, init=False)  # slot → the trial that it runs
    _draining: bool = field(default=False, init=False)  # one of it was told: the rest ends before the next begins
    _crashes: int = field(default=0, init=False)  # in a row, since this process began: a resume is a fresh start

    def __post_init__(self) -> None:
        """Take up the state file, or write the first."""
        self._points = search_space.Points(self.config)
        self._search = state_file.depends_on(self.config)
        self._file = state_file.StateFile(self.path)
        state = state_file.read(self.path, self._search)
        if state is None:
            self._save()
        else:
            self._load(state)
            if self._file.has_steps():  # the last one may have been cut off
                self._save()

    def ask(self, slot: str) -> Proposal | Wait | Exhausted:
        """The next trial for the worker `slot`.

        Trials that were running when the last process died come first, under their ids and with their values.
        A slot that asks again before its trial was told gets the same trial. In synchronous order (`executor.order`),
        nothing new is proposed once one of the running trials was told, until all of them were: what comes then
        does not depend on who was faster.

        Raises:
            StateError: the state cannot be written.
        """
        again = self._slots.get(slot) or next(iter(self._orphans()), None)
        if again is not None:
            self._slots[slot] = again
            return self._proposal(self._records[again])
        if self._draining and self.config.executor.order == "synchronous":
            return Wait()
        reason = self._over()
        if reason:
            return Exhausted(reason)
        trial_id = f"{len(self._records) + 1:04d}"
        index = len(self._records)
        warm = index < len(self._points.warm_starts)
        record = known(self._points, self.oracle, trial_id, index) if warm else self._chosen(trial_id)
        if not isinstance(record, TunerTrial):
            return record
        if self.config.tuner.pruner != "none":
            record.after = len(self._ended)
        if record.known:
            self.oracle.begin(trial_id, record.values)
        self._records[trial_id] = self._open[trial_id] = record
        self._slots[slot] = trial_id
        self._save(record)
        return self._proposal(record)

    def tell(
        self,
        trial_id: str,
        score: float | None,
        message: str = "",
        crashed: bool = False,
        costs: Sequence[float] = (),
        pruned: bool = False,
        objectives: Sequence[float | None] = (),
    ) -> None:
        """Take the result of a running trial.

        Args:
            trial_id: of the trial that ended.
            score: lower is better; None: it was pruned; or it failed or diverged, and counts as the worst.
            message: why it failed, in a sentence.
            crashed: it failed for a reason that may lie outside the trial; a divergence is a result, not a
                crash.
            costs: where trials are pruned, what it would have scored at each epoch.
            pruned: it was stopped because it fell behind; the oracle is told what it would have come to.
            objectives: where there are several, its cost by each, the one that ranks first; None: not known.

        Raises:
            ValueError: the score is not finite, or the trial is not running.
            StateError: the state cannot be written.
        """
        record = self._open.get(trial_id)
        if record is None:
            raise ValueError(f"trial {trial_id} is not running; running: {[p.trial_id for p in self.running()]}")
        if score is not None and not math.isfinite(score):
            raise ValueError(f"trial {trial_id}: the score {score} is not finite; tell None for a trial that diverged")
        if pruned:
            score = pruners.estimate(costs, self._judges(record))
        record.status = "PRUNED" if pruned else "COMPLETED" if score is not None else "FAILED"
        record.score, record.message, record.costs = score, message, tuple(costs)
        record.objectives = pruners.known_costs(score, objectives)
        self._crashes = self._crashes + 1 if crashed else 0
        self._ended.append(trial_id)
        del self._open[trial_id]
        self._slots = {slot: running for slot, running in self._slots.items() if running != trial_id}
        if record.known:
            self.oracle.finish(trial_id, score, record.objectives)
        self._draining = bool(self._open)
        self._save(record)

    def known(self) -> list[str]:
        """The ids of all trials, in the order of proposal."""
        return list(self._records)

    def ended(self) -> list[str]:
        """The ids of the trials that were told, in the order of proposal."""
        return sorted(self._ended, key=int)

    def proposal(self, trial_id: str) -> Proposal:
        """A trial as it was proposed, whether it has ended or not."""
        return self._proposal(self._records[trial_id])

    def running(self) -> list[Proposal]:
        """Every trial that was proposed and not told, in the order of proposal."""
        return [self._proposal(record) for record in self._open.values()]

    def promotable(self) -> set[str]:
        """The trials whose checkpoints may still be continued; the checkpoints of all others can be deleted.

        A running trial is among them if what it is about to leave may be continued.
        """
        return self.oracle.promotable()

    def consult(self) -> None:
        """Have the oracle hear all that it was told, which is done at once where something is left to propose.

        Raises:
            StateError: its trials and what it remembers do not belong together.
        """
        with self._fitting():
            self.oracle.promotable()

    def best(self, count: int) -> list[str]:
        """The ids of the best finished trials, best first; fewer where fewer have a score."""
        records = [record for record in self._records.values() if record.status == "COMPLETED"]
        scored = [(record.score, record.trial_id) for record in records if record.score is not None]
        return [trial_id for _, trial_id in sorted(scored)[:count]]

    def _over(self) -> str | None:
        limits = self.config.tuner
        if self._crashes >= limits.max_consecutive_failures:
            message = self._records[self._ended[-1]].message
            return f"{self._crashes} failures in a row" + (f", the last: {message}" if message else "")
        if limits.max_trials is not None and len(self._records) >= limits.max_trials:
            return f"{len(self._records)} of {limits.max_trials} trials"
        if limits.max_epochs is not None and (planned := self._planned()) >= limits.max_epochs:
            return f"{planned} of {limits.max_epochs} epochs (tuner.max_epochs)"
        if limits.patience is not None and (waited := without_a_better_one(self._in_order())) >= limits.patience:
            return f"{waited} trials in a row brought no better one (tuner.patience)"
        return self.over() or None

    def _planned(self) -> int:
        """Epochs of all trials that were proposed."""
        return sum(self._last_epoch(record) - _first_epoch(record) for record in self._records.values())

    def _in_order(self) -> Iterator[TunerTrial]:
        """The trials that were told, in that order."""
        return (self._records[trial_id] for trial_id in self._ended)

    def _chosen(self, trial_id: str) -> TunerTrial | Wait | Exhausted:
        answer = self.oracle.populate_space(trial_id)
        if answer["status"] == "RUNNING":
            return TunerTrial(trial_id, answer["values"])
        return (
            Wait() if answer["status"] == "IDLE" else Exhausted(self.oracle.why_stopped(search_space.size(self.config)))
        )

    def _orphans(self) -> list[str]:
        held = set(self._slots.values())
        return [trial_id for trial_id in self._open if trial_id not in held]

    def _proposal(self, record: TunerTrial) -> Proposal:
        point = (
            self._points.warm_starts[record.warm_start]
            if record.warm_start is not None
            else self._points.params(record.values)
        )
        return Proposal(
            trial_id=record.trial_id,
            number=int(record.trial_id),
            params=point,
            values=self._points.active(point),
            first_epoch=_first_epoch(record),
            last_epoch=self._last_epoch(record),
            continues=record.values.get("tuner/trial_id"),
            first_trial=self._first_trial(record),
            origin="oracle" if record.warm_start is None else "warm_start",
            bounds=pruners.bounds(self.config, self._judges(record)) if self.config.tuner.pruner != "none" else {},
        )

    def _last_epoch(self, record: TunerTrial) -> int:
        return int(record.values.get("tuner/epochs", self.config.trial.epochs))

    def _judges(self, record: TunerTrial) -> list[pruners.Reported]:
        """What the trials came to by which this one may be pruned: those that had ended when it was proposed."""
        return state_file.judges(self.config, record, self._ended, self._records)

    def _first_trial(self, record: TunerTrial) -> str:
        while before := record.values.get("tuner/trial_id"):
            record = self._records[before]
        return record.trial_id

    def _save(self, changed: TunerTrial | None = None) -> None:
        """Keep the state.

        Args:
            changed: the trial that was asked for, or told; None: there may be others.
        """
        memory = self.oracle.memory()
        if changed is not None and self._file.takes(len(self._records)):
            self._file.add(Step(changed, self._draining, memory))
        else:
            trials = tuple(self._records.values())
            self._file.write(TunerState(self._search, trials, tuple(self._ended), self._draining, memory))

    def _load(self, state: TunerState) -> None:
        self._records = {trial.trial_id: trial for trial in state.trials}
        self._open = {trial.trial_id: trial for trial in state.trials if trial.status == "RUNNING"}
        self._ended = list(state.ended)
        self._draining = state.draining
        with self._fitting():
            for record in self._records.values():
                if record.known:
                    self.oracle.begin(record.trial_id, record.values)
            for ended in self._in_order():
                if ended.known:
                    self.oracle.finish(ended.trial_id, ended.score, ended.objectives)
            self.oracle.recall(state.oracle)
        if self._open or not self._over():
            self.consult()

    @contextmanager
    def _fitting(self) -> Iterator[None]:
        try:
            yield
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            told = f"{self.path}: its trials and what the oracle remembers do not belong together"
            raise StateError(f"{told}; {state_file.anew(self.path)}") from error


def _first_epoch(record: TunerTrial) -> int:
    return int(record.values.get("tuner/initial_epoch", 0))
