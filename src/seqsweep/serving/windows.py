"""A series as a network sees it: inputs and targets for any set of origins, gathered from one copy of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np

from .array_types import Float32s, Float64s, Int64s
from .gather import Gather
from .quantiles import of_each_quantile
from .transforms import Transform


class Anchor(Protocol):
    """What an entry of ANCHORS is.

    A row of what it gives depends on the rows of its own window alone, to the bit: in service there are no others.
    """

    def __call__(self, scaled: Float32s, window: int) -> Float32s | None:
        """(time, columns): what is taken off the window that ends at each row; None where nothing is.

        Args:
            scaled: (time, columns), the series as scaled.
            window: rows of a window.
        """


def none(scaled: Float32s, window: int) -> None:  # noqa: ARG001
    """Windows stay as they are."""
    return


def last(scaled: Float32s, window: int) -> Float32s:  # noqa: ARG001
    """The last row: a network that outputs 0 forecasts the last value, and learns what is better."""
    return scaled


def mean(scaled: Float32s, window: int) -> Float32s:
    """The mean of the window: its level is taken away. Rows before the first whole window are 0."""
    total = np.zeros((len(scaled) - window + 1, *scaled.shape[1:]))
    # Added up anew for each window, in one order: the difference of two running totals would carry the rounding of
    # all rows before.
    for row in range(window):
        total += scaled[row : row + len(total)]
    result = np.zeros_like(scaled)
    result[window - 1 :] = total / window
    return result


def standard(scaled: Float32s, window: int) -> None:  # noqa: ARG001
    """Mean and standard deviation of the window: the network itself takes both off, and puts both back."""
    return


ANCHORS: dict[str, Anchor] = {"none": none, "last": last, "mean": mean, "standard": standard}


@dataclass(frozen=True, eq=False)
class SeriesView:
    """Raw values as one network sees them, the same in training and in service.

    Memory: one float32 copy of the series (two with the anchor `mean`), whatever the window; windows are gathered for
    the origins that are asked for. An origin is the last row that a forecast may see.

    Args:
        values: the series (time, columns), in the unit of the data; column 0 is the target.
        transform: of values into what is learned.
        anchor: what is taken off a window and its targets.
        window: rows of an input.
        horizon: rows of a target.
        known: columns at the end whose values are known ahead. Their level has a meaning of its own, so that no anchor
            is taken off them: 1 is a promotion, whatever the window holds.
    """

    values: Float64s
    transform: Transform
    anchor: Anchor
    window: int
    horizon: int
    known: int = field(default=0, kw_only=True)

    @cached_property
    def scaled(self) -> Float32s:
        """(time, columns), transformed and scaled."""
        return self.transform.transform(self.values)

    @cached_property
    def anchors(self) -> Float32s | None:
        """(time, columns), scaled."""
        found = self.anchor(self.scaled, self.window)
        return found if found is None else self._of_past(found)

    @property
    def input_shapes(self) -> tuple[tuple[int, int], ...]:
        """(window, columns), and where columns are known ahead (horizon, known)."""
        past = (self.window, self.values.shape[1])
        return (past, (self.horizon, self.known)) if self.known else (past,)

    @cached_property
    def inputs(self) -> tuple[Gather, ...]:
        """Of origins (n,): (n, window, columns), and where columns are known ahead (n, horizon, known)."""
        past = Gather(self.scaled, range(1 - self.window, 1), self.anchors)
        return (past, Gather(self.scaled[:, -self.known :], self._ahead)) if self.known else (past,)

    @cached_property
    def targets(self) -> Gather:
        """Of origins (n,): (n, horizon), scaled and anchored as the inputs of the same origins are."""
        return Gather(self.scaled[:, 0], self._ahead, None if self.anchors is None else self.anchors[:, 0])

    @cached_property
    def actual(self) -> Gather:
        """Of origins (n,): (n, horizon), what really happened, in the unit of the data, never clipped."""
        return Gather(self.values[:, 0], self._ahead)

    @of_each_quantile
    def inverse_transform(self, origins: Int64s, predicted: Float32s) -> Float64s:
        """A network's output for these origins (n,), in the unit of the data.

        Args:
            origins: (forecasts,), rows of `values`.
            predicted: (forecasts, horizon), or (forecasts, horizon, quantiles), scaled, relative to the anchor.
        """
        predicted = self._without_anchor(origins, predicted)
        return self.transform.inverse_transform(self.values, origins, predicted.astype(np.float64))

    def _without_anchor(self, origins: Int64s, predicted: Float32s) -> Float32s:
        """Forecasts (n, horizon), scaled, that were relative to the anchors of their origins (n,)."""
        return predicted if self.anchors is None else predicted + self.anchors[origins, :1]

    def _of_past(self, anchors: Float32s) -> Float32s:
        """Anchors (time, columns) without those of columns known ahead, which are taken as they are."""
        if not self.known:
            return anchors
        past = anchors.copy()
        past[:, -self.known :] = 0
        return past

    @property
    def _ahead(self) -> range:
        return range(1, self.horizon + 1)
