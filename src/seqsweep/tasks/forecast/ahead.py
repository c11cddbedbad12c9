"""The next forecast: what the tested network says of the rows behind the last one of each series."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
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


@dataclass(frozen=True, eq=False)
class _Request:
    """What a network reads of one series to say what comes next.

    Args:
        name: of the series.
        view: of its last rows, as many as a window needs, and of what is known of the steps ahead.
        origin: the place of the last row in it.
        inputs: of the network, each of one item.
        index: (horizon,), the times of the steps ahead, of `datetime64` or counts.
    """

    name: str
    view: SeriesView
    origin: int
    inputs: list[Float32s]
    index: Index


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
    requests: list[_Request] = []
    for number, member in enumerate(data.series.members):
        if len(requests) == MOST:
            break
        try:
            request = _request(data.series, member, number, view)
        except ReadError as fault:
            whose = f"series {member.name!r}: " if len(data.series.members) > 1 else ""
            return {"missing": f"{whose}{fault.text}"}
        requests += [request] if request is not None else []
    if not requests:
        return {}
    inputs = zip(*(request.inputs for request in requests), strict=True)
    outputs: Float32s = call([np.concatenate(arrays) for arrays in inputs])
    lower, zone = own(data.config).lower, data.series.zone
    entries = [_entry(request, output, lower, zone) for request, output in zip(requests, outputs, strict=True)]
    return {"series": entries}


def _request(whole: Series, member: Series, number: int, view: Windows | PanelWindows) -> _Request | None:
    """What the network reads of a series; None: it is shorter than a window.

    Raises:
        ReadError: not all that must be known of the steps ahead is there.
    """
    transform = view.transforms[number] if isinstance(view, PanelWindows) else view.transform
    needed = view.window + transform.n_dropped
    if member.rows < needed:
        return None
    index, known = _steps(whole, member, number, view.horizon)
    rows = member.values[-needed:]
    if view.known:
        behind = np.repeat(rows[-1:], view.horizon, axis=0)
        behind[:, -view.known :] = known
        rows = np.concatenate([rows, behind])
    seen = SeriesView(rows, transform, view.anchor, view.window, view.horizon, known=view.known)
    more = view.told(number) if isinstance(view, PanelWindows) else ()
    origin = needed - 1
    return _Request(member.name, seen, origin, [*(one.numpy(np.array([origin])) for one in seen.inputs), *more], index)


def _entry(request: _Request, output: Float32s, lower: float | None, zone: str | None) -> dict[str, Any]:
    """A forecast as plain values, of a network's output (horizon,) or (horizon, quantiles)."""
    made = request.view.inverse_transform(np.array([request.origin]), output[None])
    said = made if lower is None else np.maximum(made, lower)
    quantiles = {"quantiles": said[0].tolist()} if said.ndim == 3 else {}
    times = _written(request.index, zone)
    return {"name": request.name, "times": times, "forecast": point_of(said)[0].tolist(), **quantiles}


def _steps(whole: Series, member: Series, number: int, horizon: int) -> tuple[Index, Float64s]:
    """The times of the steps ahead of a series, and what is known of them.

    Raises:
        ReadError: not all of it is there.
    """
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
