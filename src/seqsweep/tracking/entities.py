"""Entities of MLflow, made without the libraries that its own makers of them would load."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from seqsweep.redaction import redacted
from seqsweep.tracking.mlflow_spelling import split_finite

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput, Metric

    from seqsweep.events import Epoch
    from seqsweep.tracking.interface import LoggedDataset


def curve_metrics(points: Iterable[Epoch]) -> tuple[list[Metric], dict[str, str]]:
    """One metric a finite value; the first other value of each name as a tag: `val_loss=nan at epoch 3`."""
    from mlflow.entities import Metric

    metrics: list[Metric] = []
    tags: dict[str, str] = {}
    for point in points:
        numbers, oddities = split_finite(point.metrics)
        metrics += [Metric(name, value, milliseconds(point.at), point.epoch) for name, value in numbers.items()]
        for name, text in oddities.items():
            tags.setdefault(name, f"{text} at epoch {point.epoch}")
    return metrics, tags


def dataset_input(part: LoggedDataset) -> DatasetInput:
    """MLflow's own entity: `mlflow.data` would load pandas and more to make one. One digest is one dataset to it."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    source = redacted(part.source)
    is_file = Path(source).is_absolute()
    kind, content = ("local", {"uri": source}) if is_file else ("code", {"tags": {"source": source}})
    profile = json.dumps({"num_rows": part.items, "rows_of_the_source": part.rows})
    digest = f"{part.sha256[:8]}-{part.part}"
    entity = Dataset(part.name, digest, kind, json.dumps(content), profile=profile)
    return DatasetInput(entity, [InputTag("mlflow.data.context", part.part)])


def at_once(numbers: Mapping[str, float], at: float | None, step: int = 0) -> list[Metric]:
    """A metric a number, all of one moment.

    Args:
        numbers: finite, by name.
        at: seconds since 1970; None: now.
        step: of all of them.
    """
    from mlflow.entities import Metric

    return [Metric(name, value, milliseconds(at), step) for name, value in numbers.items()]


def milliseconds(seconds: float | None) -> int:
    """Since 1970, as MLflow counts; None: now."""
    return int(1000 * (time.time() if seconds is None else seconds))
