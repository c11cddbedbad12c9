"""Files of MLflow's runs, wherever their store keeps them."""

from __future__ import annotations

import json
import tempfile
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit
from urllib.request import Request, urlopen

from seqsweep.tracking.address import address, without_login
from seqsweep.tracking.reaching import reaching_files

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from seqsweep.schema import TrackingConfig
    from seqsweep.tracking.interface import SweepRecord

PATIENCE = 5.0  # seconds


def files_go_straight(config: TrackingConfig, sweep: SweepRecord) -> bool:
    """Whether a server sends this machine elsewhere with the files of a sweep, such as to S3.

    It takes milliseconds, since it does without MLflow. False of what is no server, and where it does not say, as to
    those whose login is not in its address: whatever is wrong then shows as the store is opened.

    Args:
        config: names the server.
        sweep: its experiment has a place of its own, or is made where the server's first one is.
    """
    place = address(config)
    if not place.server:
        return False
    login = unquote(urlsplit(place.uri).netloc.rpartition("@")[0])
    headers = {"Authorization": f"Basic {b64encode(login.encode()).decode()}"} if login else {}
    for query in (f"get-by-name?experiment_name={quote(sweep.experiment)}", "get?experiment_id=0"):
        path = f"{without_login(place.uri).rstrip('/')}/api/2.0/mlflow/experiments/{query}"
        try:
            with urlopen(Request(path, headers=headers), timeout=PATIENCE) as answer:
                experiment = json.load(answer)["experiment"]
                return not str(experiment["artifact_location"]).startswith("mlflow-artifacts:")
        except (OSError, ValueError, LookupError, TypeError):
            continue
    return False


def log_text(client: MlflowClient, run_id: str, text: str, name: str) -> None:
    """Write a file of a run, over one that is there.

    Args:
        client: of the store.
        run_id: of the run.
        text: what the file holds.
        name: relative to the run's folder of files.

    Raises:
        MlflowException, OSError: the store does not answer, or refuses.
    """
    with reaching_files():
        client.log_text(run_id, text, name)


def read_text(client: MlflowClient, run_id: str, name: str) -> str:
    """What a file of a run holds; arguments and errors are those of `log_text`."""
    with tempfile.TemporaryDirectory() as folder, reaching_files():
        return Path(client.download_artifacts(run_id, name, folder)).read_text(encoding="utf-8")
