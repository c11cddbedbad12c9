"""A real MLflow server on a real PostgreSQL, which stops and starts while a sweep runs."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from fault_lives import Nursery, results, until

pytestmark = [pytest.mark.slow, pytest.mark.keras]

MOMENTS = 5  # at which the database is stopped and started
SWEEP = ("tuner=random", "tuner.max_trials=24", "trial.epochs=45", "search_space.units=[8,16,32]")


def tool(name: str) -> str:
    """A program of PostgreSQL, which Debian keeps off the path."""
    found = shutil.which(name) or max(map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{name}")), default=None)
    if found is None:
        pytest.skip(f"no {name}: PostgreSQL is not installed (Debian's package `postgresql`)")
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Postgres:
    """A cluster of its own; as root it runs as the user whom Debian's package makes, since it refuses root."""

    folder: Path
    port: int

    def run(self, name: str, *arguments: str) -> None:
        user = {}
        if os.getuid() == 0:
            try:
                user = {"user": "postgres", "group": pwd.getpwnam("postgres").pw_gid}
            except KeyError:
                pytest.skip("PostgreSQL refuses root, and there is no user `postgres`")
        subprocess.run([tool(name), *arguments], check=True, capture_output=True, cwd=self.folder, timeout=60, **user)

    def start(self) -> None:
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        data, log = self.folder / "data", self.folder / "log"
        self.run("pg_ctl", "-D", str(data), "-l", str(log), "-o", options, "-w", "start")

    def stop(self) -> None:
        """At once, without a word to those who are connected."""
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "stop")


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    pytest.importorskip("psycopg", reason="no driver of PostgreSQL: pip install 'psycopg[binary]'")
    with tempfile.TemporaryDirectory(prefix="seqsweep-postgres-") as place:  # pytest's own are for one user alone
        folder = Path(place)
        if os.getuid() == 0:
            with suppress(KeyError):
                os.chown(folder, pwd.getpwnam("postgres").pw_uid, -1)
        found = Postgres(folder, free_port())
        found.run("initdb", "-D", str(folder / "data"), "-U", "mlflow", "--auth=trust", "--no-sync")
        found.start()
        try:
            yield found
        finally:
            found.stop()


@contextmanager
def started(module: str, *arguments: str, log: Path, answers: str, **environment: str) -> Iterator[None]:
    """A program of Python that serves until the context ends.

    Args:
        module: what runs.
        arguments: of it.
        log: what it prints.
        answers: a path that it answers once it is up, after its address.
        environment: variables of its own.
    """
    with log.open("w") as file:
        process = subprocess.Popen([sys.executable, "-m", module, *arguments], env={**os.environ, **environment},
                                   stdout=file, stderr=file, start_new_session=True)  # fmt: skip

    def up() -> bool:
        assert process.poll() is None, log.read_text()
        with suppress(OSError), urllib.request.urlopen(answers, timeout=2) as answer:
            return bool(answer.status == 200)
        return False

    try:
        until(up, module)
        yield
    finally:
        os.killpg(process.pid, 15)
        process.wait(timeout=30)


@contextmanager
def mlflow_server(postgres: Postgres, artifacts: str, log: Path, **environment: str) -> Iterator[str]:
    """The address of an MLflow server on PostgreSQL that keeps files at `artifacts`."""
    port = free_port()
    arguments = ["server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    arguments += ["--backend-store-uri", f"postgresql+psycopg://mlflow@127.0.0.1:{postgres.port}/postgres"]
    arguments += ["--artifacts-destination", artifacts]
    quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    address = f"http://127.0.0.1:{port}"
    with started("mlflow", *arguments, log=log, answers=f"{address}/health", **quiet, **environment):
        yield address


@pytest.fixture(scope="module")
def server(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("server")
    with mlflow_server(postgres, str(folder / "artifacts"), folder / "log") as address:
        yield address


def test_machines_that_share_a_server_count_each_others_evaluations_and_files_go_through_it(
    server: str, tmp_path: Path
) -> None:
    from mlflow import MlflowClient

    from seqsweep.schema import TrackingConfig
    from seqsweep.tracking import SweepRecord, make_tracker

    seen = {}
    for name in ("first", "second"):  # two machines: nothing but the server is the same
        tracker = make_tracker(TrackingConfig("mlflow", str(tmp_path / name), server), pytest.fail)
        tags = {"data_sha256": "5eed"}
        tracker.open(SweepRecord("shared", "Which?", name, name, "x: 1", tags=tags, objective="val_mae"))
        seen[name] = {of: seen.number for of, seen in tracker.evaluations("5eed").items()}
        tracker.log_sweep({}, {"test_evaluation_number": str(len(seen))})
        tracker.log_text("what was found", "note.txt")
        tracker.close("FINISHED")
    assert seen == {"first": {}, "second": {"first": 1}}
    client = MlflowClient(tracking_uri=server)
    (experiment,) = client.search_experiments(filter_string="name = 'shared'")
    runs = client.search_runs([experiment.experiment_id])
    assert {run.info.artifact_uri.partition(":")[0] for run in runs} == {"mlflow-artifacts"}
    assert Path(client.download_artifacts(runs[0].info.run_id, "note.txt", str(tmp_path))).read_text()


def test_a_sweep_on_a_ray_cluster_has_one_run_a_trial_on_the_server(
    server: str, nursery: Nursery, tmp_path: Path
) -> None:
    pytest.importorskip("ray")
    from mlflow import MlflowClient

    sweep = ["tuner=random", "tuner.max_trials=3", "seed=7", "executor=ray", f"tracking.uri={server}"]
    life = nursery.run(tmp_path / "sweep", *sweep, job="at_once")
    assert (life.events[-1]["event"], life.events[-1].get("trained")) == ("outcome", 3), life.events[-1]
    client = MlflowClient(tracking_uri=server)
    (study,) = client.search_experiments(filter_string="name LIKE 'quickstart%'")
    runs = client.search_runs([study.experiment_id])
    (parent,) = [run for run in runs if (run.data.tags["kind"], run.data.params.get("seed")) == ("sweep", "7")]
    own = [run for run in runs if run.data.tags["sweep"] == parent.data.tags["sweep"] and run is not parent]
    assert sorted((run.data.tags["trial_id"], run.info.status) for run in own) == [
        (record["trial_id"], "FINISHED") for record in results(tmp_path / "sweep")
    ]


SECRET = "s3-hunter-7"


def test_files_go_through_the_server_to_an_s3_store_whose_secret_the_server_alone_has(
    postgres: Postgres, tmp_path: Path
) -> None:
    for module in ("moto.server", "boto3"):
        pytest.importorskip(module, reason="no S3-compatible store: pip install 'moto[s3]' boto3")
    import boto3
    from mlflow import MlflowClient

    from seqsweep.schema import TrackingConfig
    from seqsweep.tracking import SweepRecord, make_tracker

    port = free_port()
    endpoint, keys = f"http://127.0.0.1:{port}", {"AWS_ACCESS_KEY_ID": "mlflow", "AWS_SECRET_ACCESS_KEY": SECRET}
    environment = {**keys, "MLFLOW_S3_ENDPOINT_URL": endpoint, "AWS_DEFAULT_REGION": "us-east-1"}
    with started("moto.server", "-p", str(port), log=tmp_path / "s3", answers=f"{endpoint}/moto-api/"):
        login = {"aws_access_key_id": "mlflow", "aws_secret_access_key": SECRET, "region_name": "us-east-1"}
        store = boto3.client("s3", endpoint_url=endpoint, **login)
        store.create_bucket(Bucket="mlflow")
        with mlflow_server(postgres, "s3://mlflow", tmp_path / "log", **environment) as server:
            tracker = make_tracker(TrackingConfig("mlflow", str(tmp_path / "runs"), server), pytest.fail)
            tracker.open(SweepRecord("in_s3", "Which?", "one", "one", "x: 1", objective="val_mae"))
            tracker.log_text("what was found", "note.txt")
            tracker.close("FINISHED")
            client = MlflowClient(tracking_uri=server)
            (experiment,) = client.search_experiments(filter_string="name = 'in_s3'")
            (run,) = client.search_runs([experiment.experiment_id])
            read = Path(client.download_artifacts(run.info.run_id, "note.txt", str(tmp_path))).read_text()
            kept = [one["Key"] for one in store.list_objects_v2(Bucket="mlflow")["Contents"]]
    assert read == "what was found"
    assert {key.rpartition("/")[2] for key in kept} == {"note.txt", "config.yaml"}
    assert SECRET not in str(run.data) + run.info.artifact_uri
    assert not any(SECRET in file.read_text() for file in (tmp_path / "runs").rglob("*") if file.is_file())


def test_a_database_that_stops_and_starts_at_five_moments_costs_no_trial_and_ends_up_whole(
    postgres: Postgres, server: str, nursery: Nursery, tmp_path: Path
) -> None:
    from mlflow import MlflowClient

    undisturbed = tmp_path / "undisturbed"
    assert nursery.run(undisturbed, *SWEEP, "tracking=none", job="at_once").events[-1]["event"] == "outcome"
    directory, sweep = tmp_path / "sweep", (*SWEEP, f"tracking.uri={server}")
    life = nursery.start(directory, *sweep)
    assert life.hears("begin")
    stopped = 0
    for moment in range(MOMENTS):
        time.sleep(0.05 + 0.14 * moment)  # while MLflow opens the store, and later
        assert life.alive, "the sweep ended before the last stop"
        postgres.stop()
        stopped += 1
        time.sleep(0.1)
        if moment < MOMENTS - 1:
            postgres.start()
    end = life.ends()  # the store is away
    postgres.start()
    assert (stopped, end["event"], end.get("kind")) == (MOMENTS, "error", "TrackingError"), end
    assert "run the same command again when the store is back" in end["text"]
    told = [event["text"] for event in life.events if event["event"] == "say"]
    assert any("takes no writes" in text for text in told)
    assert results(directory) == results(undisturbed)
    again = nursery.run(directory, *sweep)
    assert (again.events[-1]["event"], again.events[-1].get("trained")) == ("outcome", 0), again.events[-1]
    client = MlflowClient(tracking_uri=server)
    (study,) = client.search_experiments(filter_string="name LIKE 'quickstart%'")
    (own,) = {folder.name for folder in directory.glob("sweeps/*")}
    runs = client.search_runs([study.experiment_id], f"tags.sweep = '{own}'")  # other tests have sweeps there
    ended = Counter(run.data.tags["trial_id"] for run in runs if run.info.status in ("FINISHED", "FAILED") and
                    run.data.tags["kind"] == "trial")  # fmt: skip
    assert ended == {record["trial_id"]: 1 for record in results(directory)}
    assert [run.info.status for run in runs if run.data.tags["kind"] == "sweep"] == ["FINISHED"]
    assert "RUNNING" not in {run.info.status for run in runs}
