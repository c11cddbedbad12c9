"""How MLflow is reached: which store a config names, its tables, a client that answers or fails in seconds."""

from __future__ import annotations

import logging
import os
import re
import socket
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies

from seqsweep import files
from seqsweep.errors import Fault, TrackingError
from seqsweep.imports import quick_imports
from seqsweep.redaction import redacted
from seqsweep.spelling import nearest
from seqsweep.tracking.relocation import relocate_artifacts
from seqsweep.tracking.retry_queue import first_line
from seqsweep.words import command

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from seqsweep.schema import TrackingConfig

SCHEMES = ("sqlite", "postgresql", "mysql", "mssql", "http", "https")
PORTS = {"postgresql": 5432, "mysql": 3306, "mssql": 1433, "http": 80, "https": 443}
NO_PARTS = (
    "its host and port cannot be told from its login; write SCHEME://USER:PASSWORD@HOST:PORT/NAME, and in user and "
    "password %2F for /, %3F for ?, %23 for #, %40 for @"
)
LOCK_PATIENCE = 60.0  # seconds; making the tables takes one to three

ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_LOGGING_LEVEL": "CRITICAL",  # what goes wrong comes as an exception, and is said once
    # A server that is away must be noticed before it holds the sweep up; MLflow's own patience is minutes.
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "0",
}
"""Set where the user's environment does not say otherwise."""


@dataclass(frozen=True)
class StoreAddress:
    """Where runs and their files are.

    Args:
        uri: of the store, absolute.
        artifacts: URI of the folder of files; None: the server decides.
        folder: of the lock.
    """

    uri: str
    artifacts: str | None
    folder: Path

    @property
    def database(self) -> Path | None:
        """The SQLite file; None for a server."""
        scheme, _, path = self.uri.partition(":///")
        return Path(path) if scheme.split("+")[0] == "sqlite" else None

    def __str__(self) -> str:
        """What to call it in messages: without secrets."""
        if self.database is not None:
            return f"the MLflow store {self.database}"
        return f"the MLflow store {redacted(self.uri, self.uri)}"


def address(config: TrackingConfig) -> StoreAddress:
    """Where the runs of `config` are kept."""
    folder = Path(config.directory).absolute()
    artifacts = (folder / "artifacts").as_uri()
    if config.uri is None:
        return StoreAddress(f"sqlite:///{folder / 'mlflow.db'}", artifacts, folder)
    scheme, _, path = config.uri.partition(":///")
    if scheme.split("+")[0] == "sqlite":  # relative to where the command is run, like every path of a config
        return StoreAddress(f"{scheme}:///{Path(path).absolute()}", artifacts, folder)
    return StoreAddress(config.uri, None if scheme_of(config.uri).startswith("http") else artifacts, folder)


def scheme_of(uri: str) -> str:
    """`postgresql` of `postgresql+psycopg://…`; empty where there is none."""
    match = re.match(r"([a-z]+)(\+\w+)?:", uri)
    return match.group(1) if match else ""


def uri_faults(uri: str | None) -> list[Fault]:
    """What is wrong with `tracking.uri`."""
    if uri is None:
        return []
    scheme, told = scheme_of(uri), ""
    if scheme in ("", "file"):
        told = (
            "MLflow keeps no runs in plain folders any more; "
            "leave it out for SQLite in tracking.directory, or write sqlite:///PATH/mlflow.db"
        )
    elif scheme not in SCHEMES:
        told = f"seqsweep knows no MLflow store {scheme!r}{nearest(scheme, SCHEMES)}"
    elif scheme == "sqlite" and not re.match(r"sqlite(\+\w+)?:///.", uri):
        told = "write sqlite:///PATH; an absolute path makes four slashes"
    elif not _has_parts(uri):
        told = NO_PARTS
    return [Fault("tracking.uri", f"tracking.uri={redacted(uri, uri)}: {told}")] if told else []


def _has_parts(uri: str) -> bool:
    """Whether user, host and port can be told apart."""
    try:
        return urlsplit(uri).port != 0
    except ValueError:
        return False


def load_mlflow() -> None:
    """Import MLflow, quiet and without telemetry; it takes a second or two the first time."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    os.environ.pop("MLFLOW_RUN_ID", None)  # would make runs children of a foreign one
    with quick_imports():
        import mlflow
        import mlflow.pyfunc  # to package the winner: beside the trials rather than after them
        import mlflow.store.tracking.sqlalchemy_store  # noqa: F401  # the imports themselves are what is wanted

    level = os.environ["MLFLOW_LOGGING_LEVEL"]
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(level)
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)  # warns of each retry


def failures() -> tuple[type[Exception], ...]:
    """What MLflow raises when its store is away, full, or refuses; loads MLflow."""
    load_mlflow()
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    return MlflowException, SQLAlchemyError, sqlite3.Error, OSError  # those of `requests` are OSErrors


@contextmanager
def reaching(place: StoreAddress) -> Iterator[None]:
    """Turn whatever goes wrong with the store into one TrackingError that names it."""
    try:
        yield
    except Exception as error:
        if not isinstance(error, (ImportError, *failures())):
            raise
        said = first_line(error, place.uri)
        raise TrackingError(f"{place} cannot be used: {said}{_mend(place, error)}") from error


def _mend(place: StoreAddress, error: Exception) -> str:
    text = str(error)
    if isinstance(error, ImportError):
        return f". Install a driver for {scheme_of(place.uri)} databases, or leave tracking.uri out"
    if type(error).__name__ == "Timeout":  # of the lock
        return ". Another process makes its tables; run the command again in a minute"
    if "disk is full" in text or "No space left" in text:
        return ". What was finished before is kept; make room and run the same command again"
    if "out-of-date database schema" in text:
        return ". Copy the file, then run: " + command(["mlflow", "db", "upgrade", place.uri])
    if place.database is not None:
        return (
            f". Move {place.database.name} and its -wal and -shm away: runs, registered models and who was champion "
            "go with it. What sweeps found does not: the same `seqsweep sweep` again logs its runs anew and trains "
            "nothing, and `seqsweep promote` registers its winner again"
        )
    return ". Start it, or leave tracking.uri out to keep runs in SQLite under tracking.directory"


def open_store(config: TrackingConfig) -> tuple[StoreAddress, MlflowClient]:
    """The store that `config` names, its tables made if it had none, and a client of it.

    Raises:
        TrackingError: it does not answer within seconds, is no store, or cannot be written.
    """
    place = address(config)
    with reaching(place):
        load_mlflow()
        from filelock import FileLock
        from mlflow import MlflowClient

        place.folder.mkdir(parents=True, exist_ok=True)
        # One process at a time: of four that make the tables of one file together, three die.
        with FileLock(place.folder / ".mlflow.lock", timeout=LOCK_PATIENCE):
            if place.database is not None:
                _make_database(place.database)
                if place.database.parent == place.folder and place.artifacts:
                    relocate_artifacts(place.database, place.artifacts)
            if not place.uri.startswith("http"):
                _ping(place.uri)
            client = MlflowClient(tracking_uri=place.uri)
            client.search_experiments(max_results=1)
    return place, client


def _make_database(path: Path) -> None:
    """The SQLite file with MLflow's tables, readable while it is written."""
    _refuse_path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.stat().st_size == 0:
        _make_tables(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")


def _make_tables(path: Path) -> None:
    """MLflow's tables in the new file `path`, made elsewhere by its own migrations, at 0.7 s of CPU.

    A process that is killed between two of the migrations leaves a file that none can open again
    (`duplicate column name`).
    """
    from mlflow import MlflowClient

    with tempfile.TemporaryDirectory(prefix="seqsweep-") as folder:
        made = Path(folder, path.name)
        MlflowClient(tracking_uri=f"sqlite:///{made}").search_experiments(max_results=1)
        files.atomic_write(path, made.read_bytes())


def _refuse_path(path: Path) -> None:
    if set("%?") & set(str(path)):
        raise OSError("SQLite's URI would read a % or ? of its path as something else")


def ping(config: TrackingConfig) -> None:
    """Nothing, if there is a store at first sight; takes milliseconds, since it does without MLflow.

    Raises:
        TrackingError: nobody listens there, or the file is no database or cannot be written.
    """
    place = address(config)
    server = urlsplit(place.uri)
    port = server.port or PORTS.get(scheme_of(place.uri))
    with reaching(place):
        place.folder.mkdir(parents=True, exist_ok=True)
        if place.database is not None:
            _open_database(place.database)
        elif server.hostname and port and not getproxies():  # behind a proxy MLflow alone knows the way
            socket.create_connection((server.hostname, port), timeout=5).close()


def _open_database(path: Path) -> None:
    _refuse_path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA schema_version")


def _ping(uri: str) -> None:
    """Connect once, with little patience: MLflow itself tries ten times over 100 seconds."""
    import sqlalchemy

    options = {"connect_timeout": 5} if scheme_of(uri) in ("postgresql", "mysql") else {}
    engine = sqlalchemy.create_engine(uri, connect_args=options)
    try:
        engine.connect().close()
    finally:
        engine.dispose()
