"""What tracking costs: a whole sweep with MLflow against the same sweep with tracking=none.

    python benchmarks/tracking.py
    python benchmarks/tracking.py --store kept --pairs 6 tuner.max_trials=48

Whole processes in pairs, by turns and in changing order, from the start of the interpreter to its end: imports, the
making of the store and the last write included. `cpu` is user and system time of the command and all of its workers.
The first pair warms caches and is not counted. A sweep of few trials shows the fixed part, a longer one what a trial
adds.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

Cost = tuple[float, float]
"""Seconds of wall time and of CPU time."""


def main() -> None:
    from rich.console import Console
    from rich.table import Table

    options = arguments()
    console = Console(width=110)
    pairs: list[tuple[Cost, Cost]] = []
    with tempfile.TemporaryDirectory() as folder:
        kept = kept_store(options, Path(folder)) if options.store == "kept" else None
        for number in range(options.pairs + 1):
            kinds = ("mlflow", "none") if number % 2 else ("none", "mlflow")
            seen = {kind: timed(options, kind, kept) for kind in kinds}
            pairs.append((seen["mlflow"], seen["none"]))
    title = f"{options.study} {' '.join(options.overrides)}, {options.store} store, {os.cpu_count()} cores"
    table = Table(title=title)
    for name in ("pair", "mlflow, wall s", "none, wall s", "difference", "mlflow, cpu s", "none, cpu s", "difference"):
        table.add_column(name, justify="right")
    for number, (ours, bare) in enumerate(pairs[1:], 1):
        cells = [f"{figure:.2f}" for a, b in zip(ours, bare, strict=True) for figure in (a, b, a - b)]
        table.add_row(str(number), *cells)
    console.print(table)
    for clock, name in enumerate(("wall", "cpu")):
        console.print(summary(name, [(ours[clock], bare[clock]) for ours, bare in pairs[1:]]))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--study", default="quickstart")
    parser.add_argument("--pairs", type=int, default=4, help="times that both are run and counted")
    parser.add_argument("--store", choices=("new", "kept"), default="new", help="made by the sweep, or there before it")
    parser.add_argument("overrides", nargs="*", help="Hydra's, for both")
    return parser.parse_intermixed_args()


def kept_store(options: argparse.Namespace, folder: Path) -> Path:
    """A store that holds another sweep, of one trial."""
    run(options, "mlflow", folder, "seed=97", "tuner.max_trials=1", "trial.epochs=1")
    return folder / "mlflow.db"


def timed(options: argparse.Namespace, kind: str, store: Path | None) -> Cost:
    """One sweep from its first trial, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        if store:
            shutil.copy(store, folder)
        spent, started = os.times(), time.perf_counter()
        run(options, kind, Path(folder))
        wall, now = time.perf_counter() - started, os.times()
    cpu = now.children_user + now.children_system - spent.children_user - spent.children_system
    return wall, cpu


def run(options: argparse.Namespace, kind: str, folder: Path, *overrides: str) -> None:
    command = [sys.executable, "-m", "seqsweep.cli", "sweep", options.study, *options.overrides, *overrides]
    command += [f"tracking={kind}", f"tracking.directory={folder}"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def summary(name: str, pairs: list[tuple[float, float]]) -> str:
    """`wall: tracking adds …`: mean, its standard error, median, and the share of a sweep without tracking."""
    added = [ours - bare for ours, bare in pairs]
    error = statistics.stdev(added) / len(added) ** 0.5 if len(added) > 1 else float("nan")
    median, bare = statistics.median(added), statistics.median(bare for _, bare in pairs)
    return (
        f"{name}: tracking adds {statistics.mean(added):.2f} ± {error:.2f} s (mean, standard error), "
        f"median {median:.2f} s: {median / bare:.1%} of {bare:.1f} s"
    )


if __name__ == "__main__":
    main()
