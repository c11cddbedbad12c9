"""A packaged model in an MLflow store, where the UI shows it under its sweep's run and a registry can take it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from seqsweep.tracking.mlflow_spelling import plain

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

    from seqsweep.records import Value

NAME = "model"
UUID_TAG = "package"  # of the logged model: which package it is a copy of


def log_model(client: MlflowClient, experiment_id: str, run_id: str, model: Path, params: Mapping[str, Value]) -> str:
    """The id of the logged model that is a copy of this package; made if there is none. The run's status stays.

    MlflowClient and not `mlflow.pyfunc.log_model`, which would package anew what parity has been shown of, and which
    needs an active run.

    Args:
        client: of the store.
        experiment_id: of the study.
        run_id: of the sweep's run.
        model: the folder of the package.
        params: of the winner, for the UI.

    Raises:
        MlflowException, OSError: the store refuses; `tracking.store.reaching` makes one error of them.
    """
    from mlflow.entities import LoggedModelOutput
    from mlflow.models import Model

    package = Model.load(str(model))
    uuid = str(package.model_uuid)
    for found in client.search_logged_models([experiment_id], f"tags.`{UUID_TAG}` = '{uuid}'"):
        if found.status == "READY":
            return str(found.model_id)
    texts = {name: plain(value) for name, value in params.items()}
    logged = client.create_logged_model(experiment_id, NAME, run_id, {UUID_TAG: uuid}, texts)
    model_id = str(logged.model_id)
    with tempfile.TemporaryDirectory() as aside:
        copy = Path(shutil.copytree(model, Path(aside) / NAME, ignore=shutil.ignore_patterns("__pycache__")))
        package.model_id, package.run_id = model_id, run_id
        package.save(str(copy / "MLmodel"))
        client.log_model_artifacts(model_id, str(copy))
    client.finalize_logged_model(model_id, "READY")
    client.log_outputs(run_id, [LoggedModelOutput(model_id, step=0)])
    return model_id


def parent_run(client: MlflowClient, study: str, fingerprint: str) -> Run | None:
    """The run of a sweep; None where the store has none.

    Args:
        client: of the store.
        study: the experiment's name.
        fingerprint: of the sweep's identity.
    """
    experiment = client.get_experiment_by_name(study)
    query = f"tags.kind = 'sweep' and tags.sweep = '{fingerprint}'"
    runs = client.search_runs([experiment.experiment_id], query, max_results=1) if experiment else []
    return runs[0] if runs else None
