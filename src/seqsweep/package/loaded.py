"""A packaged model as its callers have it: loaded by MLflow, asked with DataFrames."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seqsweep.package.code import importing_from
from seqsweep.serving.array_types import Float64s, Int64s
from seqsweep.serving.gather import Gather
from seqsweep.tracking.store import load_mlflow
from seqsweep.trial import without_start_up_notes

if TYPE_CHECKING:
    import pandas as pd
    from mlflow.pyfunc import PyFuncModel

CHUNK = 512  # forecasts a request


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
    def spec(self) -> Mapping[str, Any]:
        """The content of its spec.json."""
        content: Mapping[str, Any] = self.served.spec
        return content

    @property
    def rows(self) -> int:
        """Rows that a forecast needs."""
        return int(self.served.predictor.rows)

    @property
    def horizon(self) -> int:
        """Rows that a forecast covers."""
        return int(self.spec["horizon"])

    def forecast(self, values: Float64s, columns: tuple[str, ...], origins: Int64s) -> Float64s:
        """What the model answers to requests as any caller would make them.

        Args:
            values: the series (time, columns), in the unit of the data.
            columns: their names.
            origins: (n,), the last row that each forecast may see; `rows` - 1 at least.

        Returns:
            (n, horizon), in the unit of the data.
        """
        answers: list[Any] = [self.model.predict(frame) for frame in self._requests(values, columns, origins)]
        return np.concatenate([answer["forecast"].to_numpy(np.float64).reshape(-1, self.horizon) for answer in answers])

    def _requests(self, values: Float64s, columns: tuple[str, ...], origins: Int64s) -> Iterator[pd.DataFrame]:
        """A DataFrame for each chunk of origins, an origin a series."""
        import pandas as pd

        past = Gather(values, range(1 - self.rows, 1))
        for start in range(0, len(origins), CHUNK):
            chunk = origins[start : start + CHUNK]
            blocks = past.numpy(chunk)  # (chunk, rows, columns)
            frame = pd.DataFrame(blocks.reshape(-1, len(columns)), columns=list(columns))
            frame["series_id"] = np.repeat(chunk, self.rows)
            yield frame


def load(folder: Path) -> Loaded:
    """A packaged model from its folder.

    Raises:
        MlflowException: this is no model.
    """
    load_mlflow()
    import mlflow

    with importing_from(), without_start_up_notes():  # of TensorFlow, which this may be the first to import
        model: PyFuncModel = mlflow.pyfunc.load_model(str(folder))
    return Loaded(model, model.unwrap_python_model())  # type: ignore[no-untyped-call]
