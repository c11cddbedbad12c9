"""Jobs of a multirun side by side: each in a process of its own, with its share of the cores, and nothing left."""

from __future__ import annotations

import itertools
import os
import pickle
import pty
import signal
import subprocess
import sys
import time
from contextlib import closing, suppress
from copy import deepcopy
from pathlib import Path

import psutil
import pytest

import seqsweep
from seqsweep import config
from seqsweep.api import side_by_side
from seqsweep.api.jobs import RULES
from seqsweep.api.side_by_side import BrokenJobError
from seqsweep.api.side_by_side import side_by_side as running
from seqsweep.config.launcher import ALL
from seqsweep.errors import ConfigError, DataError
from seqsweep.launch import launch
from seqsweep.schema import SweepConfig


@pytest.fixture
def job(make_config, tmp_path, monkeypatch):
    monkeypatch.setattr(side_by_side, "MODULE", "job_runs")
    monkeypatch.syspath_prepend(Path(__file__).parent)

    def make(seed: int, epochs: int = 1) -> SweepConfig:
        made = deepcopy(make_config(f"seed={seed}", f"trial.epochs={epochs}", "executor.workers=3"))
        made.tracking.directory = str(tmp_path)
        return made

    return make


def until(condition) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_cores_and_memory_are_divided_between_jobs_that_run_at_once_and_that_is_said(make_config, monkeypatch):
    monkeypatch.setattr(side_by_side, "default_workers", lambda threads: 8 // threads)
    monkeypatch.setattr(side_by_side, "free_memory", lambda: 64 << 30)
    jobs = [make_config(f"seed={seed}", "executor.workers=null") for seed in (1, 2, 3)]
    said: list[str] = []
    given, count = side_by_side.shared(jobs, ALL, said.append)
    assert (count, [one.executor.workers for one in given]) == (3, [2, 2, 2])
    assert said == ["3 jobs, 3 at a time, each with 2 workers"]
    assert jobs[0].executor.workers is None
    given, count = side_by_side.shared([make_config("executor.workers=1"), *jobs], 2, said.append)
    assert (count, [one.executor.workers for one in given]) == (2, [1, 4, 4, 4])
    monkeypatch.setattr(side_by_side, "free_memory", lambda: 5 << 30)
    said.clear()
    given, count = side_by_side.shared(jobs, 3, said.append)
    assert (count, given[0].executor.workers) == (2, 1)
    assert said[0].startswith("2 of the 3 jobs that hydra.launcher.n_jobs=3 asks for run at once: the cores are enough")


@pytest.mark.parametrize(
    ("typed", "at_once"),
    [
        (["hydra/launcher=joblib"], ALL),
        (["hydra.launcher.n_jobs=2", "hydra/launcher=joblib"], 2),
        (["hydra/launcher=basic"], None),
        ([], None),
    ],
)
def test_the_launcher_is_read_in_the_words_of_hydra_and_changes_no_job(typed, at_once):
    plain = config.compose("quickstart", ["seed=1,2"], RULES, multirun=True)
    launched = config.compose("quickstart", ["seed=1,2", *typed], RULES, multirun=True)
    assert launched.at_once == at_once
    assert (launched.jobs, launched.overrides, launched.arguments) == (plain.jobs, plain.overrides, plain.arguments)


def test_jobs_tell_by_their_numbers_and_one_of_the_same_sweep_goes_on_behind_the_other(job, tmp_path):
    said: list[tuple[int, str]] = []
    jobs = [job(1, 4), job(7), job(1, 8), job(8), job(9)]

    def say(number: int, line: str) -> None:
        said.append((number, line))
        if "goes on when that one has ended" in line:
            (tmp_path / "waits").touch()

    before = psutil.Process().children()  # of tests before this one
    with closing(running(jobs, 5, say, 80)) as ended:
        came = dict(itertools.islice(ended, 4))
        until((tmp_path / "9.runs").exists)
        (endless,) = set(psutil.Process().children()) - set(before)
    assert {came[0], came[2]} == {(1, 4), (1, 8)}  # both ran, one behind the other
    assert isinstance(came[1], DataError)
    assert "no such column" in str(came[1])
    assert isinstance(came[3], BrokenJobError)
    assert "ZeroDivisionError" in str(came[3])
    assert (1, "seed 7 with 3") in said
    assert any(number == 3 and "Traceback" in line for number, line in said)
    (waits,) = (line for number, line in said if number in (0, 2) and "goes on when that one has ended" in line)
    assert waits.startswith("this is the sweep of job ")
    assert (tmp_path / "9.closed").exists()  # what runs when the command stops is ended in order
    assert not endless.is_running()


def test_no_job_outlives_a_command_that_is_killed(job, tmp_path):
    program = (
        "import pickle, sys\nfrom seqsweep.api import side_by_side\nside_by_side.MODULE = 'job_runs'\n"
        "list(side_by_side.side_by_side(pickle.load(sys.stdin.buffer), 1, print, 80))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, env=environment) as killed:
        assert killed.stdin is not None
        killed.stdin.write(pickle.dumps([job(9)]))
        killed.stdin.close()
        until((tmp_path / "9.runs").exists)
        (orphan,) = psutil.Process(killed.pid).children()
        os.kill(killed.pid, signal.SIGKILL)
    until((tmp_path / "9.closed").exists)
    until(lambda: not orphan.is_running())


def test_ctrl_c_hit_twice_in_a_terminal_ends_all_jobs_in_order_and_leaves_no_process(tmp_path):
    program = (
        "from seqsweep.interrupts import heed\nheed()\nfrom seqsweep.api import side_by_side\n"
        "side_by_side.MODULE = 'job_runs'\nfrom seqsweep.cli import main\nmain()"
    )
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    overrides = ["seed=1,9", "hydra/launcher=joblib", f"tracking.directory={tmp_path}", "executor=inline"]
    child, terminal = pty.fork()
    if child == 0:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # however these tests were started
        environment = {**os.environ, "PYTHONPATH": path, "COLUMNS": "200"}
        os.execve(sys.executable, [sys.executable, "-c", program, "sweep", "-m", "quickstart", *overrides], environment)
    until(lambda: all((tmp_path / f"{seed}.runs").exists() for seed in (1, 9)))
    jobs = psutil.Process(child).children(recursive=True)
    os.write(terminal, b"\x03\x03")
    said = b""
    with suppress(OSError):  # that it is closed
        while more := os.read(terminal, 4096):
            said += more
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 128 + signal.SIGINT, said
    assert b"Traceback" not in said
    assert b"stopped; finished trials are kept. To go on: " in said.splitlines()[-1]
    assert all((tmp_path / f"{seed}.closed").exists() for seed in (1, 9))
    assert len(jobs) == 2
    assert not any(job.is_running() for job in jobs)


def test_an_observer_cannot_be_told_by_other_processes():
    with pytest.raises(ConfigError, match="hydra/launcher=joblib: sweeps in processes of their own tell no observer"):
        seqsweep.multirun("quickstart", ["seed=1,2", "hydra/launcher=joblib"], observer=object())  # type: ignore[arg-type]


@pytest.mark.keras
def test_jobs_that_run_side_by_side_end_with_one_table_and_the_one_that_failed(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("y\n" + "\n".join(str(100 + row % 7 + row % 3) for row in range(150)) + "\n")
    tiny = ["executor=inline", "trial.epochs=1", "tuner.max_trials=1", "finals=none", "report=none", "tracking=none"]
    tiny += ["search_space.layer=lstm", "search_space.units=2", "search_space.depth=1", "search_space.window=4"]
    swept = ["data=csv", "data.path=a.csv,b.csv", "data.target=y", "hydra/launcher=joblib"]
    assert launch(["-m", "quickstart", *swept, *tiny]) == 1
    said = capsys.readouterr().out
    assert "job 1: [1/1] trial 1: LSTM" in said
    assert "job 2: quickstart: reading the data" in said
    table = said.split("All jobs")[1]
    assert [line.split()[0] for line in table.splitlines() if "trial 1" in line or "failed" in line][:2] == ["1", "2"]
    assert "b.csv" in table
    assert len(list((tmp_path / "mlruns" / "sweeps").glob("*/outcome.json"))) == 1
