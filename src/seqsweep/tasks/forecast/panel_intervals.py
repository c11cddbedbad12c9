"""Intervals of several series, alike at one date: dates count, and what all of them missed moves the level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from seqsweep.evidence import Sizes
from seqsweep.serving.array_types import Float64s, Index
from seqsweep.tasks.dataset import Items
from seqsweep.tasks.forecast.by_series import in_sizes
from seqsweep.tasks.forecast.intervals import Moments, make_intervals
from seqsweep.tasks.forecast.panel_dataset import PanelDataset
from seqsweep.tasks.results import TestPredictions


def panel_intervals(
    data: PanelDataset, seen: TestPredictions, levels: Sequence[float], adaptation: float
) -> list[dict[str, Any]]:
    """Intervals of each level in units of the size of each series, as plain values; see `make_intervals`.

    Args:
        data: that the predictions are of.
        seen: in the unit of the data.
        levels: of confidence.
        adaptation: how fast a level moves; 0: it stays.
    """
    sized = in_sizes(data, seen)
    made = make_intervals(sized, levels, moments=dates_of(data, seen))
    return [adapted_to_all(interval, data, sized, adaptation) for interval in made] if adaptation else made


def dates_of(data: PanelDataset, seen: TestPredictions) -> Moments:
    """The dates of the errors that give the widths, and of those on test.

    Args:
        data: that the predictions are of.
        seen: which of its items they are of.
    """
    return data.moments(_before(data, seen)), data.moments(seen.test_items)


def _before(data: PanelDataset, seen: TestPredictions) -> Items:
    """The items whose errors give the widths."""
    return seen.validation_items if seen.calibration_actual is None else data.held


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
    _, actual, predicted = seen.unseen
    sizes = Sizes.of(actual - predicted, data.moments(_before(data, seen)))
    errors = np.abs(seen.test_actual - seen.test_predicted)
    index, items = data.series.index, seen.test_items
    runs = [
        _run(sizes[ahead], errors[:, ahead], index[items], index[items + ahead + 1], entry["level"], adaptation)
        for ahead in range(errors.shape[1])
    ]
    widths = np.column_stack([width for width, _ in runs])
    held, finite = errors <= widths, np.minimum(widths, [each.sorted[-1] for each in sizes])
    return {
        **entry,
        "half_widths": [last for _, last in runs],
        "coverage": float(held.mean()),
        "width": float(2 * finite.mean()),
        "adaptation": adaptation,
    }


def _run(
    sizes: Sizes, errors: Float64s, origins: Index, targets: Index, level: float, adaptation: float
) -> tuple[Float64s, float]:
    """Of a step ahead the half width of each forecast (n,), and that behind all of them.

    Args:
        sizes: of residuals.
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
        widths[rows[place]] = sizes.missed_by(miss)
    for late in rows[known:]:
        miss = moved(miss, late)
    return widths, sizes.missed_by(miss)
