"""What Submitit runs on the machine of a job: the process of the job, as side by side on one machine."""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqsweep.api.local_jobs import Asked, Lines, LocalJob
from seqsweep.api.pickled import dumps, loads
from seqsweep.api.side_by_side import TICK, ElsewhereError
from seqsweep.errors import SweepError

SECRETS = "SEQSWEEP_SECRETS"
"""The variable by which jobs get the strings that lie in no file, as a list in JSON."""
TOKEN = ".shared"
"""The file of a tracking directory by which a job sees that it is the one of its command."""
LINES, STOP = "lines.txt", "stop"
"""What a job says, and what asks it to end, in its own folder."""


@dataclass
class Submitted:
    """The function of a job.

    Args:
        asked: what it is to do, as `pickled.dumps` made it.
        name: what a lock says of whose it is.
        digest: of the job, by which the same command finds it again.
        module: that the process of the job runs.
        width: characters a line.
        cwd: where the command was typed.
        directory: of its runs, on a file system that the command sees.
        token: what its file TOKEN holds.
        command: the process id of a command that it ends with; None: it outlives it.
    """

    asked: bytes
    name: str
    digest: str
    module: str
    width: int
    cwd: str
    directory: str
    token: str
    command: int | None

    def __call__(self) -> bytes:
        """Run it; returns what came of it, as `pickled.dumps` makes it."""
        if (told := self._elsewhere()) is not None:
            return dumps(ElsewhereError(told), None)
        kept: list[str] = json.loads(os.environ.pop(SECRETS, "[]"))
        try:
            asked: Asked = loads(self.asked, kept)
        except SweepError as error:
            told = f"{error}: variable {SECRETS} did not reach the job; unset SBATCH_EXPORT, which keeps it back"
            return dumps(ElsewhereError(told), None)
        return dumps(self._run(asked), kept)

    def checkpoint(self) -> Any:
        """Its time is over, or others go first: what Submitit runs when it is the job's turn again."""
        from submitit.helpers import DelayedSubmission

        with suppress(AttributeError):
            self._end()
        return DelayedSubmission(self)

    def _elsewhere(self) -> str | None:
        """Why this machine is no place for the job."""
        where, told = socket.gethostname(), None
        try:
            os.chdir(self.cwd)
            found = (Path(self.directory) / TOKEN).read_text()
        except OSError as error:
            told = f"{error.filename} cannot be read there ({error.strerror})"
        else:
            if found != self.token:
                told = f"{self.directory} is another folder there"
        if told is None:
            return None
        mend = "run the command on a file system that all machines see, or give tracking.directory=FOLDER on one"
        return f"a job ran on {where}, and {told}; {mend}"

    def _run(self, asked: Asked) -> Any:
        from submitit import JobEnvironment

        folder = JobEnvironment().paths.folder
        lines: Lines = queue.Queue()
        job = LocalJob(0, asked, lines, self.width, self.name, self.module)
        self._job = job
        # Slurm sends SIGTERM to all processes of a job and waits for half a minute; Submitit would pass over it.
        signal.signal(signal.SIGTERM, lambda *_: job.ask_to_end())
        asks = False
        try:
            with (folder / LINES).open("a", encoding="utf-8") as said:
                while not job.ended():
                    _write(lines, said, TICK)
                    if not asks and (self._command_is_gone() or (folder / STOP).exists()):
                        asks = True
                        job.ask_to_end()
                _write(lines, said)
            return job.came_to()
        finally:
            job.kill()

    def _end(self) -> None:
        self._job.ask_to_end()
        while not self._job.ended():
            time.sleep(0.05)

    def _command_is_gone(self) -> bool:
        import psutil

        return self.command is not None and not psutil.pid_exists(self.command)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_job"}


def _write(lines: Lines, said: Any, seconds: float = 0.0) -> None:
    with suppress(queue.Empty):
        said.write(lines.get(timeout=seconds)[1] + "\n" if seconds else lines.get_nowait()[1] + "\n")
        while True:
            said.write(lines.get_nowait()[1] + "\n")
    said.flush()
