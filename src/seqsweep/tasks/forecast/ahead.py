"""The next forecast: what the tested network says of the rows behind the last one of each series."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from seqsweep.data import Series
from seqsweep.serving.array_types import Float32s, Float64s, Index
from seqsweep.serving.quantiles import point_of
from seqsweep.serving.windows import SeriesView
from seqsweep.tasks.dataset import Call
from seqsweep.tasks.forecast.dataset import SeriesDataset
from seqsweep.tasks.forecast.panel_dataset import PanelDataset
from seqsweep.tasks.forecast.panel_windows import PanelWindows
from seqsweep.tasks.forecast.settings import own
from seqsweep.tasks.forecast.windows import Windows

MOST = 50
"""Series whose next forecast is kept."""


def next_forecasts(data: SeriesDataset | PanelDataset, view: Windows | PanelWindows, call: Call) -> dict[str, Any]:
    """Plain values: of each series its name, the times of the steps ahead and the forecasts; or what is missing for it.

    Args:
        data: that was evaluated on.
        view: of the network.
        call: the network.
    """
    from seqsweep.serving.reading.faults import ReadError

    if data.series.reader is None:  # it was read from no source
        return {}
    told: list[str] = []
    views: list[tuple[SeriesView, int]] = []
    reads: list[list[Float32s]] = []
    times: list[Index] = []
    for number, member in enumerate(data.series.members):
        transform = view.transforms[number] if isinstance(view, PanelWindows) else view.transform
        needed = view.window + transform.n_dropped
        if member.rows < needed or len(told) == MOST:
            continue
        try:
            index, known = _steps(data.series, member, number, view.horizon)
        except ReadError as fault:
            whose = f"series {member.name!r}: " if len(data.series.members) > 1 else ""
            return {"missing": f"{whose}{fault.text}"}
        rows = member.values[-needed:]
        if view.known:
            behind = np.repeat(rows[-1:], view.horizon, axis=0)
            behind[:, -view.known :] = known
            rows = np.concatenate([rows, behind])
        seen = SeriesView(rows, transform, view.anchor, view.window, view.horizon, known=view.known)
        more = view.told(number) if isinstance(view, PanelWindows) else ()
        reads.append([*(gather.numpy(np.array([needed - 1])) for gather in seen.inputs), *more])
        views.append((seen, needed - 1))
        told.append(member.name)
        times.append(index)
    if not told:
        return {}
    outputs: Float32s = call([np.concatenate(arrays) for arrays in zip(*reads, strict=True)])
    entries = []
    for name, index, (seen, origin), output in zip(told, times, views, outputs, strict=True):
        made = seen.inverse_transform(np.array([origin]), output[None])
        lower = own(data.config).lower
        said = made if lower is None else np.maximum(made, lower)
        told_of = {"quantiles": said[0].tolist()} if said.ndim == 3 else {}
        times_of = _written(index, data.series.zone)
        entries.append({"name": name, "times": times_of, "forecast": point_of(said)[0].tolist(), **told_of})
    return {"series": entries}


def _steps(whole: Series, member: Series, number: int, horizon: int) -> tuple[Index, Float64s]:
    """The times of the steps ahead of a series, and what is known of them.

    Raises:
        ReadError: not all of it is there.
    """
    from dataclasses import replace

    from seqsweep.serving.reading.future import known_ahead
    from seqsweep.serving.reading.rows import Rows
    from seqsweep.serving.reading.steps import steps_ahead

    reader = member.reader
    assert reader is not None
    frequency = whole.frequency if member.index.dtype.kind == "M" else None
    seen = np.ones(member.rows, np.bool_)
    past = Rows(reader.names, member.values, member.index, seen, None, reader.time_name, member.zone)
    if whole.known:
        future = whole.ahead[number]
        places = [future.columns.index(name) for name in reader.read_names]
        future = replace(future, columns=reader.read_names, values=future.values[:, places])
        found = known_ahead(reader, past, future, frequency, horizon)
        return found.index, found.values
    if frequency is not None:
        return steps_ahead(member.index[-1], member.zone, frequency, horizon), np.empty((horizon, 0))
    step = np.diff(member.index[-2:])[0] if member.rows > 1 else 1
    return member.index[-1] + step * np.arange(1, horizon + 1), np.empty((horizon, 0))


def _written(index: Index, zone: str | None) -> list[Any]:
    """Times on the clock of their zone as text, or counts."""
    from seqsweep.serving.reading.zones import wall_clock

    clock = wall_clock(index, zone)
    if clock.dtype.kind != "M":
        return list(clock.tolist())
    texts: list[Any] = np.datetime_as_string(clock.astype("datetime64[s]")).tolist()
    return texts


def read_next(details: Mapping[str, Any]) -> Mapping[str, Any]:
    """What `next_forecasts` found, in the details of a test evaluation."""
    found: Mapping[str, Any] = details.get("next", {})
    return found
