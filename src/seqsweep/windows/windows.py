"""Inputs and targets for any set of origins, gathered from one copy of the series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from seqsweep.catalog import Catalog
from seqsweep.data import Series
from seqsweep.events import TrialParams
from seqsweep.windows.split import Split
from seqsweep.windows.transforms import Transform, fit_transform

Floats = NDArray[np.float32]


class Anchor(Protocol):
    """What an entry of ANCHORS is."""

    def __call__(self, scaled: Floats, window: int) -> Floats | None:
        """(time, columns): what is taken off the window that ends at each row; None where nothing is.

        Args:
            scaled: (time, columns), the series as scaled.
            window: rows of a window.
        """


ANCHORS: Catalog[Anchor] = Catalog("anchor", like=Anchor)


@ANCHORS.register
def none(scaled: Floats, window: int) -> None:  # noqa: ARG001
    """Windows stay as they are."""
    return


@ANCHORS.register
def last(scaled: Floats, window: int) -> Floats:  # noqa: ARG001
    """The last row: a network that outputs 0 forecasts the last value, and learns what is better."""
    return scaled


@ANCHORS.register
def mean(scaled: Floats, window: int) -> Floats:
    """The mean of the window: its level is taken away. Rows before the first whole window are 0."""
    total = np.cumsum(scaled, axis=0, dtype=np.float64)
    result = np.zeros_like(scaled)
    result[window - 1] = total[window - 1] / window
    result[window:] = (total[window:] - total[:-window]) / window
    return result


@dataclass(frozen=True)
class Windows:
    """The series as one trial sees it.

    Memory: one float32 copy of the series (two with the anchor `mean`), whatever the window; inputs are gathered for
    the origins that are asked for.
    """

    values: NDArray[np.float64]  # (time, columns), the unit of the data
    scaled: Floats  # (time, columns), transformed and scaled
    anchors: Floats | None  # (time, columns), scaled
    transform: Transform
    split: Split
    window: int

    def inputs(self, origins: NDArray[np.int64]) -> Floats:
        """(n,) → (n, window, columns)."""
        views = sliding_window_view(self.scaled, self.window, axis=0)  # (time - window + 1, columns, window)
        raw = views[origins - self.window + 1].transpose(0, 2, 1)
        return raw if self.anchors is None else raw - self.anchors[origins, None]

    def targets(self, origins: NDArray[np.int64]) -> Floats:
        """(n,) → (n, horizon), scaled and anchored as the inputs of the same origins are."""
        ahead = sliding_window_view(self.scaled[:, 0], self.split.horizon)[origins + 1]
        return ahead if self.anchors is None else ahead - self.anchors[origins, :1]

    def actual(self, origins: NDArray[np.int64]) -> NDArray[np.float64]:
        """(n,) → (n, horizon): what really happened, in the unit of the data, never clipped."""
        return sliding_window_view(self.values[:, 0], self.split.horizon)[origins + 1]

    def inverse_transform(self, origins: NDArray[np.int64], forecast: Floats) -> NDArray[np.float64]:
        """A network's output (n, horizon) in the unit of the data."""
        if self.anchors is not None:
            forecast = forecast + self.anchors[origins, :1]
        return self.transform.inverse_transform(self.values, origins, forecast.astype(np.float64))


def make_windows(series: Series, split: Split, params: TrialParams, season: int | None) -> Windows:
    """The windows of one trial: transform and scaler fitted on the rows of train alone."""
    transform = fit_transform(
        series.values,
        split.train_end,
        scaler=params.scaler,
        clip_quantile=params.clip_quantile,
        log1p=params.log1p,
        difference=params.difference,
        seasonal_difference=params.seasonal_difference,
        season=season,
    )
    scaled = transform.apply(series.values)
    anchors = ANCHORS[params.anchor](scaled, params.window)
    return Windows(series.values, scaled, anchors, transform, split, params.window)
