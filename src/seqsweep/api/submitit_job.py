"""A job of Submitit's: what it says, whether it runs, and what it came to."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqsweep.api import pickled
from seqsweep.api.side_by_side import BrokenJobError
from seqsweep.api.slurm import Queue, says
from seqsweep.api.submitted import LINES, STOP
from seqsweep.config.launcher import SETTINGS
from seqsweep.errors import SweepError
from seqsweep.redaction import redacted

if TYPE_CHECKING:
    from seqsweep.api.result import Result

LATE = 20.0
"""Seconds that a file of another machine may take to be seen here."""


class SubmititJob:
    """A job of Submitit's on this machine.

    Args:
        job: Submitit's.
        name: what a lock says of whose it is.
        kept: strings that lie in no file.
        say: is told what it says.
        queue: Slurm's.
    """

    def __init__(self, job: Any, name: str, kept: list[str], say: Callable[[str], None], queue: Queue) -> None:
        self.name = name
        self._job, self._kept, self._say, self._queue = job, kept, say, queue
        self._folder = Path(job.paths.folder)
        self._read = 0  # bytes of what it says
        self._gone: float | None = None  # since when it runs no more without an answer

    def ended(self) -> bool:
        """See Running."""
        has = self._job.paths.result_pickle.exists() or self._is_gone()
        for line in self._new_lines(has):
            self._say(line)
        return bool(has)

    def came_to(self) -> Result | Exception:
        """See Running."""
        from submitit.core.utils import pickle_load

        self._leave()
        if not self._job.paths.result_pickle.exists():
            return SweepError(f"{self._how_it_ended()}; what it finished is kept, the same command resumes")
        outcome, answer = pickle_load(self._job.paths.result_pickle)
        if outcome == "success":
            came: Result | Exception = pickled.loads(answer, self._kept)
            shutil.rmtree(self._folder, ignore_errors=True)
            return came
        words = str(answer).strip().splitlines()[-1]
        if "not requeued" in words:
            shutil.rmtree(self._folder, ignore_errors=True)
            told = "the job was ended by its time limit; what it finished is kept, the same command resumes"
            return SweepError(
                f"{told}, and {SETTINGS}.timeout_min=MINUTES or {SETTINGS}.max_num_timeout=N gives it more"
            )
        return BrokenJobError(redacted(f"{words} (all of it: {self._job.paths.stderr})"))

    def ask_to_end(self) -> None:
        """See Running."""
        with suppress(OSError):
            (self._folder / STOP).touch()

    def kill(self) -> None:
        """See Running."""
        import psutil

        with suppress(psutil.Error):
            controller = psutil.Process(int(self._job.job_id))
            for process in (*controller.children(recursive=True), controller):
                process.kill()
        self._leave()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _leave(self) -> None:
        """Wait for its own process, which has nothing more to do."""
        until = time.monotonic() + LATE
        while not self._job.done() and time.monotonic() < until:
            time.sleep(0.05)

    def _is_gone(self) -> bool:
        return bool(self._job.done())

    def _how_it_ended(self) -> str:
        return f"the job ended without an answer (see {self._folder})"

    def _new_lines(self, all_of_it: bool) -> Iterator[str]:
        with suppress(OSError), (self._folder / LINES).open("rb") as file:
            file.seek(self._read)
            more = file.read()
            whole = more if all_of_it else more[: more.rfind(b"\n") + 1]
            self._read += len(whole)
            yield from whole.decode(errors="replace").splitlines()


class SlurmJob(SubmititJob):
    """A job in Slurm's queue."""

    _state, _cancelled = "", False

    def ask_to_end(self) -> None:
        """See Running."""
        says("scancel", self._job.job_id)
        self._cancelled = True
        self._queue.hurry()

    def kill(self) -> None:
        """See Running."""
        if not self.ended():
            says("scancel", "--full", "--signal=KILL", self._job.job_id)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _leave(self) -> None:
        """See there; Slurm does it."""

    def _is_gone(self) -> bool:
        """Whether it is not in the queue any more, for as long as its answer may take to be seen here."""
        state = self._queue.state_of(self._job.job_id)
        if state is None:
            self._gone = self._gone or time.monotonic()
            return self._cancelled or time.monotonic() - self._gone > LATE
        self._gone = None
        if state != self._state:
            self._state = state
            self._say(f"Slurm job {self._job.job_id}: {state}")
        return False

    def _how_it_ended(self) -> str:
        shown = says("scontrol", "show", "job", self._job.job_id) or ""
        state = next((word.partition("=")[2] for word in shown.split() if word.startswith("JobState=")), "UNKNOWN")
        told = f"Slurm job {self._job.job_id} ended without an answer, as {state}"
        if any(self._folder.glob("*_log.*")):
            return f"{told} (see {self._folder})"
        return f"{told}, and left no log: is {self._folder.parent} on a file system that its machine sees?"
