"""The MLflow UI on the store of a config: started, found ready, linked to, and ended without a trace."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from seqsweep.errors import ConfigError, Fault
from seqsweep.tracking.address import without_login
from seqsweep.tracking.local_server import HOST, refuse_taken, running, wait_for_end, wait_until_healthy
from seqsweep.tracking.reaching import reaching
from seqsweep.tracking.store import open_store
from seqsweep.tracking.view import CHARTS_KEY, CHARTS_TAG, VIEW_KEY, VIEW_TAG

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Experiment

    from seqsweep.schema import TrackingConfig
    from seqsweep.tracking.address import StoreAddress

ENVIRONMENT = {
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # or else 15 processes, for language models
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
}


def serve(config: TrackingConfig, port: int, say: Callable[[str], None]) -> None:
    """Nothing, after Ctrl-C has ended the UI; meanwhile it is at the link that `say` was told.

    Args:
        config: whose store to show.
        port: where the UI listens, on this machine alone.
        say: is told each line that the user should see.

    Raises:
        ConfigError: `config` keeps no runs in MLflow.
        UserError: the port is taken.
        TrackingError: the store cannot be used, or the server does not start.
    """
    if config.kind != "mlflow":
        told = f"tracking.kind={config.kind} keeps nothing to show; choose tracking=mlflow"
        raise ConfigError([Fault("tracking.kind", told)])
    place, client = open_store(config, reading=True)
    with reaching(place):
        page, charts = newest_sweep(client), newest_charts(client)
    if page is None:
        say("There is no sweep in this store yet: `seqsweep sweep quickstart` makes one.")
    if place.uri.startswith("http"):
        say(f"The store has a UI of its own: {link(without_login(place.uri), page)}")
        return
    if place.copy_of is not None:
        say(f"{place.copy_of} cannot be written: this is a copy, and what is changed in it is lost at the end.")
    refuse_taken(port)
    with suppress(KeyboardInterrupt), running(_command(port), _environment(place)) as server:
        wait_until_healthy(server, port)
        say(f"MLflow is at {link(f'http://{HOST}:{port}', page)}")
        if charts is not None:
            say(f"Charts are at {link(f'http://{HOST}:{port}', charts)}")
        say("Ctrl-C ends it.")
        wait_for_end(server)


def newest_sweep(client: MlflowClient) -> str | None:
    """The page of the study whose sweep started last, or None if there is no sweep."""
    study = _newest_study(client)
    if study is None:
        return None
    # Without its first parameter a first visit lands on a page about language models.
    view = f"&viewStateShareKey={VIEW_KEY}" if VIEW_TAG in study.tags else ""
    return f"/#/experiments/{study.experiment_id}/runs?workflowType=machine_learning{view}"


def newest_charts(client: MlflowClient) -> str | None:
    """The page of the same study's charts: parallel coordinates, ranking, curves; None if it has no such view."""
    study = _newest_study(client)
    if study is None or CHARTS_TAG not in study.tags:  # a key that is not there leads elsewhere
        return None
    view = f"&compareRunsMode=CHART&viewStateShareKey={CHARTS_KEY}"
    return f"/#/experiments/{study.experiment_id}/runs?workflowType=machine_learning{view}"


def _newest_study(client: MlflowClient) -> Experiment | None:
    studies = {study.experiment_id: study for study in client.search_experiments()}
    sweeps = client.search_runs(
        list(studies), "tags.kind = 'sweep'", max_results=1, order_by=["attributes.start_time DESC"]
    )
    return studies[sweeps[0].info.experiment_id] if sweeps else None


def link(server: str, page: str | None) -> str:
    """Where to click.

    Args:
        server: the address of the UI.
        page: a path in it; None: the list of experiments.
    """
    return server.rstrip("/") + (page or "/#/experiments?workflowType=machine_learning")


def _command(port: int) -> list[str]:
    started = [sys.executable, "-m", "mlflow", "server", "--no-serve-artifacts"]
    return [*started, "--host", HOST, "--port", str(port), "--workers", "1"]


def _environment(place: StoreAddress) -> dict[str, str]:
    return {
        **ENVIRONMENT,
        "MLFLOW_BACKEND_STORE_URI": place.uri,
        "MLFLOW_DEFAULT_ARTIFACT_ROOT": str(place.artifacts),
    }
