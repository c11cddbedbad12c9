"""How MLflow's store is opened: its tables, a client that answers or fails in seconds."""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies

from seqsweep import files
from seqsweep.interrupts import held, something_open
from seqsweep.tracking.address import PORTS, StoreAddress, address, scheme_of
from seqsweep.tracking.reaching import load_database_store, load_mlflow, reaching
from seqsweep.tracking.release import refuse_other_release
from seqsweep.tracking.relocation import relocate_artifacts

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from seqsweep.schema import TrackingConfig

LOCK_PATIENCE = 60.0  # seconds; making the tables takes one to three


def open_store(config: TrackingConfig, *, reading: bool = False) -> tuple[StoreAddress, MlflowClient]:
    """The store that `config` names, its tables made if it had none, and a client of it.

    Args:
        config: names the store.
        reading: nothing will be written: of a database that cannot be, a copy will do.

    Raises:
        TrackingError: it does not answer within seconds, is no store, or cannot be written.
    """
    place = address(config)
    with reaching(place):
        load_mlflow()
        if not place.server:
            load_database_store()
        from mlflow import MlflowClient

        if reading and place.database is not None and not is_writable(place):
            place = _copied(place)
        with _one_at_a_time(place):
            if place.database is not None:
                _make_database(place.database)
                if (place.copy_of or place.database).parent == place.folder and place.artifacts:
                    relocate_artifacts(place.database, place.artifacts)
            if not place.server:
                _ask(place)
            client = MlflowClient(tracking_uri=place.uri)
            client.search_experiments(max_results=1)
    return place, client


def is_writable(place: StoreAddress) -> bool:
    """Whether a SQLite store that is there can be written; True where there is none yet, and of a server."""
    if place.database is None or not place.database.exists():
        return True
    return all(os.access(path, os.W_OK) for path in (place.folder, place.database.parent, place.database))


@contextmanager
def _one_at_a_time(place: StoreAddress) -> Iterator[None]:
    """One process at a time: of four that make the tables of one file together, three die.

    A server makes its own, and needs no folder here.
    """
    if place.server or place.copy_of is not None:
        yield
        return
    from filelock import FileLock

    place.folder.mkdir(parents=True, exist_ok=True)
    with FileLock(place.folder / ".mlflow.lock", timeout=LOCK_PATIENCE):
        yield


_COPIES = ExitStack()
atexit.register(_COPIES.close)


def _copied(place: StoreAddress) -> StoreAddress:
    """A copy of a database that cannot be written, for as long as this process lives.

    SQLite, too, writes as it reads: what is in the log beside the file, and who reads.
    """
    database = place.database
    assert database is not None  # a server is not copied
    _COPIES.enter_context(something_open())  # a signal must not leave it behind
    folder = Path(_COPIES.enter_context(tempfile.TemporaryDirectory(prefix="seqsweep-")))
    for file in (database, database.with_name(f"{database.name}-wal")):
        if file.exists():
            shutil.copyfile(file, folder / file.name)
    return replace(place, uri=f"sqlite:///{folder / database.name}", copy_of=database)


def _make_database(path: Path) -> None:
    """The SQLite file with MLflow's tables, readable while it is written."""
    _refuse_path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.stat().st_size == 0:
        files.atomic_write(path, _empty_database())
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")


@cache
def _empty_database() -> bytes:
    """A new SQLite file with MLflow's tables, made by its own migrations, at 0.7 s of CPU: once in a process.

    It is made elsewhere: a process that is killed between two of the migrations leaves a file that none can open again
    (`duplicate column name`).
    """
    from mlflow import MlflowClient

    # A signal must not leave the folder behind.
    with something_open(), held(), tempfile.TemporaryDirectory(prefix="seqsweep-") as folder:
        made = Path(folder, "mlflow.db")
        MlflowClient(tracking_uri=f"sqlite:///{made}").search_experiments(max_results=1)
        return made.read_bytes()


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
        if place.database is not None:
            _open_database(place.database)
            return
        if not place.server:
            _load_driver(place.uri)
        if server.hostname and port and not getproxies():  # behind a proxy MLflow alone knows the way
            socket.create_connection((server.hostname, port), timeout=5).close()


def _load_driver(uri: str) -> None:
    """Import what talks to a database of this kind; it is not installed with seqsweep."""
    import sqlalchemy

    sqlalchemy.make_url(uri).get_dialect().import_dbapi()


def _open_database(path: Path) -> None:
    _refuse_path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("SELECT count(*) FROM sqlite_master")


def _ask(place: StoreAddress) -> None:
    """Connect once, with little patience: MLflow itself tries ten times over 100 seconds; look whose tables it has."""
    import sqlalchemy

    options = {"connect_timeout": 5} if scheme_of(place.uri) in ("postgresql", "mysql") else {}
    engine = sqlalchemy.create_engine(place.uri, connect_args=options)
    try:
        with engine.connect() as connection:
            refuse_other_release(place, connection)
    finally:
        engine.dispose()
