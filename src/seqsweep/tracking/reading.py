"""A run as MLflow holds it, read back: all that is needed to do it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seqsweep.errors import ConfigError
from seqsweep.interrupts import something_open
from seqsweep.records import Value
from seqsweep.tracking.mlflow_spelling import (
    BEST,
    FIGURES,
    LAST_EPOCH,
    LOG_RATE,
    NAME,
    PARENT,
    PRUNED_AT,
    RUN_STATUS,
    SECONDS,
    best_name,
    rounded,
)
from seqsweep.tracking.reaching import reaching
from seqsweep.tracking.run_files import read_text
from seqsweep.tracking.store import open_store

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

    from seqsweep.schema import TrackingConfig

CONFIG = "config.yaml"


@dataclass(frozen=True)
class LoggedRun:
    """A trial or final run, and what its sweep's run says of all of them.

    Args:
        run_id: of MLflow; the other fields of a trial are those of its record.
        finished: whether it has figures; where not, `reason` says why.
        metrics: final figures by the names that its record had.
        curve: (metric, epoch) → value.
        lineage: of its sweep: data, versions, commit.
        noise: standard deviation of the winner's final runs by the objective; None: there were no finals.
        config_yaml: the composed config.
    """

    run_id: str
    trial_id: str
    name: str
    finished: bool
    reason: str
    params: Mapping[str, Value]
    last_epoch: int
    seed: int
    fold: int
    continues: str | None
    kernels: str
    threads: int | None
    metrics: Mapping[str, float]
    curve: Mapping[tuple[str, int], float]
    lineage: Mapping[str, str]
    noise: float | None
    config_yaml: str


def read_run(config: TrackingConfig, run_id: str) -> LoggedRun:
    """The trial or final run of this id.

    Args:
        config: of the store.
        run_id: of MLflow.

    Raises:
        ConfigError: there is no such run, or it is none of seqsweep's trials.
        TrackingError: the store does not answer.
    """
    place, client = open_store(config, reading=True)
    with something_open(), reaching(place):
        run = _found(client, run_id)
        if run is None:
            raise ConfigError([f"{run_id}: {place} has no run of this id; the UI shows it at the top of a run's page"])
        if PARENT not in run.data.tags or run.data.tags.get("kind") not in ("trial", "final"):
            mend = "name one of its sweep's trials or final runs"
            trials = {
                "sweep": "name one of its trials or final runs",
                "refit": f"it learned from all of the data, so that nothing is left to score it by; {mend}",
            }.get(run.data.tags.get("kind", ""), "it is no trial")
            raise ConfigError([f"{run_id}: this is the run {run.info.run_name!r}; {trials}"])
        parent = client.get_run(run.data.tags[PARENT])
        return _logged(run, parent, _curve(client, run), read_text(client, parent.info.run_id, CONFIG))


def _logged(run: Run, parent: Run, curve: Mapping[tuple[str, int], float], config_yaml: str) -> LoggedRun:
    """What `mlflow_spelling` made of a record, read back."""
    tags, params = run.data.tags, read_params(run.data.params)
    threads, last_epoch = tags.get("threads"), params.pop(LAST_EPOCH)
    return LoggedRun(
        run_id=run.info.run_id,
        trial_id=tags["trial_id"],
        name=tags[NAME],
        finished=run.info.status == RUN_STATUS["COMPLETED"] and PRUNED_AT not in tags,
        reason=tags.get("reason", run.info.status.lower()),
        params=params,
        last_epoch=int(str(last_epoch)),
        seed=int(tags["seed"]),
        fold=int(tags.get("fold", 0)),
        continues=tags.get("continues"),
        kernels=tags.get("kernels", ""),
        threads=None if threads is None else int(threads),
        metrics=read_metrics(run.data.metrics, curve),
        curve=curve,
        lineage=dict(parent.data.tags),
        noise=parent.data.metrics.get("final_std"),
        config_yaml=config_yaml,
    )


def read_params(texts: Mapping[str, str]) -> dict[str, Value]:
    """What `mlflow_spelling.plain_params` spelt."""
    return {name: read_value(text) for name, text in texts.items() if name != LOG_RATE}


def read_metrics(metrics: Mapping[str, float], curve: Mapping[tuple[str, int], float]) -> dict[str, float]:
    """The scores among the metrics of a run, by the names that its record had; of a curve the best, not the last.

    Args:
        metrics: of the run.
        curve: (metric, epoch) → value; the best of a curve is a metric too, which is rounded.
    """
    scores = {n: v for n, v in metrics.items() if n not in FIGURES and not n.startswith(SECONDS)}
    found = {name: value for name, value in scores.items() if not name.startswith(BEST)}
    for name in (name.removeprefix(BEST) for name in scores if name.startswith(BEST)):
        shown = scores[best_name(name)]
        exact = curve.get((name, int(metrics.get("best_epoch", 0))), shown)
        found[name] = exact if rounded(exact) == shown else shown
    return found


def read_value(text: str) -> Value:
    """What `mlflow_spelling.plain` spelt."""
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
