"""What a packaged forecaster is told, what it is asked, and what is read from its answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from seqsweep.data import Series, file_settings
from seqsweep.events import TrialParams
from seqsweep.serving.array_types import Float64s, Index
from seqsweep.serving.gather import Gather
from seqsweep.tasks.dataset import Items
from seqsweep.tasks.forecast.dataset import SeriesDataset
from seqsweep.tasks.forecast.intervals import ForecastInterval, finite_half_widths
from seqsweep.tasks.forecast.settings import own
from seqsweep.tasks.forecast.windows import Windows

if TYPE_CHECKING:
    import pandas as pd

CHUNK = 512  # forecasts a request


def make_spec(
    data: SeriesDataset, view: Windows, params: TrialParams, intervals: Sequence[ForecastInterval]
) -> dict[str, Any]:
    """What turns raw values into a forecast, of plain JSON values.

    Args:
        data: what the network learned from.
        view: as it saw it.
        params: of its trial.
        intervals: around its forecasts.
    """
    series, config = data.series, data.config
    assert series.reader is not None  # it was read from a source
    return {
        "series": series.name,
        "columns": list(series.columns),
        "window": view.window,
        "horizon": view.horizon,
        "anchor": params.anchor,
        "transform": view.transform.to_json(),
        "half_widths": finite_half_widths(intervals),
        "reading": series.reader.to_json(),
        "frequency": series.frequency if series.index.dtype.kind == "M" else None,
        "file": file_settings(config.data),
        "data": {
            "sha256": series.sha256,
            "rows": series.rows,
            "first": str(series.clock[0]),
            "last": str(series.clock[-1]),
            "train_end": view.split.train_end,
            "validation_end": view.split.validation_end,
        },
    }


def rows_needed(spec: Mapping[str, Any]) -> int:
    """Rows that a forecast needs: the window, and those that differencing takes."""
    return int(spec["window"]) + len(spec["transform"]["lags"]) - 1


def input_columns(data: SeriesDataset) -> list[tuple[str, bool]]:
    """The columns of a request, and whether each must be there.

    Args:
        data: that the network learned from.
    """
    reader = data.series.reader
    assert reader is not None  # it was read from a source
    times = [] if reader.time_name is None else [reader.time_name]
    needs_one = reader.needs_times and len(reader.settings.time) == 1
    return [*((name, True) for name in reader.needed), *((name, needs_one) for name in times), ("series_id", False)]


def output_columns(spec: Mapping[str, Any]) -> list[tuple[str, str, bool]]:
    """The columns of an answer: name, MLflow's type, whether it is always there."""
    bounds = [f"{side}_{100 * float(level):g}" for level in spec["half_widths"] for side in ("lower", "upper")]
    return [
        ("series_id", "any", False),
        ("step", "long", True),
        ("time", "datetime", False),
        *((name, "double", True) for name in ("forecast", *bounds)),
    ]


def example(data: SeriesDataset, rows: int) -> pd.DataFrame:
    """The last rows of train, as many as a forecast needs.

    Args:
        data: gives the columns.
        rows: of one request, 1 or more.
    """
    series, end = data.series, data.parts.train_end
    return _as_given(series, series.values[end - rows : end], series.index[end - rows : end])


def frames(series: Series, spec: Mapping[str, Any], origins: Items) -> Iterator[pd.DataFrame]:
    """Requests as any caller would make them: a frame for each chunk of origins, an origin a series.

    Args:
        series: in the unit of the data.
        spec: of the model that is asked.
        origins: (n,), the last row that each forecast may see; `rows_needed` - 1 at least.
    """
    rows = rows_needed(spec)
    past = Gather(series.values, range(1 - rows, 1))
    for start in range(0, len(origins), CHUNK):
        chunk = origins[start : start + CHUNK]
        blocks = past.numpy(chunk)  # (chunk, rows, columns)
        index = series.index[(chunk[:, None] + np.arange(1 - rows, 1)).ravel()]
        frame = _as_given(series, blocks.reshape(-1, len(series.columns)), index)
        frame["series_id"] = np.repeat(chunk, rows)
        yield frame


def _as_given(series: Series, values: Float64s, index: Index) -> pd.DataFrame:
    """Rows with the columns that a source has: names in one column, times, and what `data.where` asks for.

    Args:
        series: that the rows are of.
        values: (rows, columns), complete.
        index: (rows,).
    """
    import pandas as pd

    from seqsweep.serving.reading.requests import as_given

    assert series.reader is not None  # it was read from a source
    return as_given(series.reader, pd.DataFrame(values, columns=list(series.columns)), index)


def forecasts(answers: Sequence[pd.DataFrame], spec: Mapping[str, Any]) -> Float64s:
    """The forecasts (n, horizon) in the answers to `frames`.

    Args:
        answers: a packaged model's, one a request, in the order of the requests.
        spec: of the model; its `horizon` is read.
    """
    parts = [answer["forecast"].to_numpy(np.float64).reshape(-1, int(spec["horizon"])) for answer in answers]
    return np.concatenate(parts) if parts else np.empty((0, int(spec["horizon"])))


def unseen(data: SeriesDataset, spec: Mapping[str, Any], origins: Items) -> tuple[Items, str]:
    """The origins whose targets another model has neither learned from nor been chosen by, and why there are none.

    Args:
        data: of this sweep.
        spec: of the other model.
        origins: (n,), of the test part.
    """
    theirs, ours = int(spec["horizon"]), own(data.config).horizon
    if theirs != ours:
        return origins[:0], f"forecasts {theirs} rows ahead, this winner {ours}"
    seen = int(spec["data"]["validation_end"])
    left = origins[origins >= max(rows_needed(spec), seen) - 1]
    return left, "" if len(left) else "has learned from all of this winner's test part"
