"""From a trained network to a folder that MLflow loads anywhere."""

from __future__ import annotations

import json
import shutil
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqsweep.data import Series
from seqsweep.errors import StateError
from seqsweep.events import TrialSpec
from seqsweep.finals import Conclusion
from seqsweep.layers import to_keras
from seqsweep.package.card import card
from seqsweep.package.code import LOADER, importing_from, write_code
from seqsweep.package.loaded import load
from seqsweep.package.parity import PARITY, compare, save_parity
from seqsweep.package.spec import Packaged, make_spec
from seqsweep.schema import SweepConfig
from seqsweep.state_files import read_state
from seqsweep.sweep import lineage
from seqsweep.tracking.store import load_mlflow

if TYPE_CHECKING:
    import pandas as pd
    from mlflow.models import ModelSignature

    from seqsweep.trial import Trial
    from seqsweep.trial.network import Network

MODEL = "model"
"""The model's folder in that of its sweep."""

CARD = "model_card.md"


def build(
    folder: Path, job: Trial, spec: TrialSpec, network: Network, conclusion: Conclusion, config: SweepConfig
) -> Path:
    """Package the network that was evaluated on the test part; a package that is there is replaced as a whole.

    The folder holds the code that `package.code` writes, the network in plain Keras layers (`network.keras`),
    `spec.json`, signature, input example, pinned requirements, `model_card.md`, and `parity.json`: whether what MLflow
    loads from it forecasts the test part as `network` does.

    Args:
        folder: of the sweep.
        job: of the sweep.
        spec: of the final run that was evaluated.
        network: what it trained.
        conclusion: of the sweep; it has a test evaluation.
        config: of the sweep.

    Returns:
        The model's folder.

    Raises:
        StateError: the disk refuses.
    """
    load_mlflow()
    for left in folder.glob(".model-*"):  # by a process that was killed while it packaged
        shutil.rmtree(left, ignore_errors=True)
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix=".model-") as aside:
            model = _save(Path(aside), job, spec, network, conclusion, config)
            _compare(model, job, network)
            shutil.rmtree(folder / MODEL, ignore_errors=True)
            return model.rename(folder / MODEL)
    except OSError as error:
        raise StateError(f"{folder / MODEL}: cannot package the winner: {error}") from error


def packaged_evaluation(model: Path) -> tuple[str, int] | None:
    """The final run whose network a package holds, and the number of its test evaluation; None: there is no package."""
    try:
        origin = read_state(model / "artifacts" / "spec.json", Packaged, partly=True).lineage
    except StateError:
        return None  # then it is packaged anew
    return (origin.run, origin.test_evaluation) if (model / PARITY).exists() else None


def requirements() -> list[str]:
    """What the model needs, pinned to what it was made with."""
    pins = [f"{name}=={version(name)}" for name in ("mlflow", "keras", "numpy", "pandas")]
    for name in ("tensorflow", "tensorflow-cpu"):
        try:
            return [*pins, f"{name}=={version(name)}"]
        except PackageNotFoundError:
            continue
    return [*pins, "tensorflow"]


def _save(
    aside: Path, job: Trial, spec: TrialSpec, network: Network, conclusion: Conclusion, config: SweepConfig
) -> Path:
    import mlflow

    from seqsweep.serving.forecast import ForecastPredictor

    evaluation = conclusion.evaluation
    assert evaluation is not None  # without an evaluation there is no winner to package
    content = make_spec(job.series, spec, network.windows, conclusion, evaluation, config, lineage())
    (aside / "spec.json").write_text(json.dumps(content, indent=1, allow_nan=False), encoding="utf-8")
    to_keras(network.model).save(aside / "network.keras")
    rows = network.windows.window + network.windows.transform.n_dropped
    code = write_code(aside, ForecastPredictor)
    with importing_from(aside):
        mlflow.pyfunc.save_model(
            aside / MODEL,
            python_model=str(aside / LOADER),
            code_paths=[str(code)],
            artifacts={"network": str(aside / "network.keras"), "spec": str(aside / "spec.json")},
            signature=_signature(job.series.columns, list(content["half_widths"])),
            input_example=_example(job.series, job.split.train_end, rows),
            pip_requirements=requirements(),
            metadata={"sweep": conclusion.fingerprint, "study": conclusion.study},
        )
    (aside / MODEL / CARD).write_text(card(content, conclusion, config), encoding="utf-8")
    return aside / MODEL


def _compare(model: Path, job: Trial, network: Network) -> None:
    origins = job.split.test
    answers = load(model).forecast(job.series.values, job.series.columns, origins)
    save_parity(model, compare(answers, network.forecast(origins)))


def _signature(columns: tuple[str, ...], levels: list[str]) -> ModelSignature:
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema
    from mlflow.types.schema import AnyType

    anything = AnyType()  # type: ignore[no-untyped-call]
    # Any type: columns of doubles would refuse whole numbers.
    inputs: list[Any] = [ColSpec(anything, name) for name in columns]
    inputs.append(ColSpec(anything, "series_id", required=False))
    bounds = [f"{side}_{100 * float(level):g}" for level in levels for side in ("lower", "upper")]
    outputs: list[Any] = [ColSpec(anything, "series_id", required=False), ColSpec(DataType.long, "step")]
    outputs += [ColSpec(DataType.double, name) for name in ("forecast", *bounds)]
    return ModelSignature(Schema(inputs), Schema(outputs))


def _example(series: Series, train_end: int, rows: int) -> pd.DataFrame:
    """The last rows of train, as many as a forecast needs."""
    import pandas as pd

    return pd.DataFrame(series.values[train_end - rows : train_end], columns=list(series.columns))
