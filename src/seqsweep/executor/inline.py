"""Trials in the sweep's own process, one at a time."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator

from seqsweep.events import Event, Job, Lost, TrialSpec
from seqsweep.executor.protocol import LAST_EVENTS, over_time, whole_trial


class InlineExecutor:
    """Runs a trial a step further at each `next_event`, whose `timeout` it therefore cannot keep.

    Args:
        warm: called with `threads` once, as the first job is opened.
        threads: a trial.
        time_limit: seconds a trial, looked at whenever it yields an event; None: no limit.
    """

    capacity = 1

    def __init__(self, warm: Callable[[int], None], threads: int, time_limit: float | None) -> None:
        self._warm: Callable[[int], None] | None = warm
        self._threads = threads
        self._time_limit = time_limit
        self._job: Job | None = None
        self._running: tuple[str, Generator[Event, None, None]] | None = None
        self._seconds = 0.0  # that the running trial took so far

    def open(self, job: Job) -> None:
        """See Executor."""
        if self._running:
            raise RuntimeError(f"trial {self._running[0]} is running")
        if self._warm:
            self._warm(self._threads)
            self._warm = None
        self._job = job

    def submit(self, spec: TrialSpec) -> None:
        """See Executor."""
        if self._job is None:
            raise RuntimeError("open a job first")
        if self._running:
            raise RuntimeError(f"trial {self._running[0]} is running and capacity is 1")
        self._running = spec.trial_id, whole_trial(self._job, spec)
        self._seconds = 0.0

    def next_event(self, timeout: float) -> tuple[str, Event] | None:  # noqa: ARG002 - part of the interface
        """See Executor; None, at once, when no trial is running."""
        if not self._running:
            return None
        trial_id, events = self._running
        event: Event
        since = time.monotonic()
        try:
            event = next(events)
        except SystemExit as error:
            event = Lost(f"the trial ended the process with exit code {error.code}")
        self._seconds += time.monotonic() - since  # what the sweep does between two events is not the trial's
        if self._time_limit is not None and self._seconds > self._time_limit:
            event = over_time(self._time_limit)
        if isinstance(event, LAST_EVENTS):
            self.cancel(trial_id)
        return trial_id, event

    def waits(self) -> str:
        """See Executor; nothing is waited for."""
        return ""

    def cancel(self, trial_id: str) -> None:
        """See Executor."""
        if self._running and self._running[0] == trial_id:
            _, events = self._running
            self._running = None
            # A job that cannot clean up has nobody to tell: its events are asked for no more.
            with contextlib.suppress(Exception):
                events.close()

    def close(self) -> None:
        """See Executor."""
        self._job = None
        if self._running:
            self.cancel(self._running[0])
