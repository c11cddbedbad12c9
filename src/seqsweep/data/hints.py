"""What data shows unasked: steps that are not even, values that stand for none, rows of several series."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from seqsweep.data.source import Source
from seqsweep.errors import DataError
from seqsweep.schema import DataConfig
from seqsweep.serving.array_types import Index

if TYPE_CHECKING:
    import pandas as pd

    from seqsweep.serving.reading.order import OrderError, TwiceError
    from seqsweep.serving.reading.rows import Rows
    from seqsweep.serving.reading.settings import Settings

SENTINEL_SHARE = 0.005
"""Of the rows: a value that lies far from all others and is there so often stands for something else."""

LEAST_SHARE = 0.2
"""Of the times that rows with one value of a column have, on average, where it tells several series apart."""

AHEAD = "rows that are blank in the target say what is known ahead, and lie behind its last value"
HOUR = 3_600_000_000_000  # nanoseconds


def before(source: Source, settings: Settings, rows: Rows, is_mixed: bool) -> Iterator[str]:
    """Notes on the rows as they were given.

    Args:
        source: that they come from.
        settings: by which they are read.
        rows: in the order of time, nothing filled yet.
        is_mixed: whether times name several offsets.
    """
    if rows.zone is not None and is_mixed and settings.timezone is None:
        yield "times name several offsets and are read as UTC; data.timezone, such as Europe/Berlin, gives their clock"
    if settings.where is not None:
        yield f"data.where={settings.where} keeps {len(rows):,} rows"
    others = [] if settings.time else [name for name in source.names if name not in (*settings.given, *settings.static)]
    if names := times_among(source, others):
        yield f"column {names[0]!r} looks like the times of the rows; data.time={names[0]} uses them"
    for name, (value, share) in sentinels(rows):
        told = f"column {name!r}: one value far from all others, {value:g}, is {100 * share:.2g}% of the rows"
        yield f"{told}; data.na_values=[{value:g}] with data.missing=interpolate reads it as missing"


def after(rows: Rows) -> Iterator[str]:
    """Notes on the finished series.

    Args:
        rows: complete and in order.
    """
    from seqsweep.serving.reading.steps import period, spacing

    apart = spacing(rows)
    if apart is not None and apart.first is not None and not _is_calendar(rows):
        is_time, first = rows.index.dtype.kind == "M", apart.first
        was = period(int(rows.index[first].astype(np.int64) - rows.index[first - 1].astype(np.int64)), is_time)
        mend = f"; data.frequency={alias(apart.step)} makes them even" if is_time and rows.numbers is not None else ""
        yield (
            f"{apart.uneven:,} of {apart.steps:,} steps are not {period(apart.step, is_time)}: {rows.shown(first)} "
            f"follows {rows.shown(first - 1)} after {was}; windows, seasons and horizons count rows{mend}"
        )
    filled = len(rows) - int(rows.observed.sum())
    if filled:
        share = f"{100 * filled / len(rows):.2g}%"
        yield f"{filled:,} of {len(rows):,} values of the target ({share}) were filled; none of them is scored"


def on_joined(source: Source, settings: Settings, rows: Rows) -> Iterator[str]:
    """A note on several series that resampling joins into one.

    Args:
        source: that the rows come from.
        settings: by which they are read.
        rows: in the order of time.

    Raises:
        DataError: they would be joined by a mean, which nobody asked for.
    """
    index = rows.index.view(np.int64)
    if settings.frequency is None or len(index) < 3 or not (np.diff(index) == 0).any():
        return
    found = series_column(source, _other_columns(source, settings), rows)
    if found is None:
        return
    if settings.aggregate == "mean":
        raise DataError(
            f"{source.where}: {_several(found)}, and data.aggregate=mean would join them into one; "
            f"{_all_or_one(found)}, data.aggregate=sum adds them up"
        )
    apart = f"data.series=[{found[0]}] keeps them apart, {_where(found)} chooses one"
    yield f"{_several(found)}; data.aggregate={settings.aggregate} joins them; {apart}"


def for_order(source: Source, fault: OrderError, config: DataConfig) -> str:
    """What puts rows in order: to choose one of several series that stand one below the other, else to sort.

    Args:
        source: that the rows come from.
        fault: the first time that is earlier than the one before it.
        config: of the data.
    """
    rows = fault.rows
    if _is_ahead(config, rows, int((np.diff(rows.index.view(np.int64)) < 0).argmax()) + 1):
        return AHEAD
    if len(np.unique(rows.index)) < len(rows) and (found := series_column(source, _others(source, config), rows)):
        return _told_apart(found, config)
    return "data.sort=true puts rows in the order of time"


def for_twice(source: Source, fault: TwiceError, config: DataConfig) -> str:
    """What tells rows of one time apart.

    Args:
        source: that the rows come from.
        fault: the first time that is there twice.
        config: of the data.
    """
    from seqsweep.data.columns import time_columns
    from seqsweep.serving.reading.steps import spacing

    rows, time = fault.rows, time_columns(config)
    if _is_ahead(config, rows, fault.at):
        return AHEAD
    others = _others(source, config)
    clocks = [name for name in others if _is_clock(source.sample, source.names.index(name))]
    if clocks:
        return f"if {clocks[0]!r} holds the time of day: data.time=[{','.join((*time, clocks[0]))}]"
    if found := series_column(source, others, rows):
        return _told_apart(found, config)
    apart = spacing(rows)
    if apart is None or rows.index.dtype.kind != "M":
        return "a series has one row at each time; data.where chooses rows"
    if rows.zone is None and apart.step <= HOUR and _is_autumn_night(rows, fault.at):
        return "if the clock was set back then, data.timezone, such as Europe/Berlin, tells the two apart"
    step = alias(apart.step)
    return f"if several rows belong to one time, data.frequency={step} with data.aggregate=mean or sum joins them"


def _is_ahead(config: DataConfig, rows: Rows, at: int) -> bool:
    """Whether a row says what is known ahead, and nothing of the target."""
    return bool(config.known_future) and bool(np.isnan(rows.values[at, 0]))


def _told_apart(found: tuple[str, list[str]], config: DataConfig) -> str:
    if config.series:
        return f"{_several(found)}: data.series=[{','.join((*config.series, found[0]))}] tells them apart"
    return f"{_several(found)}: {_all_or_one(found)}"


def _all_or_one(found: tuple[str, list[str]]) -> str:
    return f"data.series=[{found[0]}] learns from all of them, {_where(found)} from one"


def times_among(source: Source, names: Sequence[str]) -> list[str]:
    """The columns whose first values are dates, each another.

    Args:
        source: its sample is read.
        names: of the columns to look at.
    """
    found = []
    for name in names:
        index = times_of(source.sample.iloc[:50, source.names.index(name)])
        if index is not None and (len(index) < 2 or (np.diff(index.view(np.int64)) != 0).any()):
            found.append(name)
    return found


def times_of(column: pd.Series[Any]) -> Index | None:
    """The dates in a column; None where not all of its values are dates."""
    import pandas as pd

    from seqsweep.serving.reading.faults import ReadError
    from seqsweep.serving.reading.time_styles import COUNT, UNITS
    from seqsweep.serving.reading.times import fit_times

    if column.dtype.kind in "iufb" or column.isna().any() or pd.to_numeric(column, errors="coerce").notna().any():
        return None
    try:
        index, style, _ = fit_times(column, None, pd.Timestamp.now())
    except (ReadError, ValueError, TypeError):
        return None
    return None if style.format in (COUNT, *UNITS) else index


def series_column(source: Source, names: Sequence[str], rows: Rows) -> tuple[str, list[str]] | None:
    """The column that tells rows of one time apart, and its values; None where no single column does.

    Args:
        source: to read columns from.
        names: of the columns to look at.
        rows: in the order of time; several at one time.
    """
    import pandas as pd

    if rows.numbers is None or not names:
        return None
    unique = list(dict.fromkeys(name for name in names if source.names.count(name) == 1))
    frame, _ = source.read(unique)
    n_times = len(np.unique(rows.index))
    best: tuple[str, list[str]] | None = None
    for name in unique:
        if frame[name].iloc[rows.numbers].isna().any():
            continue  # no name of a series
        column = frame[name].iloc[rows.numbers].astype("str").reset_index(drop=True)
        values = column.unique()
        # A series has a row at many of the times; any column that is not constant tells apart a time or two.
        if len(values) < 2 or len(rows) < LEAST_SHARE * len(values) * n_times:
            continue
        if pd.MultiIndex.from_arrays([rows.index, column]).is_unique and (best is None or len(values) < len(best[1])):
            best = (name, [str(value) for value in values])
    return best


def sentinels(rows: Rows) -> Iterator[tuple[str, tuple[float, float]]]:
    """The columns in which one value may stand for a missing one, each with that value and its share of the rows.

    Args:
        rows: nothing filled yet.
    """
    for name, column in zip(rows.columns, rows.values.T, strict=True):
        found = sentinel(column)
        if found is not None:
            yield name, found


def sentinel(column: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[float, float] | None:
    """A value that lies further from all others than these spread, and its share of the rows; None: there is none.

    Args:
        column: (rows,), NaN where a value is missing.
    """
    values = column[~np.isnan(column)]
    if len(values) < 20:
        return None
    for value in (values.min(), values.max()):
        at = values == value
        rest = values[~at]
        share = float(at.mean())
        if len(rest) < 10 or at.sum() < 3 or not SENTINEL_SHARE <= share <= 0.9:
            continue
        gap = np.abs(rest - value).min()
        if gap > 2 * np.ptp(rest) > 0:
            return float(value), share
    return None


def alias(step: int) -> str:
    """The pandas frequency of a step.

    Args:
        step: nanoseconds.
    """
    import pandas as pd
    from pandas.tseries.frequencies import to_offset

    days, rest = divmod(step, 24 * HOUR)
    if days and not rest:  # of the calendar, and not of 24 hours each: pandas counts these in hours
        return f"{days}D" if days > 1 else "D"
    return str(to_offset(pd.Timedelta(step, unit="ns")).freqstr)


def _is_calendar(rows: Rows) -> bool:
    """Whether steps are even by the calendar: months have other lengths, and days of a zone too."""
    from seqsweep.serving.reading.steps import even_frequency

    return even_frequency(rows.index, rows.zone) is not None


def _other_columns(source: Source, settings: Settings) -> list[str]:
    return [name for name in source.names if name not in (*settings.given, *settings.static, *settings.time)]


def _others(source: Source, config: DataConfig) -> list[str]:
    from seqsweep.data.columns import time_columns

    values = (config.target, *config.columns, *config.features, *config.known_future)
    taken = (*time_columns(config), *values, *config.series, *config.static)
    return [name for name in source.names if name not in taken]


def _several(found: tuple[str, list[str]]) -> str:
    return f"column {found[0]!r} has {len(found[1]):,} values, and each of them a row of its own at one time"


def _where(found: tuple[str, list[str]]) -> str:
    name, value = found[0], found[1][0]
    shown = f"`{name}`" if not name.isidentifier() else name
    is_number = value.replace(".", "", 1).removeprefix("-").isdigit()
    return f"data.where='{shown} == {value if is_number else _quoted(value)}'"


def _quoted(value: str) -> str:
    return '"' + value.replace('"', "") + '"'


def _is_clock(sample: pd.DataFrame, position: int) -> bool:
    """Whether a column holds times of day, or hours."""
    column = sample.iloc[:50, position].astype("str").str.strip()
    name = str(sample.columns[position]).casefold()
    if column.str.fullmatch(r"\d{1,2}:\d\d(:\d\d(\.\d+)?)?(\s?[AaPp][Mm])?").all():
        return True
    return name in ("hour", "hr", "time", "minute") and bool(column.str.fullmatch(r"\d{1,2}(\.0)?").all())


def _is_autumn_night(rows: Rows, row: int) -> bool:
    """Whether clocks may have been set back at this row: the small hours of a Sunday in autumn, north or south."""
    import pandas as pd

    moment = pd.Timestamp(rows.index[row])
    return moment.day_of_week == 6 and moment.hour <= 3 and moment.month in (3, 4, 9, 10, 11)
