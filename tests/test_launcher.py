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
from seqsweep.api import local_jobs, pickled
from seqsweep.api.jobs import RULES
from seqsweep.api.local_jobs import Asked, LocalJobs
from seqsweep.api.side_by_side import BrokenJobError, ElsewhereError
from seqsweep.api.side_by_side import side_by_side as running
from seqsweep.api.submitit_jobs import SubmititJobs, submitit_jobs
from seqsweep.api.submitted import TOKEN
from seqsweep.config.launcher import ALL, Launcher
from seqsweep.errors import ConfigError, DataError, SweepError
from seqsweep.launch import launch
from seqsweep.redaction import remember
from seqsweep.schema import SweepConfig
from seqsweep.search import Launch

SECRET = "Geheim-20-Zeichen-7"
ADDRESS = f"http://user:{SECRET}@server:5000"


@pytest.fixture
def job(make_config, tmp_path, monkeypatch):
    monkeypatch.setattr(local_jobs, "MODULE", "job_runs")
    monkeypatch.syspath_prepend(Path(__file__).parent)

    def make(seed: int, epochs: int = 1) -> SweepConfig:
        made = deepcopy(make_config(f"seed={seed}", f"trial.epochs={epochs}", "executor.workers=3"))
        made.tracking.directory = str(tmp_path)
        return made

    return make


def holding(folder: Path, text: str) -> list[Path]:
    """The files in which a text stands."""
    return [file for file in folder.rglob("*") if file.is_file() and text.encode() in file.read_bytes()]


def until(condition) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_cores_and_memory_are_divided_between_jobs_that_run_at_once_and_that_is_said(make_config, monkeypatch):
    monkeypatch.setattr(local_jobs, "default_workers", lambda threads: 8 // threads)
    monkeypatch.setattr(local_jobs, "free_memory", lambda: 64 << 30)
    jobs = [make_config(f"seed={seed}", "executor.workers=null") for seed in (1, 2, 3)]
    said: list[str] = []
    given, count = local_jobs.shared(jobs, ALL, said.append)
    assert (count, [one.executor.workers for one in given]) == (3, [2, 2, 2])
    assert said == ["3 jobs, 3 at a time, each with 2 workers"]
    assert jobs[0].executor.workers is None
    given, count = local_jobs.shared([make_config("executor.workers=1"), *jobs], 2, said.append)
    assert (count, [one.executor.workers for one in given]) == (2, [1, 4, 4, 4])
    monkeypatch.setattr(local_jobs, "free_memory", lambda: 5 << 30)
    said.clear()
    given, count = local_jobs.shared(jobs, 3, said.append)
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
    assert (launched.launcher and launched.launcher.at_once) == at_once
    assert (launched.jobs, launched.overrides, launched.arguments) == (plain.jobs, plain.overrides, plain.arguments)


@pytest.mark.parametrize("launcher", ["joblib", "submitit_local"])
def test_jobs_tell_by_their_numbers_and_one_of_the_same_sweep_goes_on_behind_the_other(job, tmp_path, launcher):
    said: list[tuple[int, str]] = []
    jobs = [job(1, 4), job(7), job(1, 8), job(8), job(9)]
    for one in jobs:
        one.tracking.uri = ADDRESS
    joblib = launcher == "joblib"
    place = LocalJobs(5, 80) if joblib else SubmititJobs(Launcher(launcher, {}), jobs, 5, 80)

    def say(number: int, line: str) -> None:
        said.append((number, line))
        if "goes on when that one has ended" in line:
            (tmp_path / "waits").touch()

    before = psutil.Process().children()  # of tests before this one
    with closing(running(jobs, place, say)) as ended:
        came = dict(itertools.islice(ended, 4))
        until((tmp_path / "9.runs").exists)
        (endless,) = set(psutil.Process().children()) - set(before)
        assert not holding(tmp_path, SECRET)
        assert [*tmp_path.glob("submitit/*")] != [] or joblib
    assert {came[0], came[2]} == {(1, 4, ADDRESS), (1, 8, ADDRESS)}  # both ran, one behind the other
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
    assert not (tmp_path / "submitit").exists()
    assert not holding(tmp_path, SECRET)


@pytest.mark.parametrize("launcher", ["joblib", "submitit_local"])
def test_no_job_outlives_a_command_that_is_killed(job, tmp_path, launcher):
    made = {
        "joblib": "local_jobs.LocalJobs(1, 80)",
        "submitit_local": "submitit_jobs.SubmititJobs(Launcher('submitit_local', {}), jobs, 1, 80)",
    }
    program = (
        "import pickle, sys\nfrom seqsweep.api import local_jobs, side_by_side, submitit_jobs\n"
        "from seqsweep.config.launcher import Launcher\n"
        "local_jobs.MODULE, jobs = 'job_runs', pickle.load(sys.stdin.buffer)\n"
        f"list(side_by_side.side_by_side(jobs, {made[launcher]}, print))"
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
        "from seqsweep.interrupts import heed\nheed()\nfrom seqsweep.api import local_jobs\n"
        "local_jobs.MODULE = 'job_runs'\nfrom seqsweep.cli import main\nmain()"
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


def test_the_launchers_of_submitit_are_read_in_the_words_of_hydras_plugin():
    typed = ["seed=1,2", "hydra/launcher=submitit_local", "hydra.launcher.cpus_per_task=4", "hydra.launcher.mem_gb=1.5"]
    launched = config.compose("quickstart", typed, RULES, multirun=True)
    assert launched.launcher == Launcher("submitit_local", {"cpus_per_task": 4, "mem_gb": 1.5})
    given, place = submitit_jobs(launched.launcher, launched.jobs, lambda _: None, 80)
    assert [job.executor.workers for job in given] == [4, 4]
    assert place.at_once <= 2


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (["tracking=none"], "sbatch and squeue are not in PATH here"),
        ([], "one SQLite file, which a network file system corrupts; give a server"),
        (["tracking=none"], "needs Submitit: pip install 'seqsweep\\[submitit]'"),
    ],
)
def test_what_jobs_in_slurm_need_is_asked_before_the_first(overrides, told, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None if "PATH" in told else name)
    monkeypatch.setattr(config.launcher, "find_spec", lambda name: None if "pip" in told else name)
    typed = ["seed=1,2", "hydra/launcher=submitit_slurm", *overrides]
    with pytest.raises(ConfigError, match=told):
        config.compose("quickstart", typed, RULES, multirun=True)


def test_a_machine_that_does_not_see_the_folder_of_the_command_ends_all_jobs(job, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    place = SubmititJobs(Launcher("submitit_local", {}), [job(1)], 1, 80)
    function = place.function_of(Asked(job(1), Launch(0.0), ()))
    (tmp_path / TOKEN).write_text("of another machine")
    told = pickled.loads(function(), [])
    assert isinstance(told, ElsewhereError)
    assert f"{tmp_path} is another folder there; run the command on a file system that all machines see" in str(told)
    (tmp_path / TOKEN).unlink()
    assert "cannot be read there (No such file" in str(pickled.loads(function(), []))


def test_no_secret_is_pickled_and_one_that_does_not_come_by_another_way_is_told():
    remember(ADDRESS)
    kept: list[str] = []
    data = pickled.dumps({"uri": ADDRESS, "secret": SECRET, "study": "quickstart"}, kept)
    assert SECRET.encode() not in data
    assert pickled.loads(data, kept) == {"uri": ADDRESS, "secret": SECRET, "study": "quickstart"}
    with pytest.raises(SweepError, match="did not come with the environment"):
        pickled.loads(data, [])
    assert pickled.loads(pickled.dumps(ADDRESS, None), kept) == "http://user:***@server:5000"
    assert pickled.loads(data, ["other", "others"])["uri"] == "http://user:***@server:5000"


def test_an_observer_cannot_be_told_by_other_processes():
    with pytest.raises(ConfigError, match="hydra/launcher: sweeps in processes of their own tell no observer"):
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
