"""What runs now, for whoever watches a sweep: a small file that is written again while trials run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from seqsweep.errors import StateError
from seqsweep.records import TrialRecord
from seqsweep.search.links import keep_links
from seqsweep.search.outcome import is_running
from seqsweep.state_files import read_state, write_state
from seqsweep.tracking import Tracker

RUNNING = "running.json"
EVERY = 2.0  # seconds between two writes: a page asks as often
LINKS_EVERY = 10.0  # likewise of the addresses of all runs, which may be thousands


@dataclass(frozen=True)
class RunningTrial:
    """A trial, or final run, that has not ended.

    Args:
        trial_id: as in its record, like `name`, `started` and `last_epoch`.
        epoch: the last one that it told of; 0: none yet.
        page: the path of its run in MLflow's UI; empty: it has none yet.
    """

    trial_id: str
    name: str
    started: float
    epoch: int
    last_epoch: int
    page: str = ""


@dataclass(frozen=True)
class _File:
    trials: tuple[RunningTrial, ...]


class RunningTrials:
    """Keeps the file of a sweep. Nothing depends on it, so that a disk which refuses it is met elsewhere.

    Args:
        folder: of the sweep.
        tracker: knows where MLflow shows each run.
        clock: seconds that never run backwards.
    """

    def __init__(self, folder: Path, tracker: Tracker, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._tracker = tracker
        self._clock = clock
        self._due = self._links_due = 0.0
        self._told: tuple[RunningTrial, ...] = ()
        self._linked = 0

    def tell(self, records: Iterable[TrialRecord]) -> None:
        """Write them down where the last time is long ago, and something has changed."""
        if self._clock() < self._due:
            return
        self._due = self._clock() + EVERY
        sweep, pages = self._tracker.pages(wait=False)
        self._write(tuple(_running(record, pages.get(record.trial_id, "")) for record in records))
        if len(pages) != self._linked and self._clock() >= self._links_due:
            self._links_due, self._linked = self._clock() + LINKS_EVERY, len(pages)
            with suppress(StateError):
                keep_links(self._folder, sweep, pages)

    def end(self) -> None:
        """Nothing runs any more."""
        self._write(())

    def _write(self, trials: tuple[RunningTrial, ...]) -> None:
        if trials != self._told:
            self._told = trials
            with suppress(StateError):
                write_state(self._folder / RUNNING, _File(trials))


def running_trials(folder: Path) -> tuple[RunningTrial, ...]:
    """The trials that run now; none where the sweep does not run, or has not told of any.

    Args:
        folder: of the sweep.

    Raises:
        StateError: the file is truncated or foreign.
    """
    file = folder / RUNNING
    return read_state(file, _File).trials if is_running(folder) and file.exists() else ()


def _running(record: TrialRecord, page: str) -> RunningTrial:
    epoch = record.curve[-1].epoch if record.curve else 0
    return RunningTrial(record.trial_id, record.name, record.started or 0.0, epoch, record.last_epoch, page)
