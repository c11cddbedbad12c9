"""MLflow loaded, and whatever goes wrong with its store as one error that says what mends it."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from seqsweep.errors import TrackingError
from seqsweep.imports import quick_imports
from seqsweep.tracking.address import StoreAddress
from seqsweep.tracking.retry_queue import FULL, first_line, takes_no_writes

ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_LOGGING_LEVEL": "CRITICAL",  # what goes wrong comes as an exception, and is said once
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",  # one a file, between our own lines
    # A server that is away must be noticed before it holds the sweep up; MLflow's own patience is minutes.
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "0",
}
"""Set where the user's environment does not say otherwise."""


def load_mlflow() -> None:
    """Import MLflow, quiet and without telemetry; it takes half a second to a second the first time."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    os.environ.pop("MLFLOW_RUN_ID", None)  # would make runs children of a foreign one
    with quick_imports():
        import mlflow
        import mlflow.pyfunc  # noqa: F401  # the import itself is what is wanted

    level = os.environ["MLFLOW_LOGGING_LEVEL"]
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(level)
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)  # warns of each retry


def load_database_store() -> None:
    """Import what MLflow keeps runs in a database with: 0.4 s, of which a server and a package have no use."""
    with quick_imports():
        import mlflow.store.tracking.sqlalchemy_store  # noqa: F401


def failures() -> tuple[type[Exception], ...]:
    """What MLflow raises when its store is away, full, or refuses; loads MLflow."""
    load_mlflow()
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    return MlflowException, SQLAlchemyError, sqlite3.Error, OSError  # those of `requests` are OSErrors


class FilesError(OSError):
    """Where a server keeps files, and sends this machine for them, does not answer or refuses."""


@contextmanager
def reaching_files() -> Iterator[None]:
    """Turn what goes wrong with files into what a store raises.

    Beside its own errors MLflow lets through those of the library that talks to the place: boto3's for S3, those of
    Google and Azure.

    Raises:
        FilesError: instead of an error of such a library.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, (ImportError, *failures())) or type(error).__module__ == "builtins":  # a fault of ours
            raise
        raise FilesError(first_line(error)) from error


@contextmanager
def reaching(place: StoreAddress) -> Iterator[None]:
    """Turn whatever goes wrong with the store into one TrackingError that names it."""
    try:
        yield
    except Exception as error:
        if not isinstance(error, (ImportError, *failures())):
            raise
        said = first_line(error, place.uri)
        away = takes_no_writes(str(place), said) if _may_pass(place, error) else ""
        raise TrackingError(f"{place} cannot be used: {said}{_mend(place, error)}", away=away) from error


DOUBLED = ("unique constraint", "unique key", "duplicate entry")
"""What databases say of a row that another process entered since this one looked for it, in small letters."""


def once_more_if_doubled(write: Callable[[], None]) -> None:
    """Write again where another driver entered the same at the same moment: now it is found.

    MLflow looks for a data set, and enters it where there is none; its server passes on what the database says then.

    Args:
        write: may be called again after it raised.
    """
    try:
        write()
    except failures() as error:
        if not any(words in str(error).lower() for words in DOUBLED):
            raise
        write()


DRIVERS = {
    "psycopg2": "psycopg2-binary",
    "psycopg": "'psycopg[binary]'",
    "MySQLdb": "mysqlclient",
    "pymysql": "pymysql",
    "pyodbc": "pyodbc",
}
"""What to install for a module that talks to a database."""

DAMAGED = (
    "not a database",
    "malformed",
    "no such table",
    "no such column",
    "duplicate column",
)
"""In SQLite's words: the file is none of MLflow's, or damaged."""

FILES = (
    ". Its files go straight from this machine to where they are kept, not through the server: give it what that needs "
    "(of S3: MLFLOW_S3_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY); or start the server with "
    "--artifacts-destination, and name the study otherwise, as an experiment keeps the place that it was made with"
)

LASTS = (
    "authentication failed",
    "does not exist",
    "permission denied",
    "readonly database",
    *DAMAGED,
)
"""In the words of a store that another attempt will not find otherwise."""


def _may_pass(place: StoreAddress, error: Exception) -> bool:
    """Whether a store that says this may answer later: a server that is away or starts up, a file that is locked."""
    if isinstance(error, (ImportError, FilesError)) or any(words in str(error) for words in LASTS):
        return False
    status = getattr(error, "get_http_status_code", None)  # of MLflow's own errors
    return place.database is not None or status is None or status() not in range(400, 500)


def _mend(place: StoreAddress, error: Exception) -> str:
    text = str(error)
    if isinstance(error, ImportError):
        driver = DRIVERS.get(error.name or "", error.name or "")
        return f". Its driver is missing: pip install {driver}; or leave tracking.uri out to keep runs in SQLite"
    if isinstance(error, FilesError):
        return FILES
    if type(error).__name__ == "Timeout":  # of the lock
        return ". Another process makes its tables; run the command again in a minute"
    if place.database is None:
        return ". Start it, or leave tracking.uri out to keep runs in SQLite under tracking.directory"
    return _mend_file(place.database.name, text)


def _mend_file(name: str, text: str) -> str:
    """What mends a SQLite file of this name, of which SQLite says this."""
    if any(words in text for words in FULL):
        return ". What was finished before is kept; make room and run the same command again"
    if "locked" in text:
        return ". Another program keeps it; close that, and run the same command again"
    if not any(words in text for words in DAMAGED):
        return ". Choose another tracking.directory, or make this one writable"
    return (
        f". Move {name} away, and {name}-wal and {name}-shm where they are: with it go the runs of all sweeps, the "
        "registered models and their history. The sweeps themselves stay: the command of each writes its runs anew and "
        "trains nothing again, and `seqsweep promote` makes a champion. Or choose another tracking.directory"
    )
