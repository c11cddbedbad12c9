"""A tracker whose store is opened beside the first trials."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from seqsweep.events import Epoch
    from seqsweep.records import TrialRecord, Value
    from seqsweep.tracking.interface import SweepRecord, SweepStatus, Tracker


class DeferredTracker:
    """Opens a tracker in a thread once trials run; what it is told until then waits.

    To load MLflow takes a second of CPU. Before the first trial the whole sweep waits for that second; beside trials it
    is one of many that the cores share.

    Args:
        tracker: opened in the thread; told everything else in the thread of the sweep.
        ping: quick, and done before any trial starts; raises TrackingError where nobody answers.
    """

    def __init__(self, tracker: Tracker, ping: Callable[[], None]) -> None:
        self._tracker = tracker
        self._ping = ping
        self._sweep: SweepRecord | None = None
        self._opening: Future[None] | None = None
        self._told: deque[Callable[[], None]] = deque()
        self._waited = 0.0  # seconds

    @property
    def seconds(self) -> float:
        """Spent inside the tracker or waiting for it."""
        return self._tracker.seconds + self._waited

    def open(self, sweep: SweepRecord) -> None:
        """Ask whether the store is there; it is opened by the first `poll`.

        Raises:
            TrackingError: it does not answer, is no store, or cannot be written. What only MLflow can tell, such as
                tables of another release, is raised by a later call.
        """
        began = time.perf_counter()
        self._ping()
        self._waited += time.perf_counter() - began
        self._sweep = sweep

    def poll(self) -> None:
        """Begin to open the store, or tell it what waits.

        Raises:
            TrackingError: it cannot be opened.
        """
        opening = self._begun()
        if opening.done():
            self._catch_up(opening)
            self._tracker.poll()

    def recorded(self) -> set[str]:
        """Ids of the trials that the store holds with their result; waits until it is open."""
        self._wait()
        return self._tracker.recorded()

    def start_trial(self, trial: TrialRecord) -> None:
        """See Tracker."""
        self._tell(partial(self._tracker.start_trial, trial))

    def log_epoch(self, trial_id: str, epoch: Epoch) -> None:
        """See Tracker."""
        self._tell(partial(self._tracker.log_epoch, trial_id, epoch))

    def end_trial(self, trial: TrialRecord) -> None:
        """See Tracker."""
        self._tell(partial(self._tracker.end_trial, trial))

    def log_sweep(self, metrics: Mapping[str, float], tags: Mapping[str, str]) -> None:
        """See Tracker."""
        self._tell(partial(self._tracker.log_sweep, metrics, tags))

    def summarise(self, markdown: str) -> None:
        """See Tracker."""
        self._tell(partial(self._tracker.summarise, markdown))

    def log_text(self, text: str, name: str) -> None:
        """See Tracker."""
        self._tell(partial(self._tracker.log_text, text, name))

    def log_file(self, path: Path, folder: str) -> None:
        """See Tracker; waits until the store is open, since the file may not stay."""
        self._wait()
        self._tracker.log_file(path, folder)

    def log_model(self, folder: Path, params: Mapping[str, Value]) -> None:
        """See Tracker."""
        self._tell(partial(self._tracker.log_model, folder, params))

    def close(self, status: SweepStatus) -> None:
        """See Tracker; waits until the store is open."""
        if self._sweep is not None:
            self._wait()
        self._tracker.close(status)

    def _tell(self, call: Callable[[], None]) -> None:
        if self._sweep is None:
            raise RuntimeError("the tracker is used before it is opened")
        self._told.append(call)
        if self._opening is not None and self._opening.done():
            self._catch_up(self._opening)

    def _wait(self) -> None:
        began = time.perf_counter()
        opening = self._begun()
        opening.exception()  # waits
        self._waited += time.perf_counter() - began
        self._catch_up(opening)

    def _begun(self) -> Future[None]:
        if self._sweep is None:
            raise RuntimeError("the tracker is used before it is opened")
        if self._opening is None:
            thread = ThreadPoolExecutor(1, thread_name_prefix="tracking")
            self._opening = thread.submit(self._tracker.open, self._sweep)
            thread.shutdown(wait=False)  # it ends when the store is open
        return self._opening

    def _catch_up(self, opening: Future[None]) -> None:
        opening.result()  # raises what went wrong
        while self._told:
            self._told[0]()  # dropped when it is done: Ctrl-C may come between, and telling twice does no harm
            self._told.popleft()
