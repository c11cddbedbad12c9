"""What forecasts add to a test evaluation: intervals, and what each of several series comes to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seqsweep.schema import SweepConfig
from seqsweep.tasks.forecast.by_series import by_series, in_sizes
from seqsweep.tasks.forecast.dataset import SeriesDataset
from seqsweep.tasks.forecast.intervals import make_intervals, read_intervals
from seqsweep.tasks.forecast.panel_dataset import PanelDataset
from seqsweep.tasks.forecast.panel_intervals import dates_of, panel_intervals
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
    finals, plain, panel = config.finals, points(seen), data if isinstance(data, PanelDataset) else None
    found: dict[str, Any] = {}
    if panel is None:
        sized, dates, lower = seen, None, own(config).lower
        made = make_intervals(plain, finals.levels, finals.adaptation, lower)
    else:
        sized, dates, lower = in_sizes(panel, seen), dates_of(panel, seen), None
        made = panel_intervals(panel, plain, finals.levels, finals.adaptation)
        found["series"] = by_series(panel, plain, config.task.objective)
    if seen.test_predicted.ndim == 3:
        between, found["compared"] = quantile_intervals(sized, finals.levels, levels_of(config), lower, dates)
        made = [one for one in between if one["kind"] == finals.intervals] or made
    return {"intervals": made, **found}


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
