"""A tracker whose store is opened, and written to, beside the trials."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from seqsweep.errors import TrackingError
from seqsweep.tracking.retry_queue import FIRST_PAUSE, GOES_ON, LONGEST_PAUSE, kept

if TYPE_CHECKING:
    from pathlib import Path

    from seqsweep.events import Epoch
    from seqsweep.records import TrialRecord, Value
    from seqsweep.tracking.interface import NumberedEvaluation, SweepRecord, SweepStatus, Tracker

POLL_EVERY = 0.5  # seconds between two looks at what is due; what trials tell waits for the next
MOST_WAITING = 10_000
"""Calls that may wait for a store that is slower than the trials, some megabytes; then the sweep waits for it.

Ten seconds of 64 slots with trials of three seconds: as many as a store may take to open, or a busy machine keep it."""

LOOK_EVERY = 0.05  # seconds, at a store that is waited for


class DeferredTracker:
    """Opens a tracker in a thread from the first `poll` on, and tells it there what the sweep tells.

    To load MLflow takes a second of CPU, and to write a trial some 50 ms, half of them spent waiting for a disk or a
    server. The sweep would wait for that second; in a thread it passes while TensorFlow is imported elsewhere. A store
    that has gone away since the ping is asked again after a pause that doubles, as one that goes away later is.

    Args:
        tracker: used by one thread at a time.
        ping: quick, and done before any trial starts; raises TrackingError where nobody answers.
        warn: told once when the store is away, and once when it is back; in the thread of the sweep.
        clock: seconds that never run backwards.
        said: what the tracker itself has to tell, to be passed on to `warn`.
        first: whether the store of a sweep is to be opened before any trial starts, since only that shows whether it
            can be written; quick.
    """

    def __init__(
        self,
        tracker: Tracker,
        ping: Callable[[], None],
        warn: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
        said: deque[str] | None = None,
        first: Callable[[SweepRecord], bool] = lambda _: False,
    ) -> None:
        self._tracker = tracker
        self._ping = ping
        self._first = first
        self._warn = warn
        self._clock = clock
        self._sweep: SweepRecord | None = None
        self._said: deque[str] = deque() if said is None else said
        self._thread: ThreadPoolExecutor | None = None
        self._opening: Future[None] | None = None
        self._telling: Future[None] | None = None
        self._poll_due = 0.0  # on the clock
        self._open = False
        self._pause = 0.0  # seconds; 0: the store is not known to be away
        self._next_attempt = 0.0
        self._away = ""  # why it did not answer
        self._pages: tuple[str, Mapping[str, str]] = ("", {})
        self._looking = False
        self._told: deque[Callable[[], None]] = deque()
        self._results: set[str] = set()  # trials whose end was told
        self._waited = 0.0  # seconds

    @property
    def seconds(self) -> float:
        """That the sweep waited for the tracker."""
        return self._waited

    def open(self, sweep: SweepRecord) -> None:
        """Ask whether the store is there; it is opened by the first `poll`, or now where no ping would do.

        Raises:
            TrackingError: it does not answer, is no store, or cannot be written. What only MLflow can tell, such as
                tables of another release, is raised by a later call.
        """
        with self._waiting():
            self._ping()
            self._sweep = sweep
            if self._first(sweep):
                self._begin()
                assert self._opening is not None  # it was begun
                wait([self._opening])
                self._is_open()

    def poll(self) -> None:
        """Begin to open the store, or have it told what waits.

        Raises:
            TrackingError: it cannot be opened, now or later.
        """
        if self._opening is None and self._clock() >= self._next_attempt:
            self._begin()
        if self._is_open() and self._clock() >= self._poll_due:
            self._go_on()
        self._pass_on()

    def recorded(self) -> set[str]:
        """Ids of the trials that the store holds with their result; waits until it is open, or known to be away."""
        with self._waiting():
            return self._tracker.recorded() if self._wait() else set()

    def evaluations(self, sha256: str) -> Mapping[str, NumberedEvaluation]:
        """See Tracker; waits until the store is open, or known to be away."""
        with self._waiting():
            return self._tracker.evaluations(sha256) if self._wait() else {}

    def start_trial(self, trial: TrialRecord) -> None:
        """See Tracker."""
        self._put(partial(self._tracker.start_trial, trial))

    def log_epoch(self, trial_id: str, epoch: Epoch) -> None:
        """See Tracker."""
        self._put(partial(self._tracker.log_epoch, trial_id, epoch))

    def end_trial(self, trial: TrialRecord) -> None:
        """See Tracker."""
        self._results.add(trial.trial_id)
        self._put(partial(self._tracker.end_trial, trial))

    def tag_trial(self, trial_id: str, tags: Mapping[str, str]) -> None:
        """See Tracker."""
        self._tell(partial(self._tracker.tag_trial, trial_id, tags))

    def log_sweep(self, metrics: Mapping[str, float], tags: Mapping[str, str]) -> None:
        """See Tracker."""
        self._tell(partial(self._tracker.log_sweep, metrics, tags))

    def pages(self, *, wait: bool = True) -> tuple[str, Mapping[str, str]]:
        """See Tracker; where nobody waits, those of the last time that the thread looked, which then looks again."""
        if wait:
            with self._waiting():
                return self._tracker.pages() if self._wait() else ("", {})
        if not self._looking:
            self._looking = True
            self._put(self._look)
        return self._pages

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
        if self._sweep is None:
            self._tracker.close(status)
            return
        with self._waiting():
            there = self._wait()
        if not there:
            lacks = f"the results of {len(self._results)} trials" if self._results else "this sweep"
            raise TrackingError(f"{self._away} and lacks {lacks}; {kept(self._away)}", away=self._away)
        try:
            self._tracker.close(status)
        finally:
            self._pass_on()
        if self._thread is not None:
            self._thread.shutdown(wait=False)
            self._thread = None

    def _look(self) -> None:
        self._pages = self._tracker.pages()
        self._looking = False

    def _tell(self, call: Callable[[], None]) -> None:
        self._put(call)
        if self._is_open():
            self._go_on()

    def _put(self, call: Callable[[], None]) -> None:
        """Have it told with the next `poll` that is due: to wake the thread costs more than most calls do."""
        if self._sweep is None:
            raise RuntimeError("the tracker is used before it is opened")
        self._told.append(call)
        if len(self._told) > MOST_WAITING and self._is_open():
            self._go_on()
            assert self._telling is not None  # it goes on
            with self._waiting():  # no longer than there are too many: to wait for all would leave slots idle meanwhile
                while len(self._told) > MOST_WAITING and not self._telling.done():
                    wait([self._telling], LOOK_EVERY)

    def _go_on(self) -> None:
        """Have the thread tell what waits, unless it is at it.

        Raises:
            TrackingError: what it told last ended so.
        """
        if self._telling is None or self._telling.done():
            self._settle()
            self._poll_due = self._clock() + POLL_EVERY
            self._telling = self._in_thread(self._catch_up)

    def _settle(self) -> None:
        """Wait until the thread has told what it was to tell; raises what came of it."""
        if self._telling is not None:
            wait([self._telling])
            telling, self._telling = self._telling, None
            telling.result()

    def _wait(self) -> bool:
        """Whether the store is open in the end, and was told everything; asks once more where it was away."""
        if self._opening is None:
            self._begin()
        assert self._opening is not None  # it was begun
        wait([self._opening])
        try:
            if self._is_open():
                self._settle()
                # Ctrl-C may have come when the thread was asked and this one did not know it yet.
                self._in_thread(lambda: None).result()
                self._catch_up()
        finally:
            self._pass_on()
        return self._open

    def _begin(self) -> None:
        if self._sweep is None:
            raise RuntimeError("the tracker is used before it is opened")
        self._opening = self._in_thread(partial(self._tracker.open, self._sweep))

    def _in_thread(self, call: Callable[[], None]) -> Future[None]:
        """One after the other."""
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="tracking")
        return self._thread.submit(call)

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
        self._tracker.poll()

    def _pass_on(self) -> None:
        while self._said:
            self._warn(self._said.popleft())

    @contextmanager
    def _waiting(self) -> Iterator[None]:
        """Counts the seconds that the sweep is kept."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self._waited += time.perf_counter() - began
