"""The MLflow store of a folder that sweeps were run in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from seqsweep.errors import ConfigError
from seqsweep.redaction import remember

if TYPE_CHECKING:
    from seqsweep.schema import TrackingConfig

RUNS = "mlruns"
"""Where sweeps leave what they made, unless `tracking.directory` says otherwise."""


def store(directory: str | Path = RUNS, uri: str | None = None) -> TrackingConfig:
    """A store that is there: nothing but a sweep makes one.

    Args:
        directory: `tracking.directory` of the sweeps.
        uri: `tracking.uri` of them; None: SQLite in the directory.

    Raises:
        ConfigError: there is none.
    """
    from seqsweep.schema import TrackingConfig
    from seqsweep.tracking.address import address, uri_faults

    remember(uri or "")
    if faults := uri_faults(uri):
        raise ConfigError(faults)
    tracking = TrackingConfig(kind="mlflow", directory=str(directory), uri=uri)
    database = address(tracking).database
    if database is not None and not database.exists():
        told = "there is no MLflow store; `seqsweep sweep quickstart` makes one, --directory and --uri name another"
        raise ConfigError([f"{database}: {told}"])
    return tracking
