"""Times of a series and their frequency, in words."""

from __future__ import annotations

import re

import numpy as np

from seqsweep.data import Series
from seqsweep.words import counted

UNITS = {"W": "week", "B": "working day", "MS": "month", "ME": "month", "BMS": "month", "BME": "month"}
UNITS |= {"QS": "quarter", "QE": "quarter", "BQS": "quarter", "BQE": "quarter"}
UNITS |= {"YS": "year", "YE": "year", "BYS": "year", "BYE": "year"}
"""What frequencies of pandas count that have no length of their own."""


def at(series: Series, row: int) -> str:
    """When a row is, on the clock of its zone: `2013-01-01 13:00`; its number where the series has no times.

    Args:
        series: that holds it.
        row: from 0; -1 is the last one.
    """
    from seqsweep.serving.reading.rows import shown

    if not has_times(series):
        return f"row {range(series.rows)[row] + 1:,}"
    return short(shown(series.clock_at(np.array([row]))[0]))


def extent(series: Series) -> str:
    """What a table holds: `309 rows from 1700-01-01 to 2008-01-01`, and of how many series."""
    several = f" of {counted(len(series.names), 'series')}" if series.starts is not None else ""
    rows = f"{counted(series.rows, 'row')}{several}"
    if not has_times(series):
        return rows
    first, last = int(series.index.argmin()), int(series.index.argmax())
    return f"{rows} from {at(series, first)} to {at(series, last)}"


def has_times(series: Series) -> bool:
    """Whether the index holds times, or counts that stand for them, and not the numbers of rows."""
    return series.index.dtype.kind == "M" or (series.reader is not None and bool(series.reader.settings.time))


def short(time: str) -> str:
    """A time without seconds where there are none: `2013-01-01 13:00`."""
    return re.sub(r"(\d\d:\d\d):00$", r"\1", time)


def in_words(frequency: str, times: int = 1) -> str:
    """A frequency of pandas, or several of its steps: `1 hour`, `3 months`; an unusual one as pandas writes it.

    Args:
        frequency: of pandas.
        times: as many steps.
    """
    from pandas.tseries.frequencies import to_offset

    from seqsweep.serving.reading.steps import period

    offset = to_offset(frequency) * times
    try:
        return period(int(offset.nanos), is_time=True)
    except ValueError:  # of a calendar
        unit = UNITS.get(offset.rule_code.split("-")[0])
    return str(offset.freqstr) if unit is None else f"{offset.n} {unit}{'s' if offset.n > 1 else ''}"
