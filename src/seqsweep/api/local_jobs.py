"""A job in a process of its own on this machine, with its share of the cores and the memory."""

from __future__ import annotations

import os
import pickle
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING
from uuid import uuid4

from seqsweep.config.launcher import ALL, COUNT, JOB
from seqsweep.errors import SweepError
from seqsweep.executor.capacity import WORKER_MEMORY, default_workers, free_memory
from seqsweep.executor.starting import ending, import_path
from seqsweep.schema import SweepConfig
from seqsweep.words import counted

if TYPE_CHECKING:
    from seqsweep.api.result import Result
    from seqsweep.search import Launch

MODULE = "seqsweep.api.job_process"
JOB_MEMORY = 2 * WORKER_MEMORY  # bytes that a job is counted with: its own process, and a worker

Lines = queue.Queue[tuple[int, str]]
"""What jobs say, each line with the number of its job."""


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
    secrets: tuple[str, ...]


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
    return [with_workers(job, each) for job in jobs], count


def with_workers(job: SweepConfig, most: int) -> SweepConfig:
    """A job that runs no more trials at once.

    Args:
        job: its config; the workers of a Ray cluster are none of this machine.
        most: workers that there is room for.
    """
    if job.executor.kind != "processes":
        return job
    workers = most if job.executor.workers is None else min(job.executor.workers, most)
    return replace(job, executor=replace(job.executor, workers=workers))


class LocalJobs:
    """Where jobs run: on this machine.

    Args:
        at_once: as many of them, 1 or more.
        width: characters a line.
    """

    def __init__(self, at_once: int, width: int) -> None:
        self.at_once = at_once
        self._width = width

    def start(self, asked: Mapping[int, Asked], lines: Lines) -> dict[int, LocalJob]:
        """See Place."""
        return {number: LocalJob(number, one, lines, self._width, uuid4().hex, MODULE) for number, one in asked.items()}

    def close(self) -> None:
        """See Place."""


class LocalJob:
    """A process that runs `seqsweep.api.job_process`, what it says, and what its job came to.

    It leads a process group, so that Ctrl-C in a terminal reaches the command alone, which ends it; its stdin, to which
    nothing is written, stays open as long as the command lives, by which it sees that end. A file without a name, which
    nobody has to take away, holds first what is asked, then what came of it.

    Args:
        number: of the job.
        asked: what it is to do.
        lines: gets what it says.
        width: characters a line.
        name: what a lock says of whose it is.
        module: that it runs.
    """

    def __init__(self, number: int, asked: Asked, lines: Lines, width: int, name: str, module: str) -> None:
        self.name = name
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `kill`
        self._file.write(pickle.dumps(asked))
        self._file.flush()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-u", "-m", module, str(self._file.fileno())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[self._file.fileno()],
            env={**os.environ, JOB: name, **line_settings(width)},
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


def _read(stream: IO[bytes], number: int, lines: Lines) -> None:
    with suppress(ValueError):  # it was closed: nobody reads on
        for line in stream:
            lines.put((number, line.decode(errors="replace").rstrip()))


def line_settings(width: int) -> dict[str, str]:
    """The environment of a process of this software whose lines are shown elsewhere.

    Args:
        width: characters a line.
    """
    return {"PYTHONPATH": import_path(), "COLUMNS": str(width), "PYTHONIOENCODING": "utf-8"}
