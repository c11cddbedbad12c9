"""The ridge beside the recurrent layers where one network reads several series: in scaled values, of all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from seqsweep.data import Series
from seqsweep.errors import DataError
from seqsweep.serving.array_types import Float64s
from seqsweep.serving.baselines.linear import LinearFit
from seqsweep.serving.gather import Gather
from seqsweep.serving.transforms import Transform
from seqsweep.tasks.dataset import Items
from seqsweep.tasks.forecast.baseline_input import BaselineInput
from seqsweep.tasks.forecast.linear_path import LinearPath, Ridge
from seqsweep.tasks.forecast.panel_split import PanelSplit
from seqsweep.tasks.forecast.ridge import best_fit, fits

Cost = Callable[[Float64s, Float64s, Items], float]
"""What happened and what was forecast, (n, horizon) each in the unit of the data, of items (n,) → a cost."""

Paths = dict[tuple[Any, ...], LinearPath]
"""Paths that were solved, by all that they follow from."""


@dataclass(frozen=True)
class PanelRidge:
    """A ridge of several series; window and penalty are the best on validation.

    Its inputs and outputs are scaled as the network's are, so that large series do not decide for small ones. Of one
    series it is that series' own.

    Args:
        ridge: what it may choose from.
        cost: of its forecasts of validation.
    """

    ridge: Ridge
    cost: Cost

    def fixed(self, path: LinearPath) -> PanelRidge:
        """The one with the window and the penalty of a path, whatever lies in validation."""
        return replace(self, ridge=self.ridge.fixed(path.fit))

    def __call__(self, series: Series, split: PanelSplit, transforms: Sequence[Transform]) -> LinearPath:
        """The path whose forecasts are the ridge's.

        Args:
            series: a panel.
            split: its parts; a window that is longer than their lookback is passed over.
            transforms: of each series, as it is scaled.

        Raises:
            DataError: train is too short for any of the windows.
        """
        if len(series.members) == 1:
            fit = self.ridge(series.members[0], split.members[0], transforms[0])
            return LinearPath.of(fit, transforms[0])
        pasts = [self._past(series, split, number, transform) for number, transform in enumerate(transforms)]
        first, *others = [past for past, part in zip(pasts, split.members, strict=True) if len(part.train)]
        dropped = transforms[0].n_dropped
        windows = [window for window in self.ridge.windows if window + dropped <= split.max_lookback]
        items = split.validation
        happened = Gather(series.values[:, 0], range(1, split.horizon + 1)).numpy(items)
        groups = [(number, rows, items[rows] - split.starts[number]) for number, rows in split.by_series(items)]

        def cost(fit: LinearFit) -> float:
            said = np.empty(happened.shape)
            for number, rows, origins in groups:
                scaled = fit.after(pasts[number].values, origins - dropped, split.horizon)
                said[rows] = transforms[number].inverse_transform(series.members[number].values, origins, scaled)
            return self.cost(happened, said, items)

        best = best_fit(fits(first, windows, self.ridge.penalties, others), cost)
        if best is None:
            raise DataError(
                f"search_space.linear_skip=ridge: no series has train rows enough for a ridge on "
                f"{min(self.ridge.windows)} rows or more; give a shorter search_space.linear_window"
            )
        columns = series.values.shape[1]
        return LinearPath.of(best, Transform(None, False, np.ones(1), np.zeros(columns), np.ones(columns)))

    def _past(self, series: Series, split: PanelSplit, number: int, transform: Transform) -> BaselineInput:
        """What the ridge may know of a series, without the first rows, which differencing takes."""
        member, part, dropped = series.members[number], split.members[number], transform.n_dropped
        dropped = min(dropped, member.rows - 1)
        values = (transform.difference(member.values)[dropped:] - transform.offset) / transform.scale
        return BaselineInput(
            values,
            max(part.train_end - dropped, 1),
            part.validation - dropped,
            part.horizon,
            self.ridge.season,
            self.ridge.settings,
            None if member.observed is None else member.observed[dropped:],
            series.known,
            series.calendar,
            is_member=True,
        )


def solved_once(known: Paths, fold: int, ridge: PanelRidge) -> Callable[..., LinearPath]:
    """The ridge, worked out once for all trials and seeds that see the same values of a data set.

    Args:
        known: what was solved for it before; what is solved is added.
        fold: that is seen.
        ridge: of a trial.
    """

    def solve(series: Series, split: PanelSplit, transforms: Sequence[Transform]) -> LinearPath:
        each = {id(transform): repr(transform.to_json()) for transform in transforms}  # often one for all series
        seen = tuple(each[id(transform)] for transform in transforms)
        told = (fold, ridge.ridge.windows, ridge.ridge.penalties, seen)
        if told not in known:
            known[told] = ridge(series, split, transforms)
        return known[told]

    return solve
