"""A recurrent network that forecasts raw values from raw values: the code that travels with a packaged model.

It stands alone: mlflow, keras, tensorflow, numpy and pandas are all that it imports, and MLflow runs this very file
(`spec.json` says what it must do to the values). Input: a DataFrame with the columns of the data in their own unit, the
rows in the order of time, the latest last. Output: a row for each step after the last one.
"""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import mlflow
import numpy as np
import pandas as pd
import tensorflow as tf
from mlflow.exceptions import MlflowException
from mlflow.pyfunc.model import PythonModel

SERIES = "series_id"
"""The optional column that tells several series in one frame apart."""

BATCH = 1024  # windows a call of the network


class Forecaster(PythonModel):
    """Clip, log, difference, scale, anchor, network, and all of it back."""

    def load_context(self, context: Any) -> None:
        """Read the network and what belongs to it."""
        self.spec: dict[str, Any] = json.loads(Path(context.artifacts["spec"]).read_text(encoding="utf-8"))
        self._columns: list[str] = self.spec["columns"]
        transform = self.spec["transform"]
        self._clip, self._log1p = transform["clip"], transform["log1p"]
        self._lags = np.array(transform["lags"], np.float64)  # coefficients of the differencing polynomial
        self._offset, self._scale = (np.array(transform[name], np.float64) for name in ("offset", "scale"))
        network = keras.saving.load_model(context.artifacts["network"], compile=False, safe_mode=True)
        shape = tf.TensorSpec([None, self.spec["window"], len(self._columns)], tf.float32)
        # One graph: called op by op, the network would take many times as long.
        self._network = tf.function(lambda windows: network(windows, training=False), input_signature=[shape])

    @property
    def rows(self) -> int:
        """Rows that a forecast needs: the window, and those that differencing takes."""
        return int(self.spec["window"]) + len(self._lags) - 1

    def predict(
        self,
        context: Any,  # noqa: ARG002 (MLflow's interface, likewise `params`)
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> pd.DataFrame:
        """Forecast what follows the last row, of each series where there is a column `series_id`.

        Args:
            context: not used.
            model_input: the columns of the data in their own unit; others are ignored. At least `rows` rows a series,
                of which the last ones count.
            params: not used.

        Returns:
            A row for each step ahead: `series_id` (if given), `step` (from 1), `time` (if the input has the column of
            times, and they are even), `forecast`, and `lower_80`, `upper_80` and so on for each level, in the unit of
            the data.

        Raises:
            MlflowException: the frame cannot be used; the text says which column or row, and what to do.
        """
        frame = model_input.reset_index(drop=True)
        self._check_columns(frame)
        names, used = self._used(frame)
        times = self._times(frame, used)
        forecast = self.forecast(self._values(frame, used))  # (series, horizon)
        horizon = forecast.shape[1]
        result: dict[str, Any] = {SERIES: np.repeat(np.array(names, object), horizon)} if names else {}
        result["step"] = np.tile(np.arange(1, horizon + 1), len(forecast))
        if times is not None:
            result["time"] = times
        result["forecast"] = forecast.ravel()
        for level, widths in self.spec["half_widths"].items():
            share = f"{100 * float(level):g}"
            result[f"lower_{share}"] = (forecast - widths).ravel()
            result[f"upper_{share}"] = (forecast + widths).ravel()
        return pd.DataFrame(result)

    def forecast(self, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """(n, rows, columns) → (n, horizon), both in the unit of the data."""
        parts = [self._forecast(values[start : start + BATCH]) for start in range(0, len(values), BATCH)]
        return np.concatenate(parts)

    def _forecast(self, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        n_dropped = len(self._lags) - 1
        level = values[:, :, 0] if self._clip is None else np.clip(values[:, :, 0], *self._clip)
        level = np.log1p(level) if self._log1p else level  # (n, rows)
        rows = level.shape[1]
        inputs = values[:, n_dropped:].copy()  # (n, window, columns)
        inputs[:, :, 0] = sum(c * level[:, n_dropped - k : rows - k] for k, c in enumerate(self._lags) if c != 0)
        scaled = ((inputs - self._offset) / self._scale).astype(np.float32)
        anchor = self._anchor(scaled)  # (n, columns)
        output = self._network(tf.constant(scaled - anchor[:, None])).numpy() + anchor[:, :1]  # (n, horizon)
        change = output.astype(np.float64) * self._scale[0] + self._offset[0]
        return self._integrated(change, level)

    def _anchor(self, scaled: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """What is taken off a window, and put back on its forecast: (n, window, columns) → (n, columns)."""
        if self.spec["anchor"] == "last":
            return scaled[:, -1]
        if self.spec["anchor"] == "mean":
            mean: np.ndarray[Any, Any] = scaled.mean(axis=1, dtype=np.float64).astype(np.float32)
            return mean
        return np.zeros_like(scaled[:, 0])

    def _integrated(self, change: np.ndarray[Any, Any], level: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Undo differencing, then the logarithm: (n, horizon) and the past (n, rows) → (n, horizon)."""
        n_dropped = len(self._lags) - 1
        if n_dropped:
            path = level[:, len(level[0]) - n_dropped :]  # what is not yet observed is itself a forecast
            for step in range(change.shape[1]):
                value = change[:, step] - path[:, : -n_dropped - 1 : -1] @ self._lags[1:]
                path = np.column_stack([path, value])
            change = path[:, n_dropped:]
        with np.errstate(over="ignore"):
            result: np.ndarray[Any, Any] = np.expm1(change) if self._log1p else change
        return result

    def _check_columns(self, frame: pd.DataFrame) -> None:
        missing = [name for name in self._columns if name not in frame]
        if missing:
            others = {str(name).lower(): name for name in frame if name not in self._columns}
            near = difflib.get_close_matches(missing[0].lower(), others, 1)
            mend = f"rename {others[near[0]]!r}" if near else f"the columns are {', '.join(map(str, frame)) or 'none'}"
            raise _fault(f"there is no column {missing[0]!r}; the model reads {', '.join(self._columns)}: {mend}")

    def _used(self, frame: pd.DataFrame) -> tuple[list[Any], np.ndarray[Any, Any]]:
        """Names of the series, none without a column of them; positions of their last rows, (series, rows)."""
        if SERIES not in frame or SERIES in self._columns:
            self._check_rows(len(frame), "")
            return [], np.arange(len(frame))[None, -self.rows :]
        unnamed = frame[SERIES].isna()
        if unnamed.any():
            raise _fault(f"column {SERIES!r}, row {int(unnamed.argmax()) + 1}: the series has no name")
        parts = frame.groupby(SERIES, sort=False).indices
        names = list(dict.fromkeys(frame[SERIES]))
        for name in names:
            self._check_rows(len(parts[name]), f"series {str(name)!r} has ")
        return names, np.array([parts[name][-self.rows :] for name in names], np.int64).reshape(-1, self.rows)

    def _check_rows(self, rows: int, whose: str) -> None:
        if rows < self.rows:
            n_dropped = len(self._lags) - 1
            why = f" ({self.spec['window']} of its window and {n_dropped} that differencing takes)" if n_dropped else ""
            raise _fault(f"{whose or 'there are '}{rows} rows, and a forecast needs {self.rows}{why}; give more")

    def _values(self, frame: pd.DataFrame, used: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """The rows that count, (series, rows, columns), every value a number."""
        values: np.ndarray[Any, Any] = np.column_stack([self._numbers(frame[name]) for name in self._columns])[used]
        bad = ~np.isfinite(values)
        if bad.any():
            where = tuple(int(i) for i in np.argwhere(bad)[0])
            name, row = self._columns[where[2]], int(used[where[:2]])
            value = frame[name].iloc[row]
            what = "the value is missing; fill it in" if pd.isna(value) else f"{str(value)!r} is no number"
            raise _fault(f"column {name!r}, row {row + 1}: {what}")
        if self._log1p and (low := values[:, :, 0].min() if self._clip is None else self._clip[0]) <= -1:
            raise _fault(f"column {self._columns[0]!r}: {low:g} has no log(1 + y), which this model takes")
        return values

    def _numbers(self, column: pd.Series[Any]) -> np.ndarray[Any, Any]:
        if column.dtype.kind in "mM":  # or else a date would count as its nanoseconds
            raise _fault(f"column {column.name!r}, row 1: {str(column.iloc[0])!r} is no number")
        numbers: np.ndarray[Any, Any] = pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan)
        return numbers

    def _times(self, frame: pd.DataFrame, used: np.ndarray[Any, Any]) -> Iterable[Any] | None:
        """The time of each step of each series, or None; refuses rows that are not in the order of time."""
        times = self._read_times(frame)
        if times is None:
            return None
        late = times[used]  # (series, rows)
        wrong = np.argwhere(~(late[:, 1:] > late[:, :-1]))
        if len(wrong):
            row = int(used[wrong[0][0], wrong[0][1] + 1])
            raise _fault(
                f"column {self.spec['time']!r}, row {row + 1}: {frame[self.spec['time']].iloc[row]} is not later than "
                "the row before it; sort the rows, the latest last"
            )
        if self.spec["frequency"] is None or late.dtype.kind != "M":
            return None
        step = pd.tseries.frequencies.to_offset(self.spec["frequency"])
        return [pd.Timestamp(row[-1]) + step * ahead for row in late for ahead in range(1, self.spec["horizon"] + 1)]

    def _read_times(self, frame: pd.DataFrame) -> Any:
        """The column of times as numbers or dates; None where there is none, or its dates are not ISO 8601."""
        if self.spec["time"] is None or self.spec["time"] not in frame:
            return None
        column = frame[self.spec["time"]]
        if column.dtype.kind in "iuf":
            return column.to_numpy()
        try:
            return pd.to_datetime(column, format="ISO8601", utc=True).dt.tz_localize(None).to_numpy()
        except (ValueError, TypeError):
            return None


def _fault(text: str) -> MlflowException:
    """A fault of the input: a server answers it with status 400 and the text."""
    fault: MlflowException = MlflowException.invalid_parameter_value(text)
    return fault


mlflow.models.set_model(Forecaster())
