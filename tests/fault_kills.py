"""Kills at every write of a state file, one after the other; what they leave is compared with a sweep without kills."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from fault_lives import Nursery, results, runs

Kill = tuple[str, int, str]  # of what, which of these writes, the phase: see fault_jobs.py

SYNCHRONOUS = "executor.order=synchronous"
GRID = ("tuner=grid", "tuner.max_trials=16", "search_space.learning_rate=[0.001,0.01]", "search_space.dropout=0")
SEARCHES = {
    "random": ("tuner=random", "tuner.max_trials=16", "trial.epochs=3", SYNCHRONOUS),
    "grid": (*GRID, "trial.epochs=3", SYNCHRONOUS),
    "bayesian": ("tuner=bayesian", "tuner.max_trials=16", "trial.epochs=3", SYNCHRONOUS),
    "hyperband": ("tuner=hyperband", "tuner.sampler=random", "trial.epochs=9", SYNCHRONOUS),
}
PHASES = ("before", "within", "after")

TINY = ("trial.epochs=1", "search_space.units=[2,3]", "search_space.depth=1", "search_space.window=4",
        "finals.trials=1", "finals.seeds=1", "executor=inline")  # fmt: skip
STUDIES = {
    "random": ("tuner=random", "tuner.max_trials=2", *TINY),
    "grid": (*GRID, "tuner.max_trials=2", *TINY),
    "bayesian": ("tuner=bayesian", "tuner.max_trials=3", *TINY),
    "hyperband": ("tuner=hyperband", *TINY, "trial.epochs=2", "tuner.factor=2"),
}
WRITTEN_LAST = ("/networks/", "/finals/", "test_evaluations.json", "test_predictions.npz", "conclusion.json", "package",
                "report.html")  # fmt: skip


def search_kills(name: str) -> list[Kill]:
    """In an order in which each of them is met."""
    checkpoints = [("/checkpoints/", 1, phase) for phase in PHASES] if name == "hyperband" else []
    first = [(of, 1, phase) for of, phase in product(("sweep.json", "config.yaml"), PHASES)]
    middle = [(of, nth, phase) for nth, of, phase in product((2, 3), ("tuner.json",), PHASES)]
    trials = [("/trials/", 1, phase) for phase in PHASES] + checkpoints + [("/trials/", 2, phase) for phase in PHASES]
    return [*first, *middle, *trials, *(("outcome.json", 1, phase) for phase in PHASES)]


def study_kills() -> list[Kill]:
    """After the search: each life does what is left up to the next write."""
    return [(of, 1, phase) for of, phase in product(WRITTEN_LAST, PHASES)]


@dataclass
class Found:
    """What came of kills.

    Args:
        made: kills; `survived` those after which the same command went on.
        workers: of them kills of a worker.
        other: what ended otherwise than without kills, in words.
    """

    made: int = 0
    survived: int = 0
    workers: int = 0
    other: list[str] = field(default_factory=list)

    def __iadd__(self, more: Found) -> Found:
        self.made, self.survived = self.made + more.made, self.survived + more.survived
        self.workers, self.other = self.workers + more.workers, self.other + more.other
        return self


def killed_at_each(nursery: Nursery, directory: Path, sweep: tuple[str, ...], kills: list[Kill], job: str) -> Found:
    """Kill a sweep at each of these writes in turn, then let it end; one life in three loses a worker first."""
    found = Found()
    for number, kill in enumerate(kills):
        loses = job == "stand_in" and number % 3 == 1
        life = nursery.start(directory, *sweep, job=job, kill=kill)
        if loses and life.hears("begin"):
            for worker in life.workers()[:1]:
                with suppress(Exception):  # it may be gone with its parent
                    worker.kill()
                    found.workers += 1
        if not nursery.dies_of(life):
            found.other.append(f"{directory.name}: it was not killed at {kill}: {life.events[-1]}")
            continue
        found.made += 1
    last = nursery.run(directory, *sweep, job=job).events[-1]
    if last["event"] == "outcome":
        found.survived = found.made
    else:
        found.other.append(f"{directory.name}: it does not go on: {last}")
    return found


def compared(directory: Path, undisturbed: Path) -> list[str]:
    """What of a sweep is otherwise than in one without kills, in words."""
    mine, other = left_by(directory), left_by(undisturbed)
    return [f"{directory.name}: {name} differs" for name in other if mine.get(name) != other[name]]


def left_by(directory: Path) -> dict[str, Any]:
    """All figures that a sweep left, to the bit, and how many runs of each status MLflow has."""
    (folder,) = directory.glob("sweeps/*")
    tuner = json.loads((folder / "tuner" / "tuner.json").read_text())
    left: dict[str, Any] = {
        "trials": results(directory),
        "tuner": {**tuner, "ended": sorted(tuner["ended"])},
        "stray files": [file.name for file in folder.rglob("*") if file.suffix in (".tmp", ".damaged")],
        "checkpoints": [file.name for file in folder.glob("checkpoints/*")],
    }
    store = directory / "mlflow.db"
    for kind in ("sweep", "trial", "final"):
        ended = {key: count for key, count in runs(store, kind).items() if key[1] != "KILLED"}
        left[f"runs of kind {kind}"] = ended
    if (folder / "conclusion.json").exists():
        left |= _left_by_finals(directory, folder)
    return left


def _left_by_finals(directory: Path, folder: Path) -> dict[str, Any]:
    conclusion = json.loads((folder / "conclusion.json").read_text())
    evaluations = json.loads((folder / "test_evaluations.json").read_text())["evaluations"]
    for evaluation in (*conclusion["evaluations"], *evaluations):
        del evaluation["at"]
    model = folder / "model"
    with np.load(folder / "test_predictions.npz") as arrays:
        digests = {name: hashlib.sha256(arrays[name].tobytes()).hexdigest() for name in arrays.files}
    networks = {}
    for file in sorted(folder.glob("networks/*")):
        with np.load(file) as weights:
            networks[file.name] = [hashlib.sha256(weights[name].tobytes()).hexdigest() for name in weights.files]
    return {
        "final runs": results(directory, "finals"),
        "conclusion": conclusion,
        "test evaluations": evaluations,
        "test predictions": digests,
        "networks": networks,
        "answers of the package": json.loads((model / "checksums.json").read_text())["answers"],
        "parity": json.loads((model / "parity.json").read_text()),
        "left of packaging": [file.name for file in folder.glob(".model-*")],
        "report": (folder / "report.html").exists(),
    }


# The registry

PROMOTE_WRITES, ROLLBACK_WRITES = 8, 5
"""How often a command writes to a store that has the winner's model."""


def registry_kills(nursery: Nursery, base: Path, folder: Path, sweep: tuple[str, ...], name: str) -> Found:
    """Kill each change of the champion before each of its writes, and after the last; the next command mends it.

    Args:
        nursery: makes the lives.
        base: the directory of two finished sweeps.
        folder: for copies of it.
        sweep: any config of it.
        name: of the registered model.
    """
    first, second = sorted(path.name for path in base.glob("sweeps/*"))
    found, before = Found(), base
    for number, (job, writes) in enumerate(
        (
            (f"promote {first}", PROMOTE_WRITES),
            (f"promote {second}", PROMOTE_WRITES),
            (f"rollback {name}", ROLLBACK_WRITES),
        )
    ):
        after = Path(shutil.copytree(before, folder / f"after {number}"))
        ended = nursery.run(after, *sweep, job=job)
        if ended.events[-1]["event"] != "done":
            found.other.append(f"{job}: {ended.events[-1]}")
            return found
        kills = [("registry", nth, "before") for nth in range(1, writes + 1)] + [("registry", writes, "after")]
        for kill in kills:
            copy = Path(shutil.copytree(before, folder / "killed"))
            if nursery.dies(copy, *sweep, job=job, kill=kill):
                found.made += 1
            else:
                found.other.append(f"{job}: it was not killed at {kill}")
            nursery.run(copy, *sweep, job=f"history {name}")
            if registered(copy, name) == registered(before, name):
                nursery.run(copy, *sweep, job=job)
            if registered(copy, name) == registered(after, name):
                found.survived += 1
            else:
                found.other.append(f"{job}, killed at {kill}: {registered(copy, name)}, not {registered(after, name)}")
            shutil.rmtree(copy)
        before = after
    return found


def registered(directory: Path, name: str) -> dict[str, Any]:
    """Aliases, versions and ledger of a registered model, as MLflow's tables have them; nothing of moments."""
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(directory / "mlflow.db")) as store:
        aliases = store.execute("select alias, version from registered_model_aliases where name = ?", [name]).fetchall()
        versions = store.execute("select version from model_versions where name = ?", [name]).fetchall()
        tags = store.execute("select key, value from registered_model_tags where name = ?", [name]).fetchall()
    entries = {key: json.loads(value) for key, value in tags if key.startswith("mlflow.seqsweep.ledger.")}
    for entry in entries.values():
        del entry["at"]
    half_done = [key for key, _ in tags if key == "promotion"]
    return {"aliases": dict(aliases), "versions": Counter(versions), "ledger": entries, "half done": half_done}
