"""The leak audit of a sweep's own pipeline, as its winner was trained."""

from __future__ import annotations

from seqsweep.events import TrialParams
from seqsweep.schema import SweepConfig
from seqsweep.tasks.dataset import Predict
from seqsweep.tasks.forecast.audit import MakeSplit, See, audit, panel_pipeline, pipeline
from seqsweep.tasks.forecast.dataset import SeriesDataset
from seqsweep.tasks.forecast.linear_path import Ridge
from seqsweep.tasks.forecast.panel_dataset import PanelDataset
from seqsweep.tasks.forecast.panel_ridge import PanelRidge
from seqsweep.tasks.forecast.panel_split import make_panel_split
from seqsweep.tasks.forecast.settings import own
from seqsweep.tasks.forecast.split import make_split
from seqsweep.tasks.forecast.windows import Solve
from seqsweep.tasks.results import Audit


def audited(config: SweepConfig, data: SeriesDataset | PanelDataset, params: TrialParams, predict: Predict) -> Audit:
    """Whether later values move anything that the winner learned or forecasts.

    Args:
        config: of the sweep.
        data: of it.
        params: of the winner.
        predict: its network.
    """
    lookback, horizon, season = data.parts.max_lookback, own(config).horizon, config.data.season
    split: MakeSplit
    see: See
    if isinstance(data, PanelDataset):
        split = lambda series: make_panel_split(series, config.windows, horizon, lookback)  # noqa: E731
        see = panel_pipeline(params, season, config.windows, _panel_as_chosen(data, params))
    else:
        split = lambda series: make_split(series, config.windows, horizon, lookback)  # noqa: E731
        see = pipeline(params, season, _as_chosen(config, data, params))
    found = audit(data.series, split, see, predict)
    return Audit(found.passed, found.checked, found.findings)


def _as_chosen(config: SweepConfig, data: SeriesDataset, params: TrialParams) -> Solve | None:
    """The winner's ridge with its window and penalty: validation has chosen them, and noise would choose anew."""
    ridge = Ridge.of(config, params)
    path = None if ridge is None else data.view(params).path
    return None if ridge is None or path is None else ridge.fixed(path.fit)


def _panel_as_chosen(data: PanelDataset, params: TrialParams) -> PanelRidge | None:
    """Likewise of several series."""
    ridge = data.ridge_of(params)
    path = None if ridge is None else data.view(params).path
    return None if ridge is None or path is None else ridge.fixed(path)
