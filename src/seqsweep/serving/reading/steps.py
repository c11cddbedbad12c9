"""Steps of time: how far rows lie apart, and rows joined to an even frequency."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.tseries.frequencies import to_offset

from ..array_types import Index
from .faults import ReadError
from .rows import Rows
from .zones import Dates, clock, wall_clock

# Times as many steps as rows: beyond, a frequency is a slip, or one time lies far from all others.
MOST_EMPTY = 100
MANY = 10_000


@dataclass(frozen=True)
class Spacing:
    """How far rows lie apart in time.

    Args:
        step: the most frequent step where it is that of half of the rows or more, else the one that 95 % do not
            exceed; in nanoseconds, or in counts.
        uneven: steps that are another.
        steps: all of them; rows at one time count as one.
        first: the row behind the first uneven step; None where all are even.
    """

    step: int
    uneven: int
    steps: int
    first: int | None


def spacing(rows: Rows) -> Spacing | None:
    """How far rows lie apart; None where there are no times, or fewer than two.

    Args:
        rows: in the order of time.
    """
    if rows.time is None:
        return None
    steps = np.diff(rows.index.view(np.int64))
    apart = steps[steps > 0]
    if not len(apart):
        return None
    sizes, counts = np.unique(apart, return_counts=True)
    most = int(counts.argmax())
    step = int(sizes[most]) if 2 * counts[most] >= len(apart) else int(np.quantile(apart, 0.95, method="higher"))
    other = np.flatnonzero((steps != step) & (steps > 0))
    return Spacing(step, len(other), len(apart), int(other[0]) + 1 if len(other) else None)


# Steps that pandas names by their last day; it counts that whole day in.
NAMED_BY_END = frozenset(("W", "ME", "QE", "YE", "BME", "BQE", "BYE"))


def resampled(
    rows: Rows,
    frequency: str,
    aggregate: str,
    steady: Collection[str] = (),
    step: int | None = None,
    origin: str | None = None,
) -> Rows:
    """One row a step of `frequency`, the rows within a step joined by `aggregate`; NaN where a step has none.

    Days and longer steps begin at midnight of the zone. The first and the last step are left out where the rows cover
    them in part only.

    Args:
        rows: in the order of time.
        frequency: of pandas, such as `D` or `15min`.
        aggregate: a method of pandas' resampler, such as `mean` or `sum`.
        steady: columns between whose values there is nothing: the last row of a step counts.
        step: nanoseconds between rows, see `spacing`; None: there is one row.
        origin: a time at which a step begins, where a sweep has seen one; several days or hours are counted from it.

    Raises:
        ReadError: the rows have no dates, or there is no such frequency.
    """
    if rows.index.dtype.kind != "M":
        held = "there are no times" if rows.time is None else f"{rows.time!r} has whole numbers, not dates"
        mend = "give data.time" if rows.time is None else "where they count seconds since 1970: data.time_format=s"
        raise ReadError(f"data.frequency={frequency}: {held}", mend=mend)
    _check_frequency(rows, frequency)
    # Days and longer steps are of the calendar, whatever hours a day of the zone has; shorter ones are of time itself.
    zone = rows.zone if _is_of_calendar(frequency) else None
    times = pd.DatetimeIndex(wall_clock(rows.index, zone))
    begin = _begin(rows, frequency, zone, origin)
    steps = pd.DataFrame(rows.values, index=times).resample(frequency, origin=begin)
    # A sum over no row would be 0, as if there had been a row that said so.
    joined = steps.sum(min_count=1) if aggregate == "sum" else getattr(steps, aggregate)()
    kept = [position for position, name in enumerate(rows.columns) if name in steady]
    if kept:
        joined[kept] = steps[kept].last()
    observed = pd.Series(rows.observed.astype(np.float64), index=times).resample(frequency, origin=begin).max()
    bins = pd.DatetimeIndex(joined.index)
    result = Rows(
        columns=rows.columns,
        values=joined.to_numpy(dtype=np.float64),
        index=_in_utc(bins, zone),
        observed=observed.to_numpy() > 0,
        numbers=None,
        time=rows.time,
        zone=rows.zone,
        notes=rows.notes,
    )
    return _whole_steps(result, bins, times, frequency, step)


def _begin(rows: Rows, frequency: str, zone: str | None, origin: str | None) -> Any:
    """Where steps of days or hours are counted from: midnight before the first row, on the clock of the rows."""
    if not isinstance(to_offset(frequency), pd.offsets.Tick | pd.offsets.Day):
        return "start_day"  # the calendar says where weeks and months begin
    midnight = pd.DatetimeIndex(wall_clock(rows.index[:1], rows.zone)).normalize()
    start = _in_utc(midnight, rows.zone) if origin is None else np.array([origin], "datetime64[ns]")
    return pd.Timestamp(wall_clock(start, zone)[0])


def _is_of_calendar(frequency: str) -> bool:
    return not isinstance(to_offset(frequency), pd.offsets.Tick)


def _in_utc(times: pd.DatetimeIndex, zone: str | None) -> Dates:
    """What the clock of a zone shows, in UTC: a day without midnight begins later; of two the first counts."""
    if zone is not None:
        times = times.tz_localize(zone, ambiguous=np.ones(len(times), np.bool_), nonexistent="shift_forward")
        times = times.tz_convert("UTC").tz_localize(None)
    return times.to_numpy().astype("datetime64[ns]")


def _whole_steps(
    result: Rows, bins: pd.DatetimeIndex, times: pd.DatetimeIndex, frequency: str, step: int | None
) -> Rows:
    """Without a first and a last step that the rows cover in part."""
    if step is None or len(bins) < 2:
        return result
    width, offset, day = pd.Timedelta(step, unit="ns"), to_offset(frequency), pd.Timedelta(1, unit="D")
    if offset.rule_code.split("-")[0] in NAMED_BY_END:
        begin, end = bins[0] - offset + day, bins[-1] + day
    else:
        begin, end = bins[0], bins[-1] + offset
    cut_first = times[0] - width >= begin
    cut_last = times[-1] + width < end
    if not (cut_first or cut_last):
        return result
    cut = [result.shown(row) for row, is_cut in ((0, cut_first), (len(bins) - 1, cut_last)) if is_cut]
    rows = np.arange(int(cut_first), len(bins) - int(cut_last), dtype=np.int64)
    if not len(rows):
        told = f"data.frequency={frequency}: the rows cover no whole step"
        raise ReadError(told, mend="choose a shorter frequency", served="give more rows")
    plural = "steps at the edge cover" if len(cut) > 1 else "step at the edge covers"
    return result.take(rows).noted(f"{len(cut)} {plural} too few rows and left out: {' and '.join(cut)}")


def _check_frequency(rows: Rows, frequency: str) -> None:
    try:
        offset = to_offset(frequency)
    except ValueError:
        raise ReadError(
            f"data.frequency={frequency}: pandas knows no such frequency",
            mend="use min, h, D, W, MS (month), QS (quarter), YS (year), or a multiple such as 15min",
        ) from None
    try:
        nanoseconds = offset.nanos
    except ValueError:  # months and the like: never many
        if offset.n > 1:
            told = "several weeks, months or years have no begin that a later request could know"
            mend = f"use {7 * offset.n}D" if offset.rule_code.startswith("W") else "use MS, QS (quarter) or YS (year)"
            raise ReadError(f"data.frequency={frequency}: {told}", mend=mend) from None
        return
    span = int(rows.index[-1].astype(np.int64) - rows.index[0].astype(np.int64))
    if span // nanoseconds > max(MANY, MOST_EMPTY * len(rows)):
        held = f"{len(rows):,} rows from {rows.shown(0)} to {rows.shown(len(rows) - 1)}"
        raise ReadError(
            f"data.frequency={frequency}: there are {held}, and this would make {span // nanoseconds:,} of them",
            mend="choose a longer frequency, or mend a time that lies far off",
            served="mend a time that lies far off",
        )


def is_within_hours(frequency: str) -> bool:
    """Whether steps are an hour or shorter, so that no zone cuts them at another place than UTC does.

    Args:
        frequency: of pandas.
    """
    try:
        offset = to_offset(frequency)
    except ValueError:
        return True  # there is no such frequency, which is told where rows are joined
    return isinstance(offset, pd.offsets.Tick) and pd.Timedelta(offset) <= pd.Timedelta(1, unit="h")


def even_frequency(index: Index, zone: str | None) -> str | None:
    """The pandas frequency of an index whose steps are even on the clock of its zone, else None.

    Args:
        index: ascending.
        zone: of the times.
    """
    if index.dtype.kind != "M":
        return None
    times = clock(index, zone)
    try:
        even = pd.DatetimeIndex(times, freq="infer").freq
    except ValueError:  # too few times
        return None
    return None if even is None else str(even.freqstr)


def are_even(index: Index, zone: str | None, frequency: str) -> NDArray[np.bool_]:
    """(rows - 1,): whether each row follows the one before it by one step.

    Args:
        index: datetime64, ascending.
        zone: of the times.
        frequency: of pandas.
    """
    even: NDArray[np.bool_] = _after(index[:-1], zone, frequency) == index[1:]
    return even


def steps_ahead(last: np.datetime64, zone: str | None, frequency: str, horizon: int) -> Dates:
    """(horizon,), the steps that follow, in UTC where there is a zone.

    Args:
        last: the last one.
        zone: of the times.
        frequency: of pandas.
        horizon: steps.
    """
    zone = zone if _is_of_calendar(frequency) else None
    before, offset = np.array([last], "datetime64[ns]"), to_offset(frequency)
    first = (pd.DatetimeIndex(wall_clock(before, zone)) + offset)[0]
    shown = pd.date_range(first, periods=horizon, freq=offset)
    steps = _in_utc(shown, zone)
    if (wall_clock(steps, zone) == shown.to_numpy()).all():
        return steps
    one_by_one = [before]  # a step that the clock left out comes later, and those behind it follow from that
    for _ in range(horizon):
        one_by_one.append(_after(one_by_one[-1], zone, frequency))
    return np.concatenate(one_by_one[1:])


def _after(index: Index, zone: str | None, frequency: str) -> Dates:
    """The step after each of these."""
    zone = zone if _is_of_calendar(frequency) else None
    return _in_utc(pd.DatetimeIndex(wall_clock(index, zone)) + to_offset(frequency), zone)


def period(step: int, is_time: bool) -> str:
    """A step in words: `10 minutes`, `1 day`.

    Args:
        step: in nanoseconds, or in counts.
        is_time: it is in nanoseconds.
    """
    if not is_time:
        return f"{step:,}"
    units = {"day": 86_400, "hour": 3_600, "minute": 60, "second": 1}
    seconds = step / 1e9
    for name, size in units.items():
        if seconds >= size and round(seconds / size, 6) == round(seconds / size):
            count = round(seconds / size)
            return f"{count:,} {name}{'s' if count != 1 else ''}"
    return f"{seconds:g} seconds"
