"""What the data must allow for settings of forecasts and their intervals."""

from __future__ import annotations

from collections.abc import Iterator

from seqsweep.data import Series
from seqsweep.errors import DataError
from seqsweep.tasks.forecast.moments import at


def bound(series: Series, lower: float | None) -> Iterator[str]:
    """That forecasts are clipped, where they are.

    Args:
        series: what is forecast.
        lower: below which the target never is; None: there is no bound.

    Raises:
        DataError: the target is below it somewhere.
    """
    target = series.values[:, 0]
    if lower is None:
        return
    if (least := float(target.min())) < lower:
        when = at(series, int(target.argmin()))
        told = f"column {series.target!r} has {least:g} at {when}, and forecasts would never reach it"
        raise DataError(f"task.lower={lower:g}: {told}; give a bound of {least:g} or less, or task.lower=null")
    yield f"forecasts of {series.target}, of networks and baselines, and their intervals are clipped at {lower:g}"
