"""Ctrl-C, `kill` and a closed terminal end a command in one line, with its exit code, and leave nothing open."""

from __future__ import annotations

import os
import pty
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from seqsweep import interrupts
from seqsweep.imports import quick_imports
from seqsweep.interrupts import Interrupted, heeded, held, something_open

ALL = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@contextmanager
def handled(number: signal.Signals, how: signal.Handlers) -> Iterator[None]:
    """A signal handled like that, however these tests were started."""
    before = signal.signal(number, how)
    try:
        yield
    finally:
        signal.signal(number, before)


@pytest.mark.parametrize("number", ALL)
def test_while_something_is_open_a_signal_is_an_exception_that_names_it(number):
    with handled(number, signal.SIG_DFL):
        with pytest.raises(KeyboardInterrupt) as raised, heeded(), something_open():
            signal.raise_signal(number)
        assert signal.getsignal(number) == signal.SIG_DFL
    assert interrupts.exit_code(raised.value) == 128 + number
    by = "" if number == signal.SIGINT else f" by {number.name}"
    assert interrupts.last_words(raised.value) == f"stopped{by}"


def test_what_is_ignored_stays_ignored():
    with handled(signal.SIGHUP, signal.SIG_IGN), heeded(), something_open():
        signal.raise_signal(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN


def test_an_import_is_not_torn(monkeypatch):
    after = []
    with pytest.raises(Interrupted), heeded(), something_open(), held():
        with quick_imports():
            signal.raise_signal(signal.SIGTERM)
            after.append("within")
        after.append("the outer one ends")
    assert after == ["within", "the outer one ends"]


def test_another_thread_holds_no_signal_and_gets_none():
    within, let = threading.Event(), threading.Event()

    def imports() -> None:
        with held():
            within.set()
            let.wait(10)

    with ThreadPoolExecutor(1) as thread, heeded(), something_open():
        importing = thread.submit(imports)
        within.wait(10)
        with pytest.raises(Interrupted):
            signal.raise_signal(signal.SIGTERM)
        let.set()
        assert importing.result(10) is None


def test_an_exception_that_a_library_swallows_is_raised_again_at_the_next_look():
    with heeded(), something_open():
        with suppress(KeyboardInterrupt):  # as a callback or a finalizer does
            signal.raise_signal(signal.SIGTERM)
        with pytest.raises(Interrupted) as again:
            interrupts.check()
        assert again.value.number == signal.SIGTERM
        interrupts.check()


def test_a_signal_that_ended_one_command_does_not_end_the_next():
    with something_open():  # for as long as the process lives, as a copy of a store that is only read
        with pytest.raises(Interrupted), heeded():
            signal.raise_signal(signal.SIGTERM)
        interrupts.check()


def test_signals_within_a_second_are_one_and_a_later_one_ends_what_still_closes(monkeypatch):
    now, closed = [5.0], []
    monkeypatch.setattr(interrupts.time, "monotonic", lambda: now[0])
    with pytest.raises(Interrupted), heeded(), something_open():
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            signal.raise_signal(signal.SIGINT)  # the key was hit twice
            now[0] += 0.9
            signal.raise_signal(signal.SIGTERM)
            closed.append("in order")
            now[0] += 0.2
            with pytest.raises(Interrupted):
                signal.raise_signal(signal.SIGINT)
    assert closed == ["in order"]


def test_a_store_that_is_opened_in_a_thread_loses_no_signal_that_waits():
    def opens() -> None:
        with something_open():
            pass

    with pytest.raises(Interrupted), heeded(), something_open():
        with held():
            signal.raise_signal(signal.SIGTERM)
            with ThreadPoolExecutor(1) as thread:
                thread.submit(opens).result(10)
        pytest.fail("the signal was lost")


QUICK = """
import os, signal
from contextlib import nullcontext
from seqsweep.interrupts import heeded, held, say_at_end
from seqsweep.trial.notes import without_start_up_notes
with heeded(), {meanwhile}(), held():
    say_at_end("to go on: this")
    try:
        signal.raise_signal(signal.{name})
    finally:
        print("never")
"""


@pytest.mark.parametrize("meanwhile", ["nullcontext", "without_start_up_notes"])
@pytest.mark.parametrize("number", ALL)
def test_while_nothing_is_open_the_process_ends_at_once_in_one_line(number, meanwhile):
    code = QUICK.format(name=number.name, meanwhile=meanwhile)
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    by = "" if number == signal.SIGINT else f" by {number.name}"
    assert (ran.returncode, ran.stdout) == (128 + number, "")
    assert ran.stderr == f"stopped{by}; to go on: this\n"


# Whole sweeps

ENDLESS = ("tuner.max_trials=2", "trial.epochs=1000000", "trial.patience=null", "executor.workers=1")
SHORT = (
    *("tuner.max_trials=40", "trial.epochs=1", "executor.workers=1", "finals=none", "report=none"),
    *("search_space.depth=1", "search_space.window=4"),
)


def command(directory: Path, *overrides: str) -> list[str]:
    return [sys.executable, "-m", "seqsweep", "sweep", "quickstart", f"tracking.directory={directory}", *overrides]


def assert_stopped(said: str, number: signal.Signals, typed: list[str]) -> None:
    by = "" if number == signal.SIGINT else f" by {number.name}"
    last = said.rstrip().splitlines()[-1]
    assert last.startswith(f"stopped{by}; finished trials are kept. To go on: seqsweep sweep quickstart "), said
    assert all(word in last for word in typed)
    for stray in ("Traceback", "tensorflow", "oneDNN", "Exception ignored", "leaked"):
        assert stray not in said


def statuses(directory: Path) -> set[str]:
    with closing(sqlite3.connect(directory / "mlflow.db")) as store:
        return {status for (status,) in store.execute("select status from runs")}


def left_over(directory: Path) -> list[psutil.Process]:
    return [p for p in psutil.process_iter(["cmdline"]) if str(directory) in " ".join(p.info["cmdline"] or ())]


@pytest.mark.slow
@pytest.mark.keras
def test_timeout_ends_a_sweep_as_ctrl_c_does(tmp_path):
    typed = command(tmp_path / "runs", *ENDLESS)
    ran = subprocess.run(
        ["timeout", "-s", "TERM", "4", *typed], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert ran.returncode == 124  # of `timeout` itself
    assert_stopped(ran.stdout + ran.stderr, signal.SIGTERM, typed[5:])
    assert left_over(tmp_path) == []


@pytest.mark.slow
@pytest.mark.keras
def test_a_sweep_that_is_stopped_closes_its_runs_and_goes_on_each_time(tmp_path):
    directory, typed = tmp_path / "runs", command(tmp_path / "runs", *SHORT)
    for number, word in ((signal.SIGTERM, " 2/40]"), (signal.SIGINT, "resuming")):
        with subprocess.Popen(
            typed, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True, cwd=tmp_path
        ) as sweep:
            assert sweep.stdout
            said = ""
            for line in sweep.stdout:
                said += line
                if word in line:
                    break
            workers = psutil.Process(sweep.pid).children(recursive=True)
            for _ in range(2):  # as a key that is hit twice, and as `timeout` does
                os.killpg(sweep.pid, number)
            said += sweep.stdout.read()
        assert sweep.returncode == 128 + number, said
        assert_stopped(said, number, typed[5:])
        assert statuses(directory) <= {"KILLED", "FINISHED"}
        assert not [worker for worker in workers if worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE]
        assert len(list(directory.glob("sweeps/*/trials/*.json"))) >= 2


@pytest.mark.slow
@pytest.mark.keras
def test_a_sweep_whose_terminal_closes_closes_its_runs(tmp_path):
    directory = tmp_path / "runs"
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(tmp_path)
        os.execv(sys.executable, command(directory, *SHORT))
    said = b""
    while b"trials to run" not in said:
        said += os.read(terminal, 1000)
    os.close(terminal)  # which sends SIGHUP, and fails each further line
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 128 + signal.SIGHUP
    assert "RUNNING" not in statuses(directory)
    assert left_over(tmp_path) == []
