"""Jobs as those of Submitit: in Slurm's queue, or on this machine as they would run there.

Submitit writes the batch script and starts the function of a job; its own watcher asks `sacct`, which not every cluster
keeps, once in ten minutes, so that what still runs is asked of `squeue` here.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager, redirect_stderr, suppress
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from seqsweep.api import local_jobs, pickled
from seqsweep.api.local_jobs import Asked, Lines, line_settings, shared, with_workers
from seqsweep.api.side_by_side import ElsewhereError, Running
from seqsweep.api.slurm import Queue
from seqsweep.api.submitit_job import SlurmJob, SubmititJob
from seqsweep.api.submitted import SECRETS, TOKEN, Submitted
from seqsweep.config.launcher import ALL, LOCAL, SETTINGS, SLURM, Launcher
from seqsweep.files import atomic_write
from seqsweep.redaction import redacted
from seqsweep.schema import SweepConfig
from seqsweep.words import counted

FOLDER = "submitit"
"""Of a tracking directory, where nothing else is named; nobody else may read it."""
HOUR = 60
"""Minutes that a job may take where nothing else is said, as Hydra's plugin has it."""
DEFAULTS = {"timeout_min": HOUR, "name": "seqsweep", "nodes": 1, "tasks_per_node": 1}
COMMON = ("timeout_min", "cpus_per_task", "gpus_per_node", "tasks_per_node", "mem_gb", "nodes", "name")


def submitit_jobs(
    launcher: Launcher, jobs: Sequence[SweepConfig], say: Callable[[str], None], width: int
) -> tuple[list[SweepConfig], SubmititJobs]:
    """The jobs, each with the workers that it has room for, and where they run.

    Args:
        launcher: that of Submitit which is meant.
        jobs: their configs.
        say: is told how many workers each has.
        width: characters a line.
    """
    cpus = launcher.settings.get("cpus_per_task")
    if launcher.kind == LOCAL:
        given, count = shared(jobs, ALL, say)
        if cpus is not None:
            given = [with_workers(job, max(1, cpus // job.executor.threads)) for job in jobs]
        return given, SubmititJobs(launcher, given, count, width)
    each = [max(1, (cpus or 1) // job.executor.threads) for job in jobs]
    say(f"{len(jobs)} jobs for Slurm, each with {counted(cpus or 1, 'CPU')}, {counted(each[0], 'worker')}")
    given = [with_workers(job, workers) for job, workers in zip(jobs, each, strict=True)]
    return given, SubmititJobs(launcher, given, len(jobs), width)


class SubmititJobs:
    """Where jobs run: see Place. Those that a killed command left in Slurm are taken up again.

    Args:
        launcher: that of Submitit which is meant.
        jobs: all configs.
        at_once: as many of them.
        width: characters a line.
    """

    def __init__(self, launcher: Launcher, jobs: Sequence[SweepConfig], at_once: int, width: int) -> None:
        self.at_once = at_once
        self._kind, self._settings, self._width = launcher.kind, launcher.settings, width
        directory = Path(jobs[0].tracking.directory).resolve()
        self._folder = Path(str(launcher.settings.get("submitit_folder", directory / FOLDER))).expanduser().absolute()
        self._tokens: dict[str, str] = {}  # by directory
        self._kept: list[str] = []  # strings that lie in no file
        for job in jobs:
            pickled.dumps(job, self._kept)
        self._queue = Queue()

    def start(self, asked: Mapping[int, Asked], lines: Lines) -> dict[int, Running]:
        """See Place.

        Raises:
            ElsewhereError: Slurm refuses them, or the folder cannot be made.
        """
        from submitit.core.utils import FailedJobError, environment_variables

        self._make_folder()
        functions = {number: self.function_of(one) for number, one in asked.items()}
        left = self._left({function.digest for function in functions.values()}) if self._kind == SLURM else {}
        started: dict[int, Running] = {}
        for number, function in functions.items():
            if function.digest in left:
                job, name = left.pop(function.digest)
                lines.put((number, f"Slurm job {job.job_id} of an earlier command is taken up again"))
                started[number] = self._running(job, number, name, lines)
        new = {number: function for number, function in functions.items() if number not in started}
        if not new:
            return started
        settings = line_settings(self._width)
        if self._kept:
            settings[SECRETS] = json.dumps(self._kept)
        executor = self._executor()
        before = set(self._folder.iterdir())
        # Submitit prints what sbatch has against it, which is told here.
        with environment_variables(**settings), _in_no_terminal(), redirect_stderr(io.StringIO()):
            try:
                jobs = executor.submit_array(list(new.values()))
            except FailedJobError as error:
                for file in set(self._folder.iterdir()) - before:
                    file.unlink()
                told = [line for line in str(error).splitlines() if line.startswith("sbatch: ")] or [str(error)]
                words = "; ".join(line.removeprefix("sbatch: ").removeprefix("error: ") for line in told)
                raise ElsewhereError(f"Slurm refuses these jobs: {words}; see the settings {SETTINGS}.*") from error
        for (number, function), job in zip(new.items(), jobs, strict=True):
            started[number] = self._running(job, number, function.name, lines)
        return started

    def close(self) -> None:
        """See Place; folders of jobs that came to no answer stay, for their logs."""
        if not self._folder.is_dir():
            return
        for folder in filter(Path.is_dir, self._folder.iterdir()):
            scripts = [*folder.glob("*_submission.sh")] if not any(self._folder.glob(f"{folder.name}_*")) else []
            if len(scripts) == len([*folder.iterdir()]):  # jobs that have all ended, whatever their number
                shutil.rmtree(folder, ignore_errors=True)
        for link in self._folder.glob(".submission_file_*"):
            if not link.exists():
                link.unlink(missing_ok=True)
        with suppress(OSError):  # something is left
            self._folder.rmdir()

    def _make_folder(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._folder.chmod(0o700)
        except OSError as error:
            told = f"{error.filename} cannot be made ({error.strerror}); give another {SETTINGS}.submitit_folder"
            raise ElsewhereError(told) from error

    def function_of(self, asked: Asked) -> Submitted:
        """What Submitit runs.

        Args:
            asked: what it is to do.
        """
        directory = str(Path(asked.job.tracking.directory).resolve())
        if directory not in self._tokens:
            self._tokens[directory] = _token(Path(directory))
        return Submitted(
            asked=pickled.dumps(asked, self._kept),
            name=uuid4().hex,
            digest=hashlib.sha256(redacted(repr(asked.job)).encode()).hexdigest(),
            module=local_jobs.MODULE,
            width=self._width,
            cwd=str(Path.cwd()),
            directory=directory,
            token=self._tokens[directory],
            command=os.getpid() if self._kind == LOCAL else None,
        )

    def _executor(self) -> Any:
        import submitit

        cluster = "slurm" if self._kind == SLURM else "local"
        given = {key: value for key, value in {**DEFAULTS, **self._settings}.items() if key != "submitit_folder"}
        times = {f"{cluster}_max_num_timeout": given.pop("max_num_timeout", 0)}
        executor = submitit.AutoExecutor(folder=self._folder / "%j", cluster=cluster, **times)
        named = {key if key in COMMON else f"{cluster}_{key}": value for key, value in given.items()}
        executor.update_parameters(**named)
        return executor

    def _running(self, job: Any, number: int, name: str, lines: Lines) -> SubmititJob:
        kind = SlurmJob if self._kind == SLURM else SubmititJob
        return kind(job, name, self._kept, partial(_say, lines, number), self._queue)

    def _left(self, digests: Set[str]) -> dict[str, tuple[Any, str]]:
        """Jobs that a killed command left in Slurm: digest → that of Submitit, and its name for locks.

        Args:
            digests: of the jobs that are meant; folders of those that have ended are taken away.
        """
        import submitit
        from submitit.core.utils import DelayedSubmission

        found = {}
        for file in self._folder.glob("*/*_submitted.pkl"):
            number = file.name.removesuffix("_submitted.pkl")
            with suppress(Exception):  # of another release
                function = DelayedSubmission.load(file).function
                if function.digest not in digests:
                    continue
                if (self._queue.state_of(number) or "COMPLETING").startswith("COMPLETING"):
                    shutil.rmtree(file.parent, ignore_errors=True)
                else:
                    found[function.digest] = submitit.SlurmJob(self._folder / "%j", number), function.name
        return found


@contextmanager
def _in_no_terminal() -> Iterator[None]:
    """What is started within hears no Ctrl-C: the command does, and ends it in order."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _say(lines: Lines, number: int, line: str) -> None:
    lines.put((number, line))


def _token(directory: Path) -> str:
    """What marks a tracking directory, so that jobs see that theirs is the same."""
    file = directory / TOKEN
    with suppress(OSError):
        return file.read_text()
    token = uuid4().hex
    directory.mkdir(parents=True, exist_ok=True)
    atomic_write(file, token.encode())
    return token
