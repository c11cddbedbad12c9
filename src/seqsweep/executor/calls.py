"""Functions that need TensorFlow, run apart from the sweep's own process, which therefore never imports it."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
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

    def begin(self, function: Callable[..., T], *arguments: Any) -> Callable[[], T]:
        """Begin a call, which runs beside the caller where that can be; arguments and errors are those of `call`.

        Returns:
            What waits for its end, and returns or raises as `call` does. Nobody needs to ask.
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

    def begin(self, function: Callable[..., T], *arguments: Any) -> Callable[[], T]:
        """See Calls; it runs when it is asked for."""
        return partial(self.call, function, *arguments)

    def close(self) -> None:
        """See Calls."""


@dataclass
class _Begun:
    """A call under way.

    Args:
        pickled: the function and its arguments.
        answer: what it came to.
        error: why there is none.
    """

    pickled: bytes
    answer: Answer | None = None
    error: SweepError | None = None


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
        self._begun: _Begun | None = None
        self._worker: WorkerProcess | None = self._new()

    def call(self, function: Callable[..., T], *arguments: Any) -> T:
        """See Calls."""
        return self.begin(function, *arguments)()

    def begin(self, function: Callable[..., T], *arguments: Any) -> Callable[[], T]:
        """See Calls; whatever was begun before ends first, since neither side may send while the other does."""
        self._settle()
        begun = self._begun = _Begun(pickle.dumps((function, arguments)))
        with suppress(EOFError, OSError):  # whoever waits for the answer learns of it once more
            self._send(begun)
        return partial(self._result, begun)

    def close(self) -> None:
        """See Calls."""
        self._begun = None
        if self._worker:
            self._worker.kill()
            self._worker = None

    def _new(self) -> WorkerProcess:
        worker = WorkerProcess(self._starter)
        worker.send("warm", pickle.dumps((*self._warm, known())))
        self._is_ready = False
        return worker

    def _send(self, begun: _Begun) -> None:
        worker = self._worker = self._worker or self._new()
        if not self._is_ready:  # it reads nothing while it warms up, and would block whoever sends much
            self._is_ready = self._said(worker) == READY
        worker.forget_output()
        worker.send("call", begun.pickled)

    def _result(self, begun: _Begun) -> Any:
        if begun is self._begun:
            self._settle()
        if begun.answer is None:
            raise begun.error or RuntimeError("a call is asked for after all was closed")
        return begun.answer.unpacked()

    def _settle(self) -> None:
        """Wait until what was begun has ended; where the process dies under it, it begins again in a new one."""
        begun = self._begun
        if begun is None:
            return
        how = ""
        for attempt in range(self._retries + 1):
            try:
                if attempt:
                    self._send(begun)
                assert self._worker is not None  # it was sent to
                begun.answer = self._said(self._worker)
            except (EOFError, OSError):
                assert self._worker is not None
                words = self._worker.last_words(10)
                how = self._worker.kill() + printed(words)
                self._worker = None
            else:
                break
        else:
            died = f"the process that loads networks died {self._retries + 1} times"
            begun.error = SweepError(f"{died}. The last: {how}")
        self._begun = None

    def _said(self, worker: WorkerProcess) -> Any:
        while not worker.connection.poll(TICK):
            interrupts.check()
            if worker.dead:
                raise EOFError
        return pickle.loads(worker.receive()[0])
