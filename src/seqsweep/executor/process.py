"""Worker processes of this machine."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Sequence
from multiprocessing.connection import Pipe, wait

from seqsweep.executor.protocol import shortened
from seqsweep.executor.starting import Starter, ending, own_log, read_end


class Processes:
    """As many as were asked for.

    Args:
        count: of them.
        starter: starts them; whoever made it closes it.
    """

    def __init__(self, count: int, starter: Starter) -> None:
        self._count, self._starter = count, starter

    def wanted(self) -> int:
        """See Workers."""
        return self._count

    capacity = wanted

    def waits(self, workers: Sequence[WorkerProcess]) -> str:
        """See Workers; each has its place."""
        del workers
        return ""

    def start(self) -> WorkerProcess:
        """See Workers."""
        return WorkerProcess(self._starter)

    def ready(self, workers: Sequence[WorkerProcess], seconds: float) -> Collection[WorkerProcess]:
        """See Workers."""
        said = wait([worker.connection for worker in workers], seconds)
        return [worker for worker in workers if worker.connection in said]

    def close(self) -> None:
        """See Workers; nothing is kept."""


class WorkerProcess:
    """A process that runs seqsweep.executor.worker, the pipe to it and all that it printed.

    Two pipes tie it to this process: the end of one says to the parent that the worker died, the end of the other, its
    standard input, says the reverse.

    Args:
        starter: starts it.

    Raises:
        SweepError: the system starts no process.
    """

    def __init__(self, starter: Starter) -> None:
        self.connection, theirs = Pipe()
        self._starter, self._log = starter, own_log()
        with theirs:
            self._child = starter.start(theirs.fileno(), self._log)

    @property
    def pid(self) -> int:
        """Its process id; 0: it never began."""
        return self._child.pid

    @property
    def dead(self) -> bool:
        """See Worker."""
        # In this order: what it says before its end can be read once the end is known.
        return self._child.has_ended() and not self.connection.poll()

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
        text = read_end(self._log) if self.pid else self._starter.last_words()
        return [shortened(line.rstrip()) for line in text.splitlines() if line.strip()][-most:]

    def kill(self) -> str:
        """End it and whatever it started, at once.

        Returns:
            How it ended, if it had ended before: `worker process 7 was killed by SIGSEGV; it last said: …`.
        """
        if self._log.closed:
            return ""
        pid, code = self.pid, self._child.end()
        words = self.last_words(1)
        self.connection.close()
        self._log.close()
        said = f"; it last said: {words[0]}" if words else ""
        who = f"worker process {pid}" if pid else "a worker process"
        return f"{who} {ending(code)}{said}"
