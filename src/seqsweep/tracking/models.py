"""A packaged model in an MLflow store, where the UI shows it under its sweep's run and a registry can take it."""

from __future__ import annotations

import filecmp
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from seqsweep.tracking.mlflow_spelling import plain
from seqsweep.tracking.reaching import reaching_files

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel, Run

    from seqsweep.records import Value

NAME = "model"
UUID_TAG = "package"  # of the logged model: which package it is a copy of
DESCRIPTION = "MLmodel"  # MLflow's own file in a model's folder; that of a copy names the copy
_CACHES = shutil.ignore_patterns("__pycache__")


def log_model(client: MlflowClient, experiment_id: str, run_id: str, model: Path, params: Mapping[str, Value]) -> str:
    """The id of the logged model that is a whole copy of this package; the run's status stays.

    It is made if there is none, and files of it that are gone or damaged are put back.

    MlflowClient and not `mlflow.pyfunc.log_model`, which would package anew what parity has been shown of, and which
    needs an active run.

    Args:
        client: of the store.
        experiment_id: of the study.
        run_id: of the sweep's run.
        model: the folder of the package.
        params: of the winner, for the UI.

    Raises:
        MlflowException, OSError: the store refuses; `tracking.reaching.reaching` makes one error of them.
    """
    from mlflow.entities import LoggedModelOutput

    found = logged_model(client, experiment_id, model)
    if found is not None:
        if not _is_copy(client, found, model):
            _upload(client, str(found.model_id), run_id, model)
        return str(found.model_id)
    texts = {name: plain(value) for name, value in params.items()}
    logged = client.create_logged_model(experiment_id, NAME, run_id, {UUID_TAG: _uuid(model)}, texts)
    model_id = str(logged.model_id)
    _upload(client, model_id, run_id, model)
    client.finalize_logged_model(model_id, "READY")
    client.log_outputs(run_id, [LoggedModelOutput(model_id, step=0)])
    return model_id


def logged_model(client: MlflowClient, experiment_id: str, model: Path) -> LoggedModel | None:
    """The logged model that was made from this package; None where there is none.

    Args:
        client: of the store.
        experiment_id: of the study.
        model: the folder of the package.
    """
    for found in client.search_logged_models([experiment_id], f"tags.`{UUID_TAG}` = '{_uuid(model)}'"):
        if found.status == "READY":
            return found
    return None


@contextmanager
def files_of(location: str, tracking_uri: str) -> Iterator[Path]:
    """The folder of a model's files on this machine; what had to be brought here is taken away again.

    Args:
        location: URI of the files, as the store names it.
        tracking_uri: of the store.

    Raises:
        MlflowException, OSError: they are gone, or the store refuses.
    """
    import mlflow

    with tempfile.TemporaryDirectory(prefix="seqsweep-") as here:
        local = location.startswith("file:")
        target = None if local else here
        with reaching_files():
            found = mlflow.artifacts.download_artifacts(
                artifact_uri=location, dst_path=target, tracking_uri=tracking_uri
            )
        yield Path(found)


def _uuid(model: Path) -> str:
    from mlflow.models import Model

    return str(Model.load(str(model)).model_uuid)


def _upload(client: MlflowClient, model_id: str, run_id: str, model: Path) -> None:
    """Bring the files of a package into a logged model, over those that are there."""
    from mlflow.models import Model

    package = Model.load(str(model))
    with tempfile.TemporaryDirectory() as aside:
        copy = Path(shutil.copytree(model, Path(aside) / NAME, ignore=_CACHES))
        package.model_id, package.run_id = model_id, run_id
        package.save(str(copy / DESCRIPTION))
        with reaching_files():
            client.log_model_artifacts(model_id, str(copy))


def _is_copy(client: MlflowClient, logged: LoggedModel, model: Path) -> bool:
    """Whether the store has every file of the package as it is; MLflow's own description can at least be read."""
    from mlflow.models import Model

    files = [file.relative_to(model) for file in model.rglob("*") if file.is_file() and "__pycache__" not in file.parts]
    try:
        with files_of(logged.artifact_location, client.tracking_uri) as copy:
            same = all(
                filecmp.cmp(model / file, copy / file, shallow=False) for file in files if file.name != DESCRIPTION
            )
            return same and Model.load(str(copy)).model_id == logged.model_id
    except Exception:  # whatever a damaged description holds; of a store that is away the upload will tell
        return False


def parent_run(client: MlflowClient, study: str, fingerprint: str) -> Run | None:
    """The run of a sweep; None where the store has none.

    Args:
        client: of the store.
        study: its experiments are called by it and by their data.
        fingerprint: of the sweep's identity.
    """
    # One a data set, see `SweepRecord.experiment`.
    found = [e.experiment_id for e in client.search_experiments() if f"{e.name}: ".startswith(f"{study}: ")]
    query = f"tags.kind = 'sweep' and tags.sweep = '{fingerprint}'"
    runs = client.search_runs(found, query, max_results=1) if found else []
    return runs[0] if runs else None
