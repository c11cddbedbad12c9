"""What a Ray cluster runs for one slot: an actor that obeys the commands of executor.worker."""

from __future__ import annotations

import hashlib
import os
import pickle
import platform
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from seqsweep.events import Job
from seqsweep.executor.protocol import READY, messages
from seqsweep.redaction import remember_all

DECIDE = ("tensorflow", "keras", "numpy")
"""Packages whose version may decide a figure."""


class RayWorker:
    """One at a time of its methods runs; an exception of `warm` or `job` ends its use, one of a trial is an event."""

    def __init__(self) -> None:
        self._job: Job | None = None

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

    def trial(self, payload: bytes) -> Iterator[bytes]:
        """See executor.worker.

        Args:
            payload: pickled, a TrialSpec.

        Yields:
            Pickled pairs (seconds since the trial began, event).
        """
        assert self._job is not None
        yield from messages(self._job, pickle.loads(payload))


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
