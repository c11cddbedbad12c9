"""What forecasts add to a test evaluation: intervals, and what each of several series comes to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seqsweep.schema import SweepConfig
from seqsweep.tasks.forecast.by_series import by_series, in_sizes
from seqsweep.tasks.forecast.dataset import SeriesDataset
from seqsweep.tasks.forecast.intervals import make_intervals, read_intervals
from seqsweep.tasks.forecast.panel_dataset import PanelDataset
from seqsweep.tasks.forecast.panel_intervals import adapted_to_all
from seqsweep.tasks.forecast.quantile_intervals import figures, quantile_intervals, read_compared
from seqsweep.tasks.forecast.quantiles import levels_of, points
from seqsweep.tasks.forecast.settings import own
from seqsweep.tasks.results import TestPredictions


def details_of(config: SweepConfig, data: SeriesDataset | PanelDataset, seen: TestPredictions) -> dict[str, Any]:
    """Forecast intervals; of several series what each comes to, and widths in units of their sizes.

    Of quantiles also what each kind of interval is worth. A baseline has none.

    Args:
        config: of the sweep.
        data: that was evaluated on.
        seen: predictions of a network or of a baseline.
    """
    finals, quantiles = config.finals, levels_of(config) if seen.test_predicted.ndim == 3 else ()
    sized, lower, more = seen, own(config).lower, {}
    if isinstance(data, PanelDataset):
        sized, lower = in_sizes(data, seen), None
        more = {"series": by_series(data, points(seen), config.task.objective)}
    if quantiles and not finals.adaptation:
        return {**quantile_intervals(sized, finals.levels, quantiles, finals.intervals, lower), **more}
    sized = points(sized)
    if not isinstance(data, PanelDataset):
        return {"intervals": make_intervals(sized, finals.levels, finals.adaptation, lower)}
    made = make_intervals(sized, finals.levels)
    if finals.adaptation:
        made = [adapted_to_all(interval, data, sized, finals.adaptation) for interval in made]
    return {"intervals": made, **more}


def figures_of(details: Mapping[str, Any]) -> dict[str, float]:
    """Coverage and width of each level, by the names that MLflow shows; of quantiles those of each kind too.

    Args:
        details: of a test evaluation.
    """
    found: dict[str, float] = {}
    for interval in read_intervals(details):
        level = f"{100 * interval.level:g}"  # 99.5 is not 100
        found |= {f"test_coverage_{level}": interval.coverage, f"test_width_{level}": interval.width}
    return found | figures(read_compared(details))
