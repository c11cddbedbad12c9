"""Baselines that learn a number, or nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..array_types import Float64s, Int64s


@dataclass(frozen=True)
class Repeat:
    """The last rows, one after the other, again and again; of one row the last value.

    Source: https://otexts.com/fpp3/simple-methods.html

    Args:
        rows: of a season.
    """

    rows: int

    @property
    def window(self) -> int:
        """See `Formula`."""
        return self.rows

    def after(self, values: Float64s, origins: Int64s, horizon: int) -> Float64s:
        """See `Formula`."""
        repeated: Float64s = values[(origins + 1 - self.rows)[:, None] + np.arange(horizon) % self.rows, 0]
        return repeated


@dataclass(frozen=True)
class Constant:
    """The same, whatever the rows hold."""

    level: float

    @property
    def window(self) -> int:
        """See `Formula`."""
        return 1

    def after(self, values: Float64s, origins: Int64s, horizon: int) -> Float64s:  # noqa: ARG002
        """See `Formula`."""
        return np.full((len(origins), horizon), self.level)


@dataclass(frozen=True)
class MovingAverage:
    """The mean of the last rows, or of as many as there are."""

    rows: int

    @property
    def window(self) -> int:
        """See `Formula`."""
        return self.rows

    def after(self, values: Float64s, origins: Int64s, horizon: int) -> Float64s:
        """See `Formula`."""
        ends = origins + 1
        starts = np.maximum(ends - self.rows, 0)
        # Each mean is a sum of its own: differences of a running sum lose digits along a million rows. `reduceat`
        # also sums from one end to the next start, which is dropped; the 0 lets a sum end at the last row.
        sums = np.add.reduceat(np.append(values[:, 0], 0.0), np.column_stack([starts, ends]).ravel())[::2]
        return np.repeat((sums / (ends - starts))[:, None], horizon, axis=1)
