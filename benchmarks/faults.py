"""What workers gain, what kills cost, and what the parent and its workers need.

    python benchmarks/faults.py
    python benchmarks/faults.py --only kills writes
    python benchmarks/faults.py --rounds 1 --trials 6 --kills 4 --overhead-trials 20 --memory-trials 5 10

The commands with one and with two workers run by turns, so that a busy machine slows both alike: read the ratio; it
says nothing where other programs hold a core. Kills are SIGKILL, each followed by the same command again: at random
moments over a Hyperband and a Bayesian sweep of stand-in trials; and at every write of every state file, before it,
with half of it on disk, and after it, over searches of all tuners, whole studies of tiny networks, promotions and a
rollback. What is left in the end is compared to the bit with what the same commands leave without a kill.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # stand-in trials, and lives that can be killed

from fault_kills import (
    SEARCHES,
    STUDIES,
    Found,
    compared,
    killed_at_each,
    registry_kills,
    search_kills,
    study_kills,
)
from fault_lives import Nursery, nursery_in, results, runs, storm

if TYPE_CHECKING:
    import psutil

Rows = Iterator[tuple[str, str]]  # what, how much

STORMS = ("hyperband", "bayesian")
COMMAND = "import sys; from seqsweep.cli import main; sys.exit(main())"


def main() -> None:
    from rich.console import Console
    from rich.table import Table

    options = arguments()
    console = Console(width=110)
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    console.print(f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}; load before the start: {load}")
    table = Table("measured", "figure", title="Workers, kills, overhead, memory", title_justify="left")
    with tempfile.TemporaryDirectory() as place, console.status("") as status:
        folder = Path(place)
        rows: list[tuple[str, str]] = []
        if "workers" in options.only:
            status.update("one worker against two")
            rows += workers(folder, options)
        with nursery_in(folder) as nursery:
            for name, measure in MEASURES.items():
                if name in options.only:
                    status.update(name)
                    rows += measure(nursery, folder, options)
    for row in rows:
        table.add_row(*row)
    console.print(table)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=("workers", *MEASURES), default=("workers", *MEASURES))
    parser.add_argument("--rounds", type=int, default=3, help="runs with one worker and with two, by turns")
    parser.add_argument("--trials", type=int, default=12, help="of each of them")
    parser.add_argument("--epochs", type=int, default=30, help="of each of their trials")
    parser.add_argument("--kills", type=int, default=12, help="of each of two sweeps of stand-ins")
    parser.add_argument("--overhead-trials", type=int, default=100)
    parser.add_argument("--memory-trials", type=int, nargs=2, default=[5, 40], metavar=("FEW", "MANY"))
    return parser.parse_args()


def workers(folder: Path, options: argparse.Namespace) -> Rows:
    """Wall time of the whole command with small real networks."""
    seconds: dict[int, list[float]] = {1: [], 2: []}
    spans: dict[int, list[float]] = {1: [], 2: []}
    for turn in range(options.rounds):
        for count in (1, 2) if turn % 2 == 0 else (2, 1):
            directory = folder / f"workers {turn} {count}"
            limits = (f"tuner.max_trials={options.trials}", f"trial.epochs={options.epochs}", "trial.patience=null")
            settings = (*limits, f"executor.workers={count}", f"tracking.directory={directory}")
            began = time.perf_counter()
            subprocess.run(
                [sys.executable, "-c", COMMAND, "sweep", "quickstart", *settings], check=True, capture_output=True
            )
            seconds[count].append(time.perf_counter() - began)
            spans[count].append(span(directory))
    what = f"{options.trials} networks of {options.epochs} epochs"
    for name, found in (("the whole command", seconds), ("first trial to last", spans)):
        one, two = (statistics.median(found[count]) for count in (1, 2))
        ratio = statistics.median(b / a for a, b in zip(found[1], found[2], strict=True))
        yield f"{what}, {name}: 1 worker, 2 workers", f"{one:.1f} s, {two:.1f} s"
        yield "    2 workers / 1 worker, median of pairs (aim: at most 0.6)", f"{ratio:.2f}"


def span(directory: Path) -> float:
    """Seconds from the start of a sweep's first trial to the end of its last."""
    records = [json.loads(file.read_text()) for file in directory.glob("sweeps/*/trials/*.json")]
    return max(record["ended"] for record in records) - min(record["started"] for record in records)


def kills(nursery: Nursery, folder: Path, options: argparse.Namespace) -> Rows:
    """What a dozen kills leave of a sweep, beside the same sweep without a kill."""
    made = survived = workers_killed = repeated = lost = other = duplicates = 0
    for name in STORMS:
        sweep = SEARCHES[name]
        undisturbed = nursery.run(folder / f"undisturbed {name}", *sweep)
        expected = {record["trial_id"]: record for record in results(folder / f"undisturbed {name}")}
        (folder / name).mkdir()
        found = storm(nursery, folder / name, sweep, options.kills, undisturbed)
        made, survived = made + found.kills, survived + found.survived
        workers_killed, repeated = workers_killed + found.workers_killed, repeated + len(found.repeated)
        for directory in found.directories:
            left = {record["trial_id"]: record for record in results(directory)}
            ended = [
                (key, count) for key, count in runs(directory / "mlflow.db", "trial").items() if key[1] != "KILLED"
            ]
            lost += len(expected.keys() - left.keys()) + len(left.keys() - {trial for (trial, _), _ in ended})
            other += sum(left[trial] != expected.get(trial) for trial in left)
            duplicates += sum(count for _, count in ended) - len({trial for (trial, _), _ in ended})
    yield f"kills survived / made (and {workers_killed} of workers)", f"{survived} / {made}"
    yield "trials lost", str(lost)
    yield "finished trials that ran again", str(repeated)
    yield "trials that ended otherwise than in the sweep without a kill", str(other)
    yield "duplicate runs in MLflow", str(duplicates)


def writes(nursery: Nursery, folder: Path, _: argparse.Namespace) -> Rows:
    """Kills at every write of a state file, one after the other, until all of it is done."""
    whole = Found()
    jobs = {f"search, {name}": (SEARCHES[name], search_kills(name), "stand_in") for name in SEARCHES}
    jobs |= {f"study, {name}": (STUDIES[name], study_kills(), "study") for name in STUDIES}
    for name, (sweep, kills_of_it, job) in jobs.items():
        place = name.replace(", ", "-")
        undisturbed, killed = folder / f"{place}-undisturbed", folder / f"{place}-killed"
        nursery.run(undisturbed, *sweep, job=job)
        found = killed_at_each(nursery, killed, sweep, kills_of_it, job)
        found.other += compared(killed, undisturbed)
        whole += found
        yield f"kills at each write, {name}: survived / made (and {found.workers} of workers)", told(found)
    both = folder / "registry"
    for seed in ("seed=1", "seed=2"):
        nursery.run(both, *STUDIES["random"], seed, job="study")
    found = registry_kills(nursery, both, folder, STUDIES["random"], "sunspots")
    whole += found
    yield "kills at each write of two promotions and a rollback", told(found)
    yield f"all of them (and {whole.workers} of workers)", told(whole)
    for difference in whole.other:
        yield "ended otherwise than without kills", difference


def told(found: Found) -> str:
    return f"{found.survived} / {found.made}, {len(found.other)} ended otherwise"


def overhead(nursery: Nursery, folder: Path, options: argparse.Namespace) -> Rows:
    """Wall time of a sweep whose trials return at once, 3 epochs each, with MLflow on SQLite."""
    life = nursery.run(
        folder / "overhead",
        "tuner=random",
        f"tuner.max_trials={options.overhead_trials}",
        "trial.epochs=3",
        "executor.max_trials_per_worker=1000",
        job="at_once",
    )
    times = {event["event"]: event["at"] for event in life.events}
    each = 1e3 / options.overhead_trials
    whole, tracking = (times["finish"] - times["begin"]) * each, life.events[-1]["tracking"] * each
    what = f"parent overhead a trial ({options.overhead_trials} trials that return at once)"
    yield what, f"{whole:.0f} ms, of which MLflow {tracking:.0f} ms"


def memory(nursery: Nursery, folder: Path, options: argparse.Namespace) -> Rows:
    """Resident memory of the only worker, real networks of different sizes, no replacement."""
    few, many = options.memory_trials
    life = nursery.start(
        folder / "memory",
        "tuner=random",
        f"tuner.max_trials={many + 1}",
        "trial.epochs=2",
        "executor.workers=1",
        "executor.max_trials_per_worker=1000",
        job="networks",
    )
    for count in (few, many):
        life.hears("ended", count)
        worker: psutil.Process = life.workers()[0]
        yield f"resident memory of a worker after {count} trials", f"{worker.memory_info().rss / 2**20:.0f} MB"
    life.kill()


MEASURES = {"kills": kills, "writes": writes, "overhead": overhead, "memory": memory}

if __name__ == "__main__":
    main()
