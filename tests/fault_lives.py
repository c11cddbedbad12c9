"""Lives of sweeps seen from outside: started, killed, and what they left behind, by looking at files and processes."""

from __future__ import annotations

import itertools
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

PATIENCE = 120.0  # seconds until a wait gives up; none takes a tenth of it
MARK = "SEQSWEEP_TEST_OF_FAULTS"  # in the environment of every process of a nursery
COMMON = ("executor.workers=2", "executor.max_trials_per_worker=9")


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
        """Its own children that run trials or functions, and those that were forked for it."""
        with suppress(psutil.NoSuchProcess):
            children = self.process.children()
            forked = [
                one
                for child in children
                if "seqsweep.executor.fork_server" in child.cmdline()
                for one in child.children()
            ]
            return [*forked, *(child for child in children if "seqsweep.executor.worker" in child.cmdline())]
        return []

    def kill(self) -> bool:
        """Kill it; False where it had ended before."""
        with suppress(psutil.NoSuchProcess):
            self.process.kill()
            until(lambda: not self.alive, "the death of the sweep")
        return not self.ended

    @property
    def ended(self) -> bool:
        """Whether it came to an end of its own."""
        return bool(self.events) and self.events[-1]["event"] in ("outcome", "done", "error", "crash")


@dataclass
class Nursery:
    """See fault_jobs.py."""

    process: subprocess.Popen[str]
    folder: Path  # its own
    _count: Iterator[int] = field(default_factory=itertools.count)

    def start(
        self,
        directory: Path,
        *overrides: str,
        job: str = "stand_in",
        kill: tuple[str, int, str] | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> Life:
        """A sweep that leaves all its traces in `directory`.

        Args:
            directory: of its own.
            overrides: of its config.
            job: what it runs, see fault_jobs.py.
            kill: the write at which it kills itself: of what, which of them, and the phase; None: it does not.
            variables: of its environment.
        """
        if not directory.exists():
            directory.mkdir()
            shutil.copy(self.folder / "mlflow.db", directory)  # making its tables takes seconds
        common = () if "executor=inline" in overrides else COMMON
        overrides = (*common, f"tracking.directory={directory}", *overrides)
        return self._begin(directory, job=job, overrides=overrides, kill=kill, variables=dict(variables or {}))

    def types(self, folder: Path, typed: Sequence[str], variables: Mapping[str, str]) -> Life:
        """A command in a process that it does not share; see fault_jobs.py.

        Args:
            folder: in which it is typed.
            typed: its arguments.
            variables: of its environment.
        """
        return self._begin(folder, typed=list(typed), variables=dict(variables))

    def _begin(self, directory: Path, **request: Any) -> Life:
        report = self.folder / f"report{next(self._count)}"
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps({"report": str(report), "directory": str(directory), **request}) + "\n")
        self.process.stdin.flush()
        return Life(psutil.Process(int(self.process.stdout.readline())), report)

    def run(
        self, directory: Path, *overrides: str, job: str = "stand_in", variables: Mapping[str, str] | None = None
    ) -> Life:
        """A sweep that nothing happens to; see `start`."""
        life = self.start(directory, *overrides, job=job, variables=variables)
        life.ends()
        return life

    def dies(self, directory: Path, *overrides: str, job: str = "stand_in", kill: tuple[str, int, str]) -> bool:
        """Whether a sweep killed itself at that write, and left no process."""
        return self.dies_of(self.start(directory, *overrides, job=job, kill=kill))

    def dies_of(self, life: Life) -> bool:
        """Whether a life that was to kill itself did, and left no process."""
        until(lambda: not life.alive, "the death of the sweep")
        if life.ended:
            return False
        until(lambda: not self.descendants(), "no process outlives the sweep")
        return True

    def descendants(self) -> list[psutil.Process]:
        """All that this nursery ever started and that lives; also what has lost its parent."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.pid != self.process.pid and process.environ().get(MARK) == str(os.getpid()):
                    found.append(process)
        return [process for process in found if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]


@contextmanager
def nursery_in(folder: Path) -> Iterator[Nursery]:
    """A nursery that keeps its own files in `folder`; no process of it is left at the end."""
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    with subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("fault_jobs.py")), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **one_thread, MARK: str(os.getpid())},
    ) as process:
        assert process.stdout
        assert process.stdin
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
        time.sleep(0.003)
    raise AssertionError(f"waited in vain for: {what}")


@dataclass
class Storm:
    """What came of killing a sweep again and again."""

    directories: list[Path]  # one a sweep that came to its end
    kills: int = 0
    survived: int = 0  # kills after which no process was left and the next life went on
    workers_killed: int = 0
    repeated: list[str] = field(default_factory=list)  # trials that had finished and ran again


def storm(nursery: Nursery, folder: Path, sweep: tuple[str, ...], kills: int, undisturbed: Life) -> Storm:
    """Kill a sweep `kills` times at random moments, each time starting it again; then let it end.

    Of four kills one falls into the start-up, two into the trials, and one follows the record of a finished trial at
    once, before the search and MLflow have heard of it or while they do. One life in three loses a worker first. A
    sweep that ends before its kill is followed by a new one.

    Args:
        undisturbed: the same sweep without a kill; the moments are drawn from its span.
    """
    times = {event["event"]: event["at"] for event in undisturbed.events}
    start_up, work = times["begin"] - times["born"], times["outcome"] - times["begin"]
    rng = random.Random(" ".join(sweep))
    found = Storm([folder / "0"])
    while found.kills < kills:
        finished = recorded(found.directories[-1])
        life = nursery.start(found.directories[-1], *sweep)
        if found.kills % 4 == 3:
            life.hears("born")
            time.sleep(rng.uniform(0, start_up))
        elif life.hears("begin"):
            time.sleep(rng.uniform(0, work / 8))
            if found.kills % 3 == 1 and (workers := life.workers()):
                rng.choice(workers).kill()
                found.workers_killed += 1
                time.sleep(rng.uniform(0, work / 8))
            if found.kills % 4 == 1:
                await_record(life, found.directories[-1])
        killed = life.kill()
        started = [told["trial"] for told in life.events if told["event"] == "started"]
        found.repeated += [trial for trial in started if trial in finished]
        if killed:
            found.kills += 1
            until(lambda: not nursery.descendants(), "no process outlives the sweep")
            found.survived += 1
        elif life.events[-1]["event"] == "outcome":
            found.directories.append(folder / str(len(found.directories)))
        else:  # what the last kill left cannot be taken up
            found.survived -= 1
            break
    if nursery.run(found.directories[-1], *sweep).events[-1]["event"] != "outcome":
        found.survived -= 1
    return found


def await_record(life: Life, directory: Path) -> None:
    """Wait until one more trial is on disk, or the sweep is over."""
    before = recorded(directory)
    until(lambda: recorded(directory) != before or not life.alive, "a record")


def recorded(directory: Path) -> set[str]:
    """The ids of the trials whose records are on disk."""
    return {file.stem for file in directory.glob("sweeps/*/trials/*.json")}


# What a sweep leaves behind


def results(directory: Path, kind: str = "trials") -> list[dict[str, Any]]:
    """What every finished trial, or final run, gave, without the times that it took."""
    (trials,) = directory.glob(f"sweeps/*/{kind}")
    found = [json.loads(file.read_text()) for file in sorted(trials.glob("*.json"))]
    for record in found:
        for name in ("started", "ended", "seconds", "retries"):
            del record[name]
        for point in record["curve"]:
            del point["at"]
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
