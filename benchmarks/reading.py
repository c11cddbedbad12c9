"""What reading a long file costs: `seqsweep data` on a million rows, as they are and joined to days.

    python benchmarks/reading.py
    python benchmarks/reading.py --rows 5000000 --runs 1 data.missing=last

Whole processes by turns, from the start of the interpreter to its end: imports, the check of the config, the terminal
and the page included. The bundled series of 309 rows shows what of that is start-up; `beyond` is the time above it.
`cpu` is user and system time, which a busy machine changes less; `peak` is the most memory that the process held.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Cost:
    """Of one process: seconds of wall time and of CPU time, megabytes."""

    wall: float
    cpu: float
    peak: float


def main() -> None:
    from rich.console import Console
    from rich.table import Table

    options = arguments()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "long.csv"
        write(file, options.rows)
        own = ["data=csv", f"data.path={file}", "data.target=load", "data.time=when", "data.features=[temp,wind]"]
        ways = {
            "309 rows, bundled": [],
            f"{options.rows:,} rows": [*own, *options.overrides],
            f"{options.rows:,} rows to days": [*own, "data.frequency=D", "data.aggregate=sum", *options.overrides],
        }
        costs: dict[str, list[Cost]] = {name: [] for name in ways}
        for _ in range(options.runs):
            for name, overrides in ways.items():
                costs[name].append(run(overrides, Path(folder)))
        size = file.stat().st_size / 1e6
    table = Table(title=f"seqsweep data, a CSV of {size:.0f} MB, median of {options.runs}, {os.cpu_count()} cores")
    table.add_column("read")
    for name in ("wall, s", "beyond, s", "cpu, s", "beyond, s", "peak, MB"):
        table.add_column(name, justify="right")
    start = middle(costs["309 rows, bundled"])
    for name, own_costs in costs.items():
        cost = middle(own_costs)
        seconds = (cost.wall, cost.wall - start.wall, cost.cpu, cost.cpu - start.cpu)
        table.add_row(name, *(f"{figure:.2f}" for figure in seconds), f"{cost.peak:.0f}")
    Console(width=110).print(table)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3, help="times that each way is run")
    parser.add_argument("overrides", nargs="*", help="Hydra's, for the long file")
    return parser.parse_intermixed_args()


def write(file: Path, rows: int) -> None:
    """A row a minute: a time, a target with a season of a day, two features."""
    random = np.random.default_rng(0)
    minutes = np.datetime64("2020-01-01T00:00:00") + 60 * np.arange(rows)
    load = 100 + 10 * np.sin(np.arange(rows) * 2 * np.pi / 1440) + random.normal(size=rows)
    columns = zip(minutes.tolist(), load.tolist(), *random.normal(size=(2, rows)).tolist(), strict=True)
    with file.open("w") as stream:
        stream.write("when,load,temp,wind\n")
        stream.writelines(f"{when},{y:.3f},{temp:.3f},{wind:.3f}\n" for when, y, temp, wind in columns)


def run(overrides: list[str], folder: Path) -> Cost:
    command = [sys.executable, "-m", "seqsweep.cli", "data", "quickstart", *overrides, f"tracking.directory={folder}"]
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed")
    process.returncode = 0  # it has been waited for
    unit = 1e6 if sys.platform == "darwin" else 1e3  # bytes there, kibibytes elsewhere
    return Cost(time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / unit)


def middle(costs: list[Cost]) -> Cost:
    return Cost(*(statistics.median(getattr(cost, name) for cost in costs) for name in ("wall", "cpu", "peak")))


if __name__ == "__main__":
    main()
