"""What a baseline may know of a series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seqsweep.serving.array_types import Float64s, Int64s
from seqsweep.serving.gather import Gather

if TYPE_CHECKING:
    from seqsweep.tasks.forecast.settings import ForecastConfig


@dataclass(frozen=True, eq=False)  # hashed by identity, so that a fit can be kept for it
class BaselineInput:
    """The series, where its parts begin, and the settings of the baselines.

    Args:
        values: (time, columns), in the unit of the data, all finite; column 0 is the target.
        train_end: rows [0, train_end) are train.
        validation_origins: (forecasts,), the last row that each forecast of the validation part may see.
        horizon: rows ahead that are forecast, 1 or more.
        season: rows a season; None where there is none.
        observed: (time,), whether the target had a row; None: always.
        known: columns at the end whose values are known ahead: a forecast may read those of its own times.
        calendar: of these, columns at the very end that times make: what they were tells nothing.
        is_member: it is one of several series: nothing of it need lie in validation.
        is_whole: all of it is train, and what validation chose is in the settings.
        settings: `baselines`, `moving_average`, `ridge_windows`, `ridge_penalties` and `objective` are read.

    Raises:
        ValueError: a shape or a row is impossible, or a value is not finite.
    """

    values: Float64s
    train_end: int
    validation_origins: Int64s
    horizon: int
    season: int | None
    settings: ForecastConfig
    observed: NDArray[np.bool_] | None = None
    known: int = 0
    calendar: int = 0
    is_member: bool = False
    is_whole: bool = False

    def __post_init__(self) -> None:
        """Refuse what would make a forecast wrong or let it see what it must not."""
        # pandas hands over columns in one piece; windows are cut fast only where rows are.
        object.__setattr__(self, "values", np.ascontiguousarray(self.values, dtype=np.float64))
        rows, origins = len(self.values), self.validation_origins
        if self.values.ndim != 2 or not np.isfinite(self.values).all():
            raise ValueError(f"values must be (time, columns) and finite, their shape is {self.values.shape}")
        if not 1 <= self.train_end <= rows or self.horizon < 1:
            raise ValueError(f"train_end={self.train_end} of {rows} rows, horizon={self.horizon}")
        if origins.size == 0 and not (self.is_member or self.is_whole):
            raise ValueError("there is no validation origin")
        if origins.size and (origins.min() < self.train_end - 1 or origins.max() + self.horizon >= rows):
            raise ValueError(
                f"validation targets must lie in rows {self.train_end} to {rows - 1}, "
                f"origins are {origins.min()} to {origins.max()}, horizon={self.horizon}"
            )

    @property
    def target(self) -> Float64s:
        """(time,), the column to forecast."""
        return self.values[:, 0]

    def learned(self, origins: Int64s) -> Int64s:
        """Those of the origins (n,) whose targets all had a row: what a baseline may learn from."""
        if self.observed is None:
            return origins
        filled = np.concatenate([[0], np.cumsum(~self.observed)])
        kept: Int64s = origins[filled[origins + 1 + self.horizon] == filled[origins + 1]]
        return kept

    def actual(self, origins: Int64s) -> Float64s:
        """(forecasts, horizon), what happened in the rows after each origin."""
        return Gather(self.target, range(1, self.horizon + 1)).numpy(origins)
