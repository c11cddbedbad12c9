"""Whole sweeps that are really killed, locked out, cut off from their store and left without a disk."""

from __future__ import annotations

import itertools
import json
import os
import random
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

HERE = Path(__file__).parent
PATIENCE = 120.0  # seconds until a test gives up; none takes a tenth of it
MARK = "SEQSWEEP_TEST_OF_FAULTS"  # in the environment of every process that these tests start

SWEEPS = {
    "hyperband": ("tuner=hyperband", "trial.epochs=9", "executor.order=waves"),
    "bayesian": ("tuner=bayesian", "tuner.max_trials=16", "trial.epochs=3", "executor.order=waves"),
    "random": ("tuner=random", "tuner.max_trials=16", "trial.epochs=3"),
}
COMMON = ("executor.workers=2", "executor.recycle_after=9")

pytestmark = [pytest.mark.slow, pytest.mark.keras]


@dataclass
class Life:
    """A process that runs a sweep, and its report."""

    process: psutil.Process
    report: Path
    _events: list[dict[str, Any]] = field(default_factory=list)
    _read: int = 0  # bytes of the report

    @property
    def events(self) -> list[dict[str, Any]]:
        """What it reported so far."""
        if self.report.exists():
            with self.report.open("rb") as file:
                file.seek(self._read)
                lines = [line for line in file if line.endswith(b"\n")]
            self._read += sum(map(len, lines))
            self._events += map(json.loads, lines)
        return self._events

    @property
    def alive(self) -> bool:
        return self.process.is_running()

    def count(self, event: str) -> int:
        return sum(told["event"] == event for told in self.events)

    def hears(self, event: str, times: int = 1) -> bool:
        """Wait until it reported `event` so often; False where it ended before."""
        until(lambda: self.count(event) >= times or not self.alive, f"{times} x {event}")
        return self.count(event) >= times

    def ends(self) -> dict[str, Any]:
        """Wait until it ends by itself; its last word."""
        until(lambda: not self.alive, "the end of the sweep")
        return self.events[-1]

    def workers(self) -> list[psutil.Process]:
        with suppress(psutil.NoSuchProcess):
            return [child for child in self.process.children() if "seqsweep.executor.worker" in child.cmdline()]
        return []

    def kill(self) -> bool:
        """Kill it; False where it had ended before."""
        with suppress(psutil.NoSuchProcess):
            self.process.kill()
            until(lambda: not self.alive, "the death of the sweep")
        return not self.events or self.events[-1]["event"] not in ("outcome", "error", "crash")


@dataclass
class Nursery:
    """See fault_jobs.py."""

    process: subprocess.Popen[str]
    folder: Path  # its own
    _count: Iterator[int] = field(default_factory=itertools.count)

    def start(self, directory: Path, *overrides: str, job: str = "stand_in") -> Life:
        """A sweep that leaves all its traces in `directory`."""
        if not directory.exists():
            directory.mkdir()
            shutil.copy(self.folder / "mlflow.db", directory)  # making its tables takes seconds
        report = self.folder / f"report{next(self._count)}"
        overrides = (*COMMON, f"tracking.directory={directory}", *overrides)
        request = {"report": str(report), "directory": str(directory), "job": job, "overrides": overrides}
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return Life(psutil.Process(int(self.process.stdout.readline())), report)

    def run(self, directory: Path, *overrides: str, job: str = "stand_in") -> Life:
        """A sweep that nothing happens to."""
        life = self.start(directory, *overrides, job=job)
        life.ends()
        return life

    def descendants(self) -> list[psutil.Process]:
        """All that this nursery ever started and that lives; also what has lost its parent."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.pid != self.process.pid and process.environ().get(MARK) == str(os.getpid()):
                    found.append(process)
        return [process for process in found if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    folder = tmp_path_factory.mktemp("nursery")
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    with subprocess.Popen(
        [sys.executable, str(HERE / "fault_jobs.py"), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **one_thread, MARK: str(os.getpid())},
    ) as process:
        assert process.stdout.readline() == "ready\n"
        found = Nursery(process, folder)
        yield found
        process.stdin.close()
        process.wait(timeout=PATIENCE)
    assert found.descendants() == []


def until(happens: Callable[[], Any], what: str) -> Any:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := happens():
            return found
        time.sleep(0.005)
    raise AssertionError(f"waited in vain for: {what}")


# What a sweep leaves behind


def results(directory: Path) -> list[dict[str, Any]]:
    """What every finished trial gave, without the times that it took."""
    (trials,) = directory.glob("sweeps/*/trials")
    found = [json.loads(file.read_text()) for file in sorted(trials.glob("*.json"))]
    for record in found:
        for moment in ("started", "ended"):
            del record[moment]
        record["tags"].pop("losses", None)
        record["metrics"] = {n: v for n, v in record["metrics"].items() if "seconds" not in n and n != "duration"}
        record["curve"] = [(epoch, metrics) for epoch, metrics, _ in record["curve"]]
        record["detail"] = record["detail"].splitlines()[-1:]
    return found


def runs(store: Path, kind: str) -> Counter[tuple[str, str]]:
    """How many runs of a kind MLflow has, by trial id (of the sweep: an empty one) and status."""
    query = """
        select coalesce(trial.value, ''), runs.status from runs
        join tags kind on kind.run_uuid = runs.run_uuid and kind.key = 'kind' and kind.value = ?
        left join tags trial on trial.run_uuid = runs.run_uuid and trial.key = 'trial_id'
    """
    with closing(sqlite3.connect(store)) as connection:
        return Counter(connection.execute(query, [kind]).fetchall())


def assert_whole(directory: Path, reference: list[dict[str, Any]], store: Path | None = None) -> None:
    """Every trial finished once, as in the sweep that nothing interrupted; MLflow says the same; nothing is left."""
    store = store or directory / "mlflow.db"
    found = results(directory)
    assert found == reference
    assert [record["number"] for record in found] == list(range(1, len(reference) + 1))
    (tuner,) = directory.glob("sweeps/*/tuner/tuner.json")
    state = json.loads(tuner.read_text())
    assert sorted(state["ended"]) == [record["trial_id"] for record in found]
    status = {"COMPLETED": "FINISHED", "FAILED": "FAILED"}
    trials = runs(store, "trial")
    ended = {key: count for key, count in trials.items() if key[1] != "KILLED"}
    assert ended == {(record["trial_id"], status[record["status"]]): 1 for record in found}
    assert runs(store, "sweep") == {("", "FINISHED"): 1}
    assert list(directory.glob("sweeps/*/checkpoints/*")) == []
    assert list(directory.glob("sweeps/**/*.tmp")) == []


@pytest.fixture(scope="module")
def references(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Life, Path]]:
    """Each sweep without a fault: its life and its directory."""
    known: dict[str, tuple[Life, Path]] = {}

    def reference(name: str) -> tuple[Life, Path]:
        if name not in known:
            directory = tmp_path_factory.mktemp("reference") / name
            known[name] = nursery.run(directory, *SWEEPS[name]), directory
        return known[name]

    return reference


# Kills


@pytest.mark.parametrize(("name", "kills"), [("hyperband", 12), ("bayesian", 12), ("random", 6)])
def test_a_sweep_killed_at_random_moments_ends_as_if_nothing_had_happened(
    name: str, kills: int, nursery: Nursery, references: Any, tmp_path: Path
) -> None:
    undisturbed, directory = references(name)
    expected = results(directory)
    assert_whole(directory, expected)
    times = {event["event"]: event["at"] for event in undisturbed.events}
    start_up, work = times["begin"] - times["born"], times["outcome"] - times["begin"]
    rng = random.Random(name)
    sweeps, killed, workers_killed = 1, 0, 0
    while killed < kills:
        life = nursery.start(tmp_path / str(sweeps), *SWEEPS[name])
        if killed % 4 == 3:  # in the start-up, else at work
            life.hears("born")
            time.sleep(rng.uniform(0, start_up))
        elif life.hears("begin"):
            time.sleep(rng.uniform(0, work / 8))
            if killed % 3 == 1 and (workers := life.workers()):
                rng.choice(workers).kill()
                workers_killed += 1
                time.sleep(rng.uniform(0, work / 8))
        if life.kill():
            killed += 1
            until(lambda: not nursery.descendants(), "no process outlives the sweep")
        else:  # it was faster: kill the next one
            assert_whole(tmp_path / str(sweeps), expected)
            sweeps += 1
    last = nursery.run(tmp_path / str(sweeps), *SWEEPS[name])
    assert last.events[-1]["event"] == "outcome"
    assert_whole(tmp_path / str(sweeps), expected)
    assert workers_killed > 0
    assert nursery.descendants() == []


def test_networks_survive_the_death_of_sweep_and_worker_to_the_bit(nursery: Nursery, tmp_path: Path) -> None:
    sweep = ("tuner=hyperband", "trial.epochs=3", "search_space.units=[2,3,4]", "search_space.window=6")
    reference = nursery.start(tmp_path / "inline", *sweep, "executor=inline", job="networks")
    life = nursery.start(tmp_path / "killed", *sweep, "executor.workers=1", job="networks")
    assert life.hears("ended", 2)
    assert life.hears("started", 3)
    assert life.kill()
    again = nursery.start(tmp_path / "killed", *sweep, "executor.workers=1", job="networks")
    assert again.hears("epoch")
    (worker,) = again.workers()
    worker.kill()
    assert again.ends()["event"] == "outcome"
    assert any("runs again" in told.get("text", "") for told in again.events)
    assert reference.ends()["event"] == "outcome"
    assert_whole(tmp_path / "killed", results(tmp_path / "inline"))
    assert again.events[-1]["trained"] == len(results(tmp_path / "killed")) - 2


# Two at once


def test_a_second_launch_is_refused_with_the_process_id_of_the_first(nursery: Nursery, tmp_path: Path) -> None:
    first = nursery.start(tmp_path / "sweep", *SWEEPS["random"], job="slow_stand_in")
    assert first.hears("started", 2)
    refused = nursery.run(tmp_path / "sweep", *SWEEPS["random"]).events[-1]
    assert (refused["event"], refused["kind"]) == ("error", "LockedError")
    assert f"process {first.process.pid} " in refused["text"]
    assert first.alive
    assert first.kill()
    until(lambda: not nursery.descendants(), "no process outlives the sweep")


# Stores and disks


def test_a_server_that_is_away_is_named_and_nothing_is_lost(nursery: Nursery, references: Any, tmp_path: Path) -> None:
    expected = results(references("random")[1])
    directory = tmp_path / "sweep"
    life = nursery.start(directory, *SWEEPS["random"])
    assert life.hears("ended", 5)
    assert life.kill()
    before = results(directory)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        uri = f"http://127.0.0.1:{probe.getsockname()[1]}"
    refused = nursery.run(directory, *SWEEPS["random"], f"tracking.uri={uri}").events[-1]
    assert (refused["event"], refused["kind"]) == ("error", "TrackingError")
    assert uri in refused["text"]
    assert results(directory) == before
    assert nursery.run(directory, *SWEEPS["random"]).events[-1]["trained"] == len(expected) - len(before)
    assert_whole(directory, expected)


def test_a_store_that_breaks_stops_no_trial_and_gets_the_rest_later(
    nursery: Nursery, references: Any, tmp_path: Path
) -> None:
    expected = results(references("random")[1])
    directory = tmp_path / "sweep"
    life = nursery.start(directory, *SWEEPS["random"])
    assert life.hears("ended", 4)
    with closing(sqlite3.connect(directory / "mlflow.db", timeout=PATIENCE)) as store:
        store.execute("alter table runs rename to broken")
    end = life.ends()
    assert (end["event"], end["kind"]) == ("error", "TrackingError")
    assert "same command again" in end["text"]
    assert results(directory) == expected
    with closing(sqlite3.connect(directory / "mlflow.db", timeout=PATIENCE)) as store:
        store.execute("alter table broken rename to runs")
    assert {key for key in runs(directory / "mlflow.db", "trial") if key[1] == "FINISHED"} < {
        (record["trial_id"], "FINISHED") for record in expected
    }
    assert nursery.run(directory, *SWEEPS["random"]).events[-1]["trained"] == 0
    assert_whole(directory, expected)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, with room for 16 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16M", "none", disk], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.decode().strip()}")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


def test_a_full_disk_is_named_and_the_sweep_goes_on_when_there_is_room(
    nursery: Nursery, references: Any, small_disk: Path
) -> None:
    directory = small_disk / "sweep"
    life = nursery.start(directory, *SWEEPS["hyperband"])
    assert life.hears("ended", 5)
    with (small_disk / "fills the disk").open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    end = life.ends()
    assert (end["event"], end.get("kind")) == ("error", "StateError"), end
    assert "No space left" in end["text"]
    until(lambda: not nursery.descendants(), "no process outlives the sweep")
    still_full = nursery.run(directory, *SWEEPS["hyperband"]).events[-1]
    assert still_full["event"] == "error", still_full
    (small_disk / "fills the disk").unlink()
    assert nursery.run(directory, *SWEEPS["hyperband"]).events[-1]["event"] == "outcome"
    assert_whole(directory, results(references("hyperband")[1]))


def test_checkpoints_of_a_sweep_stay_few(references: Any) -> None:
    undisturbed, _ = references("hyperband")
    held = [told["checkpoints"] for told in undisturbed.events if told["event"] == "started"]
    # Nine trials start the largest bracket and three of them go on; two more run, and the next bracket's two wait.
    assert 0 < max(held) <= 3 + 2 + 2
