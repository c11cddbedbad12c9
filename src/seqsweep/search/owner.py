"""Which process owns the folder of a sweep; machines that share a file system share these folders."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path

from seqsweep.config.launcher import JOB


@dataclass(frozen=True)
class Owner:
    """A process that owns a sweep.

    Args:
        pid: its process id.
        host: the machine that it runs on.
        job: what the command that runs it beside others calls it; None: it is a command.
        batch: the number of its job in Slurm; None: it has none.
    """

    pid: int
    host: str
    job: str | None = None
    batch: str | None = None

    def __str__(self) -> str:
        """As what follows `run by`."""
        told = f"process {self.pid}" + ("" if self.host == socket.gethostname() else f" on {self.host}")
        return told if self.batch is None else f"{told} (Slurm job {self.batch}; scancel {self.batch} stops it)"

    def written(self) -> str:
        """As its file has it, which `read_owner` reads."""
        return " ".join((str(self.pid), self.host, self.job or "-", self.batch or "-"))

    def may_run(self) -> bool:
        """Whether it runs; True also of one on another machine, of which nobody here knows."""
        import psutil

        return self.host != socket.gethostname() or bool(psutil.pid_exists(self.pid))


def this_process() -> Owner:
    """This process as an owner."""
    array = os.environ.get("SLURM_ARRAY_JOB_ID")
    batch = f"{array}_{os.environ.get('SLURM_ARRAY_TASK_ID')}" if array else os.environ.get("SLURM_JOB_ID")
    return Owner(os.getpid(), socket.gethostname(), os.environ.get(JOB), batch)


def read_owner(file: Path) -> Owner:
    """Who owns a sweep.

    Args:
        file: where it says so.

    Raises:
        OSError: there is none.
        ValueError: it is being written.
    """
    pid, host, job, batch = file.read_text().split(" ")
    return Owner(int(pid), host, None if job == "-" else job, None if batch == "-" else batch)
