"""The ask and tell loop: source → executor → events → records, tracker, source."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from seqsweep import interrupts, search_space
from seqsweep.errors import StateError
from seqsweep.events import Cause, Done, Epoch, Event, Failed, Lost, Note, Pruned, Started, TrialSpec
from seqsweep.executor import Executor
from seqsweep.metrics import Metric
from seqsweep.records import TrialRecord, TrialStatus
from seqsweep.schema import SweepConfig
from seqsweep.search.observer import Observer
from seqsweep.search.running import RunningTrials
from seqsweep.search.source import Source
from seqsweep.search.sweep_state import SweepState
from seqsweep.tracking import Tracker
from seqsweep.tuner import Exhausted, Proposal, Wait

TICK = 0.5  # seconds that a wait for an event may last, so that Ctrl-C and a clock are heard


@dataclass
class Running:
    """A trial that a worker has.

    Args:
        slot: of the executor.
        spec: what the worker was told.
        record: as it began; `so_far` has what came since.
        curve: its epochs; to make a record of each would take longer with every epoch.
    """

    slot: str
    spec: TrialSpec
    record: TrialRecord
    curve: list[Epoch] = field(default_factory=list)

    def so_far(self) -> TrialRecord:
        """Its record now."""
        return dataclasses.replace(self.record, curve=tuple(self.curve))


@dataclass
class Loop:
    """Runs trials until their source has no more to propose.

    Args:
        config: of the sweep.
        state: where finished trials are kept.
        source: proposes trials: the search, or the finals.
        executor: runs them; its job is open.
        tracker: shows them.
        observer: is told.
        kept: trials that had ended when the last process died, by id.
        objective: ranks trials.
        reference: the best baseline's score by it, which `val_skill` is measured against; None: no skill.
    """

    config: SweepConfig
    state: SweepState
    source: Source
    executor: Executor
    tracker: Tracker
    observer: Observer
    kept: Mapping[str, TrialRecord]
    objective: Metric
    reference: float | None
    trained: int = 0
    choosing: float = 0.0  # seconds that the source took to propose trials and to learn how they ended
    _running: dict[str, Running] = field(default_factory=dict)
    _over: str = ""

    def run(self) -> str:
        """Run to the end; returns why nothing more is proposed."""
        for proposal in self.source.running():
            if proposal.trial_id in self.kept:  # it ended before the last process died, which had no time to tell
                self._tell(self.kept[proposal.trial_id])
        watched = RunningTrials(self.state.folder, self.tracker)
        while True:
            self._submit()
            if not self._running:
                watched.end()
                return self._over
            interrupts.check()
            self.tracker.poll()
            watched.tell(running.so_far() for running in self._running.values())
            answer = self.executor.next_event(TICK)
            if answer is None:
                if told := self.executor.waits():
                    self.observer.say(told)
            elif answer[0] in self._running:
                self._take(self._running[answer[0]], answer[1])

    def _submit(self) -> None:
        """Ask for as many trials as there is room for now: a cluster grows and shrinks."""
        capacity = self.executor.capacity
        if len(self._running) >= capacity:
            return
        used = {running.slot for running in self._running.values()}
        for slot in [f"slot{number}" for number in range(capacity)]:
            if slot in used or len(self._running) >= capacity:
                continue
            asked = time.perf_counter()
            answer = self.source.ask(slot)
            self.choosing += time.perf_counter() - asked
            if isinstance(answer, Exhausted):
                self._over = answer.reason
                return
            if isinstance(answer, Wait):
                return
            self._start(slot, answer)

    def _start(self, slot: str, proposal: Proposal) -> None:
        spec = self.source.spec(proposal)
        record = TrialRecord(
            trial_id=proposal.trial_id,
            number=proposal.number,
            name=self.source.name(proposal),
            status="RUNNING",
            kind=self.source.kind,
            params=search_space.plain(proposal.params),
            started=time.time(),
            seed=spec.seed,
            last_epoch=proposal.last_epoch,
            origin=proposal.origin,
            continues=proposal.continues,
            final_of=self.source.final_of(proposal),
            fold=spec.fold,
        )
        self._running[proposal.trial_id] = Running(slot, spec, record)
        self.tracker.start_trial(record)
        self.observer.started(record)
        self.executor.submit(spec)

    def _take(self, running: Running, event: Event) -> None:
        """One event of a running trial.

        Raises:
            StateError: the disk refused what the trial had to keep.
        """
        trial_id = running.record.trial_id
        if isinstance(event, Started):
            running.record = dataclasses.replace(running.record, started=event.at)
            running.curve.clear()
        elif isinstance(event, Epoch):
            running.curve.append(event)
            self.tracker.log_epoch(trial_id, event)
            self.observer.epoch(running.record, event)
        elif isinstance(event, Note):
            running.record = dataclasses.replace(running.record, note=event.text)
            self.observer.say(f"trial {running.record.number}: {event.text}")
        elif isinstance(event, Failed) and event.cause is Cause.STATE:  # not told: it runs again on resume
            raise StateError(f"trial {running.record.number}: {event.reason}")
        elif isinstance(event, Lost) and running.record.retries < self.config.executor.max_retries:
            running.record = dataclasses.replace(running.record, retries=running.record.retries + 1)
            self.observer.say(f"{running.record.name}: {event.reason}; it runs again in a new worker")
            self.executor.submit(running.spec)
        else:
            self._end(running, event)

    def _end(self, running: Running, event: Event) -> None:
        del self._running[running.record.trial_id]
        record = self._finished(running, event)
        if isinstance(event, Done):
            self.state.keep(record.trial_id, event)
        self.state.write(record)
        self.trained += 1
        self._tell(record)

    def _tell(self, record: TrialRecord) -> None:
        """Tell everyone how a trial ended; its record is on disk already, so that a kill from here on costs nothing."""
        score = record.metrics.get(f"val_{self.objective.name}") if record.status == "COMPLETED" else None
        told = time.perf_counter()
        self.source.tell(record, score)
        self.choosing += time.perf_counter() - told
        self.tracker.end_trial(record)
        self.observer.ended(record, score)

    def _finished(self, running: Running, event: Event) -> TrialRecord:
        """The record of a trial that ended."""
        record = running.so_far()
        if isinstance(event, Done):
            skilled = {} if running.spec.fold else self._skill(event.result.metrics)
            record = dataclasses.replace(record, **vars(event.result))
            record = dataclasses.replace(record, metrics={**event.result.metrics, **skilled})
        elif isinstance(event, Pruned):
            record = dataclasses.replace(record, **vars(event.result), reason=event.reason)
        elif isinstance(event, Failed):
            record = dataclasses.replace(record, cause=event.cause, reason=event.reason, detail=event.detail)
        elif isinstance(event, Lost):
            reason = f"{event.reason}, {record.retries + 1} times"
            record = dataclasses.replace(record, cause=Cause.LOST, reason=reason)
        return dataclasses.replace(record, status=_status(event), ended=time.time())

    def _skill(self, metrics: Mapping[str, float]) -> dict[str, float]:
        if self.reference is None:
            return {}
        return {"val_skill": self.objective.skill(metrics[f"val_{self.objective.name}"], self.reference)}


def _status(event: Event) -> TrialStatus:
    """Of a trial whose last event this is."""
    if isinstance(event, Pruned):
        return "PRUNED"
    return "COMPLETED" if isinstance(event, Done) else "FAILED"
