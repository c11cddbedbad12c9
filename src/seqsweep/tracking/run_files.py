"""Files of MLflow's runs, wherever their store keeps them."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from seqsweep.tracking.address import address
from seqsweep.tracking.http import answer
from seqsweep.tracking.reaching import reaching_files

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from seqsweep.schema import TrackingConfig
    from seqsweep.tracking.interface import SweepRecord


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
    for query in (f"get-by-name?experiment_name={quote(sweep.experiment)}", "get?experiment_id=0"):
        try:
            experiment = json.loads(answer(place, f"api/2.0/mlflow/experiments/{query}"))["experiment"]
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
