"""What every place to run offers a sweep, and how a job's events are made whole before they leave it."""

from __future__ import annotations

import contextlib
import errno
import pickle
import re
import time
import traceback
from collections.abc import Collection, Generator, Iterator, Sequence
from typing import Protocol, TypeVar

from seqsweep import memory
from seqsweep.errors import DivergedError, SeqsweepError, StateError
from seqsweep.events import Cause, Done, Event, Failed, Job, Lost, Pruned, TrialSpec
from seqsweep.redaction import redacted

LAST_EVENTS = (Done, Pruned, Failed, Lost)
"""A trial ends with exactly one of these."""

READY = "ready"
"""What a worker answers when it has warmed up, and when it has taken a job."""


class Executor(Protocol):
    """Runs trials somewhere and relays their events; workers begin to warm up as it is made.

    The events of one trial come in their order and end with one of Done, Pruned, Failed, Lost. For one thread, and to
    be closed in `finally`; after an exception from `next_event` it can only be closed.
    """

    @property
    def capacity(self) -> int:
        """Trials at once; on a cluster it changes while a sweep runs."""

    def open(self, job: Job) -> None:
        """Say how trials are run, before the first `submit`; each worker gets the job once, megabytes or not.

        Raises:
            RuntimeError: a trial is running.
        """

    def submit(self, spec: TrialSpec) -> None:
        """Run a trial.

        Raises:
            RuntimeError: no job is open, `capacity` trials are running, or one of this id is.
        """

    def next_event(self, timeout: float) -> tuple[str, Event] | None:
        """The next (trial id, event), or None if none came within `timeout` seconds.

        Raises:
            SweepError: no worker can be started.
        """

    def waits(self) -> str:
        """Why no trial has begun, once that has lasted; empty while it is not to be told, which is mostly."""

    def cancel(self, trial_id: str) -> None:
        """Stop a trial: no further event of it comes. Of a trial that is not running, nothing happens."""

    def close(self) -> None:
        """Stop everything and leave no process behind; once more does nothing."""


class Worker(Protocol):
    """Obeys `warm`, `job` and `trial` as executor.worker says, in a process that may be on another machine."""

    @property
    def dead(self) -> bool:
        """Whether it is known to have died, and nothing that it said is left to read."""

    def send(self, command: str, payload: bytes) -> None:
        """Send a command; to a dead worker, in vain: its end will be read.

        Args:
            command: `warm`, `job` or `trial`.
            payload: pickled, what the command takes.
        """

    def receive(self) -> Sequence[bytes]:
        """Its next messages, once `Workers.ready` has named it; none, where that was nothing to tell.

        Raises:
            OSError: it died; EOFError too.
        """

    def forget_output(self) -> None:
        """Drop what it printed so far."""

    def last_words(self, most: int) -> list[str]:
        """The last lines that it printed, as far as they are known.

        Args:
            most: lines.
        """

    def kill(self) -> str:
        """End it; returns how it had ended, if it had ended before."""


W = TypeVar("W", bound=Worker)


class Workers(Protocol[W]):
    """Where workers live."""

    def wanted(self) -> int:
        """Workers that there should be now, 1 or more."""

    def capacity(self) -> int:
        """How many of these can run now, as far as it is known; 0: a cluster that grows has yet to start a node."""

    def waits(self, workers: Sequence[W]) -> str:
        """Why none of them has a place to run; empty: some have, or it is not known.

        Args:
            workers: of which none is ready.
        """

    def start(self) -> W:
        """A new worker.

        Raises:
            SweepError: none can be started.
        """

    def ready(self, workers: Sequence[W], seconds: float) -> Collection[W]:
        """Those that have something to tell, as soon as there are any.

        Args:
            workers: all that live.
            seconds: the longest wait.
        """

    def close(self) -> None:
        """Leave the place where they live, all of them killed; once more does nothing."""


def whole_trial(job: Job, spec: TrialSpec) -> Generator[Event, None, None]:
    """The events of one trial; whatever the job does, the last is one of LAST_EVENTS, and none follows.

    Exceptions become Failed; what is no `Exception` (KeyboardInterrupt, SystemExit) passes.

    Args:
        job: runs the trial; it may raise anything.
        spec: of the trial.
    """
    last: Event = Failed(Cause.ERROR, "the job ended without a result")
    try:
        events = job(spec)
        # Closed before the last event leaves: whoever sees a trial end may rely on its clean-up.
        with contextlib.closing(events) if isinstance(events, Generator) else contextlib.nullcontext():
            for event in events:
                if isinstance(event, LAST_EVENTS):
                    last = event
                    break
                yield event
    except Exception as error:  # a trial may fail in any way; the sweep goes on
        last = failed(error)
    yield last


def messages(job: Job, spec: TrialSpec) -> Iterator[bytes]:
    """The events of one trial as a worker sends them: pickled pairs (seconds since the trial began, event).

    An event that cannot be pickled ends its trial.

    Args:
        job: runs the trial; it may raise anything.
        spec: of the trial.
    """
    since = time.monotonic()
    for event in whole_trial(job, spec):
        seconds = time.monotonic() - since
        try:
            yield pickle.dumps((seconds, event))
        except Exception as error:  # whatever a foreign object raises as it is pickled
            yield pickle.dumps((seconds, failed(error)))
            return


def failed(error: Exception) -> Failed:
    """An exception as the end of a trial: one line for the leaderboard, the traceback beside it."""
    lines = str(error).strip().splitlines()
    text = lines[0] if lines else "no message"
    reason = text if isinstance(error, SeqsweepError) else f"{type(error).__name__}: {text}"
    if memory.shortage(error) is not None:
        said = re.sub(r"\{\{.*?\}\}|\[Op:.*?\]", "", text).strip()  # TensorFlow's names of nodes
        reason = f"memory ran out ({said}); a smaller network, batch or window needs less"
    return Failed(_cause(error), shortened(reason), redacted("".join(traceback.format_exception(error))))


def _cause(error: Exception) -> Cause:
    """What `Failed` calls the reason of an exception."""
    if isinstance(error, DivergedError):
        return Cause.DIVERGED
    # A full disk is no fault of the trial that met it, whichever of its writes did.
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    return Cause.STATE if full or isinstance(error, StateError) else Cause.ERROR


def over_time(limit: float) -> Failed:
    """The end of a trial that ran longer than `limit` seconds."""
    return Failed(Cause.TIME_LIMIT, f"it ran longer than executor.time_limit={limit:g} seconds")


def printed(words: Sequence[str]) -> str:
    """What a worker printed last, as further lines of an error.

    Args:
        words: lines; none: nothing is known of it.
    """
    return "".join(f"\n  {line}" for line in ("What it printed last:", *words)) if words else ""


def shortened(text: str, most: int = 300) -> str:
    """`text` without secrets, in at most `most` characters.

    Args:
        text: of one line.
        most: characters, 1 or more; the last of a text that was cut is `…`.
    """
    text = redacted(text)  # before it is cut: half a secret is not seen to be one
    return text if len(text) <= most else text[: most - 1] + "…"
