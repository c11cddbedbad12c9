"""Steps of time: rows put in order, resampled to an even frequency, and the name of that frequency."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seqsweep.data.table import Origin, Table
from seqsweep.errors import DataError

# Times as many steps as rows: beyond, a frequency is a slip, or one time lies far from all others.
MOST_EMPTY = 100


def in_order(table: Table, sort: bool, joined: bool) -> Table:
    """The table with its index ascending.

    Args:
        table: what was read.
        sort: put rows in order; else rows out of order are refused.
        joined: several rows may share a time, because resampling will join them.

    Raises:
        DataError: rows are out of order and are not to be sorted, or a time is there twice.
    """
    if table.time is None:
        return table
    if sort:
        table = table.take(np.argsort(table.index, kind="stable"))
    steps = np.diff(table.index.view(np.int64))
    if (steps < 0).any():
        row = int((steps < 0).argmax()) + 1
        raise DataError(
            f"{table.origin.place(row, table.time)}: {shown(table, row)} follows {shown(table, row - 1)}; "
            "data.sort=true puts rows in the order of time"
        )
    if (steps == 0).any() and not joined:
        row = int((steps == 0).argmax()) + 1
        earlier = table.origin.label(table.origin.numbers[row - 1])
        raise DataError(
            f"{table.origin.place(row, table.time)}: {shown(table, row)} is there twice (also in {earlier}); "
            "if several rows belong to one time, data.frequency=D with data.aggregate=mean or sum joins them"
        )
    return table


def shown(table: Table, row: int) -> str:
    """The time of a row, as short as it can be written.

    Args:
        table: any order of rows.
        row: counted from 0.
    """
    return str(table.index[row]).removesuffix(".000000000").replace("T00:00:00", "")


def resampled(table: Table, frequency: str, aggregate: str) -> Table:
    """One row a step of `frequency`, the rows within a step joined by `aggregate`; NaN where a step has none.

    The first and the last step may be covered in part only, which shows in sums.

    Args:
        table: its index ascends.
        frequency: of pandas, such as `D` or `15min`.
        aggregate: a method of pandas' resampler, such as `mean` or `sum`.

    Raises:
        DataError: the series has no dates, or there is no such frequency.
    """
    import pandas as pd

    if table.index.dtype.kind != "M":
        held = (
            "has no times; give data.time" if table.time is None else f"has whole numbers, not dates, in {table.time!r}"
        )
        raise DataError(f"data.frequency={frequency}: {table.origin.where} {held}")
    _check_frequency(table, frequency)
    steps = pd.DataFrame(table.values, index=pd.DatetimeIndex(table.index)).resample(frequency)
    # A sum over no row would be 0, as if there had been a row that said so.
    joined = steps.sum(min_count=1) if aggregate == "sum" else getattr(steps, aggregate)()
    index = joined.index.to_numpy().astype("datetime64[ns]")
    origin = Origin(table.origin.where, index.astype("datetime64[s]"), "at {}".format)
    return Table(origin, table.columns, joined.to_numpy(dtype=np.float64), index, table.time)


def _check_frequency(table: Table, frequency: str) -> None:
    from pandas.tseries.frequencies import to_offset

    try:
        offset = to_offset(frequency)
    except ValueError:
        raise DataError(
            f"data.frequency={frequency}: pandas knows no such frequency; use min, h, D, W, MS (month), QS "
            "(quarter), YS (year), or a multiple such as 15min"
        ) from None
    try:
        nanoseconds = offset.nanos
    except ValueError:
        return  # months and the like: never many
    span = int(table.index[-1].astype(np.int64) - table.index[0].astype(np.int64))
    if span // nanoseconds > max(10_000, MOST_EMPTY * len(table.index)):
        rows = f"{len(table.index):,} rows from {shown(table, 0)} to {shown(table, len(table.index) - 1)}"
        raise DataError(
            f"data.frequency={frequency}: {table.origin.where} has {rows}, and this would make "
            f"{span // nanoseconds:,} of them; choose a longer frequency, or mend a time that lies far off"
        )


def even_frequency(index: NDArray[np.generic]) -> str | None:
    """The pandas frequency of an index whose steps are even, else None."""
    import pandas as pd

    if index.dtype.kind != "M":
        return None
    even = pd.DatetimeIndex(index, freq="infer").freq
    return None if even is None else str(even.freqstr)
