"""Whole sweeps that are really killed, locked out, cut off from their store and left without a disk."""

from __future__ import annotations

import json
import socket
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from fault_kills import (
    SEARCHES,
    STUDIES,
    WRITTEN_LAST,
    Kill,
    compared,
    killed_at_each,
    search_kills,
    study_kills,
)
from fault_lives import PATIENCE, Life, Nursery, results, runs, storm, until

SWEEPS = {
    "hyperband": SEARCHES["hyperband"],
    "bayesian": SEARCHES["bayesian"],
    "random": ("tuner=random", "tuner.max_trials=16", "trial.epochs=3"),
}

NETWORKS = (
    "tuner=hyperband",
    "tuner.sampler=random",
    "trial.epochs=3",
    "search_space.units=[2,3,4]",
    "search_space.window=6",
)

pytestmark = [pytest.mark.slow, pytest.mark.keras]


def assert_whole(directory: Path, reference: list[dict[str, Any]]) -> None:
    """Every trial finished once, as in the sweep that nothing interrupted; MLflow says the same; nothing is left."""
    store = directory / "mlflow.db"
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


@pytest.mark.parametrize(("name", "kills"), [("hyperband", 4), ("bayesian", 3), ("random", 2)])
def test_a_sweep_killed_at_random_moments_ends_as_if_nothing_had_happened(
    name: str, kills: int, nursery: Nursery, references: Any, tmp_path: Path
) -> None:
    undisturbed, directory = references(name)
    expected = results(directory)
    assert_whole(directory, expected)
    found = storm(nursery, tmp_path, SWEEPS[name], kills, undisturbed)
    assert (found.kills, found.survived) == (kills, kills)
    assert found.workers_killed > 0
    assert found.repeated == []
    for sweep in found.directories:
        assert_whole(sweep, expected)


def torn(kills: list[Kill]) -> list[Kill]:
    """Of the kills at each write those that leave half of a file; benchmarks/faults.py has all of them."""
    return [kill for kill in kills if kill[2] == "within"]


def test_a_search_that_is_killed_within_each_write_of_its_state_ends_as_if_nothing_had_happened(
    nursery: Nursery, references: Any, tmp_path: Path
) -> None:
    kills = torn(search_kills("hyperband"))
    found = killed_at_each(nursery, tmp_path / "killed", SWEEPS["hyperband"], kills, "stand_in")
    assert found.other + compared(tmp_path / "killed", references("hyperband")[1]) == []
    assert found.made == found.survived == len(kills) == 8


def test_finals_and_packaging_killed_within_each_write_end_as_if_nothing_had_happened(
    nursery: Nursery, tmp_path: Path
) -> None:
    undisturbed = tmp_path / "undisturbed"
    assert nursery.run(undisturbed, *STUDIES["random"], job="study").events[-1]["event"] == "outcome"
    kills = torn(study_kills())
    found = killed_at_each(nursery, tmp_path / "killed", STUDIES["random"], kills, "study")
    assert found.other + compared(tmp_path / "killed", undisturbed) == []
    assert found.made == found.survived == len(kills) == len(WRITTEN_LAST)


@pytest.fixture(scope="module")
def inline_networks(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a sweep of real networks that nothing happened to."""
    directory = tmp_path_factory.mktemp("networks") / "inline"
    assert nursery.run(directory, *NETWORKS, "executor=inline", job="networks").events[-1]["event"] == "outcome"
    return directory


def test_networks_survive_the_death_of_sweep_and_worker_to_the_bit(
    nursery: Nursery, inline_networks: Path, tmp_path: Path
) -> None:
    sweep = (*NETWORKS, "executor.workers=1")
    life = nursery.start(tmp_path / "killed", *sweep, job="networks")
    assert life.hears("ended", 2)
    assert life.hears("started", 3)
    assert life.kill()
    again = nursery.start(tmp_path / "killed", *sweep, job="networks")
    assert again.hears("epoch")
    worker, searching = again.workers()  # the second chooses the trials
    worker.kill()
    searching.kill()
    assert again.ends()["event"] == "outcome"
    assert any("runs again" in told.get("text", "") for told in again.events)
    assert_whole(tmp_path / "killed", results(inline_networks))
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
    until_tracked(directory)
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


FILLER = "0001.fills the disk"  # named like a checkpoint that may be continued, which is left alone


@contextmanager
def small_disk_at(folder: Path, size: str) -> Iterator[None]:
    """A file system of its own at `folder`, with so much room."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder]
    mounted = subprocess.run(mount, capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk_at(tmp_path / "disk", "16M"):
        yield tmp_path / "disk"


def until_tracked(directory: Path) -> None:
    """Wait until the store, which is opened beside the first trials, has one of them."""
    until(lambda: runs(directory / "mlflow.db", "trial"), "a trial in the store")


def fill(disk: Path) -> None:
    with (disk / FILLER).open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


def test_a_full_disk_is_named_and_the_sweep_goes_on_when_there_is_room(
    nursery: Nursery, references: Any, small_disk: Path
) -> None:
    directory = small_disk / "sweep"
    life = nursery.start(directory, *SWEEPS["hyperband"])
    assert life.hears("ended", 5)
    until_tracked(directory)
    fill(small_disk)
    end = life.ends()
    assert (end["event"], end.get("kind")) == ("error", "StateError"), end
    assert "No space left" in end["text"]
    until(lambda: not nursery.descendants(), "no process outlives the sweep")
    still_full = nursery.run(directory, *SWEEPS["hyperband"]).events[-1]
    assert still_full["event"] == "error", still_full
    (small_disk / FILLER).unlink()
    assert nursery.run(directory, *SWEEPS["hyperband"]).events[-1]["event"] == "outcome"
    assert_whole(directory, results(references("hyperband")[1]))


def test_a_disk_without_room_for_a_checkpoint_stops_the_sweep_and_fails_no_trial(
    nursery: Nursery, inline_networks: Path, tmp_path: Path
) -> None:
    directory = tmp_path / "sweep"
    sweep = (*NETWORKS, "executor=inline")
    life = nursery.start(directory, *sweep, job="networks")
    assert life.hears("begin")
    (state,) = directory.glob("sweeps/*")
    with small_disk_at(state / "checkpoints", "1M"):  # records, search and store have room elsewhere
        assert life.hears("ended")
        fill(state / "checkpoints")
        end = life.ends()
        assert (end["event"], end.get("kind")) == ("error", "StateError"), end
        assert "cannot write the state of the sweep (No space left on device)" in end["text"]
        assert str(state / "checkpoints") in end["text"]
        assert "same command again" in end["text"]
        assert list((state / "checkpoints").glob("*.tmp")) == []
        kept = results(directory)
        assert 0 < len(kept) < len(results(inline_networks))
        assert {record["status"] for record in kept} == {"COMPLETED"}
        assert {status for _, status in runs(directory / "mlflow.db", "trial")} == {"FINISHED", "KILLED"}
        (state / "checkpoints" / FILLER).unlink()
        assert nursery.run(directory, *sweep, job="networks").events[-1]["event"] == "outcome"
        assert_whole(directory, results(inline_networks))


def test_a_damaged_checkpoint_is_named_and_changes_no_figure(
    nursery: Nursery, inline_networks: Path, tmp_path: Path
) -> None:
    directory = tmp_path / "sweep"
    sweep = (*NETWORKS, "executor=inline")
    life = nursery.start(directory, *sweep, job="networks")
    assert life.hears("ended", 3)
    assert life.hears("started", 4)  # the best of three goes on
    assert life.kill()
    damaged = list(directory.glob("sweeps/*/checkpoints/*.npz"))
    for file in damaged:
        file.write_bytes(file.read_bytes()[:100])
    again = nursery.run(directory, *sweep, job="networks")
    told = [event["text"] for event in again.events if event["event"] == "say"]
    assert any(f"the checkpoint of trial {f.stem} is truncated or damaged" in text for f in damaged for text in told), (
        told
    )
    found, expected = results(directory), results(inline_networks)
    assert [record["metrics"] for record in found] == [record["metrics"] for record in expected]
    assert ["trains from its first epoch" in record["note"] for record in found].count(True) == 1


def test_checkpoints_of_a_sweep_stay_few(references: Any) -> None:
    undisturbed, _ = references("hyperband")
    held = [told["checkpoints"] for told in undisturbed.events if told["event"] == "started"]
    # Nine trials start the largest bracket and three of them go on; two more run, and the next bracket's two wait.
    assert 0 < max(held) <= 3 + 2 + 2
