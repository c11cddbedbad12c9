"""The process of a job that trains nothing: what it does follows from its seed and `trial.epochs`, in milliseconds."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from seqsweep.api import job_process, jobs
from seqsweep.errors import DataError
from seqsweep.interrupts import something_open
from seqsweep.schema import SweepConfig
from seqsweep.search import SweepState


class Printed:
    """An observer that prints."""

    def say(self, text: str) -> None:
        """On standard output, as a terminal's does."""
        print(text)


def run(job: SweepConfig, observer: Printed) -> Any:
    """A sweep of this seed: 1 waits until another job waits for it, 7 fails, 8 breaks, 9 has no end of its own."""
    folder = Path(job.tracking.directory)
    with SweepState(folder / "sweeps" / str(job.seed)).locked(), something_open():
        observer.say(f"seed {job.seed} with {job.executor.workers}")
        if job.seed == 7:
            raise DataError("no such column")
        if job.seed == 8:
            raise ZeroDivisionError
        try:
            (folder / f"{job.seed}.runs").touch()
            while job.seed == 9 or (job.seed == 1 and not (folder / "waits").exists()):
                time.sleep(0.05)
        finally:
            (folder / f"{job.seed}.closed").touch()
    return job.seed, job.trial.epochs, job.tracking.uri


if __name__ == "__main__":
    jobs.run = run
    jobs.progress = lambda *_: Printed()  # type: ignore[assignment,return-value]
    sys.exit(job_process.main(int(sys.argv[1])))
