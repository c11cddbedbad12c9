"""Baselines of which each row moves a state: many forecasts cost no more than one, and a state can be gone on from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ..array_types import Float64s, Int64s


class Recursive(Protocol):
    """What is known behind a row is a state, and a forecast is a matter of that state alone."""

    @property
    def start(self) -> int:
        """The first row that it reads."""

    def states(self, target: Float64s, before: Float64s | None = None) -> Float64s:
        """(rows, numbers), the state behind each row.

        Args:
            target: (rows,), from the row `start` on, or from the one behind a state.
            before: that state; None: there is none.
        """

    def ahead(self, states: Float64s, horizon: int) -> Float64s:
        """(n, horizon), the forecasts from states (n, numbers)."""


def after(of: Recursive, target: Float64s, origins: Int64s, horizon: int) -> Float64s:
    """(origins, horizon), from the states behind each origin.

    Args:
        of: with its parameters.
        target: (time,).
        origins: (n,), not before `start`.
        horizon: rows ahead.
    """
    behind = of.states(target[of.start : int(origins.max()) + 1])
    return of.ahead(behind[origins - of.start], horizon)


@dataclass(frozen=True)
class Drift:
    """The straight line from the first row through the origin; a state is the number of the row, and its value.

    Source: https://otexts.com/fpp3/simple-methods.html

    Args:
        first: the value of the first row.
        start: see `Recursive`.
    """

    first: float
    start: int = 0

    def states(self, target: Float64s, before: Float64s | None = None) -> Float64s:
        """See `Recursive`."""
        first = 0 if before is None else before[0] + 1
        return np.column_stack([first + np.arange(len(target)), target])

    def ahead(self, states: Float64s, horizon: int) -> Float64s:
        """See `Recursive`."""
        rows, last = states.T
        slope = (last - self.first) / np.maximum(rows, 1)  # row 0 alone has none: 0
        line: Float64s = last[:, None] + slope[:, None] * np.arange(1, horizon + 1)
        return line


@dataclass(frozen=True)
class Smoothing:
    """Additive exponential smoothing with its parameters, and its state before the row `start`.

    A state is level, trend, and what a season adds to each row that follows, the next one first.

    Args:
        start: see `Recursive`.
        level: its rate, above 0; `trend` and `season` likewise, 0 where there is none.
        damping: by which the trend fades a row; 1: not at all.
        first: (2 + rows of a season,), the state before the first row.
    """

    start: int
    level: float
    trend: float
    season: float
    damping: float
    first: Float64s

    def states(self, target: Float64s, before: Float64s | None = None) -> Float64s:
        """See `Recursive`."""
        level, trend, *ring = (self.first if before is None else before).tolist()
        period, states = len(ring), np.empty((len(target), 2 + len(ring)))
        for row, value in enumerate(target.tolist()):
            place, steady = row % period, level + self.damping * trend
            error = value - steady - ring[place]
            level, trend = steady + self.level * error, self.damping * trend + self.trend * error
            ring[place] += self.season * error
            states[row] = [level, trend, *ring[place + 1 :], *ring[: place + 1]]
        return states

    def ahead(self, states: Float64s, horizon: int) -> Float64s:
        """See `Recursive`."""
        steps = np.arange(1, horizon + 1)
        level, trend, seasons = states[:, :1], states[:, 1:2], states[:, 2:]
        made: Float64s = level + trend * np.cumsum(self.damping**steps) + seasons[:, (steps - 1) % seasons.shape[1]]
        return made


@dataclass(frozen=True)
class Theta:
    """The method Theta with its parameters; a state is the level, and the rows that it is of.

    Args:
        start: see `Recursive`.
        rate: of simple exponential smoothing.
        slope: of the straight line through train.
        season: of each row of one, the first one first; empty: there is none.
        multiplied: whether the season is a factor.
    """

    start: int
    rate: float
    slope: float
    season: Float64s
    multiplied: bool

    def states(self, target: Float64s, before: Float64s | None = None) -> Float64s:
        """See `Recursive`."""
        count = 0 if before is None else int(before[1])
        rows = count + np.arange(len(target))
        season, levels = self._at(rows), np.empty(len(target))
        bare = target / season if self.multiplied else target - season
        level = float(bare[0]) if before is None else float(before[0])
        for row, value in enumerate(bare.tolist()):
            level += self.rate * (value - level)
            levels[row] = level
        return np.column_stack([levels, rows + 1])

    def ahead(self, states: Float64s, horizon: int) -> Float64s:
        """See `Recursive`."""
        levels, count, steps = states[:, :1], states[:, 1:], np.arange(1, horizon + 1)
        behind = (1 - (1 - self.rate) ** count) / self.rate if self.rate > 0 else 0.0
        bare = levels + self.slope / 2 * (steps - 1 + behind)
        season = self._at((count - 1 + steps).astype(np.int64))
        dressed: Float64s = bare * season if self.multiplied else bare + season
        return dressed

    def _at(self, rows: Int64s) -> Any:
        return self.season[rows % len(self.season)] if len(self.season) else float(self.multiplied)
