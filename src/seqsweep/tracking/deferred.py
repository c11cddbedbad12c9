"""A tracker whose store is opened beside the first trials."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from seqsweep.errors import TrackingError
from seqsweep.tracking.retry_queue import FIRST_PAUSE, GOES_ON, LONGEST_PAUSE, kept

if TYPE_CHECKING:
    from pathlib import Path

    from seqsweep.events import Epoch
    from seqsweep.records import TrialRecord, Value
    from seqsweep.tracking.interface import SweepRecord, SweepStatus, Tracker


class DeferredTracker:
    """Opens a tracker in a thread once trials run; what it is told until then waits.

    To load MLflow takes a second of CPU. Before the first trial the whole sweep waits for that second; beside trials it
    is one of many that the cores share. A store that has gone away since the ping is asked again after a pause that
    doubles, as one that goes away later is.

    Args:
        tracker: opened in the thread; told everything else in the thread of the sweep.
        ping: quick, and done before any trial starts; raises TrackingError where nobody answers.
        warn: told once when the store is away, and once when it is back.
        clock: seconds that never run backwards.
    """

    def __init__(
        self,
        tracker: Tracker,
        ping: Callable[[], None],
        warn: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tracker = tracker
        self._ping = ping
        self._warn = warn
        self._clock = clock
        self._sweep: SweepRecord | None = None
        self._opening: Future[None] | None = None
        self._open = False
        self._pause = 0.0  # seconds; 0: the store is not known to be away
        self._next_attempt = 0.0
        self._away = ""  # why it did not answer
        self._told: deque[Callable[[], None]] = deque()
        self._results: set[str] = set()  # trials whose end was told
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
            TrackingError: it cannot be opened, now or later.
        """
        if self._opening is None and self._clock() >= self._next_attempt:
            self._begin()
        if self._is_open():
            self._catch_up()
            self._tracker.poll()

    def recorded(self) -> set[str]:
        """Ids of the trials that the store holds with their result; waits until it is open, or known to be away."""
        return self._tracker.recorded() if self._wait() else set()

    def start_trial(self, trial: TrialRecord) -> None:
        """See Tracker."""
        self._tell(partial(self._tracker.start_trial, trial))

    def log_epoch(self, trial_id: str, epoch: Epoch) -> None:
        """See Tracker."""
        self._tell(partial(self._tracker.log_epoch, trial_id, epoch))

    def end_trial(self, trial: TrialRecord) -> None:
        """See Tracker."""
        self._results.add(trial.trial_id)
        self._tell(partial(self._tracker.end_trial, trial))

    def log_sweep(self, metrics: Mapping[str, float], tags: Mapping[str, str]) -> None:
        """See Tracker."""
        self._tell(partial(self._tracker.log_sweep, metrics, tags))

    def pages(self, *, wait: bool = True) -> tuple[str, Mapping[str, str]]:
        """See Tracker."""
        is_open = self._wait() if wait else self._is_open()
        return self._tracker.pages() if is_open else ("", {})

    def summarise(self, markdown: str) -> None:
        """See Tracker."""
        self._tell(partial(self._tracker.summarise, markdown))

    def log_text(self, text: str, name: str) -> None:
        """See Tracker."""
        self._tell(partial(self._tracker.log_text, text, name))

    def log_model(self, folder: Path, params: Mapping[str, Value]) -> None:
        """See Tracker."""
        self._tell(partial(self._tracker.log_model, folder, params))

    def close(self, status: SweepStatus) -> None:
        """See Tracker; waits until the store is open, or known to be away."""
        if self._sweep is not None and not self._wait():
            lacks = f"the results of {len(self._results)} trials" if self._results else "this sweep"
            raise TrackingError(f"{self._away} and lacks {lacks}; {kept(self._away)}", away=self._away)
        self._tracker.close(status)

    def _tell(self, call: Callable[[], None]) -> None:
        if self._sweep is None:
            raise RuntimeError("the tracker is used before it is opened")
        self._told.append(call)
        if self._is_open():
            self._catch_up()

    def _wait(self) -> bool:
        """Whether the store is open in the end; asks once more where it was away."""
        began = time.perf_counter()
        if self._opening is None:
            self._begin()
        assert self._opening is not None  # it was begun
        self._opening.exception()  # waits
        self._waited += time.perf_counter() - began
        if self._is_open():
            self._catch_up()
        return self._open

    def _begin(self) -> None:
        if self._sweep is None:
            raise RuntimeError("the tracker is used before it is opened")
        thread = ThreadPoolExecutor(1, thread_name_prefix="tracking")
        self._opening = thread.submit(self._tracker.open, self._sweep)
        thread.shutdown(wait=False)  # it ends when the store is open

    def _is_open(self) -> bool:
        """Whether the store was opened.

        Raises:
            TrackingError: it cannot be opened, now or later.
        """
        if self._open or self._opening is None or not self._opening.done():
            return self._open
        error = self._opening.exception()
        if error is None:
            self._open = True
            if self._pause:
                self._warn(f"{self._away.partition(' takes')[0]} answers again; what waited is in it")
        elif isinstance(error, TrackingError) and error.away:
            self._ride_out(error.away)
        else:
            raise error
        return self._open

    def _ride_out(self, away: str) -> None:
        self._opening, self._away = None, away
        if not self._pause:
            self._warn(f"{away}; {GOES_ON}")
        self._pause = min(2 * self._pause, LONGEST_PAUSE) or FIRST_PAUSE
        self._next_attempt = self._clock() + self._pause

    def _catch_up(self) -> None:
        while self._told:
            self._told[0]()  # dropped when it is done: Ctrl-C may come between, and telling twice does no harm
            self._told.popleft()
