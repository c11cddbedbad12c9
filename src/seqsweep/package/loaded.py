"""A packaged model as its callers have it: loaded by MLflow, asked with DataFrames."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from seqsweep.errors import StateError
from seqsweep.package.code import found_in, importing_from
from seqsweep.state_files import MEND
from seqsweep.tasks import Dataset, Items, Predictions, Task
from seqsweep.tracking.reaching import load_mlflow
from seqsweep.tracking.retry_queue import first_line
from seqsweep.trial import without_start_up_notes

if TYPE_CHECKING:
    import pandas as pd
    from mlflow.pyfunc import PyFuncModel


SERVES = {"network": "network.keras", "spec": "spec.json"}
"""The files of what serves, among MLflow's artifacts, by the names that they have there."""

EVALUATED = {"evaluated_network": "evaluated.keras", "evaluated_spec": "evaluated.json"}
"""Those of what was evaluated on the test part, where that is another network."""


@dataclass(frozen=True)
class Loaded:
    """A model that MLflow loaded.

    Args:
        model: what MLflow gives to any caller.
        served: the `serving.model.ServedModel` behind it, of the code that travelled with it.
    """

    model: PyFuncModel
    served: Any

    @property
    def is_evaluated(self) -> bool:
        """Whether it is what was evaluated, where that is not what serves."""
        return False

    @property
    def spec(self) -> Mapping[str, Any]:
        """The content of its spec.json."""
        content: Mapping[str, Any] = self.served.spec
        return content

    @property
    def example(self) -> pd.DataFrame:
        """The input example that was packaged with it."""
        return cast("pd.DataFrame", self.model.input_example)

    def ask(self, frame: pd.DataFrame) -> pd.DataFrame:
        """What it answers to any caller."""
        answer: Any = self.model.predict(frame)
        return cast("pd.DataFrame", answer)


@dataclass(frozen=True)
class Evaluated(Loaded):
    """What was evaluated: MLflow's own way leads to what serves."""

    @property
    def is_evaluated(self) -> bool:
        """It is."""
        return True

    def ask(self, frame: pd.DataFrame) -> pd.DataFrame:
        """What it answers."""
        answer: Any = self.served.predict(None, frame)
        return cast("pd.DataFrame", answer)


def ask(task: Task, data: Dataset, model: Loaded, items: Items) -> Predictions:
    """What a model predicts for items (n,), by requests as any caller would make them.

    Args:
        task: of the sweep.
        data: that the items are of.
        model: that is asked.
        items: of the data.
    """
    return task.answers(model, [model.ask(frame) for frame in task.requests(data, model, items)])


def as_evaluated(folder: Path, loaded: Loaded) -> Loaded:
    """What of a package was evaluated on the test part, and has not learned from it: often not what serves.

    Args:
        folder: of the packaged model.
        loaded: from this very folder.

    Raises:
        StateError: its files are gone or damaged.
    """
    if not loaded.spec["lineage"]["refit"]:
        return loaded
    files = [folder / "artifacts" / file for file in EVALUATED.values()]
    served = copy(loaded.served)
    try:
        served.load_context(SimpleNamespace(artifacts=dict(zip(SERVES, files, strict=True))))
    except Exception as error:  # whatever its files hold
        raise StateError(f"{folder}: what was evaluated cannot be loaded: {first_line(error)}; {MEND}") from error
    return Evaluated(loaded.model, served)


def load(folder: Path) -> Loaded:
    """A packaged model from its folder.

    Raises:
        StateError: this is no model, or a damaged one.
    """
    load_mlflow()
    import mlflow

    found_in(folder)
    try:
        with importing_from(), without_start_up_notes():  # of TensorFlow, which this may be the first to import
            model: PyFuncModel = mlflow.pyfunc.load_model(str(folder))
    except Exception as error:  # whatever its files hold is read by MLflow, Keras, and the code that travels with it
        raise StateError(f"{folder}: this packaged model cannot be loaded: {first_line(error)}; {MEND}") from error
    return Loaded(model, model.unwrap_python_model())  # type: ignore[no-untyped-call]
