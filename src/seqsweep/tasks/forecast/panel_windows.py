"""Several series as one trial sees them: scaled each by itself or all together, gathered from one array of them all."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from seqsweep.data import Series
from seqsweep.events import TrialParams
from seqsweep.serving.array_types import Float32s, Float64s, Int64s
from seqsweep.serving.transforms import Transform
from seqsweep.serving.windows import SeriesView
from seqsweep.tasks.forecast.panel_split import PanelSplit
from seqsweep.tasks.forecast.windows import ANCHORS, fitted


@dataclass(frozen=True, eq=False)
class PanelWindows(SeriesView):
    """Several series as one trial sees them.

    Memory and speed are those of one series of as many rows: the borders lie in the origins alone.

    Args:
        split: the parts of each series.
        transforms: of each series.
        path: None: there is no ridge beside the recurrent layers.
        lower: below which no forecast is; None: there is no bound.
    """

    split: PanelSplit
    transforms: tuple[Transform, ...] = field(kw_only=True)
    path: None = None
    lower: float | None = None

    @cached_property
    def scaled(self) -> Float32s:
        """(time, columns), of all series."""
        pairs = zip(self.transforms, self._slices, strict=True)
        return np.concatenate([transform.transform(self.values[rows]) for transform, rows in pairs])

    @cached_property
    def anchors(self) -> Float32s | None:
        """(time, columns), scaled; no anchor reaches over the border of two series."""
        found = [self.anchor(self.scaled[rows], self.window) for rows in self._slices if _length(rows) >= self.window]
        if found and found[0] is None:
            return None
        result = np.zeros_like(self.scaled)
        for rows in self._slices:
            if _length(rows) >= self.window:
                result[rows] = self.anchor(self.scaled[rows], self.window)
        return self._of_past(result)

    def inverse_transform(self, origins: Int64s, predicted: Float32s) -> Float64s:
        """A network's output (n, horizon) for these origins (n,), in the unit of the data.

        Args:
            origins: (forecasts,), rows of `values`.
            predicted: (forecasts, horizon), scaled, relative to the anchor.
        """
        predicted = self._without_anchor(origins, predicted)
        result = np.empty(predicted.shape)
        scaled, slices = predicted.astype(np.float64), self._slices
        for number, places in self.split.by_series(origins):
            rows = slices[number]
            own = origins[places] - rows.start
            result[places] = self.transforms[number].inverse_transform(self.values[rows], own, scaled[places])
        return result if self.lower is None else np.maximum(result, self.lower)

    @property
    def _slices(self) -> list[slice]:
        starts = self.split.starts.tolist()
        return [slice(start, end) for start, end in zip(starts, [*starts[1:], len(self.values)], strict=True)]


def make_panel_windows(
    series: Series, split: PanelSplit, params: TrialParams, season: int | None, scope: str
) -> PanelWindows:
    """The windows of one trial: transforms and scalers fitted on the rows of train alone.

    Args:
        series: a panel.
        split: its parts.
        params: window, anchor, and how values are transformed.
        season: rows a season, for seasonal differences.
        scope: `series`: each is scaled by its own train part; `all`: by those of all of them together.

    Raises:
        DataError: a transform cannot take a value.
    """
    members = list(zip(series.members, split.members, strict=True))
    learned = [
        number for number, (_, part) in enumerate(members) if part.train_end > params.difference + _lag(params, season)
    ]
    first, *others = learned
    further = [members[number][0].values[: members[number][1].train_end] for number in others]
    one, part = members[first]
    together = fitted(one.values, part.train_end, params, season, further)
    transforms = [together] * len(members)
    if scope == "series":
        for number in learned:
            member, part = members[number]
            transforms[number] = fitted(member.values, part.train_end, params, season)
    return PanelWindows(
        series.values,
        together,
        ANCHORS[params.anchor],
        params.window,
        split.horizon,
        split,
        known=series.known,
        transforms=tuple(transforms),
    )


def _lag(params: TrialParams, season: int | None) -> int:
    return int(params.seasonal_difference) * (season or 0)


def _length(rows: slice) -> int:
    return int(rows.stop - rows.start)
