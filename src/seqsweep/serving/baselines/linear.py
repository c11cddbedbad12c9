"""A ridge regression from the last rows, and from what is known ahead, to the rows that follow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..array_types import Float64s, Int64s
from ..gather import Gather

_CHUNK = 2**20  # numbers of the design matrix that are held at once: 8 MB


@dataclass(frozen=True, eq=False)
class LinearFit:
    """A ridge regression from a window to the rows ahead of it.

    Its inputs are the rows before the origin minus the row at the origin, oldest first, all columns of a row
    side by side, without those that times make; then, of the columns that are known ahead, the rows that are forecast
    minus the row at the origin. Its outputs are the rows ahead of the target minus the target at the origin.
    """

    window: int  # rows, the origin among them
    penalty: float
    coefficients: Float64s  # ((window - 1) * (columns - calendar) + horizon * known, horizon)
    intercept: Float64s  # (horizon,), in the unit of the data
    known: int = 0  # columns at the end that are known ahead
    calendar: int = 0  # of these, columns that times make

    def after(self, values: Float64s, origins: Int64s, horizon: int) -> Float64s:
        """(forecasts, horizon), the rows after each origin.

        Args:
            values: (time, columns), in the unit of the data.
            origins: (forecasts,), each with a whole window up to it.
            horizon: that it was fitted to.
        """
        ahead = np.empty((len(origins), horizon))
        for part in chunks(len(origins), len(self.coefficients)):
            read = Read(self.window, horizon, self.known, self.calendar)
            inputs = read.inputs(values, origins[part])
            changes = inputs @ self.coefficients.reshape(inputs.shape[1], horizon) + self.intercept
            ahead[part] = values[origins[part], :1] + changes
        return ahead


@dataclass(frozen=True)
class Read:
    """What a ridge reads of a series; see `LinearFit`."""

    window: int
    horizon: int
    known: int
    calendar: int

    def features(self, columns: int) -> int:
        """Inputs, of a series of so many columns."""
        return (self.window - 1) * (columns - self.calendar) + self.horizon * self.known

    def inputs(self, values: Float64s, origins: Int64s) -> Float64s:
        """Rows before each origin and known ones behind it, minus the row at it: (origins, features).

        Args:
            values: (time, columns).
            origins: (n,).
        """
        past = values[:, : values.shape[1] - self.calendar]
        before = Gather(past, range(1 - self.window, 0), past).numpy(origins)
        before = before.reshape(len(origins), (self.window - 1) * past.shape[1])
        if not self.known:
            return before
        known = values[:, -self.known :]
        ahead = Gather(known, range(1, self.horizon + 1), known).numpy(origins)
        return np.column_stack([before, ahead.reshape(len(origins), self.horizon * self.known)])


def chunks(rows: int, features: int) -> Iterator[slice]:
    """Slices that cover `rows`, each of at most `_CHUNK` numbers or of one row.

    Args:
        rows: of a design matrix.
        features: its columns.
    """
    step = max(1, _CHUNK // max(features, 1))
    for start in range(0, rows, step):
        yield slice(start, min(start + step, rows))
