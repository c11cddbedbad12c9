"""Times between UTC, in which they are kept where their zone is known, and the clock of that zone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..array_types import Index
from .faults import ReadError

if TYPE_CHECKING:
    import pandas as pd

Dates: TypeAlias = NDArray[np.datetime64]
"""(rows,), datetime64[ns]."""


def clock(index: Index, zone: str | None) -> pd.DatetimeIndex:
    """Times as the clock of their zone shows them, with the zone; without one as they are.

    Args:
        index: (time,), datetime64.
        zone: in which they were written, such as Europe/Istanbul or UTC+02:00; then `index` is in UTC.
    """
    import pandas as pd

    times = pd.DatetimeIndex(index)
    return times if zone is None else times.tz_localize("UTC").tz_convert(zone)


def wall_clock(index: Index, zone: str | None) -> Index:
    """What the clock of the zone shows, without the zone: for people, not for arithmetic.

    Args:
        index: (time,), datetime64 or counts.
        zone: as `clock` takes it.
    """
    if index.dtype.kind != "M" or zone is None:
        return index
    return clock(index, zone).tz_localize(None).to_numpy().astype("datetime64[ns]")


def to_utc(times: Dates, zone: str, column: str) -> Dates:
    """What the clock of a zone showed, (rows,), in UTC.

    A time that it showed twice, as clocks were set back, is the first or the second one by its place among the rows.

    Args:
        times: in any order of rows.
        zone: such as Europe/Istanbul.
        column: that they come from, for the message.

    Raises:
        ReadError: a time was never shown, as clocks were set forward, or was shown twice and is there once.
    """
    import pandas as pd

    order = np.argsort(times, kind="stable")
    sorted_times = pd.DatetimeIndex(times[order])
    # A day begins later where its midnight was left out.
    missing = "shift_forward" if (sorted_times == sorted_times.normalize()).all() else "NaT"
    how: dict[str, Any] = {"nonexistent": missing}
    try:
        found = sorted_times.tz_localize(zone, ambiguous="infer", **how)
    except ValueError:  # pandas cannot tell some of them apart
        found = sorted_times.tz_localize(zone, ambiguous="NaT", **how)
    gone = np.asarray(found.isna()) & np.asarray(sorted_times.notna())
    if gone.any():
        row = int(order[int(gone.argmax())])
        shown = str(pd.Timestamp(times[row]))
        never = sorted_times[[int(gone.argmax())]].tz_localize(zone, ambiguous=True, nonexistent="NaT").isna()[0]
        what = "never showed it" if never else "showed it twice, and it is there once"
        told = f"{shown}: the clock of {zone} {what}"
        mend = "write times with their offset, such as 2023-10-29T02:30+02:00"
        raise ReadError(told, column=column, row=row, mend=mend, served=mend)
    result = np.empty(len(times), "datetime64[ns]")
    result[order] = found.tz_convert("UTC").tz_localize(None).to_numpy()
    return result
