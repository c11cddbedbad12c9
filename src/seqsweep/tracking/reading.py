"""A run as MLflow holds it, read back: all that is needed to do it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seqsweep.errors import ConfigError
from seqsweep.tracking.records import LOG_RATE, PARENT, Value, best_name
from seqsweep.tracking.store import open_store, reaching

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

    from seqsweep.schema import TrackingConfig

CONFIG = "config.yaml"


@dataclass(frozen=True)
class LoggedRun:
    """A trial or final run, and what its sweep's run says of all of them.

    Args:
        params: by their plain names, typed again.
        metrics: final figures, one each.
        curve: (metric, epoch) → value.
        sweep_tags: of the parent: data, versions, commit.
        sweep_metrics: of the parent.
        config_yaml: the composed config.
    """

    run_id: str
    name: str
    status: str
    params: Mapping[str, Value]
    tags: Mapping[str, str]
    metrics: Mapping[str, float]
    curve: Mapping[tuple[str, int], float]
    sweep_tags: Mapping[str, str]
    sweep_metrics: Mapping[str, float]
    config_yaml: str


def read_run(config: TrackingConfig, run_id: str) -> LoggedRun:
    """The trial or final run of this id.

    Raises:
        ConfigError: there is no such run, or it is none of seqsweep's trials.
        TrackingError: the store does not answer.
    """
    place, client = open_store(config)
    with reaching(place):
        run = _found(client, run_id)
        if run is None:
            raise ConfigError([f"{run_id}: {place} has no run of this id; the UI shows it at the top of a run's page"])
        if PARENT not in run.data.tags or run.data.tags.get("kind") not in ("trial", "final"):
            trials = (
                "name one of its trials or final runs" if run.data.tags.get("kind") == "sweep" else "it is no trial"
            )
            raise ConfigError([f"{run_id}: this is the run {run.info.run_name!r}; {trials}"])
        parent = client.get_run(run.data.tags[PARENT])
        text = _text(client, parent.info.run_id)
        return LoggedRun(
            run_id=run.info.run_id,
            name=run.info.run_name,
            status=run.info.status,
            params=read_params(run.data.params),
            tags=dict(run.data.tags),
            metrics=dict(run.data.metrics),
            curve=_curve(client, run),
            sweep_tags=dict(parent.data.tags),
            sweep_metrics=dict(parent.data.metrics),
            config_yaml=text,
        )


def read_params(texts: Mapping[str, str]) -> dict[str, Value]:
    """What `records.plain_params` spelt."""
    return {name: read_value(text) for name, text in texts.items() if name != LOG_RATE}


def read_value(text: str) -> Value:
    """What `records.plain` spelt."""
    if text in ("null", "true", "false"):
        return {"null": None, "true": True, "false": False}[text]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _found(client: MlflowClient, run_id: str) -> Run | None:
    from mlflow.exceptions import MlflowException

    try:
        return client.get_run(run_id)
    except MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None
        raise


def _curve(client: MlflowClient, run: Run) -> dict[tuple[str, int], float]:
    """Every point of the metrics that have one an epoch; epochs count from 1, final figures have step 0."""
    best = {name for name in run.data.metrics if best_name(name) in run.data.metrics}
    names = [name for name in run.data.metrics if name in best or name == "loss"]
    history = [point for name in names for point in client.get_metric_history(run.info.run_id, name)]
    return {(point.key, point.step): point.value for point in history if point.step > 0}


def _text(client: MlflowClient, run_id: str) -> str:
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        return Path(client.download_artifacts(run_id, CONFIG, folder)).read_text(encoding="utf-8")
