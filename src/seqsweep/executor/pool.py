"""Trials in workers that may die, one trial at a time in each; where the workers live is for others to say."""

from __future__ import annotations

import math
import pickle
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Generic

from seqsweep.errors import SweepError
from seqsweep.events import Epoch, Event, Job, Lost, Started, TrialSpec
from seqsweep.executor.protocol import LAST_EVENTS, READY, W, Workers, failed, over_time, printed
from seqsweep.redaction import known

MAX_FAILED_STARTS = 3
"""Workers of one slot that may die in a row before one is ready: an import error would recur for ever."""

CHECK_EVERY = 1.0
"""Seconds: where a child of a trial keeps the pipe open, only asking for the worker's exit code shows that it died."""

FIRST = 8
"""Workers that are started before there is a trial, so that they warm up while the data is read.

The others are started with the first trial: the command of a finished sweep, given again, needs none of them, and 64 of
a cluster that were started and killed took 40 s of the two cores that they shared."""


WAITS = 60.0
"""Seconds without a worker that is ready until that is told; each further time it takes twice as long."""


class WorkerState(Enum):
    """What a worker is doing."""

    STARTING = auto()  # warms up or takes the job: it reads nothing meanwhile, and would block whoever sends much
    IDLE = auto()
    BUSY = auto()  # runs a trial


@dataclass
class Slot(Generic[W]):
    """A place for one trial at a time: its present worker, and the trial that came in and has not ended."""

    worker: W
    state: WorkerState = WorkerState.STARTING
    job: bytes | None = None  # that the worker was sent
    trials: int = 0  # that the worker was sent
    trial: TrialSpec | None = None
    since: float = 0.0  # when it was sent, on the monotonic clock
    sent: float = 0.0  # the same in seconds since 1970, in which records are written
    failed_starts: int = 0  # workers in a row that died before they were ready


class PoolExecutor(Generic[W]):
    """Runs each trial in one of several workers, which are warmed one time: FIRST of them at once, all with a trial.

    A spent worker is killed before the next one is started. Warming is bound by the processor (importing
    TensorFlow and Keras: 3.3 s of processor time in 3.2 s), so that a successor warmed beforehand takes from
    the running trials what it saves (tried on two cores: two workers came to their end no sooner), and holds
    700 MB more.

    Args:
        workers: where they live, and how many.
        warm: called once in each worker with `threads`; a function of a module.
        threads: a trial.
        max_trials_per_worker: trials that a worker runs before a fresh one takes its place.
        time_limit: seconds a trial; None: no limit.

    Raises:
        SweepError: no worker can be started.
    """

    def __init__(
        self,
        *,
        workers: Workers[W],
        warm: Callable[[int], None],
        threads: int,
        max_trials_per_worker: int,
        time_limit: float | None,
    ) -> None:
        self._workers = workers
        self._max_trials_per_worker = max_trials_per_worker
        self._time_limit = time_limit
        self._warm = pickle.dumps((warm, threads, known()))
        self._job: bytes | None = None
        self._events: deque[tuple[str, Event]] = deque()
        self._slots: list[Slot[W]] = []
        self._begun = False  # a trial was submitted
        self._lasts, self._tell_after = 0.0, WAITS  # since when no worker is ready, on the monotonic clock; seconds
        try:
            self._fill()
        except BaseException:
            self.close()
            raise

    @property
    def capacity(self) -> int:
        """See Executor; it follows where the workers live."""
        places = len(self._slots) if self._begun else self._workers.wanted()
        return max(1, min(self._workers.capacity(), places))

    def open(self, job: Job) -> None:
        """See Executor."""
        running = [slot.trial.trial_id for slot in self._slots if slot.trial]
        if running:
            raise RuntimeError(f"trials are running: {', '.join(running)}")
        self._job = pickle.dumps(job)
        for slot in self._slots:
            self._dispatch(slot)

    def submit(self, spec: TrialSpec) -> None:
        """See Executor."""
        if self._job is None:
            raise RuntimeError("open a job first")
        if any(slot.trial and slot.trial.trial_id == spec.trial_id for slot in self._slots):
            raise RuntimeError(f"trial {spec.trial_id} is running")
        if not self._begun:
            self._begun, self._lasts = True, time.monotonic()
            self._fill()
        free = [slot for slot in self._slots if not slot.trial]
        if not free:
            raise RuntimeError(f"{self.capacity} trials are running, which is the capacity")
        slot = next((slot for slot in free if slot.state is WorkerState.IDLE), free[0])
        slot.trial = spec
        self._dispatch(slot)

    def next_event(self, timeout: float) -> tuple[str, Event] | None:
        """See Executor."""
        until = time.monotonic() + timeout
        while not self._events:
            left = until - time.monotonic()
            self._listen(max(0.0, min(left, CHECK_EVERY)))
            if left <= 0:
                break
        return self._events.popleft() if self._events else None

    def waits(self) -> str:
        """See Executor."""
        now = time.monotonic()
        if not all(slot.state is WorkerState.STARTING for slot in self._slots):
            self._lasts, self._tell_after = now, WAITS
        if not self._begun or now - self._lasts < self._tell_after:
            return ""
        self._tell_after *= 2
        why = self._workers.waits([slot.worker for slot in self._slots])
        return f"no trial has run for {now - self._lasts:.0f} seconds: {why}" if why else ""

    def cancel(self, trial_id: str) -> None:
        """See Executor."""
        self._events = deque(event for event in self._events if event[0] != trial_id)
        for slot in self._slots:
            if slot.trial and slot.trial.trial_id == trial_id:
                slot.trial = None
                if slot.state is WorkerState.BUSY:
                    self._replace(slot)

    def close(self) -> None:
        """See Executor."""
        slots, self._slots, self._job = self._slots, [], None
        for slot in slots:
            slot.worker.kill()
        self._workers.close()

    def _fill(self) -> None:
        """Start the workers that are wanted by now; take away those of too many that have no trial."""
        wanted = self._workers.wanted()
        if not self._begun:  # a node that an autoscaler starts for a sweep that has finished costs money
            wanted = min(wanted, self._workers.capacity(), FIRST)
        while len(self._slots) < wanted:
            self._slots.append(Slot(self._new_worker()))
        while len(self._slots) > wanted:
            spare = next((slot for slot in self._slots if not slot.trial and slot.worker.dead), None)
            if spare is None:
                return
            self._slots.remove(spare)
            spare.worker.kill()

    def _listen(self, seconds: float) -> None:
        """Take in what workers say within `seconds`, replace the dead and stop the overdue."""
        self._fill()
        ready = self._workers.ready(
            [slot.worker for slot in self._slots], min([seconds, *map(self._seconds_left, self._slots)])
        )
        for slot in self._slots:
            if slot.worker in ready:
                self._receive(slot)
            elif slot.worker.dead:
                self._replace_dead(slot)
            elif self._time_limit and self._seconds_left(slot) <= 0:
                self._end(slot, over_time(self._time_limit))
                self._replace(slot)

    def _seconds_left(self, slot: Slot[W]) -> float:
        """Until the slot's trial is overdue; not below 0."""
        if self._time_limit is None or slot.state is not WorkerState.BUSY:
            return math.inf
        return max(0.0, slot.since + self._time_limit - time.monotonic())

    def _receive(self, slot: Slot[W]) -> None:
        """Take in what a slot's worker has said, as far as it is still the slot's."""
        worker = slot.worker
        try:
            messages = worker.receive()
        except (EOFError, OSError):
            self._replace_dead(slot)
            return
        for message in messages:
            if slot.worker is worker:
                self._take_in(slot, message)

    def _take_in(self, slot: Slot[W], message: bytes) -> None:
        try:
            said = pickle.loads(message)
        except Exception as error:  # whatever a foreign object raises as it is made again
            self._end(slot, failed(error))
            self._replace(slot)
            return
        if said == READY:
            slot.state = WorkerState.IDLE
            if slot.job:
                slot.failed_starts = 0
            self._dispatch(slot)
        else:
            self._relay(slot, *said)

    def _relay(self, slot: Slot[W], seconds: float, event: Event) -> None:
        """Pass on an event that left the worker `seconds` after its trial began."""
        if self._time_limit is not None and seconds > self._time_limit:
            self._end(slot, over_time(self._time_limit))
            self._replace(slot)
        elif isinstance(event, LAST_EVENTS):
            self._end(slot, event)
            slot.state = WorkerState.IDLE
            if slot.trials >= self._max_trials_per_worker:
                self._replace(slot)
            else:
                self._dispatch(slot)
        elif slot.trial:
            if isinstance(event, Started | Epoch):  # the clock of another machine may be hours off
                event = replace(event, at=slot.sent + seconds)
            self._events.append((slot.trial.trial_id, event))

    def _dispatch(self, slot: Slot[W]) -> None:
        """Give an idle worker what it needs next: the job, the slot's trial, or one whose own worker is not ready."""
        if slot.state is not WorkerState.IDLE or self._job is None:
            return
        if not slot.trial:
            self._take_over(slot)
        if slot.job is not self._job:
            slot.worker.send("job", self._job)
            slot.job, slot.state = self._job, WorkerState.STARTING
        elif slot.trial:
            slot.worker.forget_output()
            slot.sent = time.time()  # before it goes: the worker may begin at once
            slot.worker.send("trial", pickle.dumps(slot.trial))
            slot.since = time.monotonic()
            slot.trials += 1
            slot.state = WorkerState.BUSY

    def _take_over(self, slot: Slot[W]) -> None:
        """Take the trial of a slot whose worker is not ready: one may wait for a machine that never comes."""
        waiting = next((other for other in self._slots if other.trial and other.state is WorkerState.STARTING), None)
        if waiting:
            slot.trial, waiting.trial = waiting.trial, None

    def _end(self, slot: Slot[W], event: Event) -> None:
        """Free a slot of its trial, whose last event this is."""
        if slot.trial:
            self._events.append((slot.trial.trial_id, event))
            slot.trial = None

    def _replace_dead(self, slot: Slot[W]) -> None:
        """Put a fresh worker in place of one that died, whose trial is lost if it had begun."""
        words = slot.worker.last_words(10)
        how = slot.worker.kill()
        if slot.state is WorkerState.BUSY:
            self._end(slot, Lost(how))
        elif slot.state is WorkerState.STARTING:
            slot.failed_starts += 1
            if slot.failed_starts == MAX_FAILED_STARTS:
                raise SweepError(
                    f"{MAX_FAILED_STARTS} workers in a row died before they could run a trial. The last: {how}."
                    "\nMend that, or try executor=inline; if memory ran out, lower executor.workers." + printed(words)
                )
        self._replace(slot)

    def _replace(self, slot: Slot[W]) -> None:
        """Put a fresh worker in a slot and kill the old one; a trial that was not sent yet waits for it."""
        slot.worker.kill()
        slot.worker = self._new_worker()
        slot.state, slot.job, slot.trials = WorkerState.STARTING, None, 0

    def _new_worker(self) -> W:
        worker = self._workers.start()
        worker.send("warm", self._warm)
        return worker
