"""What Slurm's own commands say."""

from __future__ import annotations

import subprocess
import time

LOOK = 5.0
"""Seconds between two questions to Slurm, which answers many users."""
HURRY = 1.0
"""The same while a command waits for jobs that it has cancelled."""


class Queue:
    """Slurm's queue, asked once in a while for all jobs."""

    def __init__(self) -> None:
        self._asked, self._every = -LOOK, LOOK
        self._states: dict[str, str] = {}

    def state_of(self, job: str) -> str | None:
        """How it stands in the queue: `PENDING (Priority)`, `RUNNING n1`; None: it is not there."""
        if time.monotonic() - self._asked >= self._every:
            self._asked = time.monotonic()
            shown = says("squeue", "--me", "--noheader", "--array", "--format=%i %T %R")
            if shown is not None:  # Slurm that does not answer knows of them all the same
                self._states = {line.split()[0]: line.split(maxsplit=1)[1] for line in shown.splitlines() if line}
        return self._states.get(job)

    def hurry(self) -> None:
        """Somebody waits: ask at once, and more often."""
        self._asked, self._every = -LOOK, HURRY


def says(*command: str) -> str | None:
    """What a command of Slurm's says; None: it fails.

    Args:
        command: `scancel`, and what it is told.
    """
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else None
