"""Boosted trees as plain arrays, and what they read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..array_types import Float64s, Int64s
from ..gather import Gather


@dataclass(frozen=True)
class Lags:
    """What trees read of a series, a row for each step ahead.

    The changes of the last rows to the one at the origin, all columns but those that times make; which step ahead it
    is; the change of the target a season before it; of that row what is known ahead.

    Args:
        rows: the last ones, the origin among them.
        season: rows of one; 0: there is none.
        known: columns at the end that are known ahead.
        calendar: of these, columns that times make.
    """

    rows: int
    season: int
    known: int
    calendar: int

    def inputs(self, values: Float64s, origins: Int64s, horizon: int) -> Float64s:
        """(origins * horizon, features).

        Args:
            values: (time, columns).
            origins: (n,), each with as many rows up to it.
            horizon: steps ahead.
        """
        told, n = values[:, : values.shape[1] - self.calendar], len(origins)
        before = Gather(told, range(1 - self.rows, 1), told).numpy(origins).reshape(n, -1)
        steps = np.arange(1, horizon + 1)
        parts = [np.repeat(before, horizon, axis=0), np.tile(steps.astype(np.float64), n)[:, None]]
        ahead = origins[:, None] + steps  # (origins, horizon), rows
        if self.season:
            back = ahead - self.season * -(-steps // self.season)
            seen = np.where(back >= 0, values[np.maximum(back, 0), 0] - values[origins, :1], np.nan)
            parts.append(seen.reshape(-1, 1))
        if self.known:
            parts.append(values[ahead.ravel(), -self.known :])
        return np.concatenate(parts, axis=1)


@dataclass(frozen=True)
class Trees:
    """Boosted trees that say by how much the target of a step ahead differs from that at the origin.

    Args:
        lags: see `Lags`; likewise `season`, `known` and `calendar`.
        base: what their values are added to.
        roots: (trees,), the node that each begins at.
        feature: (nodes,), which input a node asks for.
        threshold: (nodes,), the largest value that goes to the left.
        missing: (nodes,), whether a missing value does.
        left: (nodes,), the node there; of a leaf itself.
        right: (nodes,), likewise.
        value: (nodes,), of a leaf.
        depth: the most questions on the way to a leaf.
    """

    lags: int
    season: int
    known: int
    calendar: int
    base: float
    roots: Int64s
    feature: Int64s
    threshold: Float64s
    missing: NDArray[np.bool_]
    left: Int64s
    right: Int64s
    value: Float64s
    depth: int

    @property
    def window(self) -> int:
        """See `Formula`."""
        return max(self.lags, self.season)

    def after(self, values: Float64s, origins: Int64s, horizon: int) -> Float64s:
        """See `Formula`."""
        read = Lags(self.lags, self.season, self.known, self.calendar).inputs(values, origins, horizon)
        changes = self.sums(read).reshape(len(origins), horizon)
        ahead: Float64s = values[origins, :1] + changes
        return ahead

    def sums(self, inputs: Float64s) -> Float64s:
        """(rows,), what all trees together say of inputs (rows, features)."""
        rows, node = np.arange(len(inputs))[:, None], np.tile(self.roots, (len(inputs), 1))
        for _ in range(self.depth):
            asked = inputs[rows, self.feature[node]]
            to_left = np.where(np.isnan(asked), self.missing[node], asked <= self.threshold[node])
            node = np.where(to_left, self.left[node], self.right[node])
        summed: Float64s = self.base + self.value[node].sum(axis=1)
        return summed
