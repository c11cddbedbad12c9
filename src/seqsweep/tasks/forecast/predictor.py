"""Raw rows in, forecasts in their own unit out: what a packaged forecast does with a request.

Input: a DataFrame with the columns of the data in their own unit, the rows in the order of time, the latest last.
Output: a row for each step after the last one.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from mlflow.exceptions import MlflowException

from ...serving.array_types import Float64s, Int64s
from ...serving.model import Network
from ...serving.transforms import Transform
from ...serving.windows import ANCHORS, SeriesView

SERIES = "series_id"
"""The optional column that tells several series in one frame apart."""

BATCH = 1024  # windows a call of the network


class ForecastPredictor:
    """Forecasts what follows the last row, of each series where there is a column `series_id`.

    Args:
        spec: columns, transform, anchor, window and horizon; half widths of intervals; the column of times.
        network: (n, window, columns) → (n, horizon), scaled and anchored.
    """

    def __init__(self, spec: dict[str, Any], network: Network) -> None:
        self._spec = spec
        self._network = network
        self._columns: list[str] = spec["columns"]
        self._transform = Transform.from_json(spec["transform"])

    @property
    def rows(self) -> int:
        """Rows that a forecast needs: the window, and those that differencing takes."""
        return int(self._spec["window"]) + self._transform.n_dropped

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows that follow.

        Args:
            frame: the columns of the data in their own unit; others are ignored. At least `rows` rows a series, of
                which the last ones count.

        Returns:
            A row for each step ahead: `series_id` (if given), `step` (from 1), `time` (if the input has the column of
            times, and they are even), `forecast`, and `lower_80`, `upper_80` and so on for each level, in the unit of
            the data.

        Raises:
            MlflowException: the frame cannot be used; the text says which column or row, and what to do.
        """
        frame = frame.reset_index(drop=True)
        self._check_columns(frame)
        names, used = self._used(frame)
        times = self._times(frame, used)
        forecast = self._forecast(self._values(frame, used))  # (series, horizon)
        horizon = forecast.shape[1]
        result: dict[str, Any] = {SERIES: np.repeat(np.array(names, object), horizon)} if names else {}
        result["step"] = np.tile(np.arange(1, horizon + 1), len(forecast))
        if times is not None:
            result["time"] = times
        result["forecast"] = forecast.ravel()
        for level, widths in self._spec["half_widths"].items():
            share = f"{100 * float(level):g}"
            result[f"lower_{share}"] = (forecast - widths).ravel()
            result[f"upper_{share}"] = (forecast + widths).ravel()
        return pd.DataFrame(result)

    def _forecast(self, values: Float64s) -> Float64s:
        """(series, rows, columns) → (series, horizon), both in the unit of the data.

        The rows of all series stand one after the other, and the last one of each is an origin: what a network saw in
        training is computed from a window's own rows alone, so that series do not touch each other.
        """
        anchor, window, horizon = ANCHORS[self._spec["anchor"]], int(self._spec["window"]), int(self._spec["horizon"])
        rows = values.reshape(-1, values.shape[2])
        view = SeriesView(rows, self._transform, anchor, window, horizon)
        origins = np.arange(1, len(values) + 1, dtype=np.int64) * values.shape[1] - 1
        batches = [origins[start : start + BATCH] for start in range(0, len(origins), BATCH)]
        outputs = [self._network(view.inputs.numpy(batch)) for batch in batches]
        return view.inverse_transform(origins, np.concatenate(outputs))

    def _check_columns(self, frame: pd.DataFrame) -> None:
        missing = [name for name in self._columns if name not in frame]
        if missing:
            others = {str(name).lower(): name for name in frame if name not in self._columns}
            near = difflib.get_close_matches(missing[0].lower(), others, 1)
            mend = f"rename {others[near[0]]!r}" if near else f"the columns are {', '.join(map(str, frame)) or 'none'}"
            raise _fault(f"there is no column {missing[0]!r}; the model reads {', '.join(self._columns)}: {mend}")

    def _used(self, frame: pd.DataFrame) -> tuple[list[Any], Int64s]:
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
            n_dropped = self._transform.n_dropped
            window = self._spec["window"]
            why = f" ({window} of its window and {n_dropped} that differencing takes)" if n_dropped else ""
            raise _fault(f"{whose or 'there are '}{rows} rows, and a forecast needs {self.rows}{why}; give more")

    def _values(self, frame: pd.DataFrame, used: Int64s) -> Float64s:
        """The rows that count, (series, rows, columns), every value a number."""
        values: Float64s = np.column_stack([_numbers(frame[name]) for name in self._columns])[used]
        bad = ~np.isfinite(values)
        if bad.any():
            where = tuple(int(i) for i in np.argwhere(bad)[0])
            name, row = self._columns[where[2]], int(used[where[:2]])
            value = frame[name].iloc[row]
            what = "the value is missing; fill it in" if pd.isna(value) else f"{str(value)!r} is no number"
            raise _fault(f"column {name!r}, row {row + 1}: {what}")
        clip = self._transform.clip
        if self._transform.log1p and (low := values[:, :, 0].min() if clip is None else clip[0]) <= -1:
            raise _fault(f"column {self._columns[0]!r}: {low:g} has no log(1 + y), which this model takes")
        return values

    def _times(self, frame: pd.DataFrame, used: Int64s) -> Iterable[Any] | None:
        """The time of each step of each series, or None; refuses rows that are not in the order of time."""
        times = self._read_times(frame)
        if times is None:
            return None
        late = times[used]  # (series, rows)
        wrong = np.argwhere(~(late[:, 1:] > late[:, :-1]))
        if len(wrong):
            row = int(used[wrong[0][0], wrong[0][1] + 1])
            raise _fault(
                f"column {self._spec['time']!r}, row {row + 1}: {frame[self._spec['time']].iloc[row]} is not later "
                "than the row before it; sort the rows, the latest last"
            )
        if self._spec["frequency"] is None or late.dtype.kind != "M":
            return None
        step = pd.tseries.frequencies.to_offset(self._spec["frequency"])
        ahead = range(1, int(self._spec["horizon"]) + 1)
        return [pd.Timestamp(row[-1]) + step * count for row in late for count in ahead]

    def _read_times(self, frame: pd.DataFrame) -> Any:
        """The column of times as numbers or dates; None where there is none, or its dates are not ISO 8601."""
        if self._spec["time"] is None or self._spec["time"] not in frame:
            return None
        column = frame[self._spec["time"]]
        if column.dtype.kind in "iuf":
            return column.to_numpy()
        try:
            return pd.to_datetime(column, format="ISO8601", utc=True).dt.tz_localize(None).to_numpy()
        except (ValueError, TypeError):
            return None


def _numbers(column: pd.Series[Any]) -> Float64s:
    if column.dtype.kind in "mM":  # or else a date would count as its nanoseconds
        raise _fault(f"column {column.name!r}, row 1: {str(column.iloc[0])!r} is no number")
    numbers: Float64s = pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    return numbers


def _fault(text: str) -> MlflowException:
    """A fault of the input: a server answers it with status 400 and the text."""
    fault: MlflowException = MlflowException.invalid_parameter_value(text)
    return fault
