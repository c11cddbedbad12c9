"""The process of one job: `python -m seqsweep.api.job_process FILE`, started by local_jobs.py.

It reads from the open file what it is to do, says on stdout what a sweep says where no terminal is, and puts what came
of it into the file. Its stdin ends with the command that started it, and then it ends as by `kill`.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import traceback
from typing import TYPE_CHECKING

from seqsweep import interrupts
from seqsweep.imports import own_process

if TYPE_CHECKING:
    from seqsweep.api.local_jobs import Asked
    from seqsweep.api.result import Result


def main(descriptor: int) -> int:
    """Run the job; returns the exit code.

    Args:
        descriptor: of the file.
    """
    own_process()
    for number in (signal.SIGUSR1, signal.SIGUSR2):  # Slurm sends them to all processes of a job, for Submitit
        signal.signal(number, signal.SIG_IGN)
    interrupts.heed()
    from seqsweep.redaction import redacted_output, remember_all
    from seqsweep.search import part_of_a_launch

    file = open(descriptor, "r+b")  # noqa: SIM115 - as long as this process
    file.seek(0)
    asked: Asked = pickle.load(file)
    threading.Thread(target=_end_with_command, daemon=True).start()
    remember_all(asked.secrets)
    part_of_a_launch(asked.launch)
    with redacted_output():
        try:
            came = _come_to(asked)
        except KeyboardInterrupt as error:
            return interrupts.exit_code(error)
    file.seek(0)
    file.truncate()
    pickle.dump(came, file)
    file.close()
    return 0


def _come_to(asked: Asked) -> Result | Exception:
    from seqsweep.api.jobs import progress, run
    from seqsweep.api.side_by_side import BrokenJobError
    from seqsweep.errors import SeqsweepError
    from seqsweep.redaction import redacted
    from seqsweep.terminal import console

    try:
        return run(asked.job, progress(asked.job, console()))
    except SeqsweepError as error:
        return error
    except Exception as error:  # a fault of ours: here is its traceback
        traceback.print_exc()
        return BrokenJobError(redacted(f"{type(error).__name__}: {error}"))


def _end_with_command() -> None:
    """Wait for the end of the command, however it came, and end in order; what is said then, nobody hears."""
    os.read(0, 1)
    nothing = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nothing, stream)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
