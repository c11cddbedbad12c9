"""Several series as one trial sees them: scaled each by itself or all together, gathered from one array of them all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np

from seqsweep.data import Series
from seqsweep.events import TrialParams
from seqsweep.schema import WindowsConfig
from seqsweep.serving.array_types import Float32s, Float64s, Int64s
from seqsweep.serving.baselines.baseline import Baseline
from seqsweep.serving.gather import Gather
from seqsweep.serving.quantiles import of_each_quantile
from seqsweep.serving.static import StaticEncoder, Value
from seqsweep.serving.transforms import Transform
from seqsweep.serving.windows import SeriesView
from seqsweep.tasks.forecast.linear_path import LinearPath
from seqsweep.tasks.forecast.panel_split import PanelSplit, is_short
from seqsweep.tasks.forecast.windows import ANCHORS, fitted

Solve: TypeAlias = Callable[[Series, PanelSplit, Sequence[Transform]], LinearPath]
"""Fits a ridge to train, in scaled values."""


@dataclass(frozen=True, eq=False)
class PanelWindows(SeriesView):
    """Several series as one trial sees them.

    Memory and speed are those of one series of as many rows: the borders lie in the origins alone.

    Args:
        split: the parts of each series.
        transforms: of each series.
        statics: what each series is, a value a column.
        path: the ridge beside the recurrent layers; None: there is none. Where it reads more rows than they do, the
            window is as long as it needs.
        encoder: of what each series is; None: nothing is said of that.
        ids: (series,), the number by which a network tells each, 0 of those that it does not learn from; None: it
            does not tell them.
        lower: below which no forecast is; None: there is no bound.
        baseline: what answers; None: a network.
    """

    split: PanelSplit
    transforms: tuple[Transform, ...] = field(kw_only=True)
    statics: tuple[tuple[Value, ...], ...] = field(default=(), kw_only=True)
    encoder: StaticEncoder | None = field(default=None, kw_only=True)
    ids: Int64s | None = field(default=None, kw_only=True)
    path: LinearPath | None = None
    lower: float | None = None
    baseline: Baseline | None = None

    @property
    def input_shapes(self) -> tuple[tuple[int, ...], ...]:  # type: ignore[override]
        """As of any view of a series; then what is told of a series itself, (numbers,)."""
        return (*super().input_shapes, *(gather.array.shape[1:] for gather in self._own))

    @cached_property
    def inputs(self) -> tuple[Gather, ...]:
        """As of any view of a series; then of origins (n,) what is told of their series, (n, numbers)."""
        past_and_ahead = super().inputs
        return (*past_and_ahead, *self._own)

    def told(self, number: int) -> list[Float32s]:
        """What is told of one series, (1, numbers), as the last input; nothing where nothing is."""
        return [gather.numpy(self.split.starts[number : number + 1]) for gather in self._own]

    @cached_property
    def _own(self) -> tuple[Gather, ...]:
        """What each row's series is, and its number behind."""
        told = [] if self.encoder is None else [self.encoder(self.statics)]
        told += [] if self.ids is None else [self.ids[:, None].astype(np.float32)]
        if not told:
            return ()
        sizes = [_length(rows) for rows in self._slices]
        return (Gather(np.repeat(np.concatenate(told, axis=1), sizes, axis=0)),)

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

    @of_each_quantile
    def inverse_transform(self, origins: Int64s, predicted: Float32s) -> Float64s:
        """A network's output for these origins (n,), in the unit of the data.

        Args:
            origins: (forecasts,), rows of `values`.
            predicted: (forecasts, horizon), or (forecasts, horizon, quantiles), scaled, relative to the anchor.
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
    series: Series,
    split: PanelSplit,
    params: TrialParams,
    season: int | None,
    windows: WindowsConfig,
    solve: Solve | None = None,
) -> PanelWindows:
    """The windows of one trial: transforms and scalers fitted on the rows of train alone.

    Args:
        series: a panel.
        split: its parts.
        params: window, anchor, and how values are transformed.
        season: rows a season, for seasonal differences.
        windows: how series are scaled, and whether those that are too short have a say in that.
        solve: fits the ridge beside the recurrent layers to train; None: there is none.

    Raises:
        DataError: a transform cannot take a value, or train is too short for the ridge.
    """
    members = list(zip(series.members, split.members, strict=True))
    first, *others = learned = scaled_by_train(split, params, season, windows)
    further = [members[number][0].values[: members[number][1].train_end] for number in others]
    one, part = members[first]
    together = fitted(one.values, part.train_end, params, season, further)
    transforms = [together] * len(members)
    if params.get("scope", windows.scope) == "series":
        for number in learned:
            member, part = members[number]
            transforms[number] = fitted(member.values, part.train_end, params, season)
    path = None if solve is None else solve(series, split, transforms)
    return PanelWindows(
        series.values,
        together,
        ANCHORS[params.anchor],
        params.window if path is None else max(params.window, path.window),
        split.horizon,
        split,
        path=path,
        known=series.known,
        transforms=tuple(transforms),
        **_told(series, split, params),
    )


def scaled_by_train(split: PanelSplit, params: TrialParams, season: int | None, windows: WindowsConfig) -> list[int]:
    """The series whose train parts say how values are scaled, by number.

    Args:
        split: the parts of each series.
        params: of a trial: differencing takes rows.
        season: rows a season.
        windows: whether series that are too short for a window have a say.
    """
    least = params.difference + int(params.seasonal_difference) * (season or 0)
    is_kept = windows.short_series == "scaling"
    return [
        number
        for number, part in enumerate(split.members)
        if part.train_end > least and (is_kept or not is_short(part))
    ]


def _told(series: Series, split: PanelSplit, params: TrialParams) -> dict[str, Any]:
    """What a network is told of each series itself."""
    learned = np.array([len(part.train) > 0 for part in split.members])
    told: dict[str, Any] = {}
    if series.static and series.reader is not None:
        known = [values for values, is_learned in zip(series.static, learned, strict=True) if is_learned]
        told |= {"statics": series.static, "encoder": StaticEncoder.of(series.reader.settings.static, known)}
    if params.get("series_embedding", 0):
        told["ids"] = np.where(learned, np.arange(1, len(learned) + 1), 0)
    return told


def _length(rows: slice) -> int:
    return int(rows.stop - rows.start)
