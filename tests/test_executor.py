from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
from omegaconf import OmegaConf

import executor_jobs as jobs
from executor_jobs import spec
from seqsweep.catalog import Catalog
from seqsweep.errors import ConfigError, SweepError
from seqsweep.events import Cause, Done, Epoch, Event, Failed, Lost, Started
from seqsweep.executor import (
    EXECUTORS,
    Executor,
    Starter,
    default_workers,
    faults,
    fitting,
    make_executor,
    make_starter,
)
from seqsweep.executor.capacity import free_memory
from seqsweep.executor.pool import FIRST, PoolExecutor, WorkerState
from seqsweep.executor.process import Processes
from seqsweep.executor.protocol import READY, failed, whole_trial
from seqsweep.executor.ray_worker import bundled, in_a_thread, pace
from seqsweep.executor.starting import Interpreters
from seqsweep.redaction import known
from seqsweep.schema import ExecutorConfig, SweepConfig

CONF = Path(__file__).parents[1] / "conf" / "executor"
HERE = Path(__file__).parent
PATIENCE = 60.0  # seconds until a test gives up; none takes a tenth of it

Make = Callable[..., Executor]

# Those of Ray are the same pool of workers, which tests/test_ray.py puts on a cluster. Where a test does not ask for a
# kind, workers are forked, as they are on Linux.
KINDS = {"inline": {}, "processes": {"start_method": "forkserver"}, "spawn": {"start_method": "spawn"}}
every_kind = pytest.mark.parametrize("kind", KINDS)
pytestmark = pytest.mark.slow


def config_of(name: str) -> ExecutorConfig:
    base, own = OmegaConf.load(CONF / "_base.yaml"), OmegaConf.load(CONF / f"{name}.yaml")
    own.pop("defaults")
    config = OmegaConf.to_object(OmegaConf.merge(OmegaConf.structured(ExecutorConfig), base, own))
    assert isinstance(config, ExecutorConfig)
    return config


@pytest.fixture
def make() -> Iterator[Make]:
    """Makes an executor with one worker and closes it; `job=None` leaves it without a job."""
    made: list[Executor] = []
    starters: list[Starter] = []

    def _make(kind: str = "processes", job: Any = jobs.job, warm: Any = jobs.warm, **settings: Any) -> Executor:
        name = "processes" if kind == "spawn" else kind
        config = replace(config_of(name), **{"workers": 1, **KINDS[kind], **settings})
        starters.append(make_starter(config, jobs.preload))
        made.append(make_executor(config, warm, starters[-1]))
        if job:
            made[-1].open(job)
        return made[-1]

    yield _make
    for executor in made:
        executor.close()
    for starter in starters:
        starter.close()
    assert workers() == []


def workers(of: int | None = None) -> list[psutil.Process]:
    return [child for child in psutil.Process(of).children(recursive=True) if alive(child)]


def alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def until(happens: Callable[[], Any], what: str) -> Any:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := happens():
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited in vain until {what}")


def event_of(executor: Executor) -> tuple[str, Event]:
    end = time.monotonic() + PATIENCE
    told = executor.next_event(PATIENCE)
    assert told and time.monotonic() < end, "waited in vain for an event"
    return told


def run(executor: Executor, *deeds: str) -> dict[str, list[Event]]:
    """The events of each trial; trials are called 0, 1, 2 …, and as many as possible run at once."""
    waiting = [spec(str(number), deed) for number, deed in enumerate(deeds)]
    events: dict[str, list[Event]] = {trial.trial_id: [] for trial in waiting}
    running = 0
    while waiting or running:
        while waiting and running < executor.capacity:
            executor.submit(waiting.pop(0))
            running += 1
        trial_id, event = event_of(executor)
        events[trial_id].append(event)
        running -= isinstance(event, Done | Failed | Lost)
    assert executor.next_event(0) is None
    return events


def run_one(executor: Executor, deed: str = "nothing") -> list[Event]:
    return run(executor, deed)["0"]


def names(events: list[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


def until_busy(executor: Executor, trial_id: str = "0") -> int:
    """The process id of the worker that runs the trial, once all its events before the deed were heard."""
    told: list[Event] = []
    while len(told) < 3:
        who, event = event_of(executor)
        told += [event] if who == trial_id else []
    assert isinstance(told[0], Started)
    return told[0].pid


# What every executor promises


@every_kind
def test_events_come_in_order_and_end_once(kind: str, make: Make) -> None:
    events = run_one(make(kind))
    assert names(events) == ["Started", "Epoch", "Epoch", "Epoch", "Done"]
    assert [event.epoch for event in events if isinstance(event, Epoch)] == [1, 2, 3]


@every_kind
@pytest.mark.parametrize(
    ("deed", "cause", "reason"),
    [
        ("fail", "error", "ValueError: first line"),
        ("fail with a word", "error", "this configuration cannot be trained"),
        ("diverge", "diverged", "the loss is nan"),
        ("refuse state", "state", "the disk is full"),
        ("fill disk", "state", "OSError: [Errno 28] No space left on device"),
    ],
)
def test_an_exception_fails_its_trial_alone(kind: str, deed: str, cause: str, reason: str, make: Make) -> None:
    events = run(make(kind), deed, "nothing")
    assert names(events["0"]) == ["Started", "Epoch", "Epoch", "Failed"]
    failure = events["0"][-1]
    assert isinstance(failure, Failed)
    assert (failure.cause, failure.reason) == (cause, reason)
    assert "executor_jobs.py" in failure.detail
    assert names(events["1"])[-1] == "Done"


@every_kind
def test_sys_exit_loses_the_trial_and_says_with_what_code(kind: str, make: Make) -> None:
    events = run(make(kind), "sys.exit", "nothing")
    loss = events["0"][-1]
    assert isinstance(loss, Lost)
    assert "exit code" in loss.reason
    assert "no more" in loss.reason
    assert names(events["1"])[-1] == "Done"


@every_kind
@pytest.mark.parametrize(
    ("job", "expected"),
    [
        (jobs.forgets_to_end, ["Started", "Failed"]),
        (jobs.goes_on_after_done, ["Done"]),
        (jobs.is_no_generator, ["Failed"]),
    ],
)
def test_a_trial_ends_exactly_once_whatever_its_job_does(kind: str, job: Any, expected: list[str], make: Make) -> None:
    events = run(make(kind, job=job), "first", "second")
    assert [names(told) for told in events.values()] == [expected, expected]


def test_a_trial_for_which_memory_did_not_suffice_says_so_and_what_needs_less() -> None:
    class ResourceExhaustedError(Exception):  # TensorFlow's
        pass

    for error in (ResourceExhaustedError("{{node a}} OOM of shape[9,9] [Op:Mul]"), MemoryError("OOM of shape[9,9]")):
        told = failed(error)
        assert (told.cause, told.reason[:43]) == (Cause.ERROR, "memory ran out (OOM of shape[9,9]); a small")


def test_nothing_follows_the_end_of_a_whole_trial() -> None:
    assert names(list(whole_trial(jobs.goes_on_after_done, spec("0")))) == ["Done"]


@every_kind
def test_a_trial_has_cleaned_up_when_its_end_is_told(kind: str, make: Make, tmp_path: Path) -> None:
    executor = make(kind, job=jobs.reports_its_end)
    executor.submit(replace(spec("0"), continues=str(tmp_path / "closed")))
    assert names([event_of(executor)[1], event_of(executor)[1]]) == ["Started", "Done"]
    assert (tmp_path / "closed").exists()


@every_kind
def test_large_jobs_and_large_events_pass(kind: str, make: Make) -> None:
    size = 20_000_000
    events = run_one(make(kind, job=jobs.HeavyJob(size)))
    assert names(events) == ["Epoch", "Epoch", "Epoch", "Done"]
    assert isinstance(events[0], Epoch)
    assert len(events[0].metrics["data"]) == size  # type: ignore[arg-type]


@every_kind
def test_many_trials_each_end_once(kind: str, make: Make) -> None:
    events = run(make(kind, workers=2 if kind == "processes" else 1), *["nothing"] * 100)
    assert all(names(told) == ["Started", "Epoch", "Epoch", "Epoch", "Done"] for told in events.values())


@every_kind
def test_it_warms_up_once_with_the_threads_of_a_trial(kind: str, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "WARMED", [])
    executor = make(kind, threads=3)
    run_one(executor)
    executor.open(jobs.job)
    last = run_one(executor)[-1]
    assert isinstance(last, Done)
    assert last.result.threads == 3


@every_kind
def test_a_later_job_takes_the_place_of_the_first(kind: str, make: Make) -> None:
    executor = make(kind)
    run_one(executor)
    executor.open(jobs.goes_on_after_done)
    assert names(run_one(executor)) == ["Done"]


@every_kind
def test_a_trial_over_its_time_fails_and_its_place_works_again(kind: str, make: Make) -> None:
    events = run(make(kind, time_limit=0.1), "short sleep", "nothing")
    assert events["0"][-1] == Failed(Cause.TIME_LIMIT, "it ran longer than executor.time_limit=0.1 seconds")
    assert names(events["1"])[-1] == "Done"


@every_kind
def test_a_trial_over_its_time_fails_even_if_it_ended_while_the_sweep_looked_away(kind: str, make: Make) -> None:
    executor = make(kind, time_limit=0.1)
    run_one(executor)
    executor.submit(spec("0", "short sleep"))
    time.sleep(0.8)
    assert names([event_of(executor)[1] for _ in range(4)]) == ["Started", "Epoch", "Epoch", "Failed"]


@every_kind
def test_time_that_the_sweep_takes_between_events_is_not_the_trials(kind: str, make: Make) -> None:
    executor = make(kind, time_limit=0.5)
    run_one(executor)
    executor.submit(spec("0"))
    told = [event_of(executor)[1]]
    time.sleep(0.8)
    told += [event_of(executor)[1] for _ in range(4)]
    assert names(told)[-1] == "Done"


def test_times_of_a_trial_are_those_of_the_sweeps_clock_whatever_the_workers_says(make: Make) -> None:
    since = time.time()
    began, epoch, _ = run_one(make(job=jobs.has_another_clock))
    assert since <= began.at <= epoch.at <= time.time()  # type: ignore[union-attr]


@every_kind
def test_a_cancelled_trial_is_heard_of_no_more_and_its_place_works_again(kind: str, make: Make) -> None:
    executor = make(kind)
    executor.submit(spec("0"))
    event_of(executor)
    executor.cancel("0")
    executor.submit(spec("1"))
    told = [event_of(executor) for _ in range(5)]
    assert [trial_id for trial_id, _ in told] == ["1"] * 5
    assert names([event for _, event in told])[-1] == "Done"


def test_events_that_were_under_way_are_dropped_with_a_cancelled_trial(make: Make) -> None:
    executor = make(workers=2)
    run(executor, "nothing", "nothing")
    executor.submit(spec("0", "sleep"))
    executor.submit(spec("1", "sleep"))
    time.sleep(0.5)
    first, _ = event_of(executor)
    executor.cancel("1" if first == "0" else "0")
    assert [event_of(executor)[0], event_of(executor)[0]] == [first, first]
    assert executor.next_event(0) is None


@every_kind
def test_a_trial_that_cannot_clean_up_can_be_cancelled(kind: str, make: Make) -> None:
    executor = make(kind, job=jobs.cannot_clean_up)
    executor.submit(spec("0"))
    event_of(executor)
    executor.cancel("0")
    executor.open(jobs.job)
    assert names(run_one(executor))[-1] == "Done"


@every_kind
def test_cancelling_what_does_not_run_changes_nothing(kind: str, make: Make) -> None:
    executor = make(kind)
    executor.submit(spec("0"))
    executor.cancel("1")
    assert names([event_of(executor)[1] for _ in range(5)])[-1] == "Done"


@every_kind
def test_misuse_is_refused(kind: str, make: Make) -> None:
    executor = make(kind, job=None)
    with pytest.raises(RuntimeError, match="open a job first"):
        executor.submit(spec("0"))
    executor.open(jobs.job)
    executor.submit(spec("0"))
    with pytest.raises(RuntimeError, match="running"):
        executor.submit(spec("1"))
    with pytest.raises(RuntimeError, match="running"):
        executor.open(jobs.job)


@every_kind
def test_no_event_comes_when_nothing_runs(kind: str, make: Make) -> None:
    assert make(kind).next_event(0.05) is None


@every_kind
def test_closing_leaves_no_process_and_may_be_done_twice(kind: str, make: Make) -> None:
    executor = make(kind)
    executor.submit(spec("0"))
    event_of(executor)
    executor.close()
    executor.close()
    assert len(workers()) == (kind == "processes")  # the one that forks them, which whoever made it closes
    with pytest.raises(RuntimeError, match="open a job first"):
        executor.submit(spec("1"))


def test_every_executor_has_a_config_without_faults_and_the_reverse() -> None:
    options = {path.stem for path in CONF.glob("*.yaml")} - {"_base"}
    assert options == set(EXECUTORS)
    for name in options:
        config = config_of(name)
        assert config.kind == name
        assert faults(SweepConfig(executor=config)) == []


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"kind": "process"},
            "executor.kind=process: there is no executor 'process'; did you mean 'processes'?",
        ),
        ({"kind": "inline", "workers": 4}, "executor.workers=4: executor=inline runs 1 trial at a time"),
        ({"kind": "inline", "workers": None}, ""),
        ({"kind": "processes", "workers": 4, "threads": 1000}, ""),
    ],
)
def test_faults_say_key_value_and_mend(settings: dict[str, Any], said: str) -> None:
    found = faults(SweepConfig(executor=replace(config_of("processes"), **settings)))
    assert len(found) == bool(said)
    assert "".join(map(str, found)).startswith(said)


def test_an_unknown_kind_is_refused() -> None:
    assert isinstance(EXECUTORS, Catalog)
    with pytest.raises(ConfigError, match="did you mean 'inline'"):
        make_executor(replace(config_of("inline"), kind="in_line"), jobs.warm)


# Workers that die


@pytest.mark.parametrize(
    ("deed", "said"),
    [
        ("os._exit", "ended with exit code 3; it last said: cannot go on"),
        ("SIGKILL", "was killed by SIGKILL (as the system does when memory runs out)"),
        ("SIGSEGV", "was killed by SIGSEGV"),
        ("sys.exit with a thread left", "ended with exit code 1; it last said: SystemExit: no more"),
        ("die with a child", "was killed by SIGKILL"),
    ],
)
def test_a_worker_that_dies_loses_its_trial_and_its_place_works_again(deed: str, said: str, make: Make) -> None:
    events = run(make(), deed, "nothing")
    assert names(events["0"]) == ["Started", "Epoch", "Epoch", "Lost"]
    assert isinstance(events["0"][0], Started)
    assert isinstance(events["0"][-1], Lost)
    assert f"worker process {events['0'][0].pid} {said}" in events["0"][-1].reason
    assert names(events["1"])[-1] == "Done"


def test_what_a_worker_said_is_read_before_its_death_counts() -> None:
    """A trial may end, and its worker die, between the look for messages and the look at processes."""
    worker = Processes(1, Interpreters(1)).start()
    try:
        worker.send("warm", pickle.dumps((jobs.warm, 1, known())))
        until(worker.connection.poll, "it has warmed up")
        os.kill(worker.pid, signal.SIGKILL)
        os.waitid(os.P_PID, worker.pid, os.WEXITED | os.WNOWAIT)
        assert not worker.dead
        assert pickle.loads(*worker.receive()) == READY
        with pytest.raises(EOFError):
            worker.receive()
    finally:
        worker.kill()


def test_last_words_are_those_of_the_lost_trial(make: Make) -> None:
    executor = make()
    assert [names(told)[-1] for told in run(executor, "print", "nothing").values()] == ["Done", "Done"]
    loss = run_one(executor, "os._exit")[-1]
    assert isinstance(loss, Lost)
    assert loss.reason.endswith("; it last said: cannot go on")
    run_one(executor, "print")
    loss = run_one(executor, "SIGKILL")[-1]
    assert isinstance(loss, Lost)
    assert "said" not in loss.reason


def test_a_killed_worker_costs_its_own_trial_alone(make: Make) -> None:
    executor = make(workers=2)
    executor.submit(spec("0", "sleep"))
    executor.submit(spec("1", "sleep"))
    pids: dict[str, int] = {}
    heard = {"0": 0, "1": 0}
    while sum(heard.values()) < 6:
        trial_id, event = event_of(executor)
        heard[trial_id] += 1
        if isinstance(event, Started):
            pids[trial_id] = event.pid
    os.kill(pids["0"], signal.SIGKILL)
    trial_id, event = event_of(executor)
    assert (trial_id, type(event)) == ("0", Lost)
    assert psutil.pid_exists(pids["1"])
    executor.submit(spec("2"))
    assert [event_of(executor)[0] for _ in range(5)] == ["2"] * 5


def test_a_worker_that_dies_idle_is_replaced_without_a_word(make: Make) -> None:
    executor = make()
    first = run_one(executor)[0]
    assert isinstance(first, Started)
    os.kill(first.pid, signal.SIGKILL)
    assert executor.next_event(0.5) is None
    assert names(run_one(executor))[-1] == "Done"


def test_a_hung_trial_is_killed_at_its_time_limit(make: Make) -> None:
    executor = make(time_limit=0.5)
    executor.submit(spec("0", "sleep"))
    pid = until_busy(executor)
    assert event_of(executor) == (
        "0",
        Failed(Cause.TIME_LIMIT, "it ran longer than executor.time_limit=0.5 seconds"),
    )
    assert not psutil.pid_exists(pid)


def test_waiting_for_a_worker_to_warm_up_is_not_the_trials_time(make: Make) -> None:
    assert names(run_one(make(warm=jobs.warm_late, time_limit=0.5)))[-1] == "Done"


@pytest.mark.parametrize("job", [jobs.sends_what_cannot_be_pickled, jobs.sends_what_cannot_be_read])
def test_an_event_that_cannot_be_sent_fails_its_trial(job: Any, make: Make) -> None:
    executor = make(job=job)
    assert names(run_one(executor)) == ["Failed"]
    executor.open(jobs.job)
    assert names(run_one(executor))[-1] == "Done"


def test_what_follows_an_event_that_cannot_be_sent_is_not_taken_for_the_next_trials(make: Make) -> None:
    events = run(make(job=jobs.says_whose_it_is), "nothing", "nothing")
    assert names(events["0"]) == ["Failed"]
    assert [event.result.kernels for event in events["1"]] == ["1"]


def test_workers_that_never_get_ready_end_the_sweep_with_what_they_printed(make: Make) -> None:
    executor = make(warm=jobs.warm_and_die)
    executor.submit(spec("0"))
    with pytest.raises(SweepError, match=r"3 workers in a row died.*exit code 1(?s:.*)MemoryError: at import"):
        event_of(executor)


def test_a_job_that_no_worker_can_read_ends_the_sweep(make: Make) -> None:
    executor = make(job=jobs.Unreadable())
    executor.submit(spec("0"))
    with pytest.raises(SweepError, match="invalid literal for int"):
        event_of(executor)


def test_two_deaths_before_each_worker_is_ready_are_borne(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIES", str(tmp_path))
    executor = make(warm=jobs.warm_at_every_third_try, max_trials_per_worker=1)
    assert names(run_one(executor))[-1] == "Done"
    assert names(run_one(executor))[-1] == "Done"
    assert len(list(tmp_path.iterdir())) >= 6


def test_a_worker_is_replaced_after_its_trials(make: Make) -> None:
    events = run(make(max_trials_per_worker=2), *["nothing"] * 5)
    pids = [told[0].pid for told in events.values() if isinstance(told[0], Started)]
    assert pids[0] == pids[1] != pids[2] == pids[3] != pids[4]
    assert len(set(pids)) == 3
    assert not psutil.pid_exists(pids[0])


# What surrounds a worker


@pytest.mark.parametrize(("variable", "value"), [("OMP_NUM_THREADS", "3"), ("TF_CPP_MIN_LOG_LEVEL", "3")])
def test_libraries_in_a_worker_are_told_threads_and_silence(variable: str, value: str, make: Make) -> None:
    last = run_one(make(threads=3), variable)[-1]
    assert isinstance(last, Done)
    assert last.result.kernels == value


def test_what_a_trial_prints_stays_out_of_the_terminal(make: Make, capfd: pytest.CaptureFixture[str]) -> None:
    assert names(run_one(make(), "print"))[-1] == "Done"
    assert capfd.readouterr() == ("", "")


PARENT = """
import os, signal, sys
sys.path.insert(0, {here!r})
print("parent", os.getpid(), flush=True)
import executor_jobs as jobs
from seqsweep.executor.pool import PoolExecutor
from seqsweep.executor.forking import ForkServer
from seqsweep.executor.process import Processes

def sweep():
    for number in (0, 1):
        executor.submit(jobs.spec(str(number), {deed!r}))
    ended = 0
    while ended < 2:
        told = executor.next_event(0.1)
        if told:
            print(told[0], type(told[1]).__name__, flush=True)
            ended += type(told[1]).__name__ in ("Done", "Failed", "Lost")

if {deaf}:
    signal.signal(signal.SIGINT, lambda *_: None)
starter = ForkServer(1, jobs.preload)
places = Processes(2, starter)
executor = PoolExecutor(workers=places, warm=jobs.warm, threads=1, max_trials_per_worker=30, time_limit=None)
executor.open(jobs.job)
try:
    sweep()
except KeyboardInterrupt:
    print("interrupted", flush=True)
if {close}:
    executor.close()
    starter.close()
print("end", flush=True)
"""


def parent(tmp_path: Path, how: str = "script", **settings: Any) -> subprocess.Popen[str]:
    """A process of its own group that runs two trials in two workers: a script, a module or stdin."""
    values = {"deed": "sleep", "close": True, "deaf": False, **settings}
    source = tmp_path / "a_parent.py"
    source.write_text(PARENT.format(here=str(HERE), **values))
    arguments = {"script": [str(source)], "module": ["-m", "a_parent"], "stdin": ["-"]}[how]
    with source.open() as text:
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=tmp_path,
            stdin=text if how == "stdin" else None,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )


@pytest.mark.parametrize("how", ["script", "module", "stdin"])
def test_workers_do_not_run_the_main_program_again(how: str, tmp_path: Path) -> None:
    process = parent(tmp_path, how, deed="nothing")
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said
    assert said.count("parent") == 1
    assert said.count("Done") == 2


@pytest.mark.parametrize("deed", ["sleep", "start a child"])
def test_no_process_outlives_a_killed_parent(deed: str, tmp_path: Path) -> None:
    process = parent(tmp_path, deed=deed)
    per_worker = 2 if deed == "start a child" else 1
    left = until(lambda: (found := workers(process.pid))[2 * per_worker :] and found, "all workers run")
    process.kill()
    process.communicate()
    until(lambda: not [one for one in left if alive(one)], "the workers are gone")


@pytest.mark.parametrize("after", [0.0, 0.1, 0.3])
def test_no_process_outlives_a_parent_killed_while_workers_start(after: float, tmp_path: Path) -> None:
    process = parent(tmp_path)
    left = until(lambda: workers(process.pid), "a worker is there")
    time.sleep(after)
    left = workers(process.pid)
    process.kill()
    process.communicate()
    until(lambda: not [one for one in left if alive(one)], "the workers are gone")


def test_no_process_outlives_a_parent_that_forgets_to_close(tmp_path: Path) -> None:
    process = parent(tmp_path, deed="short sleep", close=False)
    left = until(lambda: (found := workers(process.pid))[2:] and found, "both workers run")
    assert "end" in process.communicate(timeout=PATIENCE)[0]
    until(lambda: not [one for one in left if alive(one)], "the workers are gone")


def lines_until(process: subprocess.Popen[str], word: str, times: int) -> None:
    assert process.stdout
    seen = 0
    for line in process.stdout:
        seen += word in line
        if seen == times:
            return
    raise AssertionError(f"{word!r} came {seen} times, not {times}")


def test_ctrl_c_reaches_the_parent_alone_which_ends_cleanly(tmp_path: Path) -> None:
    process = parent(tmp_path)
    lines_until(process, "Epoch", 4)
    left = workers(process.pid)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    said, _ = process.communicate(timeout=PATIENCE)
    assert (process.returncode, said) == (0, "interrupted\nend\n")
    assert len(left) == 3  # and the one that forked them
    assert not [one for one in left if alive(one)]


def test_trials_survive_ctrl_c_if_the_parent_lets_them(tmp_path: Path) -> None:
    process = parent(tmp_path, deed="short sleep", deaf=True)
    lines_until(process, "Epoch", 4)
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said
    assert said.count("Done") == 2


def test_an_interrupt_passes_through_an_inline_trial(make: Make) -> None:
    executor = make("inline", job=interrupts_itself)
    executor.submit(spec("0"))
    with pytest.raises(KeyboardInterrupt):
        executor.next_event(1)


def interrupts_itself(trial: Any) -> Iterator[Event]:
    yield from ()
    signal.raise_signal(signal.SIGINT)


# Cores


def test_cores_are_those_that_this_process_may_run_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {4}, raising=False)
    assert default_workers(1) == 1


def test_a_limit_that_joblib_honours_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")
    assert default_workers(1) == 1


@pytest.mark.parametrize(("cores", "threads", "count"), [(8, 1, 8), (8, 3, 2), (2, 4, 1), (1, 1, 1)])
def test_workers_default_to_what_the_cores_allow(
    cores: int, threads: int, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("joblib.cpu_count", lambda: cores)
    assert default_workers(threads) == count


@pytest.mark.parametrize(
    ("wanted", "threads", "gigabytes", "started", "said"),
    [
        (
            9999,
            1,
            100,
            4,
            "4 of the 9999 workers that executor.workers=9999 asks for are started: the cores",
        ),
        (9999, 2, 100, 2, "enough for 2 of 2 threads"),
        (4, 1, 2.5, 2, "and 2.7 GB of memory are free"),
        (3, 1, 0.1, 1, "1 of the 3 workers that executor.workers=3 asks for is started"),
        (None, 1, 2.5, 2, "2 of the 4 workers that the cores allow are started"),
        (None, 1, 100, 4, None),
        (3, 1, 100, 3, None),
    ],
)
def test_no_more_workers_are_started_than_fit(wanted, threads, gigabytes, started, said, monkeypatch) -> None:
    monkeypatch.setattr("joblib.cpu_count", lambda: 4)
    monkeypatch.setattr("seqsweep.executor.capacity.free_memory", lambda: int(gigabytes * (1 << 30)))
    told: list[str] = []
    config = replace(config_of("processes"), workers=wanted, threads=threads)
    assert fitting(config, told.append).workers == started
    assert len(told) == (said is not None)
    assert said is None or said in told[0]


def test_an_inline_executor_fits_always(monkeypatch) -> None:
    assert fitting(config_of("inline"), pytest.fail) == config_of("inline")


def test_the_memory_of_a_container_counts(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("seqsweep.executor.capacity.CGROUP", tmp_path)
    free = free_memory()
    (tmp_path / "memory.max").write_text("900\n")
    (tmp_path / "memory.current").write_text("500\n")
    (tmp_path / "memory.stat").write_text("anon 1\ninactive_file 200\n")
    assert free_memory() == 600
    (tmp_path / "memory.max").write_text("max")
    assert free_memory() > free / 2


class Silent:
    """A worker that never tells anything."""

    dead = False

    def send(self, command: str, payload: bytes) -> None: ...

    def kill(self) -> str:
        return ""


class SilentWorkers:
    """Room for some of them; of a cluster that grows, less than are wanted."""

    def __init__(self, room: int, wanted: int | None = None) -> None:
        self.room, self.started, self._wanted = room, 0, room if wanted is None else wanted

    def wanted(self) -> int:
        return self._wanted

    def capacity(self) -> int:
        return self.room

    def waits(self, workers) -> str:
        return f"{len(workers)} have no place"

    def start(self) -> Silent:
        self.started += 1
        return Silent()

    def ready(self, workers, seconds) -> list[Silent]:
        return []

    def close(self) -> None: ...


def test_what_is_made_in_a_thread_is_made_unasked_and_ends_as_it_ended() -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for number in range(3):
            made.append(number)
            yield number
        sys.exit("no more")

    asked = in_a_thread(items())
    assert next(asked) == 0
    assert until(lambda: made == [0, 1, 2], "the others are made")
    assert [next(asked), next(asked)] == [1, 2]
    with pytest.raises(SystemExit, match="no more"):
        next(asked)


# Of a cluster that grows, what it has no room for waits too: a finished sweep would have nodes started for nothing.
@pytest.mark.parametrize(("room", "wanted", "before"), [(2, 2, 2), (64, 64, FIRST), (0, 3, 0), (1, 3, 1)])
def test_of_many_workers_all_but_the_first_wait_for_a_trial(room, wanted, before) -> None:
    places = SilentWorkers(room, wanted)
    executor = PoolExecutor(workers=places, warm=jobs.warm, threads=1, max_trials_per_worker=30, time_limit=None)
    executor.open(jobs.job)
    executor.next_event(0.0)
    assert (places.started, executor.capacity) == (before, max(room, 1))
    executor.submit(spec("1"))
    assert (places.started, executor.capacity) == (wanted, max(room, 1))


def test_that_no_worker_gets_a_place_is_told_after_a_minute_then_ever_more_rarely(monkeypatch) -> None:
    now = [0.0]
    monkeypatch.setattr("seqsweep.executor.pool.time.monotonic", lambda: now[0])
    executor = PoolExecutor(
        workers=SilentWorkers(0, 3), warm=jobs.warm, threads=1, max_trials_per_worker=30, time_limit=None
    )
    executor.open(jobs.job)
    now[0] = 100.0
    assert executor.waits() == ""  # for no trial was asked yet
    executor.submit(spec("1"))
    told = {}
    for now[0] in range(100, 500, 10):
        if said := executor.waits():
            told[now[0]] = said
    assert told == {at: f"no trial has run for {at - 100} seconds: 3 have no place" for at in (160, 220, 340)}
    executor._slots[0].state = WorkerState.BUSY
    assert executor.waits() == ""
    executor._slots[0].state = WorkerState.STARTING
    now[0] += 50
    assert executor.waits() == ""
    now[0] += 10
    assert executor.waits().startswith("no trial has run for 60 seconds")


def test_messages_that_come_quickly_travel_together_the_first_ones_alone(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("seqsweep.executor.ray_worker.time.monotonic", lambda: now[0])

    def told() -> Iterator[bytes]:
        for number, gap in enumerate([0, 0.01, 0.01, 0.1, 0.1, 0.1, 0.1, 0.4, 0.1]):
            now[0] += gap
            yield b"%d" % number

    assert list(bundled(told(), 0.25)) == [[b"0"], [b"1"], [b"2"], [b"3", b"4", b"5"], [b"6", b"7"], [b"8"]]
    assert [pace(workers) for workers in (1, 16, 64, 1000)] == [0.25, 0.5, 2.0, 5.0]
