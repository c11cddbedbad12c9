"""What a data set of one series and one of several have alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from seqsweep.data import Series
from seqsweep.errors import DataError
from seqsweep.events import CALIBRATION
from seqsweep.schema import SweepConfig
from seqsweep.serving.array_types import Float64s
from seqsweep.serving.gather import Gather
from seqsweep.tasks.dataset import Items
from seqsweep.tasks.forecast.settings import own


@dataclass(frozen=True)
class Forecasts:
    """Forecasts of a table in order of time, a series behind the other where there are several.

    Args:
        config: of the sweep.
        series: complete and in order.
    """

    config: SweepConfig
    series: Series

    @property
    def name(self) -> str:
        """Of the data."""
        return self.series.name

    @property
    def target(self) -> str:
        """The column that is forecast."""
        return self.series.target

    @property
    def rows(self) -> int:
        """Of all series."""
        return self.series.rows

    @property
    def sha256(self) -> str:
        """Of the content."""
        return self.series.sha256

    def actual(self, items: Items) -> Float64s:
        """(n, horizon): what really happened after each origin, in the unit of the data, never clipped."""
        ahead: Float64s = Gather(self.series.values[:, 0], range(1, own(self.config).horizon + 1)).numpy(items)
        return ahead


class _Held(Protocol):
    @property
    def held(self) -> Items: ...


class _Folds(Protocol):
    def fold(self, fold: int) -> _Held: ...


def held_of(parts: _Folds) -> Items:
    """The forecasts of the end of train, see CALIBRATION; none where train is too short to hold any out.

    Args:
        parts: of one series, or of several.
    """
    try:
        return parts.fold(CALIBRATION).held
    except DataError:
        return np.zeros(0, np.int64)
