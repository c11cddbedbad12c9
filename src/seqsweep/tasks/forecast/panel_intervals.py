"""Intervals whose level adapts along several series: what all of them missed at one time moves it for all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from seqsweep.serving.array_types import Float64s, Index
from seqsweep.tasks.forecast.panel_dataset import PanelDataset
from seqsweep.tasks.results import TestPredictions


def adapted_to_all(
    entry: Mapping[str, Any], data: PanelDataset, seen: TestPredictions, adaptation: float
) -> dict[str, Any]:
    """An interval as it stays, as plain values → the one whose level follows the share of targets that it held.

    Behind each time of origins the share to miss moves as in Gibbs & Candès (2021), Adaptive Conformal Inference Under
    Distribution Shift, NeurIPS, equation 2, by the mean over all series whose targets of one origin's time are known by
    then: series are alike at one time, so that each of them by itself would say the same again and again. Of one
    series it is that equation.

    Args:
        entry: of one level, see `ForecastInterval`.
        data: that the predictions are of.
        seen: in units of the size of each series.
        adaptation: how fast the level moves, above 0.
    """
    if seen.calibration_actual is not None and seen.calibration_predicted is not None:
        residuals = seen.calibration_actual - seen.calibration_predicted
    else:
        residuals = seen.validation_actual - seen.validation_predicted
    sizes, errors = np.sort(np.abs(residuals), axis=0), np.abs(seen.test_actual - seen.test_predicted)
    index, items = data.series.index, seen.test_items
    runs = [
        _run(sizes[:, ahead], errors[:, ahead], index[items], index[items + ahead + 1], entry["level"], adaptation)
        for ahead in range(errors.shape[1])
    ]
    widths = np.column_stack([width for width, _ in runs])
    held, finite = errors <= widths, np.minimum(widths, sizes[-1])
    return {
        **entry,
        "half_widths": [last for _, last in runs],
        "coverage": float(held.mean()),
        "width": float(2 * finite.mean()),
        "adaptation": adaptation,
    }


def _run(
    sizes: Float64s, errors: Float64s, origins: Index, targets: Index, level: float, adaptation: float
) -> tuple[Float64s, float]:
    """Of a step ahead the half width of each forecast (n,), and that behind all of them.

    Args:
        sizes: (m,), of residuals, ascending.
        errors: (n,), of the forecasts.
        origins: (n,), times of the last rows that they have seen.
        targets: (n,), times of what they forecast.
        level: to cover in the long run.
        adaptation: how fast the level moves.
    """
    moments, group = np.unique(origins, return_inverse=True)
    rows = [np.flatnonzero(group == place) for place in range(len(moments))]
    known_at = [targets[places].max() for places in rows]
    widths, miss, known = np.zeros(len(errors)), 1 - level, 0

    def moved(miss: float, places: Any) -> float:
        return float(miss + adaptation * (1 - level - np.mean(errors[places] > widths[places])))

    for place, moment in enumerate(moments):
        while known < place and known_at[known] <= moment:
            miss, known = moved(miss, rows[known]), known + 1
        widths[rows[place]] = _at(sizes, miss)
    for late in rows[known:]:
        miss = moved(miss, late)
    return widths, _at(sizes, miss)


def _at(sizes: Float64s, miss: float) -> float:
    """The half width that misses this share: of sorted residuals (n,)."""
    rank = int(np.ceil((len(sizes) + 1) * (1 - miss) - 1e-9))
    return 0.0 if rank < 1 else float(sizes[rank - 1]) if rank <= len(sizes) else float("inf")
