"""What is to be said of rows behind the last value of the target, which say what is known ahead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seqsweep.serving.reading.rows import Rows


def left_to_come(future: Rows) -> Iterator[str]:
    """That nothing is learned of them.

    Args:
        future: the rows behind, blank in the target.
    """
    if len(future):
        n_rows = f"{len(future):,} rows behind the last value of {future.columns[0]!r}"
        yield f"{n_rows} are the future, of which nothing is learned"


def not_following(series: Sequence[tuple[str, Rows, Rows]], frequency: str | None) -> Iterator[str]:
    """That the rows behind do not follow the last one, so that what follows cannot be forecast.

    Args:
        series: of each its name, its rows, and those behind.
        frequency: of the steps, as pandas writes it; None: they are not even, or have no times.
    """
    from seqsweep.serving.reading.steps import steps_ahead

    if frequency is None:
        return
    found = [
        (name, past, future)
        for name, past, future in series
        if len(future) and future.index[0] >= steps_ahead(past.index[-1], past.zone, frequency, 2)[1]
    ]
    if found:
        name, past, future = found[0]
        whose = f"of {len(found):,} of {len(series):,} series, {name!r} among them, " if len(series) > 1 else ""
        yield (
            f"{whose}the rows behind the last value of {past.columns[0]!r} do not follow it: it is of "
            f"{past.shown(len(past) - 1)}, and they begin at {future.shown(0)}; without those between there is no next "
            "forecast"
        )
