"""The jobs of a multirun side by side, wherever a launcher runs them: what they say, and what each comes to."""

from __future__ import annotations

import queue
import time
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from seqsweep.api.local_jobs import Asked, Lines, LocalJobs, shared
from seqsweep.config.launcher import JOBLIB, Launcher
from seqsweep.errors import LockedError, UserError
from seqsweep.interrupts import check, held, something_open
from seqsweep.redaction import known
from seqsweep.schema import SweepConfig

if TYPE_CHECKING:
    from rich.console import Console

    from seqsweep.api.result import Result
    from seqsweep.search import Launch

TICK = 0.5  # seconds that a wait for a line may last, so that Ctrl-C is heard
PATIENCE = 60.0  # seconds that jobs have to end when they are asked to: runs become KILLED, workers go
NARROWEST = 40  # characters a line

Say = Callable[[int, str], None]
"""Told a line, and the number of the job that says it, from 0."""


class BrokenJobError(Exception):
    """A fault of ours in the process of a job, which has shown its traceback."""


class ElsewhereError(UserError):
    """Where a job ran is no place for any of them."""


class Running(Protocol):
    """A job that was started.

    Args:
        name: what a lock says of whose it is.
    """

    name: str

    def ended(self) -> bool:
        """Whether it has, and all that it said is among the lines."""

    def came_to(self) -> Result | Exception:
        """Its answer, once it has ended."""

    def ask_to_end(self) -> None:
        """As by `kill`: its runs become KILLED, its workers go, then it ends."""

    def kill(self) -> None:
        """End it at once."""


class Place(Protocol):
    """Where jobs run.

    Args:
        at_once: as many of them.
    """

    at_once: int

    def start(self, asked: Mapping[int, Asked], lines: Lines) -> Mapping[int, Running]:
        """Start jobs.

        Args:
            asked: what each is to do, by its number.
            lines: get what they say.

        Raises:
            UserError: none of them can be started there.
        """

    def close(self) -> None:
        """Take away what was needed to run them."""


def place_of(
    launcher: Launcher, jobs: Sequence[SweepConfig], say: Callable[[str], None], width: int
) -> tuple[list[SweepConfig], Place]:
    """Where a launcher runs jobs, and these with as many workers as there is room for.

    Args:
        launcher: what the command line names.
        jobs: their configs.
        say: is told how cores and memory are divided.
        width: characters a line.
    """
    if launcher.kind == JOBLIB:
        given, count = shared(jobs, launcher.at_once, say)
        return given, LocalJobs(count, width)
    from seqsweep.api.submitit_jobs import submitit_jobs

    return submitit_jobs(launcher, jobs, say, width)


def prefixed(shown: Console) -> tuple[Say, int]:
    """How a console shows the lines of jobs, and the characters that are left for them beside the number of the job.

    Args:
        shown: where to.
    """

    def say(number: int, line: str) -> None:
        shown.print(f"job {number + 1}: {line}", soft_wrap=True)

    return say, max(NARROWEST, shown.width - len("job 99: "))


def side_by_side(jobs: Sequence[SweepConfig], place: Place, say: Say) -> Generator[tuple[int, Result | Exception]]:
    """Run jobs, some at once; yields the number of each as it ends, and what it came to or why it failed.

    Close it, and those that run are ended as by Ctrl-C, and waited for. A job of the same sweep as another one goes on
    when that one has ended, as it would if it had come behind it.

    Args:
        jobs: their configs, each with its share of the cores.
        place: where they run.
        say: is told what they say, from the thread of the caller.

    Raises:
        UserError: they cannot run there.
    """
    lines: Lines = queue.Queue()
    waiting, running = deque(range(len(jobs))), dict[int, Running]()
    names: dict[str, int] = {}  # of all that were started → the number of the job
    behind: dict[int, list[int]] = {}  # the number of a job → those that wait for its sweep
    launch = _launch(jobs)
    with something_open():
        try:
            while waiting or running:
                free = min(len(waiting), place.at_once - len(running))
                asked = {number: Asked(jobs[number], launch, tuple(sorted(known()))) for number in list(waiting)[:free]}
                if asked:
                    with held():
                        started = place.start(asked, lines)
                        running.update(started)
                    names |= {one.name: number for number, one in started.items()}
                    waiting = deque(number for number in waiting if number not in asked)
                _pass_on(lines, say, TICK)
                check()
                for number in [number for number, one in running.items() if one.ended()]:
                    _pass_on(lines, say)
                    came = running.pop(number).came_to()
                    if isinstance(came, ElsewhereError):
                        raise came
                    holder = names.get(came.job or "") if isinstance(came, LockedError) else None
                    if holder is None:
                        yield number, came
                    elif holder in running:
                        say(number, f"this is the sweep of job {holder + 1}, and goes on when that one has ended")
                        behind.setdefault(holder, []).append(number)
                    else:
                        waiting.appendleft(number)
                    waiting.extendleft(reversed(behind.pop(number, [])))
        finally:
            _stop(list(running.values()))
            place.close()


def _launch(jobs: Sequence[SweepConfig]) -> Launch:
    """What jobs know of the command: none of them begins with trials of another one, whichever ends first."""
    from seqsweep.search import Launch, searched

    began = time.time()
    directories = {job.tracking.directory for job in jobs if job.tuner.prior is not None}
    return Launch(began, frozenset(folder for directory in directories for folder in searched(directory)))


def _pass_on(lines: Lines, say: Say, seconds: float = 0.0) -> None:
    """Say what was said meanwhile; wait up to `seconds` for a first line."""
    with suppress(queue.Empty):
        say(*lines.get(timeout=seconds) if seconds else lines.get_nowait())
        while True:
            say(*lines.get_nowait())


def _stop(running: Sequence[Running]) -> None:
    """End them in order; at once where that takes too long, or where somebody asks once more."""
    try:
        for one in running:
            one.ask_to_end()
        until = time.monotonic() + PATIENCE
        while any(not one.ended() for one in running) and time.monotonic() < until:
            time.sleep(0.05)
    finally:
        for one in running:
            one.kill()
