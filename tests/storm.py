"""Searches that ask and tell until they are killed: `python storm.py KIND DIRECTORY MOMENT,MOMENT… KIND …`.

Each MOMENT, in seconds, is one life: a child that resumes the search, and is killed by SIGKILL so long after
it began, unless it ends before. A last life runs to the end. The library is imported once, since the children
are forks.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from searches import WIDE, score_of, sweep_config
from seqsweep.tuner import Proposal, Wait, make_tuner

SLOTS = ("a", "b")


def storm_config(kind: str) -> object:
    """The search of a storm: two workers in synchronous order, so that its trials depend on no clock."""
    return sweep_config(
        kind, epochs=9, order="synchronous", tuner={"max_trials": None if kind == "hyperband" else 20}, **WIDE
    )


def live(kind: str, directory: Path) -> None:
    """Ask and tell to the end; one trial in seven diverges."""
    tuner = make_tuner(storm_config(kind), directory)  # type: ignore[arg-type]
    while True:
        answers = [tuner.ask(slot) for slot in SLOTS]
        running = [answer for answer in answers if isinstance(answer, Proposal)]
        if not running:
            assert not any(isinstance(answer, Wait) for answer in answers)
            return
        for proposal in running:
            tuner.tell(proposal.trial_id, None if proposal.number % 7 == 3 else score_of(proposal))


def survives(child: int, seconds: float) -> bool:
    """Whether the child ends, well, before it is killed."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            assert status == 0, f"a life ended with {status}"
            return True
        time.sleep(0.001)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def kills(kind: str, directory: Path, moments: list[float]) -> int:
    """Run the lives of one search; how many were killed."""
    for killed, moment in enumerate([*moments, 600.0]):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                live(kind, directory)
                status = 0
            finally:
                os._exit(status)
        if survives(child, moment):
            return killed
    raise AssertionError("the last life was killed too")


def main(arguments: list[str]) -> None:
    """Print of each search how many of its lives were killed."""
    import keras_tuner  # noqa: F401  # once, before the forks
    import sklearn.gaussian_process  # noqa: F401

    for kind, directory, moments in zip(*[iter(arguments)] * 3, strict=True):
        print(kills(kind, Path(directory), [float(moment) for moment in moments.split(",")]), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
