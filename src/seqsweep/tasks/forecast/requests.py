"""What a packaged forecaster is told, what it is asked, and what is read from its answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seqsweep.data import Series, file_settings
from seqsweep.events import TrialParams
from seqsweep.serving.array_types import Float64s, Int64s
from seqsweep.serving.panel import Known, SeriesScales
from seqsweep.tasks.dataset import Items
from seqsweep.tasks.forecast.dataset import SeriesDataset
from seqsweep.tasks.forecast.intervals import ForecastInterval, finite_half_widths
from seqsweep.tasks.forecast.panel_dataset import PanelDataset
from seqsweep.tasks.forecast.panel_split import PanelSplit
from seqsweep.tasks.forecast.panel_windows import PanelWindows, scaled_by_train
from seqsweep.tasks.forecast.reach import reach, rows_needed
from seqsweep.tasks.forecast.settings import own
from seqsweep.tasks.forecast.windows import Windows

if TYPE_CHECKING:
    import pandas as pd

CHUNK = 512  # forecasts a request

IDENTIFIED = "series_id"
"""The column by which a request tells several series apart, or several origins of one."""


def make_spec(
    data: SeriesDataset | PanelDataset,
    view: Windows | PanelWindows,
    params: TrialParams,
    intervals: Sequence[ForecastInterval],
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
    panel = _scales(data, view, params).to_json() if isinstance(data, PanelDataset) else None
    whole = data.parts.whole if isinstance(data, PanelDataset) else data.parts
    return {
        "series": series.name,
        "panel": panel,
        "id": _id(series.reader.needed),
        "columns": list(series.columns),
        "known": list(series.known_columns),
        "blank_ahead": list(series.reader.settings.targets) if series.known else [],
        "window": view.window,
        "horizon": view.horizon,
        "anchor": params.anchor,
        "baseline": None if view.baseline is None else view.baseline.to_json(),
        "transform": view.transform.to_json(),
        "half_widths": finite_half_widths(intervals),
        "quantiles": {f"{one.level:g}": list(one.columns) for one in intervals if one.columns is not None},
        "lower": own(config).lower,
        "reading": series.reader.to_json(),
        "frequency": series.frequency if series.index.dtype.kind == "M" else None,
        "file": file_settings(config.data),
        "data": {
            "sha256": series.sha256,
            "rows": series.rows,
            "first": str(series.clock.min()),
            "last": str(series.clock.max()),
            "train_end": whole.train_end,
            "validation_end": whole.validation_end,
        },
    }


def _id(needed: Sequence[str]) -> str:
    return IDENTIFIED if IDENTIFIED not in needed else f"{IDENTIFIED}_of_request"


def _scales(data: PanelDataset, view: Windows | PanelWindows, params: TrialParams) -> SeriesScales:
    """How each series that is learned from is scaled, and what is told of it."""
    assert isinstance(view, PanelWindows)
    config, series = data.config, data.series
    by_itself = params.get("scope", config.windows.scope) == "series"
    ids = np.zeros(len(series.names), np.int64) if view.ids is None else view.ids
    known = {
        series.names[number]: Known(
            view.transforms[number],
            float(data.sizes[number]),
            int(ids[number]),
            series.static[number] if series.static else None,
        )
        for number in scaled_by_train(data.parts, params, config.data.season, config.windows)
    }
    return SeriesScales(
        view.transform, by_itself, params.scaler, known, data.deviation, view.encoder, view.ids is not None
    )


def input_columns(data: SeriesDataset | PanelDataset) -> list[tuple[str, bool]]:
    """The columns of a request, and whether each must be there.

    Args:
        data: that the network learned from.
    """
    reader = data.series.reader
    assert reader is not None  # it was read from a source
    times = [] if reader.time_name is None else [reader.time_name]
    needs_one = reader.needs_times and len(reader.settings.time) == 1
    return [
        *((name, True) for name in reader.needed),
        *((name, needs_one) for name in times),
        *((name, False) for name in reader.settings.static),
        (_id(reader.needed), False),
    ]


def libraries(data: SeriesDataset | PanelDataset) -> list[str]:
    """Those that a request is read with, beside the ones of every model.

    Args:
        data: that the network learned from.
    """
    from seqsweep.serving.reading.calendar import HOLIDAYS

    entries = data.config.data.calendar
    return [HOLIDAYS] if any(str(entry).startswith(HOLIDAYS) for entry in entries) else []


def output_columns(spec: Mapping[str, Any]) -> list[tuple[str, str, bool]]:
    """The columns of an answer: name, MLflow's type, whether it is always there."""
    bounds = [f"{side}_{100 * float(level):g}" for level in spec["half_widths"] for side in ("lower", "upper")]
    return [
        (spec["id"], "any", False),
        *((name, "any", False) for name in spec["reading"]["settings"]["series"]),
        ("step", "long", True),
        ("time", "datetime", False),
        *((name, "double", True) for name in ("forecast", *bounds)),
    ]


def example(data: SeriesDataset | PanelDataset, rows: int, is_late: bool = False) -> pd.DataFrame:
    """Rows of train, as many as a forecast needs, and those behind with what is known ahead.

    Args:
        data: gives the columns.
        rows: of one request, 1 or more.
        is_late: of several series those of the end of train, where it is longest: a window may be longer than that of
            any trial, and a state may be known there alone.
    """
    series, parts = data.series, data.parts
    ahead = data.parts.horizon if series.known else 0
    if not isinstance(parts, PanelSplit):
        end = min(parts.train_end, parts.rows - ahead)
    elif is_late:
        longest = int(np.argmax([part.train_end for part in parts.members]))
        end = int(parts.starts[longest]) + parts.members[longest].train_end - parts.horizon
    else:
        end = int(parts.train[0] + 1)
    flat = np.arange(end - rows, end + ahead, dtype=np.int64)
    return _as_given(series, flat, flat >= end)


def latest(series: Series, spec: Mapping[str, Any]) -> pd.DataFrame:
    """The last rows of each series that has as many as a forecast needs, and those behind with what is known ahead.

    Args:
        series: in the unit of the data.
        spec: of the model that is asked.
    """
    import pandas as pd

    starts = np.zeros(1, np.int64) if series.starts is None else series.starts
    ends = np.append(starts[1:], len(series))
    lengths = reach(series, spec, ends - 1)
    enough = np.flatnonzero((lengths > 0) & (ends - starts >= lengths)).tolist()
    past = _ranges(ends[enough], lengths[enough])
    with_more = [number for number in enough if series.ahead and len(series.ahead[number])]
    table = pd.concat([_as_given(series, past), *(_behind(series, number) for number in with_more)], ignore_index=True)
    if series.reader is None or not series.reader.settings.wide:
        return table
    times = np.concatenate([series.index[past], *(series.ahead[number].index for number in with_more)])
    return table.groupby(times).first().reset_index(drop=True)  # a column each, side by side


def _behind(series: Series, number: int) -> pd.DataFrame:
    """The rows behind the last one of a series, blank in the target."""
    import pandas as pd

    from seqsweep.serving.reading.requests import as_given

    ahead, reader = series.ahead[number], series.reader
    assert reader is not None  # it was read from a source
    table = pd.DataFrame(ahead.values, columns=list(ahead.columns))
    names = [series.names[number]] * len(table) if series.names else []
    return as_given(reader, table, ahead.index, names)


def frames(series: Series, spec: Mapping[str, Any], origins: Items) -> Iterator[pd.DataFrame]:
    """Requests as any caller would make them: a frame for each chunk of origins, an origin a series.

    Args:
        series: in the unit of the data.
        spec: of the model that is asked.
        origins: (n,), the last row that each forecast may see; `rows_needed` - 1 at least.
    """
    ahead = int(spec["horizon"]) if spec["known"] else 0
    for start in range(0, len(origins), CHUNK):
        chunk = origins[start : start + CHUNK]
        lengths = reach(series, spec, chunk) + ahead
        rows, last = _ranges(chunk + 1 + ahead, lengths), np.repeat(chunk, lengths)
        frame = _as_given(series, rows, rows > last)
        frame[spec["id"]] = last
        yield frame


def _ranges(ends: Int64s, lengths: Int64s) -> Int64s:
    """So many rows before each end, one range behind the other."""
    begins = ends - np.cumsum(lengths)
    rows: Int64s = np.repeat(begins, lengths) + np.arange(int(lengths.sum()))
    return rows


def _as_given(series: Series, flat: Int64s, future: NDArray[np.bool_] | None = None) -> pd.DataFrame:
    """Rows with the columns that a source has: names in one column, times, and what `data.where` asks for.

    Args:
        series: that the rows are of.
        flat: (rows,), their numbers.
        future: (rows,), which are to be forecast: blank in all that is not known ahead. None: none are.
    """
    import pandas as pd

    from seqsweep.serving.reading.requests import as_given

    assert series.reader is not None  # it was read from a source
    table = pd.DataFrame(series.values[flat], columns=list(series.columns))
    none = np.empty(0, np.int64)
    owners = none if series.starts is None else np.searchsorted(series.starts, flat, side="right") - 1
    frame = as_given(series.reader, table, series.index[flat], [series.names[owner] for owner in owners])
    for place, name in enumerate(series.reader.settings.static):
        frame[name] = [series.static[owner][place] for owner in owners]
    if future is not None and future.any():
        settings = series.reader.settings
        for name in (*settings.targets, *settings.features):
            frame[name] = frame[name].mask(future)
    return frame


def forecasts(answers: Sequence[pd.DataFrame], spec: Mapping[str, Any]) -> Float64s:
    """The forecasts (n, horizon) in the answers to `frames`.

    Args:
        answers: a packaged model's, one a request, in the order of the requests.
        spec: of the model; its `horizon` is read.
    """
    parts = [answer["forecast"].to_numpy(np.float64).reshape(-1, int(spec["horizon"])) for answer in answers]
    return np.concatenate(parts) if parts else np.empty((0, int(spec["horizon"])))


def extends(series: Series, spec: Mapping[str, Any]) -> bool:
    """Whether a series is the one that another model is of, with rows behind: what it learned from is known by place.

    Args:
        series: of this sweep.
        spec: of the other model.
    """
    told = spec["data"]
    try:
        return bool(series.sha256_until(told["last"]) == told["sha256"])
    except ValueError:  # counts for times here, times there
        return False


def unseen(data: SeriesDataset | PanelDataset, spec: Mapping[str, Any], origins: Items) -> tuple[Items, str]:
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
    if isinstance(data, PanelDataset):
        parts = data.parts
        behind = origins - parts.starts[parts.owners(origins)] >= rows_needed(spec) - 1
        behind &= reach(data.series, spec, origins) > 0
        left = origins[behind & (data.series.index[origins + 1] >= parts.times[min(seen, len(parts.times) - 1)])]
    else:
        left = origins[origins >= max(rows_needed(spec), seen) - 1]
    return left, "" if len(left) else "has learned from all of this winner's test part"


def predictor() -> type[Any]:
    """The class that serves forecasts; MLflow is imported with it."""
    from seqsweep.tasks.forecast.predictor import ForecastPredictor

    return ForecastPredictor
