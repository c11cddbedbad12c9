"""The jobs of a multirun side by side, each in a process of its own with its share of the cores."""

from __future__ import annotations

import os
import pickle
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING

from seqsweep.config.launcher import ALL, COUNT
from seqsweep.errors import LockedError, SweepError
from seqsweep.executor.capacity import WORKER_MEMORY, default_workers, free_memory
from seqsweep.executor.starting import ending, import_path
from seqsweep.interrupts import check, held, something_open
from seqsweep.redaction import known
from seqsweep.schema import SweepConfig
from seqsweep.words import counted

if TYPE_CHECKING:
    from rich.console import Console

    from seqsweep.api.result import Result
    from seqsweep.search import Launch

TICK = 0.5  # seconds that a wait for a line may last, so that Ctrl-C is heard
PATIENCE = 60.0  # seconds that jobs have to end when they are asked to: runs become KILLED, workers go
MODULE = "seqsweep.api.job_process"
NARROWEST = 40  # characters a line
JOB_MEMORY = 2 * WORKER_MEMORY  # bytes that a job is counted with: its own process, and a worker

Say = Callable[[int, str], None]
"""Told a line, and the number of the job that says it, from 0."""


class BrokenJobError(Exception):
    """A fault of ours in the process of a job, which has shown its traceback."""


@dataclass(frozen=True)
class Asked:
    """What the process of a job is sent.

    Args:
        job: its config, checked.
        launch: the command.
        secrets: that this process knows.
    """

    job: SweepConfig
    launch: Launch
    secrets: frozenset[str]


def shared(jobs: Sequence[SweepConfig], at_once: int, say: Callable[[str], None]) -> tuple[list[SweepConfig], int]:
    """The jobs, each with its share of the workers, and how many of them run at once.

    Args:
        jobs: their configs.
        at_once: how many are asked for, or ALL.
        say: is told how cores and memory are divided.
    """
    free = free_memory()
    slots = default_workers(max(job.executor.threads for job in jobs))
    wanted = len(jobs) if at_once == ALL else min(at_once, len(jobs))
    count = max(1, min(wanted, slots, free // JOB_MEMORY))
    each = max(1, min(slots // count, free // count // WORKER_MEMORY - 1))
    if count < wanted and at_once != ALL:
        room = f"the cores are enough for {slots}, and {free / 1e9:.1f} GB of memory are free, at 2 GB each"
        say(f"{count} of the {wanted} jobs that {COUNT}={at_once} asks for run at once: {room}")
    say(f"{len(jobs)} jobs, {count} at a time, each with {counted(each, 'worker')}")
    return [_with_workers(job, each) for job in jobs], count


def _with_workers(job: SweepConfig, most: int) -> SweepConfig:
    if job.executor.kind == "inline":
        return job
    workers = most if job.executor.workers is None else min(job.executor.workers, most)
    return replace(job, executor=replace(job.executor, workers=workers))


def prefixed(shown: Console) -> tuple[Say, int]:
    """How a console shows the lines of jobs, and the characters that are left for them beside the number of the job.

    Args:
        shown: where to.
    """

    def say(number: int, line: str) -> None:
        shown.print(f"job {number + 1}: {line}", soft_wrap=True)

    return say, max(NARROWEST, shown.width - len("job 99: "))


def side_by_side(
    jobs: Sequence[SweepConfig], at_once: int, say: Say, width: int
) -> Generator[tuple[int, Result | Exception]]:
    """Run jobs, some at once; yields the number of each as it ends, and what it came to or why it failed.

    Close it, and those that run are ended as by Ctrl-C, and waited for. A job of the same sweep as another one goes on
    when that one has ended, as it would if it had come behind it.

    Args:
        jobs: their configs, each with its share of the cores.
        at_once: 1 or more.
        say: is told what they say, from the thread of the caller.
        width: characters a line.
    """
    lines: queue.Queue[tuple[int, str]] = queue.Queue()
    waiting, running = deque(range(len(jobs))), dict[int, _JobProcess]()
    pids: dict[int, int] = {}  # of all that were started → the number of the job
    behind: dict[int, list[int]] = {}  # the number of a job → those that wait for its sweep
    launch = _launch(jobs)
    with something_open():
        try:
            while waiting or running:
                while waiting and len(running) < at_once:
                    number = waiting.popleft()
                    with held():
                        asked = Asked(jobs[number], launch, known())
                        running[number] = _JobProcess(number, asked, lines, width)
                    pids[running[number].pid] = number
                _pass_on(lines, say, TICK)
                check()
                for number in [number for number, process in running.items() if process.ended()]:
                    _pass_on(lines, say)
                    came = running.pop(number).came_to()
                    holder = pids.get(came.pid or 0) if isinstance(came, LockedError) else None
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


def _launch(jobs: Sequence[SweepConfig]) -> Launch:
    """What jobs know of the command: none of them begins with trials of another one, whichever ends first."""
    from seqsweep.search import Launch, searched

    began = time.time()
    directories = {job.tracking.directory for job in jobs if job.tuner.prior is not None}
    return Launch(began, frozenset(folder for directory in directories for folder in searched(directory)))


def _pass_on(lines: queue.Queue[tuple[int, str]], say: Say, seconds: float = 0.0) -> None:
    """Say what was said meanwhile; wait up to `seconds` for a first line."""
    with suppress(queue.Empty):
        say(*lines.get(timeout=seconds) if seconds else lines.get_nowait())
        while True:
            say(*lines.get_nowait())


def _stop(processes: Sequence[_JobProcess]) -> None:
    """End them in order; at once where that takes too long, or where somebody asks once more."""
    try:
        for process in processes:
            process.ask_to_end()
        until = time.monotonic() + PATIENCE
        while any(not process.ended() for process in processes) and time.monotonic() < until:
            time.sleep(0.05)
    finally:
        for process in processes:
            process.kill()


class _JobProcess:
    """A process that runs `seqsweep.api.job_process`, what it says, and what its job came to.

    It leads a process group, so that Ctrl-C in a terminal reaches the command alone, which ends it; its stdin, to which
    nothing is written, stays open as long as the command lives, by which it sees that end. A file without a name, which
    nobody has to take away, holds first what is asked, then what came of it.

    Args:
        number: of the job.
        asked: what it is to do.
        lines: gets what it says.
        width: characters a line.
    """

    def __init__(self, number: int, asked: Asked, lines: queue.Queue[tuple[int, str]], width: int) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `kill`
        self._file.write(pickle.dumps(asked))
        self._file.flush()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-u", "-m", MODULE, str(self._file.fileno())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[self._file.fileno()],
            env={**os.environ, "PYTHONPATH": import_path(), "COLUMNS": str(width), "PYTHONIOENCODING": "utf-8"},
            process_group=0,
        )
        assert self._process.stdin is not None and self._process.stdout is not None  # both are pipes
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        self._reader = threading.Thread(target=_read, args=(self._stdout, number, lines), daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def ended(self) -> bool:
        """Whether it has, and all that it said is in the queue."""
        if self._process.poll() is None:
            return False
        self._reader.join(timeout=5)  # not for ever: whatever it has started may keep the pipe open
        return True

    def came_to(self) -> Result | Exception:
        """Its answer, once it has ended."""
        code = self._process.returncode
        try:
            if code == 0:
                self._file.seek(0)
                answer: Result | Exception = pickle.load(self._file)
                return answer
        finally:
            self.kill()
        return SweepError(f"the process of this job {ending(code)}; what it finished is kept, the same command resumes")

    def ask_to_end(self) -> None:
        """As by `kill`: its runs become KILLED, its workers go, then it ends."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once; its workers see it."""
        if self._process.poll() is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        self._reader.join(timeout=5)
        for end in (self._stdin, self._stdout, self._file):
            with suppress(OSError):  # a pipe that nobody reads any more
                end.close()


def _read(stream: IO[bytes], number: int, lines: queue.Queue[tuple[int, str]]) -> None:
    with suppress(ValueError):  # it was closed: nobody reads on
        for line in stream:
            lines.put((number, line.decode(errors="replace").rstrip()))
