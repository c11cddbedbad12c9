"""A real MLflow server on a real PostgreSQL, which stops and starts while a sweep runs, and a real store of files."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from fault_lives import Nursery, results
from servers import Bucket, Postgres, free_port, mlflow_server, postgres_server, seaweed

pytestmark = [pytest.mark.slow, pytest.mark.keras]

MOMENTS = 5  # at which the database is stopped and started
SWEEP = ("tuner=random", "tuner.max_trials=24", "trial.epochs=45", "search_space.units=[8,16,32]")
SECRET = "s3-hunter-7"


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with postgres_server() as found:
        yield found


@pytest.fixture(scope="module")
def bucket(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    with seaweed(tmp_path_factory.mktemp("bucket"), "mlflow", SECRET) as found:
        yield found


@pytest.fixture(scope="module")
def server(postgres: Postgres, bucket: Bucket, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with mlflow_server(postgres, bucket, tmp_path_factory.mktemp("server") / "log") as address:
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


def test_a_server_that_runs_another_mlflow_is_told(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow

    from seqsweep.schema import TrackingConfig
    from seqsweep.tracking import MlflowTracker, SweepRecord

    theirs, said = mlflow.__version__, []
    monkeypatch.setattr(mlflow, "__version__", "9.1.0")
    tracker = MlflowTracker(TrackingConfig("mlflow", str(tmp_path), server), said.append)
    tracker.open(SweepRecord("other_release", "Which?", "one", "one", "x: 1", objective="val_mae"))
    tracker.close("FINISHED")
    assert said == [
        f"the MLflow store {server} runs MLflow {theirs}, and 9.1.0 is installed here: what one of them lacks fails"
    ]


def test_a_sweep_on_a_ray_cluster_has_one_run_a_trial_and_its_files_in_a_store_whose_secret_the_server_alone_has(
    postgres: Postgres, bucket: Bucket, server: str, nursery: Nursery, tmp_path: Path
) -> None:
    pytest.importorskip("ray")
    from botocore.exceptions import ClientError
    from mlflow import MlflowClient

    directory = tmp_path / "sweep"
    sweep = ["tuner=random", "tuner.max_trials=3", "seed=7", "executor=ray", f"tracking.uri={server}"]
    life = nursery.run(directory, *sweep, job="at_once")
    assert (life.events[-1]["event"], life.events[-1].get("trained")) == ("outcome", 3), life.events[-1]
    client = MlflowClient(tracking_uri=server)
    (study,) = client.search_experiments(filter_string="name LIKE 'quickstart%'")
    runs = client.search_runs([study.experiment_id])
    (parent,) = [run for run in runs if (run.data.tags["kind"], run.data.params.get("seed")) == ("sweep", "7")]
    own = [run for run in runs if run.data.tags["sweep"] == parent.data.tags["sweep"] and run is not parent]
    assert sorted((run.data.tags["trial_id"], run.info.status) for run in own) == [
        (record["trial_id"], "FINISHED") for record in results(directory)
    ]
    kept = bucket.files()
    assert parent.info.artifact_uri.startswith("mlflow-artifacts:")
    names = {file.path for file in client.list_artifacts(parent.info.run_id)}
    assert names >= {"config.yaml"}
    for name in names:
        (key,) = [key for key in kept if key.endswith(f"{parent.info.run_id}/artifacts/{name}")]
        assert kept[key] == Path(client.download_artifacts(parent.info.run_id, name, str(tmp_path))).read_bytes()
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        bucket.client(f"{SECRET}8").list_objects_v2(Bucket=bucket.name)
    written = [file.read_bytes() for file in directory.rglob("*") if file.is_file()]
    assert written
    assert not any(SECRET.encode() in text for text in (*written, *kept.values(), str(life.events).encode()))
    assert SECRET not in postgres.content()


STRAIGHT = ("executor=inline", "tuner=random", "tuner.max_trials=2", "study=straight")


def test_files_that_go_straight_to_s3_need_its_login_from_the_environment_which_keeps_it(
    postgres: Postgres, bucket: Bucket, server: str, nursery: Nursery, tmp_path: Path
) -> None:
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=server)
    experiment = client.create_experiment("straight: sunspots", f"s3://{bucket.name}/straight")
    sweep, login = (*STRAIGHT, f"tracking.uri={server}"), bucket.environment
    for name, variables, told in (
        ("wrong", {**login, "AWS_SECRET_ACCESS_KEY": f"{SECRET}8"}, "SignatureDoesNotMatch"),
        ("away", {**login, "MLFLOW_S3_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}"}, "Could not connect"),
    ):
        life = nursery.run(tmp_path / name, *sweep, job="at_once", variables=variables)
        assert life.count("started") == 0, name
        assert (life.events[-1]["event"], life.events[-1]["kind"]) == ("error", "TrackingError"), name
        assert told in life.events[-1]["text"]
        assert "AWS_SECRET_ACCESS_KEY" in life.events[-1]["text"]
        assert SECRET not in str(life.events)
    life = nursery.run(tmp_path / "right", *sweep, job="at_once", variables=login)
    assert (life.events[-1]["event"], life.events[-1].get("trained")) == ("outcome", 2), life.events[-1]
    runs = client.search_runs([experiment], "tags.kind = 'sweep'")
    (parent,) = [run for run in runs if run.info.status == "FINISHED"]
    files = bucket.files()
    (key,) = [key for key in files if key.endswith(f"{parent.info.run_id}/artifacts/config.yaml")]
    assert key.startswith("straight/")
    written = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
    assert not any(SECRET.encode() in text for text in (*written, *files.values(), str(life.events).encode()))
    assert SECRET not in postgres.content()


def test_tables_of_another_release_are_told_apart(postgres: Postgres, server: str, tmp_path: Path) -> None:
    import psycopg

    from seqsweep.errors import TrackingError
    from seqsweep.schema import TrackingConfig
    from seqsweep.tracking.store import open_store

    with psycopg.connect(postgres.uri.replace("+psycopg", ""), autocommit=True) as database:
        (now,) = database.execute("SELECT version_num FROM alembic_version").fetchone() or ()
        try:
            for revision, told in (
                ("bd07f7e963c5", "Back it up, then run: mlflow db upgrade"),
                ("5eed", "a newer MLflow"),
            ):
                database.execute("UPDATE alembic_version SET version_num = %s", [revision])
                with pytest.raises(TrackingError, match=told):
                    open_store(TrackingConfig("mlflow", str(tmp_path), postgres.uri))
        finally:
            database.execute("UPDATE alembic_version SET version_num = %s", [now])


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
