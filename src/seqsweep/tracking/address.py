"""Which MLflow store a config names, and whether that can be one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from seqsweep.errors import Fault
from seqsweep.redaction import redacted
from seqsweep.spelling import nearest

if TYPE_CHECKING:
    from seqsweep.schema import TrackingConfig

UI = "http://127.0.0.1:5000"
"""Where `seqsweep ui` listens unless it is told otherwise."""

SCHEMES = ("sqlite", "postgresql", "mysql", "mssql", "http", "https")
PORTS = {"postgresql": 5432, "mysql": 3306, "mssql": 1433, "http": 80, "https": 443}
NO_PARTS = (
    "its host and port cannot be told from its login; write SCHEME://USER:PASSWORD@HOST:PORT/NAME, and in user and "
    "password %2F for /, %3F for ?, %23 for #, %40 for @"
)


@dataclass(frozen=True)
class StoreAddress:
    """Where runs and their files are.

    Args:
        uri: of the store, absolute.
        artifacts: URI of the folder of files; None: the server decides.
        folder: of the lock, and of the sweeps.
        copy_of: the SQLite file that the store is a copy of, since it cannot be written; None: it is none.
    """

    uri: str
    artifacts: str | None
    folder: Path
    copy_of: Path | None = None

    @property
    def database(self) -> Path | None:
        """The SQLite file; None for a server."""
        scheme, _, path = self.uri.partition(":///")
        return Path(path) if scheme.split("+")[0] == "sqlite" else None

    @property
    def server(self) -> bool:
        """Whether MLflow is asked by HTTP, and nothing of it lies on this machine."""
        return scheme_of(self.uri).startswith("http")

    def __str__(self) -> str:
        """What to call it in messages: without secrets."""
        if self.database is not None:
            return f"the MLflow store {self.copy_of or self.database}"
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


def run_page(experiment: str, run: str) -> str:
    """The path of a run's page in MLflow's UI.

    Args:
        experiment: its id.
        run: its id.
    """
    # Without its parameter a first visit lands on a page about language models.
    return f"/#/experiments/{experiment}/runs/{run}?workflowType=machine_learning"


def without_login(server: str) -> str:
    """The address of a server that a browser opens by asking for the login."""
    return re.sub(r"^(https?://)[^/]*@", r"\1", server)


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
