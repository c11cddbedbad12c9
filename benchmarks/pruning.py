"""A pruned sweep against the same unpruned: who wins, what that is worth on test, and the seconds that were saved.

    python benchmarks/pruning.py
    python benchmarks/pruning.py --pruners none median data=co2 windows.anchor=last

The same study, seed and count of trials by each pruner, one trial at a time, so that bounds do not depend on who ends
first. First the search alone, whose seconds of the processors are counted, start and imports included (those of a sweep
of one trial for one epoch, the line `start`, are in each); then the finals of the best: the winner's mean on validation
and the score of its three networks on test, with the same seeds whoever found it.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from seqsweep.api.result import Result, result

PRUNERS = ("none", "median", "halving")
LEFT_OUT = ("executor.workers=1", "tracking=none", "report=none", "registry.refit=train")
HEAD = "| pruner | trials, pruned | epochs | CPU of the search | winner | on validation | on test |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--study", default="quickstart")
    parser.add_argument("--trials", type=int, default=24)
    parser.add_argument("--pruners", nargs="+", choices=PRUNERS, default=PRUNERS)
    parser.add_argument("overrides", nargs="*", help="Hydra's")
    options = parser.parse_intermixed_args()
    print(HEAD, "|---" * 7 + "|", sep="\n", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        given = [options.study, *LEFT_OUT, *options.overrides]
        least = cpu([*given, "finals=none", "tuner.max_trials=1", "trial.epochs=1"], Path(folder) / "start")
        print(f"| start | | | {least:.0f} s | | | |", flush=True)
        for pruner in options.pruners:
            own = Path(folder) / pruner
            asked = [*given, f"tuner.pruner={pruner}", f"tuner.max_trials={options.trials}"]
            seconds = cpu([*asked, "finals=none"], own)
            cpu([*asked, "finals.trials=1", "finals.calibration=validation"], own)
            print(line(pruner, seconds, result(directory=own)), flush=True)


def cpu(arguments: list[str], directory: Path) -> float:
    """Seconds of the processors that a sweep takes, its workers included.

    Args:
        arguments: of `seqsweep sweep`.
        directory: of the sweep.
    """
    before = seconds_of_children()
    command = [sys.executable, "-m", "seqsweep.cli", "sweep", *arguments, f"tracking.directory={directory}"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        sys.exit(ran.stderr[-4000:] + ran.stdout[-4000:])
    return seconds_of_children() - before


def seconds_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def line(pruner: str, seconds: float, swept: Result) -> str:
    records, objective = swept.outcome.records, swept.outcome.metric.name
    pruned = sum(record.status == "PRUNED" for record in records)
    epochs = sum(record.epochs or 0 for record in records)
    best = swept.conclusion.winner
    found = f"{best.name}, learning rate {best.params['learning_rate']:.2g}"
    scores = f"{best.mean:.4g} ± {best.std:.2g}", f"{swept.evaluation.scores[objective]:.4g}"
    cells = (pruner, f"{len(records)}, {pruned}", f"{epochs:,}", f"{seconds:.0f} s", found, *scores)
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
