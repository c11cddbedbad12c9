"""Worker processes of this machine."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Collection, Sequence
from multiprocessing.connection import Pipe, wait
from pathlib import Path

from seqsweep.errors import SweepError
from seqsweep.executor.protocol import shortened
from seqsweep.interrupts import SIGNALS

THREAD_SETTINGS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


class Processes:
    """As many as were asked for.

    Args:
        count: of them.
        threads: of a trial.
    """

    def __init__(self, count: int, threads: int) -> None:
        self._count, self._threads = count, threads

    def wanted(self) -> int:
        """See Workers."""
        return self._count

    capacity = wanted

    def start(self) -> WorkerProcess:
        """See Workers."""
        return WorkerProcess(self._threads)

    def ready(self, workers: Sequence[WorkerProcess], seconds: float) -> Collection[WorkerProcess]:
        """See Workers."""
        said = wait([worker.connection for worker in workers], seconds)
        return [worker for worker in workers if worker.connection in said]

    def close(self) -> None:
        """See Workers; nothing is kept."""


class WorkerProcess:
    """A process that runs seqsweep.executor.worker, the pipe to it and all that it printed.

    Launched as a module of its own, not by `multiprocessing`: that runs the caller's `__main__` again in the
    child, which fails from stdin and imports the command line for nothing. Two pipes tie it to this process:
    the end of one says to the parent that the worker died, the end of the other, its stdin, says the reverse.

    It leads a process group: Ctrl-C in a terminal reaches the parent alone, which decides, and a kill reaches
    whatever a trial has started.

    Args:
        threads: of a trial, for the libraries that read it from the environment.

    Raises:
        SweepError: the system starts no process.
    """

    def __init__(self, threads: int) -> None:
        self.connection, theirs = Pipe()
        # A file without a name leaves nothing behind, whoever is killed; appended to, it can be cut any time.
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed in kill()
        fcntl.fcntl(self._log, fcntl.F_SETFL, fcntl.fcntl(self._log, fcntl.F_GETFL) | os.O_APPEND)
        # They stay blocked in the child until it ignores them: a signal to all processes of a job, as a batch system
        # sends it, is for the parent, which ends its workers.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            self._process = subprocess.Popen(
                # -P: the working directory is no place to import from, unless it is one for the parent.
                [sys.executable, "-P", "-m", "seqsweep.executor.worker", str(theirs.fileno())],
                stdin=subprocess.PIPE,
                stdout=self._log,
                stderr=self._log,
                pass_fds=[theirs.fileno()],
                env=_environment(threads),
                process_group=0,
            )
        except OSError as error:
            raise SweepError(f"no worker process can be started: {error}") from error
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            theirs.close()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def dead(self) -> bool:
        """See Worker."""
        # In this order: what it says before its end can be read once the end is known.
        return self._process.poll() is not None and not self.connection.poll()

    def send(self, command: str, payload: bytes) -> None:
        """Send a command and its pickled payload; to a dead worker, in vain: its end will be read.

        Args:
            command: one that `executor.worker` knows.
            payload: what the command takes.
        """
        with contextlib.suppress(OSError):
            self.connection.send((command, payload))

    def receive(self) -> tuple[bytes]:
        """See Worker."""
        return (self.connection.recv_bytes(),)

    def forget_output(self) -> None:
        """Drop what it printed so far: the log stays small, and `last_words` are those of this trial."""
        os.ftruncate(self._log.fileno(), 0)

    def last_words(self, most: int) -> list[str]:
        """The last lines that it printed, at most `most` of them and none of them empty."""
        size = os.fstat(self._log.fileno()).st_size
        # pread: parent and worker share the file's position.
        text = os.pread(self._log.fileno(), 8192, max(0, size - 8192)).decode(errors="replace")
        return [shortened(line.rstrip()) for line in text.splitlines() if line.strip()][-most:]

    def kill(self) -> str:
        """End it and whatever it started, at once.

        Returns:
            How it ended, if it had ended before: `worker process 7 was killed by SIGSEGV; it last said: …`.
        """
        if self._log.closed:
            return ""
        # An ending process keeps the exit code that it chose; its id is no other's until it is waited for.
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: PermissionError for the dead
            os.killpg(self.pid, signal.SIGKILL)
        code = self._process.wait()
        words = self.last_words(1)
        for end in (self.connection, self._process.stdin, self._log):
            if end:
                end.close()
        said = f"; it last said: {words[0]}" if words else ""
        return f"worker process {self.pid} {_ending(code)}{said}"


def _ending(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:  # a real-time signal
        name = f"signal {-code}"
    return f"was killed by {name}" + (" (as the system does when memory runs out)" if name == "SIGKILL" else "")


def _environment(threads: int) -> dict[str, str]:
    """What a worker sees: what this process sees, its import path, and how many threads to use."""
    return {
        **os.environ,
        "PYTHONPATH": import_path(),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        **dict.fromkeys(THREAD_SETTINGS, str(threads)),
    }


def import_path() -> str:
    """PYTHONPATH of a process that finds what this one does."""
    # An empty entry is the working directory, which the worker may leave.
    return os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
