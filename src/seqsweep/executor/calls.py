"""Functions that need TensorFlow, run apart from the sweep's own process, which therefore never imports it."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from seqsweep import interrupts
from seqsweep.errors import SweepError
from seqsweep.executor.answers import Answer
from seqsweep.executor.process import WorkerProcess
from seqsweep.executor.protocol import READY, printed
from seqsweep.executor.starting import Starter
from seqsweep.redaction import known

T = TypeVar("T")

TICK = 0.5
"""Seconds that a wait may last, so that Ctrl-C is heard."""


class Calls(Protocol):
    """Runs functions one after the other, with the threads of a trial: what networks say has the bits of training."""

    def call(self, function: Callable[..., T], *arguments: Any) -> T:
        """What a function returns; what it raises is raised.

        Args:
            function: of a module; where the process dies under it, it is called again in a new one.
            arguments: picklable, as what it returns.

        Raises:
            SweepError: the process died each time.
        """

    def close(self) -> None:
        """Leave nothing behind; once more does nothing."""


class InProcess:
    """Runs them in this process.

    Args:
        warm: called with `threads` before the first of them.
        threads: of a trial.
    """

    def __init__(self, warm: Callable[[int], None], threads: int) -> None:
        self._warm: Callable[[int], None] | None = warm
        self._threads = threads

    def call(self, function: Callable[..., T], *arguments: Any) -> T:
        """See Calls."""
        if self._warm:
            self._warm(self._threads)
            self._warm = None
        return function(*arguments)

    def close(self) -> None:
        """See Calls."""


class OutOfProcess:
    """Runs them in a process of its own, which begins to warm up at once.

    Args:
        starter: starts it.
        warm: called there with `threads`; a function of a module.
        threads: of a trial.
        retries: times that it may die under one call.
    """

    def __init__(self, starter: Starter, warm: Callable[[int], None], threads: int, retries: int) -> None:
        self._starter, self._retries = starter, retries
        self._warm = warm, threads
        self._worker: WorkerProcess | None = self._new()

    def call(self, function: Callable[..., T], *arguments: Any) -> T:
        """See Calls."""
        pickled = pickle.dumps((function, arguments))
        how = ""
        for _ in range(self._retries + 1):
            worker = self._worker = self._worker or self._new()
            try:
                answer = self._answer(worker, pickled)
            except (EOFError, OSError):
                words = worker.last_words(10)
                how = worker.kill() + printed(words)
                self._worker = None
            else:
                returned: T = answer.unpacked()
                return returned
        raise SweepError(f"the process that loads networks died {self._retries + 1} times. The last: {how}")

    def close(self) -> None:
        """See Calls."""
        if self._worker:
            self._worker.kill()
            self._worker = None

    def _new(self) -> WorkerProcess:
        worker = WorkerProcess(self._starter)
        worker.send("warm", pickle.dumps((*self._warm, known())))
        self._is_ready = False
        return worker

    def _answer(self, worker: WorkerProcess, pickled: bytes) -> Answer:
        if not self._is_ready:  # it reads nothing while it warms up, and would block whoever sends much
            self._is_ready = self._said(worker) == READY
        worker.forget_output()
        worker.send("call", pickled)
        answer: Answer = self._said(worker)
        return answer

    def _said(self, worker: WorkerProcess) -> Any:
        while not worker.connection.poll(TICK):
            interrupts.check()
            if worker.dead:
                raise EOFError
        return pickle.loads(worker.receive()[0])
