"""What a sweep of many trials costs the process that leads it, on a Ray cluster whose actors only sleep.

    python benchmarks/scale.py
    python benchmarks/scale.py --slots 2 16 64 --trials 10000 10000 10000 --seconds 0.5 2 3
    python benchmarks/scale.py --inline --seconds 0 --slots 1 --trials 10000 --tracking none

A trial sleeps for `--seconds` (one number for all rows, or one a row) and sends 30 epochs meanwhile; nothing is
trained, all else is real: random search, records on disk, one MLflow run a trial. Each row is a sweep in a process of
its own, on a cluster of this machine that says it has so many CPUs; it is told as it ends, and where it fails the
others run. `busy` is the share of slot-seconds in which a trial slept, from the first trial's begin to the last one's
end; `busy then` leaves the start of the workers out, and the end, when nothing is left for a free slot: it begins when
as many trials as slots first ran at once, and goes to the last trial's begin (nan: so many never did). What a trial
takes longer than it was to sleep counts as idle in both. `cpu a trial` is user and system time of the leading process
alone. `resume` is the same command on the finished sweep, to where it finds nothing left to run, in seconds by the
clock and of CPU, of all processes that it starts and of an idle cluster; `page` writes the report of all trials.
`--folder` keeps one sweep there and prints what was seen as JSON; of a sweep that ended there before, its resume and
page alone. `--tracking` is a file of this
machine (`mlflow`), a server with a file of its own (`server`), or nothing (`none`). With `--inline` trials run in the
leading process, one at a time and without Ray: what leading costs as trials become many, in the first and in the last
tenth of them.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import accumulate
from pathlib import Path

import psutil

from seqsweep.events import Done, Epoch, Event, Started, TrialResult, TrialSpec

EPOCHS = 30


class Sleeper:
    """A job that sleeps; its score follows from its learning rate."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __call__(self, spec: TrialSpec) -> Iterator[Event]:
        yield Started(os.getpid(), time.time())
        metrics = {"loss": 0.01, "val_loss": 0.02, "val_mae": 10 + 1000 * spec.params.learning_rate}
        for epoch in range(1, EPOCHS + 1):
            time.sleep(self.seconds / EPOCHS)
            yield Epoch(epoch, metrics, time.time())
        full = {**metrics, "val_rmse": 20.0, "val_mase": 1.0, "val_smape": 30.0}
        yield Done(TrialResult(full, EPOCHS, EPOCHS, 1000, spec.seed, threads=1))


def nothing(threads: int) -> None:
    """A worker that only sleeps needs no TensorFlow."""


def main() -> None:
    options = arguments()
    if options.folder:
        one(options)
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"{EPOCHS} epochs a trial, {os.cpu_count()} cores")
    for name in (
        "slots",
        "trials",
        "s a trial",
        "wall s",
        "cpu a trial, ms",
        "in the last tenth",
        "busy",
        "busy then",
        "MB, first",
        "MB, end",
        "resume s",
        "its cpu s",
        "page s",
    ):
        table.add_column(name, justify="right")
    every = options.seconds * len(options.slots) if len(options.seconds) == 1 else options.seconds
    for slots, trials, seconds in zip(options.slots, options.trials, every, strict=True):
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, __file__, "--slots", str(slots), "--trials", str(trials)]
            command += ["--seconds", str(seconds), "--folder", folder, "--tracking", options.tracking]
            command += ["--inline"] if options.inline else []
            ran = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
        if ran.returncode:
            print(f"{slots} slots: ended with exit code {ran.returncode}", file=sys.stderr)
            continue
        seen = json.loads(ran.stdout.splitlines()[-1])
        print(f"{slots} slots, {trials} trials of {seconds:g} s: {seen}", file=sys.stderr)
        figures = ("wall", "cpu", "late", "busy", "then", "first", "last", "resume", "resume_cpu", "page")
        formats = ("{:.0f}", "{:.1f}", "{:.1f}", "{:.1%}", "{:.1%}", "{:.0f}", "{:.0f}", "{:.1f}", "{:.1f}", "{:.1f}")
        row = [form.format(seen[name]) for name, form in zip(figures, formats, strict=True)]
        table.add_row(str(slots), str(trials), f"{seconds:g}", *row)
    Console(width=120).print(table)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slots", type=int, nargs="+", default=[2, 16, 64])
    parser.add_argument("--trials", type=int, nargs="+", default=[300, 2500, 10_000])
    parser.add_argument(
        "--seconds", type=float, nargs="+", default=[3.0], help="that a trial sleeps, of all rows or each"
    )
    parser.add_argument("--tracking", default="mlflow", choices=("mlflow", "server", "none"))
    parser.add_argument("--inline", action="store_true", help="without Ray, one trial at a time")
    parser.add_argument("--folder", help="of one sweep, to be kept; prints JSON")
    return parser.parse_args()


def one(options: argparse.Namespace) -> None:
    """One sweep, its resume and its page; prints what was seen as JSON."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent), *sys.path[1:]])
    sys.modules["scale"] = sys.modules["__main__"]  # workers import this file by its name
    Sleeper.__module__ = nothing.__module__ = "scale"
    from seqsweep import report

    with executor(options) as chosen, store(options) as tracking:
        ended = any(Path(options.folder).glob("sweeps/*/outcome.json"))
        seen = {} if ended else swept(options, [*chosen, *tracking])
        since, spent = time.monotonic(), spent_by_all()
        swept(options, [*chosen, *tracking])
        seen["resume"], seen["resume_cpu"] = time.monotonic() - since, spent_by_all() - spent
        since = time.monotonic()
        report.write(next(Path(options.folder).glob("sweeps/*")))
        seen["page"] = time.monotonic() - since
        print(json.dumps(seen))


@contextmanager
def executor(options: argparse.Namespace) -> Iterator[list[str]]:
    """The overrides that say where trials run, while that is there."""
    if options.inline:
        yield ["executor=inline"]
        return
    from ray.cluster_utils import Cluster

    slots = options.slots[0]
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": slots, "include_dashboard": False})
    yield [
        "executor=ray",
        f"executor.address={cluster.address}",
        f"executor.workers={slots}",
        "executor.max_trials_per_worker=100000",
    ]
    cluster.shutdown()


@contextmanager
def store(options: argparse.Namespace) -> Iterator[list[str]]:
    """The overrides that name where runs are kept, while that is there."""
    if options.tracking != "server":
        yield [f"tracking={options.tracking}"]
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{options.folder}/server.db"]
    command += ["--artifacts-destination", f"{options.folder}/artifacts"]
    quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    with Path(options.folder, "server.log").open("w") as log:
        server = subprocess.Popen(command, env={**os.environ, **quiet}, stdout=log, stderr=log, start_new_session=True)
    try:
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.5)
        yield [f"tracking.uri=http://127.0.0.1:{port}"]
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()


def swept(options: argparse.Namespace, chosen: Sequence[str]) -> dict[str, float]:
    """Run the sweep, or what is left of it."""
    from seqsweep import search
    from seqsweep.config import compose

    overrides = [f"tracking.directory={options.folder}", *chosen, "tuner=random", "finals=none"]
    overrides += [f"tuner.max_trials={options.trials[0]}"]
    overrides += ["search_space=default", "search_space.learning_rate={low: 1e-4, high: 1e-2, log: true}"]
    config = compose("quickstart", overrides).jobs[0]
    watcher = Watcher()
    with search.open_sweep(config, watcher, lambda *_: Sleeper(options.seconds[0]), nothing) as context:
        outcome = search.search(context)
    if not watcher.ends:
        return {}
    begun = min(record.started for record in outcome.records)
    span = max(record.ended for record in outcome.records) - begun
    return {
        "wall": span,
        "cpu": watcher.cpu(0),
        "late": watcher.cpu(-max(2, len(watcher.ends) // 10)),
        "busy": len(outcome.records) * options.seconds[0] / (span * options.slots[0]),
        "then": busy_then(
            [(record.started, record.ended) for record in outcome.records], *options.slots, *options.seconds
        ),
        "first": watcher.ends[0][2],
        "last": watcher.ends[-1][2],
    }


def busy_then(trials: Sequence[tuple[float, float]], slots: int, seconds: float) -> float:
    """The share of slot-seconds slept between when all slots first ran a trial and when the last trial began.

    Args:
        trials: when each began and ended, in seconds of one clock.
        slots: that there are.
        seconds: that a trial sleeps.
    """
    changes = sorted([(began, 1) for began, _ in trials] + [(ended, -1) for _, ended in trials])
    running = accumulate(change for _, change in changes)
    since = next((at for (at, _), count in zip(changes, running, strict=True) if count == slots), math.nan)
    until = max(began for began, _ in trials)
    slept = sum(max(0.0, min(began + seconds, until) - max(began, since)) for began, _ in trials)
    return slept / (slots * (until - since)) if until > since else math.nan


def used() -> tuple[float, float, float]:
    """Wall time, CPU seconds of this process, and the megabytes that it holds now."""
    spent = resource.getrusage(resource.RUSAGE_SELF)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return time.monotonic(), spent.ru_utime + spent.ru_stime, pages * resource.getpagesize() / 1e6


def spent_by_all() -> float:
    """CPU seconds so far of this process and of all that it started, those that have ended included."""
    this, total = psutil.Process(), 0.0
    for process in (this, *this.children(recursive=True)):
        with suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


class Watcher:
    """An observer that notes what the process has used as each trial ends."""

    def __init__(self) -> None:
        self.ends: list[tuple[float, float, float]] = []

    def cpu(self, since: int) -> float:
        """Milliseconds of CPU a trial from one that ended on, by its place in their order."""
        ends = self.ends[since:]
        return 1000 * (ends[-1][1] - ends[0][1]) / (len(ends) - 1)

    def __getattr__(self, name: str) -> object:
        return lambda *_args, **_options: None

    def ended(self, *_: object) -> None:
        self.ends.append(used())


if __name__ == "__main__":
    main()
