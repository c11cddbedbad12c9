"""How a process of this machine is started, and what is known of it; as an interpreter of its own, to begin with."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Protocol

from seqsweep.errors import SweepError
from seqsweep.interrupts import SIGNALS

THREAD_SETTINGS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)

FORK = b"fork"
"""What `fork_server` is asked for."""

Preload = Callable[[], None]
"""Imports what trials need, and starts no thread; a function of a module."""


class Child(Protocol):
    """A process that was started; it leads a process group."""

    @property
    def pid(self) -> int:
        """Its process id; 0: it never began."""

    def has_ended(self) -> bool:
        """Whether it has."""

    def end(self) -> int | None:
        """Kill it and whatever it started; its exit code, or -N where signal N ended it; None: nobody knows."""


class Starter(Protocol):
    """Starts processes that run `executor.worker`."""

    def start(self, pipe: int, log: IO[bytes]) -> Child:
        """A new one.

        Args:
            pipe: descriptor of its end of the pipe; it may be closed afterwards.
            log: takes what it prints.

        Raises:
            SweepError: the system starts no process.
        """

    def abandon(self) -> None:
        """What has not begun yet need not begin."""

    def close(self) -> None:
        """End what was started to start others; once more does nothing."""

    def last_words(self) -> str:
        """What was printed by that; mostly nothing."""


class Interpreters:
    """Starts each as an interpreter of its own.

    Launched as a module of its own, not by `multiprocessing`: that runs the caller's `__main__` again in the
    child, which fails from stdin and imports the command line for nothing.

    Args:
        threads: of a trial, for the libraries that read it from the environment.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads

    def start(self, pipe: int, log: IO[bytes]) -> Child:
        """See Starter."""
        settings = worker_settings(self._threads)
        return _Interpreter(launched("seqsweep.executor.worker", pipe, settings, stdin=subprocess.PIPE, log=log))

    def abandon(self) -> None:
        """See Starter."""

    def close(self) -> None:
        """See Starter."""

    def last_words(self) -> str:
        """See Starter."""
        return ""


class _Interpreter:
    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self.pid = process.pid

    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def end(self) -> int | None:
        # An ending process keeps the exit code that it chose; its id is no other's until it is waited for.
        kill_group(self.pid)
        code = self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()
        return code


def own_log() -> IO[bytes]:
    """A file for what a process prints: it has no name, so nothing is left of it; it can be cut, being appended to."""
    log = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever asked
    fcntl.fcntl(log, fcntl.F_SETFL, fcntl.fcntl(log, fcntl.F_GETFL) | os.O_APPEND)
    return log


def read_end(log: IO[bytes]) -> str:
    """The last 8 kB of a log that another process writes."""
    size = os.fstat(log.fileno()).st_size
    # pread: both processes share the file's position.
    return os.pread(log.fileno(), 8192, max(0, size - 8192)).decode(errors="replace")


def import_path() -> str:
    """PYTHONPATH of a process that finds what this one does."""
    # An empty entry is the working directory, which the worker may leave.
    return os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)


def launched(
    module: str,
    number: int,
    settings: Mapping[str, str],
    *,
    stdin: int = subprocess.DEVNULL,
    log: IO[bytes] | None = None,
) -> subprocess.Popen[bytes]:
    """An interpreter that runs a module of ours, which is told the number of a descriptor.

    It leads a process group: Ctrl-C in a terminal reaches the parent alone, which decides, and a kill reaches
    whatever a trial has started. It hears no signal until it calls `interrupts.leave_to_parent`.

    Args:
        module: that runs.
        number: of a descriptor, which it inherits.
        settings: of its environment, beside those of this process and the import path.
        stdin: as of `subprocess`.
        log: takes what it prints; None: that goes where what this process prints goes.

    Raises:
        SweepError: the system starts no process.
    """
    with _blocked_signals():
        try:
            return subprocess.Popen(
                # -P: the working directory is no place to import from, unless it is one for the parent.
                [sys.executable, "-P", "-m", module, str(number)],
                stdin=stdin,
                stdout=log,
                stderr=log,
                pass_fds=[number],
                env={**os.environ, "PYTHONPATH": import_path(), **settings},
                process_group=0,
            )
        except OSError as error:
            raise SweepError(f"no worker process can be started: {error}") from error


@contextlib.contextmanager
def _blocked_signals() -> Iterator[None]:
    """Within, none is heard; a child that begins here hears none until it ignores them.

    A signal to all processes of a job, as a batch system sends it, is for the parent, which ends its workers.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def worker_settings(threads: int) -> dict[str, str]:
    """What the libraries of a worker read from its environment.

    Args:
        threads: of a trial.
    """
    return {"TF_CPP_MIN_LOG_LEVEL": "3", **dict.fromkeys(THREAD_SETTINGS, str(threads))}


def kill_group(pid: int) -> None:
    """Kill a process and whatever it started, where they live."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: PermissionError for the dead
        os.killpg(pid, signal.SIGKILL)


def ending(code: int | None) -> str:
    """How a process ended, as what follows its name: `was killed by SIGSEGV`.

    Args:
        code: its exit code, or -N where signal N ended it; None: nobody knows.
    """
    if code is None:
        return "ended with the process that had forked it, or before it began"
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:  # a real-time signal
        name = f"signal {-code}"
    return f"was killed by {name}" + (" (as the system does when memory runs out)" if name == "SIGKILL" else "")
