"""Workers that are forked, and functions that run apart: what their processes may suffer."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

import executor_jobs as jobs
from seqsweep.errors import ConfigError, Fault, StateError, SweepError
from seqsweep.executor.calls import InProcess, OutOfProcess
from seqsweep.executor.forking import ForkServer
from seqsweep.executor.process import WorkerProcess
from seqsweep.executor.starting import Interpreters, Starter

pytestmark = pytest.mark.slow


@pytest.fixture
def server() -> Iterator[ForkServer]:
    made = ForkServer(1, jobs.preload)
    yield made
    made.close()


@pytest.fixture(params=["forkserver", "spawn"])
def calls(request: pytest.FixtureRequest) -> Iterator[OutOfProcess]:
    starter: Starter = ForkServer(1, jobs.preload) if request.param == "forkserver" else Interpreters(1)
    made = OutOfProcess(starter, jobs.warm, threads=1, retries=1)
    yield made
    made.close()
    starter.close()


def ended(worker: WorkerProcess) -> None:
    with pytest.raises((EOFError, OSError)):
        worker.receive()


def forker() -> psutil.Process:
    found = [child for child in psutil.Process().children() if "seqsweep.executor.fork_server" in child.cmdline()]
    (child,) = found
    return child


@pytest.mark.parametrize(("number", "said"), [(signal.SIGKILL, "was killed by SIGKILL"), (signal.SIGSEGV, "SIGSEGV")])
def test_how_a_forked_worker_ended_is_known(server: ForkServer, number: int, said: str) -> None:
    worker = WorkerProcess(server)
    pid = worker.pid
    os.kill(pid, number)
    ended(worker)
    until = time.monotonic() + 30
    while psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:  # until it is asked for: no other gets its id
        assert time.monotonic() < until
    assert said in worker.kill()
    assert not psutil.pid_exists(pid)


def test_workers_go_on_where_the_one_that_forked_them_dies_and_the_next_has_another(server: ForkServer) -> None:
    before = WorkerProcess(server)
    pid = before.pid
    died = forker()
    died.kill()
    died.wait()
    assert not before.dead
    after = WorkerProcess(server)
    assert after.pid not in (0, pid)
    for worker in (before, after):
        worker.kill()
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def broken() -> None:
    raise ImportError("no TensorFlow here")


def test_an_import_that_fails_is_what_the_worker_is_said_to_have_died_of() -> None:
    server = ForkServer(1, broken)
    worker = WorkerProcess(server)
    ended(worker)
    assert worker.kill().endswith("it last said: ImportError: no TensorFlow here")
    server.close()


def slow() -> None:
    time.sleep(60)


def test_what_has_not_begun_is_not_waited_for_at_the_end() -> None:
    server = ForkServer(1, slow)
    worker = WorkerProcess(server)
    since = time.monotonic()
    server.abandon()
    assert worker.kill().startswith("a worker process ended with the process that had forked it")
    server.close()
    assert time.monotonic() - since < 30


def where(text: str) -> tuple[str, int]:
    return text, os.getpid()


def test_a_function_runs_apart_in_the_same_process_each_time(calls: OutOfProcess) -> None:
    (said, first), (_, second) = (calls.call(where, "here" * 1_000_000) for _ in range(2))
    assert said == "here" * 1_000_000
    assert first == second != os.getpid()


def refuse(kind: str) -> None:
    raise {
        "state": StateError("the disk refuses"),
        "config": ConfigError([Fault("a.b", "a.b=1: wrong"), Fault("c", "c=2: wrong")]),
        "other": ZeroDivisionError("of a function"),
    }[kind]


def test_what_a_function_raises_is_raised_here_with_where_it_happened(calls: OutOfProcess) -> None:
    with pytest.raises(StateError, match="the disk refuses"):
        calls.call(refuse, "state")
    with pytest.raises(ConfigError) as refused:
        calls.call(refuse, "config")
    assert [fault.key for fault in refused.value.faults] == ["a.b", "c"]
    with pytest.raises(ZeroDivisionError, match="of a function") as raised:
        calls.call(refuse, "other")
    assert "in refuse" in "".join(raised.value.__notes__)
    assert calls.call(where, "still")[0] == "still"


def die_once(file: str) -> int:
    if not Path(file).exists():
        Path(file).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


def die() -> None:
    print("cannot go on", file=sys.stderr, flush=True)
    os._exit(3)


def test_a_process_that_dies_is_replaced_and_one_that_dies_again_stops_the_sweep(
    calls: OutOfProcess, tmp_path: Path
) -> None:
    first = calls.call(where, "")[1]
    assert calls.call(die_once, str(tmp_path / "died")) not in (first, os.getpid())
    with pytest.raises(SweepError, match=r"died 2 times. The last: worker process \d+ ended with exit code 3") as error:
        calls.call(die)
    assert "cannot go on" in str(error.value)
    assert calls.call(where, "again")[0] == "again"


def test_a_function_that_runs_here_finds_it_warmed_up_once() -> None:
    warmed: list[int] = []
    calls = InProcess(warmed.append, 2)
    assert [calls.call(where, "")[1] for _ in range(2)] == [os.getpid()] * 2
    assert warmed == [2]


def test_a_call_that_was_begun_runs_beside_its_caller_and_answers_when_it_is_asked(calls: OutOfProcess) -> None:
    forgotten, long = calls.begin(refuse, "other"), calls.begin(where, "long" * 1_000_000)
    assert calls.call(where, "short")[0] == "short"  # whose answer comes behind theirs
    assert long()[0] == "long" * 1_000_000
    with pytest.raises(ZeroDivisionError):
        forgotten()


def test_a_process_that_dies_under_a_call_that_was_begun_is_replaced(calls: OutOfProcess, tmp_path: Path) -> None:
    first = calls.call(where, "")[1]
    again = calls.begin(die_once, str(tmp_path / "died"))
    hopeless = calls.begin(die)
    assert calls.call(where, "on")[0] == "on"  # what nobody asks for stops nothing
    assert again() not in (first, os.getpid())
    with pytest.raises(SweepError, match="died 2 times"):
        hopeless()
    left = calls.begin(where, "")
    calls.close()
    with pytest.raises(RuntimeError, match="after all was closed"):
        left()


def test_a_call_that_is_begun_here_runs_when_it_is_asked_for() -> None:
    asked: list[str] = []
    begun = InProcess(lambda threads: None, 1).begin(asked.append, "now")
    assert asked == []
    begun()
    assert asked == ["now"]
