"""How many rows a packaged model has to be given for a forecast from an origin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from seqsweep.data import Series
from seqsweep.serving.array_types import Int64s
from seqsweep.serving.baselines.baseline import Baseline, Continued


def rows_needed(spec: Mapping[str, Any]) -> int:
    """Rows that a forecast needs: the window, and those that differencing takes."""
    return int(spec["window"]) + len(spec["transform"]["lags"]) - 1


def reach(series: Series, spec: Mapping[str, Any], origins: Int64s) -> Int64s:
    """(n,), rows up to each origin: more than `rows_needed` where a baseline goes on from a state further back.

    Of a series that a model says nothing of 0.

    Args:
        series: that is forecast, with rows behind those that the model is of or not.
        spec: of the model.
        origins: (n,), rows of the series.
    """
    rows = np.full(len(origins), rows_needed(spec), np.int64)
    if spec["baseline"] is None:
        return rows
    baseline = Baseline.from_json(spec["baseline"])
    starts = np.zeros(1, np.int64) if series.starts is None else series.starts
    owners = np.searchsorted(starts, origins, side="right") - 1
    for number in np.unique(owners).tolist():
        places = owners == number
        one = baseline.of(series.names[number] if series.names else ())
        if one is None:
            rows[places] = 0
        elif isinstance(one, Continued):
            last = int(starts[number]) + int(np.searchsorted(series.members[number].index, one.until))
            rows[places] = np.maximum(rows[places], origins[places] - last + 1)
    return rows
