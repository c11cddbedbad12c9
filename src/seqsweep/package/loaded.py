"""A packaged model as its callers have it: loaded by MLflow, asked with DataFrames."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from seqsweep.tracking.store import load_mlflow
from seqsweep.trial import without_start_up_notes

if TYPE_CHECKING:
    import pandas as pd
    from mlflow.pyfunc import PyFuncModel

CHUNK = 512  # forecasts a request

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Loaded:
    """A model that MLflow loaded.

    Args:
        model: what MLflow gives to any caller.
        forecaster: the object of forecaster.py behind it.
    """

    model: PyFuncModel
    forecaster: Any

    @property
    def spec(self) -> Mapping[str, Any]:
        """The content of its spec.json."""
        content: Mapping[str, Any] = self.forecaster.spec
        return content

    @property
    def rows(self) -> int:
        """Rows that a forecast needs."""
        return int(self.forecaster.rows)

    @property
    def horizon(self) -> int:
        """Rows that a forecast covers."""
        return int(self.spec["horizon"])

    def forecast(self, values: Floats, columns: tuple[str, ...], origins: NDArray[np.int64]) -> Floats:
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

    def _requests(self, values: Floats, columns: tuple[str, ...], origins: NDArray[np.int64]) -> Iterator[pd.DataFrame]:
        """A DataFrame for each chunk of origins, an origin a series."""
        import pandas as pd

        views = sliding_window_view(values, self.rows, axis=0)  # (time - rows + 1, columns, rows)
        for start in range(0, len(origins), CHUNK):
            chunk = origins[start : start + CHUNK]
            blocks = views[chunk - self.rows + 1].transpose(0, 2, 1).reshape(-1, len(columns))
            frame = pd.DataFrame(blocks, columns=list(columns))
            frame["series_id"] = np.repeat(chunk, self.rows)
            yield frame


def load(folder: Path) -> Loaded:
    """A packaged model from its folder.

    Raises:
        MlflowException: this is no model.
    """
    load_mlflow()
    import mlflow

    with without_start_up_notes():  # of TensorFlow, which this may be the first to import
        model: PyFuncModel = mlflow.pyfunc.load_model(str(folder))
    return Loaded(model, model.unwrap_python_model())  # type: ignore[no-untyped-call]
