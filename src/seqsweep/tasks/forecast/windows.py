"""A series as one trial sees it, and the parts in which it is trained and scored.

An *origin* is the last row that a forecast may see: from origin t the rows t+1 … t+horizon are forecast.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from seqsweep.catalog import Catalog
from seqsweep.data import Series
from seqsweep.errors import Fault
from seqsweep.events import TrialParams
from seqsweep.schema import SweepConfig
from seqsweep.serving import windows
from seqsweep.serving.array_types import Float32s, Float64s, Int64s
from seqsweep.serving.baselines.baseline import Baseline
from seqsweep.serving.baselines.linear import LinearFit
from seqsweep.serving.transforms import Transform
from seqsweep.serving.windows import Anchor, SeriesView
from seqsweep.tasks.dataset import Space
from seqsweep.tasks.forecast.linear_path import LinearPath
from seqsweep.tasks.forecast.split import Split
from seqsweep.tasks.scaling import SCALERS, fit_transform

ANCHORS: Catalog[Anchor] = Catalog("anchor", like=Anchor)
for _anchor in windows.ANCHORS.values():
    ANCHORS.register(_anchor)

Solve: TypeAlias = Callable[[Series, Split, Transform], LinearFit]
"""Fits a ridge to train, in values as a transform leaves them before it scales."""


@dataclass(frozen=True, eq=False)
class Windows(SeriesView):
    """A series as one trial sees it.

    Args:
        split: the parts, and the origins in each.
        path: the ridge beside the recurrent layers; None: there is none. Where it reads more rows than they do, the
            window is as long as it needs.
        lower: below which no forecast is; None: there is no bound.
        baseline: what answers; None: a network.
    """

    split: Split
    path: LinearPath | None = None
    lower: float | None = None
    baseline: Baseline | None = None

    def inverse_transform(self, origins: Int64s, predicted: Float32s) -> Float64s:
        """As of any view of a series, clipped to `lower`."""
        forecast = super().inverse_transform(origins, predicted)
        return forecast if self.lower is None else np.maximum(forecast, self.lower)


def make_windows(
    series: Series, split: Split, params: TrialParams, season: int | None, solve: Solve | None = None
) -> Windows:
    """The windows of one trial: transform and scaler fitted on the rows of train alone.

    Args:
        series: what is forecast.
        split: its parts.
        params: window, anchor, and how values are transformed.
        season: rows a season, for seasonal differences.
        solve: fits the ridge beside the recurrent layers to train; None: there is none.

    Raises:
        DataError: the transform cannot take a value, or train is too short for the ridge.
    """
    transform = fitted(series.values, split.train_end, params, season)
    path = None if solve is None else LinearPath.of(solve(series, split, transform), transform)
    window = params.window if path is None else max(params.window, path.window)
    anchor = ANCHORS[params.anchor]
    return Windows(series.values, transform, anchor, window, split.horizon, split, path, known=series.known)


def fitted(
    values: Float64s, train_end: int, params: TrialParams, season: int | None, further: Sequence[Float64s] = ()
) -> Transform:
    """The transform of a trial.

    Args:
        values: a series (time, columns).
        train_end: rows [0, train_end) are train.
        params: of the trial.
        season: rows a season.
        further: train rows of other series that share the transform.

    Raises:
        DataError: it cannot take a value.
    """
    return fit_transform(
        values,
        train_end,
        further,
        scaler=params.scaler,
        clip_quantile=params.clip_quantile,
        log1p=params.log1p,
        difference=params.difference,
        seasonal_difference=params.seasonal_difference,
        season=season,
    )


def max_lookback(space: Space, season: int | None, ridge: int = 0) -> int:
    """The most rows that any point of the space, or any warm start, looks back from its first target.

    Args:
        space: what is searched.
        season: rows a season.
        ridge: the most rows that a ridge sees.
    """
    rows, window = season or 0, max(space.highest("window"), ridge)
    back = window + space.highest("difference") + rows * space.highest("seasonal_difference")
    known = (p.window + p.difference + rows * p.seasonal_difference for p in space.warm_starts())
    return int(max(back, *known, 0))


def faults(config: SweepConfig) -> list[Fault]:
    """What is wrong with the config of the scaler and the anchor, and with differencing."""
    windows, data = config.windows, config.data
    found = SCALERS.fault("windows.scaler", windows.scaler) + ANCHORS.fault("windows.anchor", windows.anchor)
    if data.seasonal_difference and data.season is None:
        mend = "give data.season (12 for months, 24 for hours)"
        told = f"data.seasonal_difference=1 needs the rows of a season; {mend}"
        found.append(Fault("data.seasonal_difference", told, also=("data.season",)))
    return found
