"""Trackers: what they keep, that they keep it once, and what they do when their store is away."""

from __future__ import annotations

import json
import math
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
import urllib.request
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import pytest

from seqsweep.errors import ConfigError, TrackingError, UserError
from seqsweep.events import Cause, Epoch
from seqsweep.records import TrialRecord
from seqsweep.schema import SweepConfig, TrackingConfig
from seqsweep.tracking import (
    TRACKERS,
    LoggedDataset,
    MemoryTracker,
    MlflowTracker,
    SweepRecord,
    faults,
    known_runs,
    make_tracker,
)
from seqsweep.tracking.address import address
from seqsweep.tracking.apart import ApartTracker
from seqsweep.tracking.deferred import POLL_EVERY, DeferredTracker
from seqsweep.tracking.known_runs import KNOWN
from seqsweep.tracking.mlflow_runs import SweepRuns
from seqsweep.tracking.mlflow_spelling import (
    NOTE,
    check_names,
    check_trial,
    plain_params,
    trial_metrics,
    trial_params,
    trial_tags,
)
from seqsweep.tracking.reaching import DRIVERS, once_more_if_doubled, reaching
from seqsweep.tracking.reading import read_metrics
from seqsweep.tracking.retry_queue import FIRST_PAUSE, RetryQueue, first_line, kept
from seqsweep.tracking.store import open_store, ping
from seqsweep.tracking.ui import link, newest_sweep, refuse_taken, serve
from seqsweep.tracking.view import VIEW_TAG, SavedView, read_view

SWEEP = SweepRecord(
    study="quickstart",
    question="Does an LSTM beat a SimpleRNN on sunspots?",
    name="bayes-3 0410",
    fingerprint="f00d",
    config_yaml="study: quickstart\n",
    params={"tuner": "bayesian", "max_trials": 3},
    tags={"data_sha256": "ab12", "git_commit": "c0ffee"},
    objective="val_mae",
)
BEGAN = 1_700_000_000.0  # seconds since 1970


def trial(number: int = 0, score: float = 17.5, status: str = "COMPLETED", **changes) -> TrialRecord:
    """A trial of 3 epochs that began at BEGAN and took 30 seconds."""
    curve = tuple(Epoch(epoch, {"loss": 1 / epoch, "val_loss": 2 / epoch}, BEGAN + 10 * epoch) for epoch in (1, 2, 3))
    record = TrialRecord(
        trial_id=f"{number:02d}",
        number=number,
        name=f"{number} GRU 32x2",
        status=status,
        params={"layer": "gru", "units": 32 + number, "learning_rate": 0.01, "use_bias": True, "clip": None},
        metrics={"val_mae": score, "val_loss": 0.5, "val_rmse": 2 * score},
        curve=curve,
        started=BEGAN,
        ended=BEGAN + 30,
        seed=5,
        last_epoch=9,
        epochs=3,
        seconds={"training": 1.5},
        kernels="fast",
    )
    return replace(record, **changes)


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with MLflow's tables: they take a second or more to make, a copy takes none."""
    folder = tmp_path_factory.mktemp("empty_store")
    open_store(TrackingConfig(kind="mlflow", directory=str(folder)))
    return folder / "mlflow.db"


@pytest.fixture
def config(empty_store: Path, tmp_path: Path) -> TrackingConfig:
    """MLflow on a store of this test's own; the folder's name has what URIs must escape."""
    folder = tmp_path / "ml runs ü"
    folder.mkdir()
    shutil.copy(empty_store, folder / "mlflow.db")
    return TrackingConfig(kind="mlflow", directory=str(folder))


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def opened(config: TrackingConfig, sweep: SweepRecord = SWEEP, warn=lambda text: None, clock=None):
    """An MLflow tracker that is open at once and not beside trials, so that a test can look after each step."""
    tracker = (
        MlflowTracker(config, warn, clock or time.monotonic) if config.kind == "mlflow" else make_tracker(config, warn)
    )
    tracker.open(sweep)
    return tracker


def client_of(config: TrackingConfig):
    return open_store(config)[1]


def runs_of(config: TrackingConfig, kind: str = "trial", study: str = SWEEP.study) -> list:
    client = client_of(config)
    experiment = client.get_experiment_by_name(study)
    return client.search_runs([experiment.experiment_id], f"tags.kind = '{kind}'", order_by=["attributes.start_time"])


def statuses(config: TrackingConfig) -> list[tuple[str, str]]:
    return sorted((run.data.tags["trial_id"], run.info.status) for run in runs_of(config))


def history(config: TrackingConfig, run, metric: str) -> list[tuple[int, float, int]]:
    points = client_of(config).get_metric_history(run.info.run_id, metric)
    return sorted((point.step, point.value, point.timestamp) for point in points)


# Opened beside the first trials


class SlowTracker(MemoryTracker):
    """Opens when it is let, or fails to."""

    def __init__(self) -> None:
        super().__init__()
        self.let = threading.Event()
        self.fault: Exception | None = None

    def open(self, sweep: SweepRecord) -> None:
        self.let.wait(10)
        if self.fault:
            raise self.fault
        super().open(sweep)


def settled(tracker: DeferredTracker) -> None:
    """Wait until the thread has done what it was asked for, as trials would."""
    for asked in (tracker._opening, tracker._telling):
        if asked is not None:
            asked.exception(timeout=10)


@pytest.mark.parametrize(
    ("reason", "mend"),
    [
        ("the store takes no writes (database or disk is full)", "make room, then run the same command again"),
        ("the store takes no writes (gone)", "run the same command again when the store is back"),
    ],
)
def test_a_sweep_that_ends_without_its_store_says_what_brings_it_there(reason, mend):
    assert kept(reason) == f"they are kept in the sweep's state: {mend}"


def test_no_trial_waits_for_the_store_and_all_that_was_told_meanwhile_goes_in_in_order() -> None:
    slow, clock = SlowTracker(), Clock()
    tracker = DeferredTracker(slow, lambda: None, pytest.fail, clock)
    tracker.open(SWEEP)
    tracker.log_sweep({"final_mean": 20.0}, {})
    tracker.start_trial(trial(0, status="RUNNING"))
    tracker.poll()
    tracker.log_epoch("00", Epoch(1, {"loss": 1.0}, BEGAN))
    tracker.end_trial(trial(0))
    tracker.start_trial(trial(1, status="RUNNING"))
    tracker.poll()
    assert not slow.sweeps and not slow.trials
    slow.let.set()
    settled(tracker)
    tracker.poll()
    settled(tracker)
    assert [(run.name, run.status) for run in slow.trials] == [("0 GRU 32x2", "FINISHED"), ("1 GRU 32x2", "RUNNING")]
    assert slow.sweeps["f00d"].metrics == {"final_mean": 20.0}
    tracker.end_trial(trial(1))  # from here on beside the trials
    tracker.poll()
    settled(tracker)
    assert slow.trials[1].status == "RUNNING"  # what trials tell, the thread is not woken for each time
    clock.now += POLL_EVERY
    tracker.poll()
    settled(tracker)
    assert slow.trials[1].status == "FINISHED"


def test_nothing_is_loaded_before_trials_run() -> None:
    slow = SlowTracker()
    tracker = DeferredTracker(slow, lambda: None, pytest.fail)
    tracker.open(SWEEP)
    tracker.start_trial(trial(0, status="RUNNING"))
    assert tracker._opening is None


@pytest.mark.parametrize("call", ["poll", "recorded", "close"])
def test_a_store_that_cannot_be_opened_is_said_by_the_next_call(call: str) -> None:
    slow = SlowTracker()
    slow.fault = TrackingError("no store")
    tracker = DeferredTracker(slow, lambda: None, pytest.fail)
    tracker.open(SWEEP)
    tracker.start_trial(trial(0, status="RUNNING"))
    tracker.poll()
    slow.let.set()
    settled(tracker)
    with pytest.raises(TrackingError, match="no store"):
        tracker.close("FAILED") if call == "close" else getattr(tracker, call)()


def test_what_a_slow_store_was_told_is_in_it_at_the_end_and_the_wait_is_counted() -> None:
    slow = SlowTracker()
    tracker = DeferredTracker(slow, lambda: None, pytest.fail)
    tracker.open(SWEEP)
    tracker.end_trial(trial(0))
    threading.Timer(0.1, slow.let.set).start()
    tracker.close("FINISHED")
    assert [run.status for run in slow.trials] == ["FINISHED"]
    assert slow.sweeps["f00d"].status == "FINISHED"
    assert tracker.seconds > 0.05


class SlowToWrite(MemoryTracker):
    """Takes a result when it is let, and says so."""

    def __init__(self, said: deque[str]) -> None:
        super().__init__()
        self.let = threading.Event()
        self.said = said

    def end_trial(self, trial: TrialRecord) -> None:
        self.let.wait(10)
        super().end_trial(trial)
        self.said.append(f"{trial.name} in {threading.current_thread().name}")


def test_no_trial_waits_for_a_write_and_what_the_store_says_is_told_in_the_thread_of_the_sweep() -> None:
    said, told = deque(), []
    slow = SlowToWrite(said)
    tracker = DeferredTracker(
        slow, lambda: None, lambda text: told.append((text, threading.current_thread())), said=said
    )
    tracker.open(SWEEP)
    assert tracker.recorded() == set()
    tracker.end_trial(trial(0))
    tracker.end_trial(trial(1))
    tracker.poll()
    assert not slow.trials and not told
    threading.Timer(0.1, slow.let.set).start()
    assert tracker.recorded() == {"00", "01"}
    assert tracker.seconds > 0.05
    assert [thread for _, thread in told] == [threading.current_thread()] * 2
    assert told[0][0].startswith("0 GRU 32x2 in tracking")
    tracker.close("FINISHED")


def test_a_sweep_that_is_stopped_as_it_asks_the_thread_waits_for_what_it_asked() -> None:
    slow = SlowToWrite(deque())
    tracker = DeferredTracker(slow, lambda: None, lambda text: None)
    tracker.open(SWEEP)
    assert tracker.recorded() == set()
    ask = tracker._in_thread

    def interrupted(call: Callable[[], None]) -> None:
        tracker._in_thread = ask
        ask(call)
        raise KeyboardInterrupt

    tracker._in_thread = interrupted
    with pytest.raises(KeyboardInterrupt):
        tracker.end_trial(trial(0))
        tracker.poll()
    threading.Timer(0.1, slow.let.set).start()
    tracker.close("KILLED")
    assert tracker.seconds > 0.05
    assert [run.status for run in slow.trials] == ["FINISHED"]
    assert len(slow.said) == 1  # written once, and not at the same time by two


def test_a_store_that_falls_behind_keeps_the_sweep_and_memory_stays_bounded(monkeypatch) -> None:
    monkeypatch.setattr("seqsweep.tracking.deferred.MOST_WAITING", 3)
    slow = SlowToWrite(deque())
    tracker = DeferredTracker(slow, lambda: None, pytest.fail)
    tracker.open(SWEEP)
    assert tracker.recorded() == set()
    threading.Timer(0.1, slow.let.set).start()
    for number in range(9):
        tracker.end_trial(trial(number))
        assert len(tracker._told) <= 4
    assert tracker.seconds > 0.05
    tracker.close("FINISHED")
    assert len(slow.trials) == 9


def test_a_store_that_falls_behind_keeps_the_sweep_no_longer_than_it_must(monkeypatch) -> None:
    monkeypatch.setattr("seqsweep.tracking.deferred.MOST_WAITING", 3)
    slow, written = SlowToWrite(deque()), threading.Semaphore(0)
    monkeypatch.setattr(slow, "end_trial", lambda _: written.acquire(timeout=10))
    tracker = DeferredTracker(slow, lambda: None, pytest.fail)
    tracker.open(SWEEP)
    assert tracker.recorded() == set()
    threading.Timer(0.1, written.release).start()
    for number in range(4):
        tracker.end_trial(trial(number))
    assert len(tracker._told) == 3  # one of them was written
    assert tracker.seconds > 0.05
    written.release(4)
    tracker.close("FINISHED")


def test_a_process_of_its_own_keeps_what_one_in_here_keeps_even_where_it_is_lost(
    config: TrackingConfig, empty_store: Path, tmp_path: Path
) -> None:
    before = psutil.Process().children()  # of tests before this one
    here = replace(config, directory=str(tmp_path / "here"))
    (tmp_path / "here").mkdir()
    shutil.copy(empty_store, tmp_path / "here" / "mlflow.db")
    said: deque[str] = deque()
    apart = ApartTracker(config, said)
    apart.open(SWEEP)
    for tracker in (opened(here), apart):
        tracker.start_trial(trial(0, status="RUNNING"))
        tracker.log_epoch("00", trial(0).curve[0])
        tracker.log_sweep({"val_mae": 17.5}, {"best_trial": "0"})
        tracker.end_trial(trial(1))
        tracker.poll()
        if tracker is apart:
            [process] = set(psutil.Process().children()) - set(before)
            process.kill()
        tracker.end_trial(trial(0))
        tracker.poll()
        missing = {"00", "01"} - tracker.recorded()
        assert missing == ({"00"} if tracker is apart else set())
        for _ in missing:  # as a sweep does at its end
            tracker.end_trial(trial(0))
        assert len(tracker.pages()[1]) == 2
        tracker.close("FINISHED")
    assert not set(psutil.Process().children()) - set(before)
    killed = "was killed by SIGKILL (as the system does when memory runs out)"
    assert list(said) == [f"the process that writes to MLflow {killed}; it is started again"]

    def kept(where: TrackingConfig) -> list[tuple[object, ...]]:
        runs = [run for run in runs_of(where) if run.info.status == "FINISHED"]
        found = [
            (run.data.tags["trial_id"], run.data.params, run.data.metrics, history(where, run, "loss")) for run in runs
        ]
        return sorted(found, key=str)

    assert len(kept(config)) == 2
    assert kept(config) == kept(here)
    [sweep] = runs_of(config, "sweep")
    assert (sweep.info.status, sweep.data.tags["best_trial"]) == ("FINISHED", "0")


class AwayTracker(SlowTracker):
    """Its store is away until it is let."""

    def open(self, sweep: SweepRecord) -> None:
        if not self.let.is_set():
            raise TrackingError("it cannot be used: gone", away="the store takes no writes (gone)")
        super().open(sweep)


def test_a_store_that_goes_away_before_it_is_opened_is_ridden_out() -> None:
    away, said, clock = AwayTracker(), [], Clock()
    tracker = DeferredTracker(away, lambda: None, said.append, clock)
    tracker.open(SWEEP)
    for number in range(3):
        tracker.start_trial(trial(number, status="RUNNING"))
        tracker.poll()
        if tracker._opening is not None:
            settled(tracker)
        tracker.end_trial(trial(number))
    assert said == [
        "the store takes no writes (gone); the sweep goes on, its results are kept and go in when the store is back"
    ]
    assert tracker._opening is None  # it is asked again when the pause is over
    away.let.set()
    clock.now += FIRST_PAUSE
    tracker.poll()
    settled(tracker)
    tracker.poll()
    settled(tracker)
    assert said[1:] == ["the store answers again; what waited is in it"]
    assert {run.status for run in away.trials} == {"FINISHED"}
    tracker.close("FINISHED")


def test_a_store_that_is_away_to_the_end_lacks_what_is_named() -> None:
    away = AwayTracker()
    tracker = DeferredTracker(away, lambda: None, lambda text: None)
    tracker.open(SWEEP)
    tracker.end_trial(trial(0))
    assert tracker.pages() == ("", {})  # does not wait for ever
    assert tracker.recorded() == set()
    with pytest.raises(
        TrackingError, match=r"takes no writes .gone. and lacks the results of 1 trials; .* same command"
    ):
        tracker.close("FINISHED")
    away.let.set()
    tracker.close("FINISHED")  # back in the last moment
    assert [run.status for run in away.trials] == ["FINISHED"]


@pytest.mark.parametrize(
    ("error", "uri", "passes"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "http://h", True),
        (OSError("No route to host"), "postgresql://h/db", True),
        (sqlite3.OperationalError("database is locked"), "sqlite:////x.db", True),
        (sqlite3.OperationalError("attempt to write a readonly database"), "sqlite:////x.db", False),
        (sqlite3.DatabaseError("file is not a database"), "sqlite:////x.db", False),
        (ImportError("no psycopg2"), "postgresql://h/db", False),
        (OSError('FATAL:  password authentication failed for user "me"'), "postgresql://h/db", False),
        ("INTERNAL_ERROR", "http://h", True),
        ("TEMPORARILY_UNAVAILABLE", "http://h", True),
        ("PERMISSION_DENIED", "http://h", False),
        ("ENDPOINT_NOT_FOUND", "http://h", False),
    ],
)
def test_what_may_pass_is_told_from_what_lasts(error: Exception | str, uri: str, passes: bool, tmp_path: Path) -> None:
    from mlflow.exceptions import MlflowException
    from mlflow.protos import databricks_pb2

    if isinstance(error, str):
        error = MlflowException("it said so", error_code=getattr(databricks_pb2, error))
    config = TrackingConfig(kind="mlflow", directory=str(tmp_path), uri=uri)
    with pytest.raises(TrackingError) as raised, reaching(address(config)):
        raise error
    assert bool(raised.value.away) == passes


def test_a_telling_that_ctrl_c_interrupts_is_told_again() -> None:
    presses = [KeyboardInterrupt]

    class Interrupted(SlowTracker):
        def end_trial(self, trial: TrialRecord) -> None:
            if presses:
                raise presses.pop()
            super().end_trial(trial)

    slow = Interrupted()
    slow.let.set()
    tracker = DeferredTracker(slow, lambda: None, pytest.fail)
    tracker.open(SWEEP)
    tracker.end_trial(trial(0))
    with pytest.raises(KeyboardInterrupt):
        tracker.recorded()
    assert tracker.recorded() == {"00"}


def test_a_store_that_is_away_is_refused_before_a_trial_starts_and_without_mlflow(tmp_path: Path) -> None:
    code = """
    import sys, time
    from seqsweep.errors import TrackingError
    from seqsweep.schema import TrackingConfig
    from seqsweep.tracking import reaching, store

    reaching.failures = lambda: (OSError,)  # to say what is wrong may load MLflow
    try:
        store.ping(TrackingConfig(kind="mlflow", directory=sys.argv[1], uri=sys.argv[2]))
    except TrackingError as error:
        print(error)
    assert "mlflow" not in sys.modules
    """
    uri = f"http://127.0.0.1:{free_port()}"
    command = [sys.executable, "-c", textwrap.dedent(code), str(tmp_path), uri]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert uri in done.stdout and "cannot be used" in done.stdout


def test_knocking_leaves_a_store_as_it_is_and_refuses_what_is_none(config: TrackingConfig, tmp_path: Path) -> None:
    before = Path(config.directory, "mlflow.db").read_bytes()
    ping(config)
    assert Path(config.directory, "mlflow.db").read_bytes() == before
    (tmp_path / "mlflow.db").write_text("a letter to my aunt" * 99)
    with pytest.raises(TrackingError, match=r"mlflow\.db.*Move"):
        ping(TrackingConfig(kind="mlflow", directory=str(tmp_path)))
    new = TrackingConfig(kind="mlflow", directory=str(tmp_path / "new"))
    ping(new)
    opened(new).close("FINISHED")  # an empty file that a ping may leave is no obstacle


def test_a_driver_that_is_missing_is_told_before_a_trial_starts_with_the_line_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

    def missing() -> None:
        raise ModuleNotFoundError("No module named 'psycopg'", name="psycopg")

    monkeypatch.setattr(PGDialect_psycopg, "import_dbapi", missing)
    uri = f"postgresql+psycopg://me:secret@127.0.0.1:{free_port()}/db"
    with pytest.raises(TrackingError, match=r"Its driver is missing: pip install 'psycopg\[binary\]'; or") as raised:
        ping(TrackingConfig(kind="mlflow", directory=str(tmp_path / "runs"), uri=uri))
    assert "secret" not in str(raised.value)


def test_every_driver_that_is_advised_is_the_one_that_its_databases_need() -> None:
    import sqlalchemy

    for uri in ("postgresql://h/d", "postgresql+psycopg2://h/d", "mysql://h/d", "mysql+pymysql://h/d", "mssql://h/d"):
        dialect = sqlalchemy.make_url(uri).get_dialect()
        try:
            dialect.import_dbapi()
        except ImportError as error:
            assert error.name in DRIVERS, uri


def test_a_damaged_store_says_what_goes_with_it_and_its_advice_mends_it(config: TrackingConfig, tmp_path: Path) -> None:
    opened(config).end_trial(trial(0))
    database = Path(config.directory, "mlflow.db")
    for left in database.parent.glob("mlflow.db-*"):
        left.unlink()
    content = database.read_bytes()
    database.write_bytes(b"x" * 5000 + content[5000:])
    for reach in (ping, open_store):
        with pytest.raises(TrackingError) as raised:
            reach(config)
        assert "Move mlflow.db away, and mlflow.db-wal and mlflow.db-shm where they are" in str(raised.value)
        assert "with it go the runs of all sweeps, the registered models and their history" in str(raised.value)
        assert "writes its runs anew and trains nothing again" in str(raised.value)
        assert not raised.value.away
    database.rename(database.with_name("damaged.db"))
    Path(config.directory).rename(tmp_path / "again")  # MLflow has this process's connections to the old file
    mended = TrackingConfig(kind="mlflow", directory=str(tmp_path / "again"))
    tracker = opened(mended)
    tracker.end_trial(trial(0))  # as a sweep does with its records
    tracker.close("FINISHED")
    assert statuses(mended) == [("00", "FINISHED")]


@pytest.mark.parametrize("reading", [True, False])
def test_a_server_needs_no_folder_here(reading: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Client:
        def __init__(self, tracking_uri: str) -> None: ...

        def search_experiments(self, **_: object) -> list[object]:
            return []

    monkeypatch.setattr("mlflow.MlflowClient", Client)
    there = TrackingConfig(kind="mlflow", directory=str(tmp_path / "runs"), uri="http://127.0.0.1:1")
    open_store(there, reading=reading)
    assert list(tmp_path.iterdir()) == []


# What is written


def test_parameters_are_spelt_as_in_yaml_with_the_logarithm_of_the_learning_rate() -> None:
    values = {
        "units": 32,
        "dropout": 0.25,
        "use_bias": True,
        "anchor": "last",
        "clip": None,
        "learning_rate": 0.003,
    }
    assert plain_params(values) == {
        "units": "32",
        "dropout": "0.25",
        "use_bias": "true",
        "anchor": "last",
        "clip": "null",
        "learning_rate": "0.003",
        "log10_lr": "-2.5229",
    }


def test_a_rate_of_0_has_no_logarithm() -> None:
    assert plain_params({"learning_rate": 0.0}) == {"learning_rate": "0.0"}


@pytest.mark.parametrize("name", ["val_mae", "mae h 1", "test/mae", "a.b-c:d", "größe", "x" * 250, ".a", "a/..b"])
def test_names_that_the_store_takes_pass(name: str) -> None:
    check_names([name], "metric")


@pytest.mark.parametrize(
    "name", ["", "mae[1]", "mae@1", "mae%", "mae(h)", "mae=1", "a//b", "a/", "./a", "..", "../a", "/a", ".", "x" * 251]
)
def test_names_that_the_store_refuses_are_refused_before_any_write(name: str) -> None:
    for told in (trial(metrics={name: 1.0}), trial(curve=(Epoch(1, {name: 1.0}, BEGAN),))):
        with pytest.raises(ValueError, match="metric"):
            check_trial(told)
    with pytest.raises(ValueError, match="parameter"):
        check_trial(trial(params={name: 1.0}))


def test_the_store_itself_refuses_those_names(config: TrackingConfig) -> None:
    from mlflow.exceptions import MlflowException

    opened(config).close("FINISHED")
    run_id = runs_of(config, "sweep")[0].info.run_id
    for name in ("mae[1]", "mae=1", "a//b", "../a", "/a", ".", "x" * 251):
        with pytest.raises(MlflowException):
            client_of(config).log_metric(run_id, name, 1.0)


def test_the_objective_and_what_has_a_curve_get_a_name_of_their_best() -> None:
    told = replace(trial(score=17.5), epochs=None, seconds={}, ended=None)
    named = trial_metrics(told, objective="val_mae", curves=["loss", "val_loss"])
    assert named == {"best_val_mae": 17.5, "best_val_loss": 0.5, "val_rmse": 35.0}


def test_the_fields_of_a_record_are_metrics_tags_and_parameters_and_are_read_back() -> None:
    told = trial(
        kind="final", trial_id="0004-s2-f1", final_of="0004", fold=1, origin="finals", best_epoch=2, parameter_count=77,
        threads=2, retries=1, note="n", seconds={"training": 1.5},
    )  # fmt: skip
    metrics = trial_metrics(told, "val_mae", ["val_loss"])
    figures = {"epochs": 3, "best_epoch": 2, "parameter_count": 77, "duration": 30.0, "seconds_training": 1.5}
    assert figures.items() <= metrics.items()
    assert read_metrics({**metrics, "val_loss": 9.0}, {}) == told.metrics  # 9: the curve's last value
    assert trial_tags(told) == {
        "kind": "final", "trial_id": "0004-s2-f1", "final_of": "0004", "fold": "1", "origin": "finals", "seed": "5",
        "kernels": "fast", "threads": "2", "retries": "1", "note": "n", "name": told.name,
    }  # fmt: skip
    assert trial_params(told) == plain_params({**told.params, "last_epoch": 9})


def test_the_best_of_a_curve_is_shown_rounded_and_read_back_to_the_bit() -> None:
    curve = tuple(Epoch(epoch, {"val_mae": 16.193827492798444 + epoch}, BEGAN) for epoch in (1, 2))
    scores = {"val_mae": curve[0].metrics["val_mae"], "val_rmse": 23.618293847561}
    told = trial(metrics=scores, curve=curve, best_epoch=1)
    metrics = trial_metrics(told, "val_mae", ["val_mae"])
    assert (metrics["best_val_mae"], metrics["val_rmse"]) == (17.194, scores["val_rmse"])
    points = {("val_mae", point.epoch): point.metrics["val_mae"] for point in curve}
    assert read_metrics({**metrics, "val_mae": 18.2}, points) == scores
    went_on = replace(told, best_epoch=9)  # in a trial before, whose curve this one has not: nothing else holds it
    assert trial_metrics(went_on, "val_mae", ["val_mae"])["best_val_mae"] == scores["val_mae"]


def test_a_trial_has_the_tags_of_the_fields_that_have_a_value() -> None:
    failed = trial(status="FAILED", cause=Cause.TIME_LIMIT, reason="it ran longer", kernels="", continues="0003")
    assert trial_tags(failed) == {
        "kind": "trial", "trial_id": "00", "origin": "oracle", "seed": "5", "continues": "0003",
        "cause": "time limit", "reason": "it ran longer", "name": failed.name,
    }  # fmt: skip


# The queue


class Store:
    """Takes writes unless it is away."""

    def __init__(self) -> None:
        self.away = False
        self.taken: list[str] = []

    def write(self, text: str) -> None:
        if self.away:
            raise OSError("no answer\nwith details")
        self.taken.append(text)


@pytest.fixture
def store() -> Store:
    return Store()


def outbox_of(store: Store) -> tuple[RetryQueue, list[str], Clock]:
    said: list[str] = []
    clock = Clock()
    return RetryQueue("the store", (OSError,), said.append, clock), said, clock


def test_an_outbox_writes_at_once_and_in_order(store: Store) -> None:
    queue, said, _ = outbox_of(store)
    for key in "abc":
        queue.put(key, lambda key=key: store.write(key))
    assert (store.taken, queue.waiting(), said) == (["a", "b", "c"], [], [])


def test_an_outbox_waits_in_an_outage_says_so_once_and_catches_up(store: Store) -> None:
    queue, said, clock = outbox_of(store)
    store.away = True
    for key in "abc":
        queue.put(key, lambda key=key: store.write(key))
    assert sorted(queue.waiting()) == ["a", "b", "c"]
    assert len(said) == 1 and "no answer" in said[0] and "details" not in said[0]
    clock.now += FIRST_PAUSE
    queue.flush()  # in vain, and without a second word
    store.away = False
    queue.put("d", lambda: store.write("d"))
    assert store.taken == []  # the pause is not over
    clock.now += 2 * FIRST_PAUSE
    queue.put("e", lambda: store.write("e"))
    assert sorted(store.taken) == ["a", "b", "c", "d", "e"]
    assert len(said) == 2 and "answers again" in said[1]


def test_the_pause_of_an_outbox_doubles_and_ends_on_request(store: Store) -> None:
    attempts: list[float] = []
    queue, _, clock = outbox_of(store)
    store.away = True

    def write() -> None:
        attempts.append(clock.now - 1000)
        store.write("a")

    queue.put("a", write)
    for _ in range(40):
        clock.now += 1
        queue.flush()
    assert attempts == [0, FIRST_PAUSE, 3 * FIRST_PAUSE, 7 * FIRST_PAUSE]
    queue.retry_soon()
    queue.flush()
    assert len(attempts) == 5


def test_a_write_that_is_refused_for_good_holds_up_no_other(store: Store) -> None:
    queue, _, clock = outbox_of(store)

    def refused() -> None:
        raise OSError("never")

    queue.put("bad", refused)
    for key in "abc":
        queue.put(key, lambda key=key: store.write(key))
    clock.now += FIRST_PAUSE
    queue.flush()
    clock.now += 2 * FIRST_PAUSE
    queue.flush()
    assert store.taken == ["a", "b", "c"] and queue.waiting() == ["bad"]


def test_a_newer_write_replaces_one_that_waits_and_a_dropped_one_is_never_made(store: Store) -> None:
    queue, _, clock = outbox_of(store)
    store.away = True
    queue.put("note", lambda: store.write("old"))
    queue.put("start", lambda: store.write("start"))
    queue.put("note", lambda: store.write("new"))
    queue.drop("start")
    store.away = False
    clock.now += FIRST_PAUSE
    queue.flush()
    assert store.taken == ["new"]


def test_a_write_that_ctrl_c_interrupts_is_made_again(store: Store) -> None:
    queue, _, _ = outbox_of(store)
    presses = [KeyboardInterrupt]

    def write() -> None:
        if presses:
            raise presses.pop()
        store.write("a")

    with pytest.raises(KeyboardInterrupt):
        queue.put("a", write)
    queue.flush()
    assert store.taken == ["a"]


def test_an_outbox_hides_no_fault_of_the_program(store: Store) -> None:
    queue, _, _ = outbox_of(store)
    with pytest.raises(ZeroDivisionError):
        queue.put("a", lambda: print(1 / 0))


def test_the_first_line_of_an_error_is_short() -> None:
    assert first_line(OSError("a\nb")) == "a"
    assert first_line(OSError()) == "OSError"
    assert len(first_line(OSError("x" * 999))) == 200


# Config


@pytest.mark.parametrize(
    ("kind", "uri", "word"),
    [
        ("mlflw", None, "did you mean 'mlflow'?"),
        ("mlflow", "mlruns", "SQLite"),
        ("mlflow", "file:///tmp/mlruns", "SQLite"),
        ("mlflow", "sqlite://mlflow.db", "sqlite:///PATH"),
        ("mlflow", "postgres://host/name", "did you mean 'postgresql'?"),
    ],
)
def test_a_bad_config_is_named_with_its_mend(kind: str, uri: str | None, word: str) -> None:
    config = SweepConfig(tracking=TrackingConfig(kind=kind, directory="mlruns", uri=uri))
    found = faults(config)
    assert len(found) == 1 and found[0].key.startswith("tracking.") and word in found[0].text


@pytest.mark.parametrize(
    "uri",
    [None, "sqlite:///a.db", "sqlite:////a.db", "http://host:5000", "postgresql+psycopg://u:p@host/name"],
)
def test_a_good_config_has_no_fault(uri: str | None) -> None:
    assert faults(SweepConfig(tracking=TrackingConfig(kind="mlflow", directory="mlruns", uri=uri))) == []


def test_an_empty_directory_is_a_fault() -> None:
    assert "tracking.directory" in faults(SweepConfig(tracking=TrackingConfig(kind="none", directory=" ")))[0].text


def test_addresses_are_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert address(TrackingConfig(kind="mlflow", directory="runs")).uri == f"sqlite:///{tmp_path}/runs/mlflow.db"
    other = address(TrackingConfig(kind="mlflow", directory="runs", uri="sqlite:///other.db"))
    assert other.uri == f"sqlite:///{tmp_path}/other.db"
    assert other.artifacts == f"file://{tmp_path}/runs/artifacts"
    assert address(TrackingConfig(kind="mlflow", directory="runs", uri="http://host:1")).artifacts is None


def test_a_password_is_never_shown() -> None:
    place = address(TrackingConfig(kind="mlflow", directory="runs", uri="postgresql://me:secret@host/db"))
    assert "secret" not in str(place) and "host" in str(place)


# The contract of every tracker


@pytest.fixture(params=sorted(TRACKERS))
def any_config(request: pytest.FixtureRequest, empty_store: Path, tmp_path: Path) -> TrackingConfig:
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    return TrackingConfig(kind=request.param, directory=str(tmp_path))


def test_every_tracker_takes_a_whole_sweep(any_config: TrackingConfig, tmp_path: Path) -> None:
    tracker = make_tracker(any_config, lambda text: None)
    tracker.open(SWEEP)
    assert tracker.recorded() == set()
    tracker.start_trial(trial(0, status="RUNNING", metrics={}, curve=(), ended=None))
    tracker.poll()
    for point in trial().curve:
        tracker.log_epoch("00", point)
    assert tracker.recorded() == set()
    tracker.end_trial(trial(0))
    tracker.end_trial(trial(0))
    tracker.end_trial(trial(1, status="FAILED", metrics={}, detail="Traceback …", reason="diverged"))
    assert tracker.recorded() == {"00", "01"}
    tracker.start_trial(trial(0, status="RUNNING"))  # a resumed sweep may tell everything again
    tracker.log_epoch("00", Epoch(1, {"loss": 1.0}, BEGAN))
    tracker.end_trial(trial(0))
    assert tracker.recorded() == {"00", "01"}
    tracker.log_sweep({"baseline_last": 20.0}, {"stopped": "no"})
    tracker.log_text("hello", "note.txt")
    tracker.close("FINISHED")
    assert tracker.seconds >= 0


@pytest.mark.parametrize("kind", sorted(set(TRACKERS) - {"none"}))
def test_no_tracker_is_used_before_it_is_opened(kind: str) -> None:
    tracker = make_tracker(TrackingConfig(kind=kind, directory="nowhere"), lambda text: None)
    tracker.close("KILLED")  # the way out of a sweep that failed early
    with pytest.raises(RuntimeError, match="open"):
        tracker.end_trial(trial())


def test_memory_and_mlflow_keep_the_same(config: TrackingConfig) -> None:
    memory = make_tracker(TrackingConfig(kind="memory", directory="nowhere"), lambda text: None)
    mlflow = make_tracker(config, lambda text: None)
    for tracker in (memory, mlflow):
        tracker.open(SWEEP)
        tracker.start_trial(trial(0, status="RUNNING"))
        tracker.log_epoch("00", Epoch(1, {"loss": 1.0}, BEGAN))
        tracker.start_trial(trial(0, status="RUNNING"))
        tracker.end_trial(trial(0))
        tracker.end_trial(trial(1, status="FAILED", metrics={"val_mae": math.inf}, curve=()))
        tracker.end_trial(trial(1, score=3.0))
        tracker.start_trial(trial(2, status="RUNNING"))
        for told in ({"pareto_front": "yes"}, {"pareto_front": "no"}):
            tracker.tag_trial("00", told)
        tracker.tag_trial("77", {"pareto_front": "yes"})  # which nobody knows
        tracker.log_sweep({"final_mean": 20.0, "final_std": math.nan}, {})
        tracker.close("KILLED")
    kept = [(run.name, run.status, run.params, run.tags, run.metrics, run.curve) for run in memory.trials]
    assert len(kept) == 5
    stored = []
    for run in runs_of(config):
        curve = {name for name in run.data.metrics if name in ("loss", "val_loss")}
        finals = {name: value for name, value in run.data.metrics.items() if name not in curve}
        losses = {step: value for step, value, _ in history(config, run, "loss")} if curve else {}
        own = {name: text for name, text in run.data.tags.items() if not name.startswith("mlflow.")}
        if run.info.status == "KILLED":
            del own["reason"]  # MLflow alone says why
        stored.append((run.info.run_name, run.info.status, run.data.params, own, finals, losses))

    def line(name, status, *found):
        return (name, status, *(sorted(each.items()) for each in found))

    assert {row[3].get("pareto_front") for row in stored if row[3]["trial_id"] == "00"} == {None, "no"}  # it ran twice
    expected = sorted(line(*row, {e: c.metrics["loss"] for e, c in curve.items()}) for *row, curve in kept)
    assert sorted(line(*row) for row in stored) == expected
    parent = runs_of(config, "sweep")[0]
    assert parent.info.status == memory.sweeps["f00d"].status == "KILLED"
    assert parent.data.metrics["final_mean"] == memory.sweeps["f00d"].metrics["final_mean"]
    assert parent.data.tags["final_std"] == memory.sweeps["f00d"].tags["final_std"] == "nan"


# What MLflow holds


def test_a_sweep_is_a_parent_run_in_the_experiment_of_its_study(config: TrackingConfig) -> None:
    tracker = opened(config)
    tracker.end_trial(trial(0))
    tracker.close("FINISHED")
    (parent,) = runs_of(config, "sweep")
    (child,) = runs_of(config)
    assert parent.info.run_name == "bayes-3 0410" and parent.info.status == "FINISHED"
    assert parent.data.params == {"tuner": "bayesian", "max_trials": "3"}
    expected = {"sweep": "f00d", "data_sha256": "ab12", "mlflow.source.git.commit": "c0ffee"}
    assert expected.items() <= parent.data.tags.items()
    assert child.data.tags["mlflow.parentRunId"] == parent.info.run_id and child.data.tags["sweep"] == "f00d"
    experiment = client_of(config).get_experiment_by_name("quickstart")
    assert experiment.tags[NOTE] == SWEEP.question
    folder = Path(config.directory)
    assert (folder / "artifacts" / parent.info.run_id / "artifacts" / "config.yaml").read_text() == SWEEP.config_yaml


def test_a_trial_has_its_parameters_real_times_curves_and_final_figures(config: TrackingConfig) -> None:
    tracker = opened(config)
    tracker.end_trial(trial(0))
    tracker.close("FINISHED")
    (run,) = runs_of(config)
    assert run.info.run_name == "0 GRU 32x2" and run.info.status == "FINISHED"
    assert (run.info.start_time, run.info.end_time) == (1000 * BEGAN, 1000 * (BEGAN + 30))
    assert run.data.params == trial_params(trial(0))
    expected = [(e, 2 / e, int(1000 * (BEGAN + 10 * e))) for e in (1, 2, 3)]
    assert history(config, run, "val_loss") == expected
    assert run.data.metrics["best_val_mae"] == 17.5 and run.data.metrics["val_rmse"] == 35.0
    assert run.data.tags["kernels"] == "fast"


def test_a_running_trial_is_shown_with_its_parameters_and_epochs(config: TrackingConfig) -> None:
    clock = Clock()
    tracker = opened(config, clock=clock)
    tracker.start_trial(trial(0, status="RUNNING"))
    for point in trial().curve:
        tracker.log_epoch("00", point)
        clock.now += 3
    (run,) = runs_of(config)
    assert run.info.status == "RUNNING" and run.data.params["layer"] == "gru"
    assert [step for step, _, _ in history(config, run, "loss")] == [1, 2, 3]
    tracker.end_trial(trial(0))
    assert [step for step, _, _ in history(config, run, "loss")] == [1, 2, 3]
    assert statuses(config) == [("00", "FINISHED")]


def test_a_trial_that_ends_before_its_start_is_due_is_written_once(
    config: TrackingConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow import MlflowClient

    calls: list[str] = []

    def counted(name: str, real: Callable) -> Callable:
        return lambda *args, **kwargs: (calls.append(name), real(*args, **kwargs))[1]

    for name in ("create_run", "log_batch", "set_terminated"):
        monkeypatch.setattr(MlflowClient, name, counted(name, getattr(MlflowClient, name)))
    clock = Clock()
    tracker = opened(config, clock=clock)
    tracker.end_trial(trial(0))  # after which the sweep's description is not due
    tracker.poll()
    calls.clear()
    tracker.start_trial(trial(1, status="RUNNING"))
    tracker.log_epoch("01", Epoch(1, {"loss": 1.0}, BEGAN))
    tracker.poll()
    assert calls == []
    tracker.end_trial(trial(1))
    assert calls == ["create_run", "log_batch", "set_terminated"]
    (written,) = (run for run in runs_of(config) if run.data.tags["trial_id"] == "01")
    told = trial(1)
    assert written.info.status == "FINISHED" and written.data.tags.items() >= trial_tags(told).items()
    assert set(written.data.params) >= {*told.params, "last_epoch"}


def test_a_sweep_starts_when_it_did_and_not_when_its_store_was_opened(config: TrackingConfig) -> None:
    opened(config, replace(SWEEP, started=BEGAN)).close("FINISHED")
    opened(config, replace(SWEEP, started=BEGAN + 99)).close("FINISHED")  # resumed
    (parent,) = runs_of(config, "sweep")
    assert parent.info.start_time == 1000 * BEGAN


def test_a_packaged_model_is_logged_once_with_the_run_of_its_sweep(config: TrackingConfig, tmp_path: Path) -> None:
    from mlflow.models import Model

    package = tmp_path / "package"
    package.mkdir()
    Model().save(str(package / "MLmodel"))
    for _ in range(2):  # a second launch finds it there
        tracker = opened(config)
        tracker.log_model(package, {"layer": "gru", "clip": None})
        tracker.close("FINISHED")
    client, (parent,) = client_of(config), runs_of(config, "sweep")
    (logged,) = client.search_logged_models([parent.info.experiment_id])
    assert logged.status == "READY" and logged.params == {"layer": "gru", "clip": "null"}
    assert [output.model_id for output in parent.outputs.model_outputs] == [logged.model_id]
    assert [file.path for file in client.list_logged_model_artifacts(logged.model_id)] == ["MLmodel"]


def test_epochs_go_in_together(config: TrackingConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlflow import MlflowClient

    sizes: list[int] = []
    log_batch = MlflowClient.log_batch

    def counted(self, run_id, metrics=(), params=(), tags=()):
        sizes.append(len(metrics))
        return log_batch(self, run_id, metrics, params, tags)

    clock = Clock()
    tracker = opened(config, clock=clock)
    tracker.start_trial(trial(0, status="RUNNING"))
    tracker.poll()
    monkeypatch.setattr(MlflowClient, "log_batch", counted)
    for epoch in range(1, 41):
        tracker.log_epoch("00", Epoch(epoch, {"loss": 1 / epoch, "val_loss": 2 / epoch}, BEGAN + epoch))
        clock.now += 0.25
    assert len(sizes) <= 3 and max(sizes) >= 38
    tracker.end_trial(trial(0, curve=()))
    (run,) = runs_of(config)
    assert [step for step, _, _ in history(config, run, "loss")] == list(range(1, 41))


def test_nan_and_infinity_become_tags(config: TrackingConfig) -> None:
    tracker = opened(config)
    curve = (
        Epoch(1, {"loss": 1.0}, BEGAN),
        Epoch(2, {"loss": math.nan}, BEGAN + 1),
        Epoch(3, {"loss": math.inf}, BEGAN + 2),
    )
    tracker.end_trial(trial(0, status="FAILED", curve=curve, metrics={"val_mae": math.inf}, epochs=None, seconds={}))
    (run,) = runs_of(config)
    assert run.data.metrics == {"loss": 1.0, "duration": 30.0}
    assert run.data.tags["loss"] == "nan at epoch 2" and run.data.tags["best_val_mae"] == "inf"


def test_a_failed_trial_has_its_reason_and_traceback(config: TrackingConfig) -> None:
    tracker = opened(config)
    tracker.end_trial(trial(0, status="FAILED", metrics={}, reason="diverged", detail="Traceback: oh"))
    (run,) = runs_of(config)
    assert run.info.status == "FAILED" and run.data.tags["reason"] == "diverged"
    text = Path(config.directory, "artifacts", run.info.run_id, "artifacts", "traceback.txt").read_text()
    assert text == "Traceback: oh"


def test_more_than_one_request_may_hold_goes_in_by_several(config: TrackingConfig) -> None:
    # Each value that is no number becomes a tag.
    curve = tuple(Epoch(epoch, {f"m{k}": float(k) for k in range(5)}, BEGAN + epoch) for epoch in range(1, 501))
    many = {f"p{k}": k for k in range(250)}
    tags = {f"t{k}": math.inf for k in range(150)}
    tracker = opened(config)
    tracker.end_trial(trial(0, curve=curve, params=many, metrics=tags))
    assert tracker.recorded() == {"00"}
    (run,) = runs_of(config)
    assert len(run.data.params) == 251 and len([tag for tag in run.data.tags if tag.startswith("t")]) >= 150
    assert all(len(history(config, run, f"m{k}")) == 500 for k in range(5))


def test_figures_of_the_sweep_are_written_once_and_the_last_told_stands(config: TrackingConfig) -> None:
    tracker = opened(config)
    tracker.log_sweep({"final_mean": 20.0, "seconds": 3.0}, {"best": "13"})
    tracker.log_sweep({"final_mean": 20.0, "seconds": 2.0}, {"best": "14"})
    tracker.close("FINISHED")
    again = opened(config)
    again.log_sweep({"final_mean": 20.0, "seconds": 1.0}, {})
    again.close("FINISHED")
    (parent,) = runs_of(config, "sweep")
    assert parent.data.metrics["seconds"] == 1.0 and parent.data.tags["best"] == "14"
    assert [value for _, value, _ in history(config, parent, "final_mean")] == [20.0]


def test_a_sweep_shows_some_ten_figures_rounded_and_a_file_holds_all(config: TrackingConfig) -> None:
    figures = {"val_mae": 16.193827, "test_mae": 11.8876543, "test_linear_mae": 13.80383, "linear_rmse": math.inf}
    tracker = opened(config)
    tracker.log_sweep(figures, {})
    tracker.close("FINISHED")
    (parent,) = runs_of(config, "sweep")
    assert parent.data.metrics == {"best_val_mae": 16.194, "test_mae": 11.888}
    kept = client_of(config).download_artifacts(parent.info.run_id, "metrics.json")
    assert json.loads(Path(kept).read_text()) == {**figures, "linear_rmse": "inf"}


def test_the_data_of_a_sweep_is_listed_by_its_parts_and_once(config: TrackingConfig) -> None:
    def part(name: str, items: int, source: str = "/data/shop.csv") -> LoggedDataset:
        return LoggedDataset("shop", "ab12cd34ef", 300, name, items, source)

    sweep = replace(SWEEP, datasets=(part("train", 200), part("test", 50, "postgresql://me:geheim12@host/db")))
    opened(config, sweep).close("FINISHED")
    opened(config, sweep).close("FINISHED")
    (parent,) = runs_of(config, "sweep")
    found = {entry.tags[0].value: entry.dataset for entry in parent.inputs.dataset_inputs}
    assert {each.name for each in found.values()} == {"shop"}
    assert {each.digest for each in found.values()} == {"ab12cd34-train", "ab12cd34-test"}
    assert len(parent.inputs.dataset_inputs) == 2
    assert json.loads(found["train"].profile) == {"num_rows": 200, "rows_of_the_source": 300}
    assert (found["train"].source_type, json.loads(found["train"].source)) == ("local", {"uri": "/data/shop.csv"})
    assert "geheim12" not in found["test"].source


def test_a_resumed_sweep_keeps_its_first_parameters_and_takes_new_ones(config: TrackingConfig) -> None:
    opened(config, replace(SWEEP, params={"workers": 2})).close("FINISHED")
    opened(config, replace(SWEEP, params={"workers": 1, "order": "synchronous"})).close("FINISHED")
    (parent,) = runs_of(config, "sweep")
    assert parent.data.params == {"workers": "2", "order": "synchronous"}


def test_texts_lie_in_the_parent(config: TrackingConfig) -> None:
    tracker = opened(config)
    tracker.log_text("rank,score\n", "leaderboard.csv")
    tracker.log_text("<p>", "report/page.html")
    folder = Path(config.directory, "artifacts", runs_of(config, "sweep")[0].info.run_id, "artifacts")
    assert (folder / "leaderboard.csv").read_text() == "rank,score\n"
    assert (folder / "report" / "page.html").read_text() == "<p>"


def test_the_pages_of_its_runs_are_known_once_they_are_there(config: TrackingConfig) -> None:
    tracker = MlflowTracker(config, lambda text: None)
    assert tracker.pages() == ("", {})
    tracker.open(SWEEP)
    tracker.end_trial(trial(0))
    (parent,), (child,) = runs_of(config, "sweep"), runs_of(config, "trial")
    sweep, trials = tracker.pages()
    assert sweep.startswith(f"/#/experiments/{parent.info.experiment_id}/runs/{parent.info.run_id}?")
    assert {name: page.split("/runs/")[1].split("?")[0] for name, page in trials.items()} == {"00": child.info.run_id}
    tracker.close("FINISHED")


@pytest.mark.parametrize(("lower", "best"), [(True, "1 GRU 32x2"), (False, "0 GRU 32x2")])
def test_the_description_begins_with_the_question_and_names_the_best(
    config: TrackingConfig, lower: bool, best: str
) -> None:
    tracker = opened(config, replace(SWEEP, lower_is_better=lower))
    tracker.end_trial(trial(0, score=17.5))
    tracker.end_trial(trial(1, score=11.25))
    tracker.end_trial(trial(2, status="FAILED", score=1.0 if lower else 99.0))
    tracker.close("FINISHED")
    (parent,) = runs_of(config, "sweep")
    note = parent.data.tags[NOTE]
    assert note.splitlines()[0] == SWEEP.question
    assert "2 finished, 1 failed" in note and f"best so far: {best}" in note
    assert parent.data.metrics["best_val_mae"] == (11.25 if lower else 17.5)


def test_the_best_so_far_is_a_curve_over_the_trials(config: TrackingConfig) -> None:
    clock = Clock()
    tracker = opened(config, clock=clock)
    for number, score in enumerate([5.0, 7.0, 3.0]):
        tracker.end_trial(trial(number, score=score))
        clock.now += 60
    parent = runs_of(config, "sweep")[0]
    assert [point[:2] for point in history(config, parent, "best_val_mae")] == [(1, 5.0), (3, 3.0)]


def test_a_description_that_a_user_wrote_stays(config: TrackingConfig) -> None:
    opened(config).close("FINISHED")
    client = client_of(config)
    client.set_experiment_tag(client.get_experiment_by_name("quickstart").experiment_id, NOTE, "mine")
    opened(config).close("FINISHED")
    assert client.get_experiment_by_name("quickstart").tags[NOTE] == "mine"


# The saved view


def test_the_saved_view_ranks_by_the_objective_and_shows_what_differs(config: TrackingConfig) -> None:
    tracker = opened(config)
    tracker.end_trial(trial(0))
    tracker.end_trial(trial(1, params={**trial(1).params, "learning_rate": 0.1}))
    tracker.close("FINISHED")
    tag = client_of(config).get_experiment_by_name("quickstart").tags[VIEW_TAG]
    state = read_view(tag)
    assert json.loads(tag)["name"] == "Trials by best_val_mae"
    assert state["orderByKey"] == "metrics.`best_val_mae`" and state["orderByAsc"] is True
    shown = ["metrics.`best_val_mae`", "params.`units`", "params.`learning_rate`", "tags.`tuner`", "tags.`data`"]
    assert state["selectedColumns"] == shown
    charts = {chart["uuid"]: chart for chart in state["compareRunCharts"]}
    assert charts["parallel-best_val_mae"]["selectedParams"] == ["units", "log10_lr"]
    assert {"line-loss", "line-val_loss"} <= set(charts)
    lines = [chart for chart in charts.values() if chart["type"] == "LINE"]
    followed = ("useGlobalXaxisKey", "useGlobalLineSmoothing")  # the controls that the UI has for all charts
    assert all(line[control] for line in lines for control in followed)
    sections = {section["uuid"]: section for section in state["compareRunSections"]}
    assert {chart["metricSectionId"] for chart in charts.values()} == set(sections)
    assert sections["ranking"]["columns"] == 1  # all axes in one line of 1280 pixels
    assert all(section["display"] for section in sections.values())  # or else its charts are folded away
    assert not any(part["deleted"] for part in charts.values())
    assert not any(part["isGenerated"] for part in charts.values())  # those the UI replaces as it sees fit


def test_a_saved_view_reads_back_as_written() -> None:
    view = SavedView("best_val_mae", True, ["units"], ["loss"], ["units"])
    assert read_view(view.tag()) == view.state() != {}


@pytest.mark.parametrize("tag", ["", "x", "{}", "[]", '{"state": 3}', '{"state": "deflate;AAAA"}'])
def test_what_is_no_saved_view_reads_as_none(tag: str) -> None:
    assert read_view(tag) == {}


# Once, whatever happens


def test_a_trial_told_again_by_a_resumed_sweep_has_one_run(config: TrackingConfig) -> None:
    opened(config).end_trial(trial(0))  # killed between MLflow's write and the sweep's own
    resumed = opened(config)
    assert resumed.recorded() == {"00"}
    resumed.start_trial(trial(0, status="RUNNING"))
    resumed.log_epoch("00", Epoch(1, {"loss": 9.0}, BEGAN))
    resumed.end_trial(trial(0))
    resumed.close("FINISHED")
    assert statuses(config) == [("00", "FINISHED")]
    assert len(runs_of(config, "sweep")) == 1


def test_what_a_killed_process_left_running_is_killed_at_its_last_sign_of_life(
    config: TrackingConfig,
) -> None:
    killed = opened(config)
    killed.start_trial(trial(0, status="RUNNING"))
    killed.start_trial(trial(1, status="RUNNING"))
    killed.log_epoch("00", Epoch(1, {"loss": 1.0}, BEGAN + 12))
    resumed = opened(config)
    assert statuses(config) == [("00", "KILLED"), ("01", "KILLED")] and resumed.recorded() == set()
    first, second = sorted(runs_of(config), key=lambda run: run.data.tags["trial_id"])
    assert (first.info.end_time, second.info.end_time) == (1000 * (BEGAN + 12), 1000 * BEGAN)
    assert runs_of(config, "sweep")[0].info.status == "RUNNING"
    resumed.start_trial(trial(0, status="RUNNING"))
    resumed.end_trial(trial(0))
    resumed.end_trial(trial(1))
    resumed.close("FINISHED")
    assert Counter(statuses(config)) == Counter(
        {("00", "KILLED"): 1, ("00", "FINISHED"): 1, ("01", "KILLED"): 1, ("01", "FINISHED"): 1}
    )


def test_a_trial_that_is_started_again_leaves_its_first_run_killed(config: TrackingConfig) -> None:
    tracker = opened(config)
    tracker.start_trial(trial(0, status="RUNNING"))
    tracker.log_epoch("00", Epoch(1, {"loss": 123.0}, BEGAN))
    tracker.start_trial(trial(0, status="RUNNING"))  # its worker was lost
    tracker.end_trial(trial(0))
    assert statuses(config) == [("00", "FINISHED"), ("00", "KILLED")]
    finished = next(run for run in runs_of(config) if run.info.status == "FINISHED")
    assert [value for _, value, _ in history(config, finished, "loss")] == [1.0, 1 / 2, 1 / 3]


def test_a_write_that_broke_off_may_be_made_again(config: TrackingConfig) -> None:
    from mlflow import MlflowClient

    tracker = opened(config)
    runs, _ = tracker._store
    runs.finish(trial(0), trial(0).curve)
    (before,) = runs_of(config)
    points = history(config, before, "loss")
    MlflowClient.set_terminated(client_of(config), before.info.run_id, "RUNNING")
    runs.children["00"].described = False
    runs.finish(trial(0), trial(0).curve)
    (after,) = runs_of(config)
    assert history(config, after, "loss") == points and after.data.to_dictionary() == before.data.to_dictionary()
    assert history(config, after, "best_val_mae") == history(config, before, "best_val_mae")


def test_a_result_that_differs_takes_the_place_of_the_first(config: TrackingConfig) -> None:
    opened(config).end_trial(trial(0, status="FAILED", metrics={}))
    resumed = opened(config)
    resumed.end_trial(trial(0))
    assert statuses(config) == [("00", "FINISHED"), ("00", "KILLED")]


def test_ctrl_c_leaves_nothing_running(config: TrackingConfig) -> None:
    tracker = opened(config)
    tracker.start_trial(trial(0, status="RUNNING"))
    tracker.log_epoch("00", Epoch(1, {"loss": 1.0}, BEGAN))
    tracker.log_epoch("00", Epoch(2, {"loss": 0.5}, BEGAN + 1))
    tracker.close("KILLED")
    tracker.close("FINISHED")  # a second closing says nothing
    assert statuses(config) == [("00", "KILLED")]
    assert runs_of(config, "sweep")[0].info.status == "KILLED"
    assert len(history(config, runs_of(config)[0], "loss")) == 2


def test_another_sweep_of_the_study_gets_a_run_of_its_own(config: TrackingConfig) -> None:
    opened(config).end_trial(trial(0))
    other = opened(config, replace(SWEEP, fingerprint="beef"))
    assert other.recorded() == set()
    other.end_trial(trial(0))
    assert statuses(config) == [("00", "FINISHED"), ("00", "FINISHED")]
    assert len(runs_of(config, "sweep")) == 2


def test_a_run_that_a_user_nested_by_hand_is_left_alone(config: TrackingConfig) -> None:
    opened(config).close("FINISHED")
    client = client_of(config)
    parent = runs_of(config, "sweep")[0]
    own = client.create_run(parent.info.experiment_id, tags={"mlflow.parentRunId": parent.info.run_id})
    opened(config).close("FINISHED")
    assert client.get_run(own.info.run_id).info.status == "RUNNING"


def test_an_experiment_that_was_deleted_is_restored_with_a_word(config: TrackingConfig) -> None:
    opened(config).end_trial(trial(0))
    client = client_of(config)
    client.delete_experiment(client.get_experiment_by_name("quickstart").experiment_id)
    said: list[str] = []
    assert opened(config, warn=said.append).recorded() == {"00"}
    assert len(said) == 1 and "restored" in said[0]


def test_a_sweep_whose_run_was_deleted_is_written_anew(config: TrackingConfig) -> None:
    opened(config).end_trial(trial(0))
    client_of(config).delete_run(runs_of(config, "sweep")[0].info.run_id)
    assert opened(config).recorded() == set()


# What the last launch left


@pytest.fixture
def left(config: TrackingConfig, tmp_path: Path) -> SweepRecord:
    """A sweep of four trials and a final run that was closed, in a folder of its own."""
    sweep = replace(SWEEP, folder=tmp_path / "sweep")
    tracker = opened(config, sweep)
    for number, score in enumerate((17.5, 15.5, 16.5)):
        tracker.end_trial(trial(number, score, started=BEGAN + number))
    tracker.end_trial(trial(3, status="FAILED", metrics={}, started=BEGAN + 3))
    tracker.end_trial(trial(4, kind="final", started=BEGAN + 4))
    tracker.start_trial(trial(5, status="RUNNING"))
    tracker.close("KILLED")
    return sweep


@pytest.fixture
def lists(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The parent of each sweep whose runs were listed, with all that each of them has."""
    listed, asked = SweepRuns._listed, list[str]()

    def counted(runs: SweepRuns):
        asked.append(runs.address[1])
        return listed(runs)

    monkeypatch.setattr(SweepRuns, "_listed", counted)
    return asked


def test_a_sweep_knows_its_runs_by_what_its_last_launch_left_as_by_a_list_of_them(
    config: TrackingConfig, left: SweepRecord, lists: list[str]
) -> None:
    recalled = opened(config, left)
    assert not lists
    listed = opened(config)  # without a folder
    assert len(lists) == 1
    assert recalled._store[0]._known == listed._store[0]._known
    assert recalled.recorded() == {"00", "01", "02", "03", "04"}
    assert "best so far: 1 GRU 32x2, val_mae 15.5" in runs_of(config, "sweep")[0].data.tags[NOTE]


def delete(client, run) -> None:
    client.delete_run(run.info.run_id)


def delete_for_good(client, run) -> None:
    client.delete_run(run.info.run_id)
    client._tracking_client.store._hard_delete_run(run.info.run_id)


def swap(client, run) -> None:
    """In its place a second run of another trial: as many as before."""
    delete(client, run)
    double(client, run, trial_id="01")


def double(client, run, trial_id: str = "00") -> None:
    new = client.create_run(run.info.experiment_id, tags={**run.data.tags, "trial_id": trial_id})
    client.set_terminated(new.info.run_id, "FINISHED")


def kill(client, run) -> None:
    client.set_terminated(run.info.run_id, "KILLED")


def fail(client, run) -> None:
    client.set_terminated(run.info.run_id, "FAILED")


def go_on(client, run) -> None:
    client.update_run(run.info.run_id, status="RUNNING")


@pytest.mark.parametrize("happens", [delete, delete_for_good, swap, double, kill, fail, go_on])
def test_a_store_that_has_other_runs_than_the_last_launch_left_is_seen_and_lists_them(
    happens: Callable[..., None], config: TrackingConfig, left: SweepRecord, lists: list[str]
) -> None:
    happens(client_of(config), next(run for run in runs_of(config) if run.data.tags["trial_id"] == "00"))
    resumed = opened(config, left)
    assert len(lists) == 1
    assert ("00" in resumed.recorded()) == (happens in (double, fail))
    resumed.end_trial(trial(0, 17.5))
    resumed.close("FINISHED")
    finished = Counter(trial_id for trial_id, status in statuses(config) if status == "FINISHED")
    assert finished == {"00": 1 + (happens is double), "01": 1 + (happens is swap), "02": 1}


@pytest.mark.parametrize("why", ["damaged", "gone", "a store whose pages have other names"])
def test_where_the_store_cannot_be_held_against_what_is_known_it_lists_its_runs(
    why: str, config: TrackingConfig, left: SweepRecord, lists: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert left.folder is not None
    if why == "damaged":
        (left.folder / KNOWN).write_text("{")
    elif why == "gone":
        (left.folder / KNOWN).unlink()
    else:
        monkeypatch.setattr("mlflow.utils.search_utils.SearchUtils.create_page_token", lambda count: b"page 2")
    assert opened(config, left).recorded() == {"00", "01", "02", "03", "04"}
    assert len(lists) == 1


def test_what_is_known_of_more_runs_than_one_query_names_is_held_against_the_store(
    config: TrackingConfig, left: SweepRecord, lists: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_runs, "AT_ONCE", 2)
    opened(config, left)
    assert not lists
    delete(client_of(config), runs_of(config, "final")[0])
    opened(config, left)
    assert len(lists) == 1


# When the store is away


@pytest.fixture
def full_disk(config: TrackingConfig):
    """A function that fills the disk for this process (no file may grow), and one that frees it."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill() -> None:
        log = Path(config.directory, "mlflow.db-wal")
        resource.setrlimit(resource.RLIMIT_FSIZE, (max(log.stat().st_size, 65536), limits[1]))

    yield fill, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_full_disk_stops_no_sweep_and_its_results_go_in_later(config: TrackingConfig, full_disk, capfd) -> None:
    fill, free = full_disk
    said: list[str] = []
    clock = Clock()
    tracker = opened(config, warn=said.append, clock=clock)
    tracker.end_trial(trial(0))
    tracker.start_trial(trial(1, status="RUNNING"))
    fill()
    for number in (1, 2, 3):
        tracker.start_trial(trial(number, status="RUNNING"))
        tracker.log_epoch(f"{number:02d}", Epoch(1, {"loss": 1.0, "val_loss": 2.0}, BEGAN + 10))
        tracker.end_trial(trial(number))
        clock.now += 2
    tracker.log_sweep({"final_mean": 20.0}, {})
    assert len(said) == 1 and "takes no writes" in said[0]
    assert "00" in tracker.recorded() and "03" not in tracker.recorded()
    with pytest.raises(TrackingError, match=r"results of \d trials.*same command again"):
        tracker.close("FINISHED")
    free()
    tracker.close("FINISHED")
    assert Counter(statuses(config))[("03", "FINISHED")] == 1
    finished = [trial_id for trial_id, status in statuses(config) if status == "FINISHED"]
    assert finished == ["00", "01", "02", "03"]
    assert not [status for _, status in statuses(config) if status == "RUNNING"]
    assert "answers again" in said[-1] and len(said) == 2
    assert runs_of(config, "sweep")[0].data.metrics["final_mean"] == 20.0
    assert capfd.readouterr() == ("", "")


def test_asking_what_is_recorded_ends_the_pause_after_an_outage(config: TrackingConfig, full_disk) -> None:
    fill, free = full_disk
    tracker = opened(config, clock=Clock())
    fill()
    for number in range(4):
        tracker.end_trial(trial(number))
    lacking = {f"{number:02d}" for number in range(4)} - tracker.recorded()
    free()
    tracker.end_trial(trial(int(min(lacking))))
    assert tracker.recorded() == {"00", "01", "02", "03"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_result_told_twice_in_an_outage_keeps_the_epochs_of_the_first(config: TrackingConfig, full_disk) -> None:
    fill, free = full_disk
    tracker = opened(config, clock=Clock())
    for number in range(4):
        tracker.start_trial(trial(number, status="RUNNING"))
    fill()
    for number in range(4):
        for point in trial().curve:
            tracker.log_epoch(f"{number:02d}", point)
        tracker.end_trial(trial(number, curve=()))
    free()
    for trial_id in {"00", "01", "02", "03"} - tracker.recorded():
        tracker.end_trial(trial(int(trial_id), curve=()))
    assert [status for _, status in statuses(config)] == ["FINISHED"] * 4
    for run in runs_of(config):
        assert [step for step, _, _ in history(config, run, "loss")] == [1, 2, 3]


def test_a_server_that_is_away_is_named_at_once(tmp_path: Path, capfd) -> None:
    uri = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(TrackingError, match=uri):
        opened(TrackingConfig(kind="mlflow", directory=str(tmp_path), uri=uri))
    assert capfd.readouterr() == ("", "")


def test_a_database_that_cannot_be_reached_is_named_without_its_password(tmp_path: Path) -> None:
    uri = f"postgresql://me:secret@127.0.0.1:{free_port()}/runs"
    with pytest.raises(TrackingError, match=r"postgresql://me:\*\*\*@") as caught:
        opened(TrackingConfig(kind="mlflow", directory=str(tmp_path), uri=uri))
    assert "secret" not in str(caught.value)


def test_a_database_that_is_away_is_asked_once_and_not_for_minutes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.exc import OperationalError

    patience: list[int] = []

    def no_answer(uri: str, connect_args: dict[str, int]) -> None:
        patience.append(connect_args["connect_timeout"])
        raise OperationalError("connect", None, OSError("no route to host"))

    monkeypatch.setattr("sqlalchemy.create_engine", no_answer)  # no driver for such a database need be installed
    with pytest.raises(TrackingError, match="no route to host"):
        opened(TrackingConfig(kind="mlflow", directory=str(tmp_path), uri="postgresql://host/runs"))
    assert patience == [5]


def test_a_file_that_is_no_store_is_named_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("a letter to my aunt" * 99)
    with pytest.raises(TrackingError, match=r"mlflow\.db.*Move"):
        opened(TrackingConfig(kind="mlflow", directory=str(tmp_path)))
    assert (tmp_path / "mlflow.db").read_text().startswith("a letter")


def test_a_disk_that_is_full_as_the_store_is_made_is_told_how_to_mend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> bytes:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("seqsweep.tracking.store._empty_database", full)
    with pytest.raises(TrackingError, match=r"disk is full.*make room and run the same command again"):
        opened(TrackingConfig(kind="mlflow", directory=str(tmp_path / "new")))


@pytest.mark.parametrize("lacking", [(), ("webhooks",)])
def test_a_store_of_an_older_release_is_told_how_to_mend_and_left_as_it_is(
    lacking: tuple[str, ...], config: TrackingConfig
) -> None:
    database = Path(config.directory, "mlflow.db")
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = 'bf29a5ff90ea'")  # of MLflow 3.5
        for table in lacking:  # MLflow itself migrates where one does
            connection.execute(f"DROP TABLE {table}")
    before = database.read_bytes()
    with pytest.raises(TrackingError, match="mlflow db upgrade"):
        opened(config)
    assert database.read_bytes() == before


def test_a_store_of_a_newer_release_is_told_so(config: TrackingConfig) -> None:
    with sqlite3.connect(Path(config.directory, "mlflow.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '5eed5eed5eed'")
    connection.close()
    with pytest.raises(TrackingError, match=r"a newer MLflow than .* made its tables") as raised:
        opened(config)
    assert "upgrade" not in str(raised.value)  # which fails there


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(TrackingError, match="taken"):
        opened(TrackingConfig(kind="mlflow", directory=str(tmp_path / "taken" / "mlruns")))


def test_a_folder_whose_name_no_sqlite_uri_can_hold_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrackingError, match="100% sure"):
        opened(TrackingConfig(kind="mlflow", directory=str(tmp_path / "100% sure")))


def test_a_project_that_was_moved_finds_its_files(
    config: TrackingConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(config).end_trial(trial(0, status="FAILED", detail="Traceback: oh"))
    moved = tmp_path / "moved & renamed"
    shutil.move(config.directory, moved)
    monkeypatch.setattr("mlflow.tracking._tracking_service.utils._artifact_repos_cache", OrderedDict())  # a new process
    there = TrackingConfig(kind="mlflow", directory=str(moved))
    tracker = opened(there)
    tracker.log_text("hello", "note.txt")
    tracker.close("FINISHED")
    client = client_of(there)
    for run, name, text in (
        (runs_of(there)[0], "traceback.txt", "Traceback: oh"),
        (runs_of(there, "sweep")[0], "note.txt", "hello"),
    ):
        assert Path(client.download_artifacts(run.info.run_id, name)).read_text() == text
        assert Path(moved, "artifacts", run.info.run_id, "artifacts", name).read_text() == text
    assert not Path(config.directory).exists()


def test_a_copied_project_writes_beside_its_own_database_alone(
    config: TrackingConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(config).end_trial(trial(0, status="FAILED", detail="Traceback: oh"))
    before = {file: file.read_bytes() for file in Path(config.directory, "artifacts").rglob("*") if file.is_file()}
    shutil.copytree(config.directory, tmp_path / "copied")
    monkeypatch.setattr("mlflow.tracking._tracking_service.utils._artifact_repos_cache", OrderedDict())  # a new process
    there = TrackingConfig(kind="mlflow", directory=str(tmp_path / "copied"))
    tracker = opened(there)
    tracker.log_text("hello", "note.txt")
    tracker.close("FINISHED")
    run = runs_of(there, "sweep")[0].info.run_id
    assert Path(tmp_path, "copied", "artifacts", run, "artifacts", "note.txt").read_text() == "hello"
    assert Path(client_of(there).download_artifacts(runs_of(there)[0].info.run_id, "traceback.txt")).exists()
    after = {file: file.read_bytes() for file in Path(config.directory, "artifacts").rglob("*") if file.is_file()}
    assert after == before


def test_of_a_database_that_was_copied_alone_nothing_new_goes_to_the_original(
    config: TrackingConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(config)
    (tmp_path / "copied").mkdir()
    shutil.copy(Path(config.directory, "mlflow.db"), tmp_path / "copied")
    monkeypatch.setattr("mlflow.tracking._tracking_service.utils._artifact_repos_cache", OrderedDict())  # a new process
    there = TrackingConfig(kind="mlflow", directory=str(tmp_path / "copied"))
    opened(there)
    assert runs_of(there, "sweep")[0].info.artifact_uri.startswith(address(there).artifacts)


def test_files_of_a_database_elsewhere_stay_where_they_are(config: TrackingConfig, tmp_path: Path) -> None:
    elsewhere = replace(config, uri=f"sqlite:///{tmp_path / 'elsewhere' / 'mlflow.db'}")
    opened(elsewhere).end_trial(trial(0, status="FAILED", detail="Traceback: oh"))
    there = TrackingConfig(kind="mlflow", directory=str(tmp_path / "elsewhere"))
    opened(there)
    assert runs_of(there)[0].info.artifact_uri.startswith(address(config).artifacts)


def test_a_project_that_is_reached_by_a_link_keeps_its_paths(config: TrackingConfig, tmp_path: Path) -> None:
    opened(config).end_trial(trial(0))
    (tmp_path / "link").symlink_to(config.directory)
    there = TrackingConfig(kind="mlflow", directory=str(tmp_path / "link"))
    opened(there)
    assert runs_of(there)[0].info.artifact_uri.startswith(address(config).artifacts)


def test_a_store_that_another_process_is_making_is_waited_for_and_then_named(
    config: TrackingConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    from filelock import FileLock

    monkeypatch.setattr("seqsweep.tracking.store.LOCK_PATIENCE", 0.1)
    with (
        FileLock(Path(config.directory, ".mlflow.lock")),
        pytest.raises(TrackingError, match="Another process makes its tables"),
    ):
        opened(config)


# The UI


def test_a_taken_port_is_named_with_one_that_is_free() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"port {port} is taken.*port \\d+ is free"):
            refuse_taken(port)
    refuse_taken(port)


@pytest.mark.parametrize(
    ("port", "free", "advice"),
    [
        (5000, 5050, "; port 5050 is free"),
        (5000, 5051, ""),  # too far away to be worth a look
        (65530, 65535, "; port 65535 is free"),
        (65530, 70000, ""),
    ],
)
def test_the_next_free_port_is_named_where_it_is_near(
    port: int, free: int, advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    class Probe(socket.socket):
        def bind(self, address: tuple[str, int]) -> None:
            asked.append(address[1])
            if address[1] > 65535:
                raise OverflowError("bind(): port must be 0-65535.")  # as Python's own
            if address[1] != free:
                raise OSError

    monkeypatch.setattr(socket, "socket", Probe)
    with pytest.raises(UserError) as refused:
        refuse_taken(port)
    assert str(refused.value) == f"port {port} is taken by another program, perhaps by a UI that still runs{advice}"
    assert len(asked) <= 51


def test_the_link_leads_to_the_study_of_the_newest_sweep(config: TrackingConfig) -> None:
    assert newest_sweep(client_of(config)) is None
    for study in ("older", "newer"):
        tracker = opened(config, replace(SWEEP, study=study, fingerprint=study))
        tracker.end_trial(trial(0))
        tracker.close("FINISHED")
        time.sleep(0.002)  # MLflow's times are whole milliseconds
    study = client_of(config).get_experiment_by_name("newer")
    assert link("http://127.0.0.1:5000/", newest_sweep(client_of(config))) == (
        f"http://127.0.0.1:5000/#/experiments/{study.experiment_id}/runs"
        "?workflowType=machine_learning&viewStateShareKey=seqsweep"
    )


@pytest.mark.parametrize("kind", ["memory", "none"])
def test_there_is_no_ui_where_nothing_is_kept(kind: str) -> None:
    with pytest.raises(ConfigError, match="tracking=mlflow"):
        serve(TrackingConfig(kind=kind, directory="nowhere"), 5000, print)


# Processes that are killed, stores that are truly away

FORKS = """
    # MLflow is imported once; what opens stores, and is killed, are forks.
    import itertools, os, random, signal, sys, time, warnings
    from pathlib import Path
    from seqsweep.schema import TrackingConfig
    from seqsweep.events import Epoch
    from seqsweep.records import TrialRecord
    from seqsweep.tracking import MlflowTracker, SweepRecord
    from seqsweep.tracking.reaching import failures

    failures()  # imports MLflow, which has filters of its own
    # From Python 3.12 on a fork beside the threads of a library earns a warning; these forks use none of them.
    warnings.filterwarnings("ignore", "This process", DeprecationWarning)
    import mlflow.store.tracking.sqlalchemy_store, sqlalchemy.orm

    sqlalchemy.orm.configure_mappers()  # a second that each fork would need
    config = TrackingConfig(kind="mlflow", directory=sys.argv[1])

    def fork(work):
        pid = os.fork()
        if pid == 0:
            work()
            os._exit(0)
        return pid

    def opened(fingerprint):
        # On this clock a minute passes each time that it is read, so that whatever may be written is.
        tracker = MlflowTracker(config, print, itertools.count(step=60.0).__next__)
        tracker.open(SweepRecord("quickstart", "Why?", "run", fingerprint, ""))
        return tracker
"""


def forks(code: str, folder: str | Path) -> tuple[str, str]:
    """What `code` prints and complains of after FORKS in a fresh interpreter."""
    command = [sys.executable, "-c", textwrap.dedent(FORKS) + textwrap.dedent(code), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip(), done.stderr.strip()


@pytest.mark.slow
def test_four_processes_may_open_an_empty_folder_at_once_and_are_quiet(tmp_path: Path) -> None:
    code = """
    pids = [fork(lambda: opened(str(number)).close("FINISHED")) for number in range(4)]
    assert [os.waitpid(pid, 0)[1] for pid in pids] == [0, 0, 0, 0]
    """
    assert forks(code, tmp_path) == ("", "")
    found = runs_of(TrackingConfig(kind="mlflow", directory=str(tmp_path)), "sweep")
    assert [run.info.status for run in found] == ["FINISHED"] * 4


@pytest.mark.slow
def test_a_store_whose_making_was_killed_can_be_opened(tmp_path: Path) -> None:
    code = """
    import tempfile

    tempfile.tempdir = sys.argv[1]
    pid = fork(lambda: opened("a"))
    made = lambda: [file for file in Path(sys.argv[1]).glob("seqsweep-*/*.db") if file.stat().st_size > 150_000]
    while not made():  # some of its tables are there
        time.sleep(0.001)
    os.kill(pid, signal.SIGKILL)
    assert os.waitpid(pid, 0)[1] == signal.SIGKILL
    assert made() and not Path(sys.argv[1], "mlflow.db").exists()
    """
    forks(code, tmp_path)
    opened(TrackingConfig(kind="mlflow", directory=str(tmp_path))).close("FINISHED")


@pytest.mark.slow
def test_after_a_storm_of_kills_every_trial_has_exactly_one_finished_run(config: TrackingConfig) -> None:
    code = """
    # A sweep of 12 trials again and again, killed some steps after it took up where the last was killed.
    chance = random.Random(7)

    def sweep(step):
        tracker = opened("f00d")
        step()
        for number in range(12):
            new = f"{number:02d}" not in tracker.recorded()
            trial = dict(trial_id=f"{number:02d}", number=number, name=f"trial {number}", started=1e9)
            curve = tuple(Epoch(epoch, {"loss": 1 / epoch}, 1e9 + epoch) for epoch in range(1, 6))
            tracker.start_trial(TrialRecord(**trial, status="RUNNING"))
            new and step()
            for point in curve:
                tracker.log_epoch(trial["trial_id"], point)
            new and step()
            tracker.end_trial(TrialRecord(**trial, status="COMPLETED", metrics={"mae": 1.0}, curve=curve))
            new and step()
        tracker.close("FINISHED")

    killed = 0
    for _ in range(12):
        reading, writing = os.pipe()
        pid = fork(lambda: sweep(lambda: os.write(writing, b".")))
        os.close(writing)
        os.read(reading, 1)  # it is open
        step = 0.02
        for _ in range(chance.randrange(0, 6)):
            before = time.monotonic()
            os.read(reading, 1)
            step = time.monotonic() - before
        time.sleep(chance.random() * step)  # anywhere within the next step
        os.kill(pid, signal.SIGKILL)
        killed += os.waitpid(pid, 0)[1] == signal.SIGKILL
        os.close(reading)
    print(killed)
    """
    killed, complaints = forks(code, config.directory)
    assert not complaints
    assert int(killed) >= 8
    before = Counter(status for _, status in statuses(config))
    assert before["FINISHED"] >= 3 and before["KILLED"] >= 1  # or the storm proved nothing
    tracker = opened(config)
    for number in range(12):
        tracker.end_trial(trial(number))
    tracker.close("FINISHED")
    after = statuses(config)
    finished = [trial_id for trial_id, status in after if status == "FINISHED"]
    assert finished == [f"{number:02d}" for number in range(12)]
    assert {status for _, status in after} == {"FINISHED", "KILLED"}
    assert [run.info.status for run in runs_of(config, "sweep")] == ["FINISHED"]


class Wire:
    """Forwards one port to another until it is cut: a server that goes away, without the cost of a start."""

    def __init__(self, target: int) -> None:
        self.port = free_port()
        self._target = target
        self.mend()

    def mend(self) -> None:
        self._sockets = [socket.create_server(("127.0.0.1", self.port))]
        threading.Thread(target=self._accept, args=[self._sockets[0]], daemon=True).start()

    def cut(self) -> None:
        for end in self._sockets:
            with suppress(OSError):  # the other side may have closed it
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):  # cut
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
                self._sockets += [near, far]
                for ends in ((near, far), (far, near)):
                    threading.Thread(target=self._forward, args=ends, daemon=True).start()

    def _forward(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):  # cut
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)


@dataclass
class Ui:
    """`serve` in a process of its own, on a store without a sweep."""

    process: subprocess.Popen[str]
    config: TrackingConfig
    port: int
    said: list[str]


@pytest.fixture(scope="module")
def ui(empty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ui]:
    code = """
    import sys
    from seqsweep.schema import TrackingConfig
    from seqsweep.tracking.ui import serve

    config = TrackingConfig(kind="mlflow", directory=sys.argv[1])
    serve(config, int(sys.argv[2]), lambda line: print(line, flush=True))
    """
    folder = tmp_path_factory.mktemp("ui")
    shutil.copy(empty_store, folder / "mlflow.db")
    port = free_port()
    command = [sys.executable, "-c", textwrap.dedent(code), str(folder), str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = [process.stdout.readline() for _ in range(3)]
    yield Ui(process, TrackingConfig(kind="mlflow", directory=str(folder)), port, said)
    process.terminate()
    process.communicate(timeout=60)


@pytest.mark.slow
def test_the_ui_says_where_it_is_and_that_there_is_no_sweep_yet(ui: Ui) -> None:
    assert "no sweep in this store yet" in ui.said[0]
    assert f"http://127.0.0.1:{ui.port}/#/experiments" in ui.said[1]
    assert "Ctrl-C" in ui.said[2]
    with urllib.request.urlopen(f"http://127.0.0.1:{ui.port}/health") as answer:
        assert answer.status == 200


@pytest.mark.slow
def test_a_server_that_goes_away_stops_no_sweep_and_gets_the_rest_when_it_is_back(
    ui: Ui, tmp_path: Path, capfd, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = Wire(ui.port)
    sweep = replace(SWEEP, folder=tmp_path / "sweep")
    name = f"127.0.0.1:{wire.port}"
    remote = TrackingConfig(kind="mlflow", directory=str(tmp_path), uri=f"http://{name}")
    said: list[str] = []
    clock = Clock()
    tracker = opened(remote, sweep, warn=said.append, clock=clock)
    tracker.end_trial(trial(0))
    tracker.start_trial(trial(1, status="RUNNING"))
    tracker.poll()
    assert said == []
    wire.cut()
    tracker.end_trial(trial(1))
    tracker.start_trial(trial(2, status="RUNNING"))
    clock.now += FIRST_PAUSE
    tracker.end_trial(trial(2))
    tracker.log_text("hello", "note.txt")
    assert len(said) == 1 and name in said[0]
    assert tracker.recorded() == {"00"}
    with pytest.raises(TrackingError, match=f"{name}.*2 trials.*same command again"):
        tracker.close("FINISHED")
    wire.mend()
    resumed = opened(remote, sweep)
    assert resumed.recorded() == {"00"}
    for number in (1, 2):
        resumed.end_trial(trial(number))
    resumed.close("FINISHED")
    monkeypatch.setattr(SweepRuns, "_listed", pytest.fail)
    assert opened(remote, sweep).recorded() == {"00", "01", "02"}  # a server's pages begin at numbers, too
    wire.cut()
    kept = Counter(statuses(ui.config))
    assert kept == Counter({("00", "FINISHED"): 1, ("01", "FINISHED"): 1, ("01", "KILLED"): 1, ("02", "FINISHED"): 1})
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_ctrl_c_ends_the_ui_and_leaves_no_process(ui: Ui) -> None:
    import psutil

    children = psutil.Process(ui.process.pid).children(recursive=True)
    assert len(children) == 2  # the server and its only worker
    ui.process.send_signal(signal.SIGINT)
    _, complaints = ui.process.communicate(timeout=60)
    assert (ui.process.returncode, complaints) == (0, "")
    assert not [child for child in children if child.is_running()]
    refuse_taken(ui.port)


@pytest.mark.parametrize(
    ("said", "tries"),
    [
        ("BAD_REQUEST: (sqlite3.IntegrityError) UNIQUE constraint failed: datasets.name", 2),
        ('duplicate key value violates unique constraint "dataset_pk"', 2),
        ("Connection refused", 1),
    ],
)
def test_what_another_driver_entered_at_the_same_moment_is_entered_once_more(said: str, tries: int) -> None:
    from mlflow.exceptions import MlflowException

    written: list[int] = []

    def write() -> None:
        written.append(0)
        if len(written) == 1:
            raise MlflowException(said)

    with suppress(MlflowException):
        once_more_if_doubled(write)
    assert len(written) == tries
