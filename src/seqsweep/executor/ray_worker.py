"""What a Ray cluster runs for one slot: an actor that obeys the commands of executor.worker."""

from __future__ import annotations

import hashlib
import os
import pickle
import platform
import time
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from seqsweep.events import Job
from seqsweep.executor.protocol import READY, messages
from seqsweep.redaction import remember_all

DECIDE = ("tensorflow", "keras", "numpy")
"""Packages whose version may decide a figure."""

PACE = 0.25, 5.0
"""Seconds between two lists of messages of one trial, with few workers and with very many: each list costs the driver
half a millisecond."""

LISTS = 32
"""A second, of all workers together, which their pace leads to."""

ALONE = 3
"""Messages of a trial that wait for no other: that it began, and its first epochs."""

T = TypeVar("T")


class RayWorker:
    """One at a time of its methods runs; an exception of `warm` or `job` ends its use, one of a trial is an event.

    Args:
        pace: seconds between two lists of messages of one trial.
        settings: of its environment, which the libraries of a trial read as they are imported.
    """

    def __init__(self, pace: float, settings: Mapping[str, str]) -> None:
        os.environ.update(settings)
        self._pace = pace
        self._job: Job | None = None
        self._lists: Iterator[list[bytes]] = iter(())  # of the trial that `begin` began

    def who(self) -> dict[str, Any]:
        """Where this is, and what it runs with."""
        import ray

        return {
            "pid": os.getpid(),
            "node": ray.get_runtime_context().get_node_id(),
            "address": ray.util.get_node_ip_address(),
            "software": software(),
        }

    def warm(self, payload: bytes) -> bytes:
        """See executor.worker.

        Args:
            payload: pickled: a function, the threads of a trial, secrets.

        Returns:
            READY, pickled.
        """
        function, threads, secrets = pickle.loads(payload)
        remember_all(secrets)
        function(threads)
        return pickle.dumps(READY)

    def job(self, payload: bytes) -> bytes:
        """See executor.worker.

        Args:
            payload: pickled, a Job.

        Returns:
            READY, pickled.
        """
        self._job = pickle.loads(payload)
        return pickle.dumps(READY)

    def trial(self, payload: bytes) -> Iterator[list[bytes]]:
        """See executor.worker.

        Args:
            payload: pickled, a TrialSpec.

        Yields:
            Pickled pairs (seconds since the trial began, event), those together that came within the pace.
        """
        assert self._job is not None
        yield from bundled(messages(self._job, pickle.loads(payload)), self._pace)

    def begin(self, payload: bytes) -> None:
        """A trial for a driver to which Ray streams nothing: it asks `told` again and again, and the trial runs on.

        Args:
            payload: pickled, a TrialSpec.
        """
        assert self._job is not None
        self._lists = bundled(in_a_thread(messages(self._job, pickle.loads(payload))), self._pace)

    def told(self) -> list[bytes]:
        """The next list of what `trial` would yield, as soon as there is one; an empty one behind the last."""
        return next(self._lists, [])


def pace(workers: int) -> float:
    """Seconds between two lists of messages of one trial, where so many workers send some."""
    quick, slow = PACE
    return min(max(quick, workers / LISTS), slow)


def in_a_thread(items: Iterator[T]) -> Iterator[T]:
    """What an iterator yields and raises; in a thread of its own, it does not wait to be asked.

    Args:
        items: of which the first is made when it is asked for.
    """
    made: SimpleQueue[T | BaseException] = SimpleQueue()
    over = StopIteration()

    def make() -> None:
        try:
            for item in items:
                made.put(item)
            made.put(over)
        except BaseException as error:  # SystemExit too, by which a trial ends its worker
            made.put(error)

    Thread(target=make, daemon=True).start()
    while (item := made.get()) is not over:
        if isinstance(item, BaseException):
            raise item
        yield item


def bundled(messages: Iterator[bytes], pace: float) -> Iterator[list[bytes]]:
    """Messages in lists, of which none follows another within the pace.

    The first ones go alone: a trial that is only begun, or has slow epochs, is shown without delay. Where quick epochs
    are followed by a long silence, the last of them show when it ends.

    Args:
        messages: of one trial, as they come.
        pace: in seconds.
    """
    sent, waiting = time.monotonic(), list[bytes]()
    for number, message in enumerate(messages):
        waiting.append(message)
        if number < ALONE or time.monotonic() - sent >= pace:
            yield waiting
            sent, waiting = time.monotonic(), []
    if waiting:
        yield waiting


def software() -> dict[str, str]:
    """Versions of what decides a figure, and a digest of this package's code."""
    package, code = Path(__file__).parents[1], hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        code.update(path.relative_to(package).as_posix().encode() + path.read_bytes())
    return {
        "Python": platform.python_version(),
        **{name: version(name) for name in DECIDE},
        "seqsweep's code": code.hexdigest()[:12],
    }
