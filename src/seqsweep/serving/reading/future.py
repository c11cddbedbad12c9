"""The values that are known of the steps to be forecast, from the rows behind the last value of the target."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..array_types import Float64s, Index, Int64s
from .calendar import calendar_columns
from .faults import ReadError
from .reader import Reader
from .rows import Rows, shown
from .steps import are_even, resampled, spacing, steps_ahead
from .zones import wall_clock


def known_ahead(reader: Reader, past: Rows, future: Rows, frequency: str | None, horizon: int) -> Rows:
    """The steps that follow the last one of the past, each with the columns that are known ahead.

    Args:
        reader: by which both were read; where nothing is known ahead, the steps have no columns.
        past: complete.
        future: the rows behind it, blank in what is not known ahead; none are needed where times alone say all.
        frequency: of the steps, as pandas writes it; None: they are not even, or have no times.
        horizon: steps.

    Raises:
        ReadError: a step has no row, or a row no value.
    """
    if not reader.n_known:
        return replace(future, columns=(), values=np.empty((0, 0)))
    if reader.settings.frequency is not None and len(future) and not _is_joined(future, reader.settings.frequency):
        apart = spacing(future)
        step = None if apart is None else apart.step
        settings = reader.settings
        future = resampled(
            future, str(settings.frequency), settings.aggregate, reader.steady, step, reader.found.origin
        )
    n_read = reader.n_known - reader.n_calendar
    read = future.columns[len(future.columns) - n_read :]
    if frequency is not None and past.time is not None:
        index: Index = steps_ahead(past.index[-1], past.zone, frequency, horizon)
        places = _places(reader, future, index, past) if n_read else np.arange(0)
    else:
        if len(future) < horizon:
            raise _few(reader, len(future), horizon)
        places = np.arange(horizon)
        index = future.index[:horizon]
    values = future.values[places, len(future.columns) - n_read :] if n_read else np.empty((horizon, 0))
    _check_there(values, read, future, places)
    made = calendar_columns(index, past.zone, reader.settings.calendar)
    names = (*read, *reader.names[len(reader.read_names) :])
    seen = np.zeros(horizon, np.bool_)
    return Rows(names, np.column_stack([values, made]), index, seen, None, past.time, past.zone)


def _is_joined(rows: Rows, frequency: str) -> bool:
    return rows.time is None or bool(are_even(rows.index, rows.zone, frequency).all())


def _places(reader: Reader, future: Rows, index: Index, past: Rows) -> Int64s:
    """The row of each step, (horizon,)."""
    places = np.searchsorted(future.index, index)
    there = places < len(future)
    there[there] = future.index[places[there]] == index[there]
    if not there.all():
        when = shown(wall_clock(index[[int((~there).argmax())]], past.zone)[0])
        behind = f"; the rows behind {past.shown(len(past) - 1)} begin at {future.shown(0)}" if len(future) else ""
        told = f"there is no row of {when}, and the model reads {_named(reader)} of the {len(index)} steps that follow"
        raise ReadError(f"{told}{behind}", served=_served(reader), ahead=True)
    return places


def _few(reader: Reader, count: int, horizon: int) -> ReadError:
    named = _named(reader) or reader.time_name or "times"
    what = "no row follows" if not count else f"{count} rows follow"
    told = f"{what} the last value of {reader.settings.target!r}, and the model reads {named} of the next {horizon}"
    return ReadError(told, served=_served(reader), ahead=True)


def _check_there(values: Float64s, names: tuple[str, ...], future: Rows, places: Int64s) -> None:
    gaps = np.isnan(values)
    if gaps.any():
        row, column = (int(place) for place in np.argwhere(gaps)[0])
        at = int(places[row])
        when = f" at {future.shown(at)}" if future.time is not None else ""
        told = f"no value{when}, which must be known ahead"
        raise ReadError(told, column=names[column], row=future.number(at), served="give it")


def _named(reader: Reader) -> str:
    return ", ".join(reader.settings.known_future)


def _served(reader: Reader) -> str:
    return f"give these rows behind the others, {reader.settings.target!r} blank, or in a file of their own (--future)"
