"""Processes of this machine that are forked by one that has imported what they need."""

from __future__ import annotations

import contextlib
import os
import pickle
import select
import signal
import socket
import subprocess
import sys
from collections import deque
from typing import IO

from seqsweep.executor.starting import FORK, Child, Preload, kill_group, launched, own_log, read_end, worker_settings


def can_fork() -> bool:
    """Whether this system forks a process that has imported TensorFlow, and tells when a process ends that is no child.

    macOS forbids its frameworks behind a fork, and Windows has none.
    """
    if sys.platform != "linux":
        return False
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError:  # a kernel or a container without it
        return False
    return True


class ForkServer:
    """Starts one process that imports, and has it fork the others.

    Three imports of TensorFlow on two cores were 11 of the 31 seconds of processor time of a small sweep, and 0.4 GB
    each. One that died is started anew with the next worker.

    Args:
        threads: of a trial, for the libraries that read it from the environment.
        preload: what it imports.
    """

    def __init__(self, threads: int, preload: Preload) -> None:
        self._threads, self._preload = threads, preload
        self._log: IO[bytes] = own_log()
        self._started = self._start()

    def start(self, pipe: int, log: IO[bytes]) -> Child:
        """See Starter; the process begins as soon as the import has ended."""
        if self._started.is_gone():
            self._started.end()
            self._started = self._start()
        stdin, ours = os.pipe()
        try:
            return _Forked(self._started, ours, self._started.ask(FORK, (pipe, stdin, log.fileno())))
        finally:
            os.close(stdin)

    def abandon(self) -> None:
        """See Starter: whoever ends what it began would wait for the import."""
        if self._started.is_busy():
            self._started.end()

    def close(self) -> None:
        """See Starter."""
        self._started.end()
        self._log.close()

    def last_words(self) -> str:
        """See Starter."""
        return "" if self._log.closed else read_end(self._log)

    def _start(self) -> _Server:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            settings = worker_settings(self._threads)
            process = launched("seqsweep.executor.fork_server", theirs.fileno(), settings, log=self._log)
        with contextlib.suppress(OSError):  # it died: whoever waits for a worker will read of it
            ours.send(pickle.dumps(self._preload))
        return _Server(process, ours)


class _Server:
    """The process that forks, and what it was asked."""

    def __init__(self, process: subprocess.Popen[bytes], connection: socket.socket) -> None:
        self._process, self._connection = process, connection
        self._asked: deque[_Answer] = deque()

    def ask(self, request: bytes, descriptors: tuple[int, ...] = ()) -> _Answer:
        """Send a request; its answer will come in the order of requests."""
        answer = _Answer()
        try:
            socket.send_fds(self._connection, [request], descriptors)
        except OSError:
            answer.lost = True
        else:
            self._asked.append(answer)
        return answer

    def read(self, answer: _Answer, wait: bool) -> None:
        """Read answers until this one is there, or until none is left to read now."""
        while self._asked and answer.number is None and not answer.lost:
            if not wait and not select.select([self._connection], [], [], 0)[0]:
                return
            try:
                said = self._connection.recv(64)
            except OSError:
                said = b""
            if not said:
                self._lose()
                return
            self._asked.popleft().number = int(said)

    def is_busy(self) -> bool:
        """Whether an answer is due."""
        return bool(self._asked) and not select.select([self._connection], [], [], 0)[0]

    def is_gone(self) -> bool:
        """Whether it died."""
        return self._process.poll() is not None

    def end(self) -> None:
        """Kill it; what it forked goes on."""
        self._process.kill()
        self._process.wait()
        self._connection.close()
        self._lose()

    def _lose(self) -> None:
        """No answer comes any more."""
        for answer in self._asked:
            answer.lost = True
        self._asked.clear()


class _Answer:
    """Of the process that forks: a number, or none will come."""

    number: int | None = None
    lost = False


class _Forked:
    """A process that is no child of this one.

    Args:
        server: that forks it.
        stdin: the other end of its standard input, whose end tells it that this process died.
        answer: will be its process id.
    """

    def __init__(self, server: _Server, stdin: int, answer: _Answer) -> None:
        self._server, self._stdin, self._answer = server, stdin, answer
        self._handle: int | None = None  # of the system: tells when it ends, whoever is its parent

    @property
    def pid(self) -> int:
        self._learn(wait=True)
        return self._answer.number or 0

    def has_ended(self) -> bool:
        self._learn(wait=False)
        if self._handle is not None:
            return bool(select.select([self._handle], [], [], 0)[0])
        return self._answer.lost

    def end(self) -> int | None:
        self._learn(wait=True)
        code = None
        if self._handle is not None:
            with contextlib.suppress(ProcessLookupError):  # it may not lead its group yet
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)
            kill_group(self.pid)
            select.select([self._handle], [], [])
            os.close(self._handle)
            ended = self._server.ask(str(self.pid).encode())
            self._server.read(ended, wait=True)
            code, self._handle = ended.number, None
        os.close(self._stdin)
        return code

    def _learn(self, wait: bool) -> None:
        """Take the answer in, where it has come."""
        if self._handle is None and not self._answer.lost:
            self._server.read(self._answer, wait)
            if self._answer.number is not None:
                with contextlib.suppress(ProcessLookupError):  # the server died, and nobody waited for it
                    self._handle = os.pidfd_open(self._answer.number)
                self._answer.lost = self._handle is None
