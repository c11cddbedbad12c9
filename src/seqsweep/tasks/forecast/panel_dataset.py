"""Several series as one data set: one network for all of them, each scored by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqsweep.data import Series
from seqsweep.events import TrialParams
from seqsweep.schema import SweepConfig
from seqsweep.serving.array_types import Float64s
from seqsweep.serving.baselines.linear import LinearFit
from seqsweep.tasks.dataset import Items
from seqsweep.tasks.facts import Facts
from seqsweep.tasks.forecast import boosting
from seqsweep.tasks.forecast.baseline_input import BaselineInput
from seqsweep.tasks.forecast.baselines import BASELINES, Clock
from seqsweep.tasks.forecast.dataset import KEPT
from seqsweep.tasks.forecast.forecasts import Forecasts, held_of
from seqsweep.tasks.forecast.learnable import without_unseen_names
from seqsweep.tasks.forecast.linear_path import Ridge
from seqsweep.tasks.forecast.metrics import METRICS, naive_scale, scored
from seqsweep.tasks.forecast.moments import extent
from seqsweep.tasks.forecast.panel_facts import panel_facts
from seqsweep.tasks.forecast.panel_notes import panel_notes
from seqsweep.tasks.forecast.panel_ridge import PanelRidge, Paths, solved_once
from seqsweep.tasks.forecast.panel_split import PanelSplit, make_panel_split
from seqsweep.tasks.forecast.panel_windows import PanelWindows, make_panel_windows
from seqsweep.tasks.forecast.quantiles import levels_of
from seqsweep.tasks.forecast.ridge import best_fit, fits
from seqsweep.tasks.forecast.settings import own

POOLED = ("wape",)
"""Metrics that are shares of a sum over all series; others are means over series."""


@dataclass(frozen=True)
class PanelDataset(Forecasts):
    """What a forecast of several series learns from; an item is an origin's row among those of all series.

    Args:
        config: of the sweep.
        series: a panel, complete, a series behind the other.
        parts: of each series, the same for every trial.
        notes: what was left out.
        given: the series with columns of names that train has not seen; None: it has seen them all.
        split_of: of a whole the data set that was split, by whose sizes intervals are as wide as they were made.
    """

    parts: PanelSplit
    notes: tuple[str, ...] = ()
    given: Series | None = None
    split_of: PanelDataset | None = None

    @classmethod
    def of(cls, config: SweepConfig, series: Series, max_lookback: int) -> PanelDataset:
        """A panel, split by the rules of the sweep.

        Args:
            config: of the sweep.
            series: complete and in order.
            max_lookback: rows that the most far-sighted trial looks back, differencing included.

        Raises:
            DataError: a part holds no forecast.
        """
        parts = make_panel_split(series, config.windows, own(config).horizon, max_lookback)
        known, unseen = without_unseen_names(series, parts.train_rows)
        told = (*unseen, *panel_notes(config, known, parts))
        return cls(config, known, parts, told, series if unseen else None)

    def whole(self) -> PanelDataset:
        """All rows of all series as train, with names and series that the split's train had not seen."""
        series, whole = self.given or self.series, self.parts.whole
        parts = PanelSplit.of(series, replace(whole, train_end=whole.rows))
        return replace(self, series=series, parts=parts, notes=(), given=None, split_of=self)

    def extent(self) -> str:
        """Its rows, series and times."""
        return extent(self.series)

    def facts(self) -> Facts:
        """Where the series come from, which there are, and their parts."""
        return panel_facts(self.config, self.series, self.parts)

    def split(self, fold: int = 0) -> PanelSplit:
        """The parts of a fold; see `PanelSplit.fold`.

        Raises:
            DataError: what is left is too short to train on.
        """
        return self.parts.fold(fold)

    def view(self, params: TrialParams, fold: int = 0) -> PanelWindows:
        """Windows and targets with the transforms that train alone determines."""
        config, ridge = self.config, self.ridge_of(params)
        solve = None if ridge is None else solved_once(self._paths, fold, ridge)
        seen = make_panel_windows(self.series, self.split(fold), params, config.data.season, config.windows, solve)
        return replace(seen, lower=own(config).lower)

    @cached_property
    def _paths(self) -> Paths:
        return {}

    def ridge_of(self, params: TrialParams) -> PanelRidge | None:
        """The ridge beside a trial's recurrent layers; None: it has none."""
        ridge, objective = Ridge.of(self.config, params), own(self.config).objective

        def cost(actual: Float64s, said: Float64s, items: Items) -> float:
            return METRICS[objective].cost(self.score(actual, said, [objective], items)[objective])

        if ridge is None or self.split_of is None:
            return None if ridge is None else PanelRidge(ridge, cost)
        chosen = self.split_of.view(params).path
        assert chosen is not None  # a trial with a ridge has one
        return PanelRidge(ridge, cost).fixed(chosen)

    @property
    def held(self) -> Items:
        """See `held_of`."""
        return held_of(self.parts)

    def score(
        self, actual: Float64s, predicted: Float64s, metrics: Sequence[str] = (), items: Items | None = None
    ) -> dict[str, float]:
        """Means over series of what each comes to, but for `wape`, which is of all of them: (n, horizon) each.

        Args:
            actual: what happened.
            predicted: for the same items.
            metrics: by default the config's.
            items: (n,), of which each series has its own; they must be given.
        """
        assert items is not None  # what is a series among them is asked of each
        names, found = metrics or self.config.task.metrics, {}
        groups, levels = list(self.parts.by_series(items)), levels_of(self.config)
        for name in names:
            if name in POOLED:
                found[name] = scored(name, actual, predicted, 1.0)
                continue
            each = [
                scored(name, actual[rows], predicted[rows], self.mase_scales[number], levels) for number, rows in groups
            ]
            found[name] = float(np.mean(each))
        return found

    def score_by_series(self, name: str, actual: Float64s, predicted: Float64s, items: Items) -> dict[int, float]:
        """A metric of each series that has items, by its number.

        Args:
            name: of the metric.
            actual: (n, horizon).
            predicted: (n, horizon).
            items: (n,).
        """
        metric = METRICS[name]
        return {
            number: metric(actual[rows], predicted[rows], self.mase_scales[number])
            for number, rows in self.parts.by_series(items)
        }

    def moments(self, items: Items) -> NDArray[Any]:
        """(n,), the time of each origin: what happens at one time is alike in all series."""
        return self.series.index[items]

    def baselines(self, items: Items) -> Mapping[str, Float64s]:
        """The forecasts (n, horizon) of each baseline of the config that can be made for all of them."""
        horizon, starts, found = own(self.config).horizon, self.parts.starts, {}
        groups = list(self.parts.by_series(items))
        for name in self.config.task.baselines:
            made = np.empty((len(items), horizon))
            for number, rows in groups:
                origins = items[rows] - starts[number]
                with self._clock.timed(name):
                    answer = self._baseline(name, number, origins)
                if answer is None:
                    break
                made[rows] = answer
            else:
                lower = own(self.config).lower
                found[name] = made if lower is None else np.maximum(made, lower)
        return found

    def _baseline(self, name: str, number: int, origins: Items) -> Float64s | None:
        """The forecasts of one series; ridge and trees are of all of them."""
        if name == "linear":
            return self._ridge(number, origins)
        if name == boosting.NAME and self.trees is not None:
            made: Float64s = self.trees.forecast(self._sized[number], origins) * self.sizes[number]
            return made
        return None if name == boosting.NAME else BASELINES[name](self.pasts[number], origins)

    @cached_property
    def trees(self) -> boosting.Boosting | None:
        """One set of trees for all series, in units of each series' size; None: there is too little to learn from."""
        return boosting.fit_boosting([self._sized[number] for number in self._learned])

    @cached_property
    def _clock(self) -> Clock:
        return Clock()

    def _ridge(self, number: int, origins: Items) -> Float64s | None:
        """The forecasts of one ridge for all series, each in units of its own size."""
        fit = self.ridge
        if fit is None or origins.min() + 1 < fit.window:
            return None
        past = self._sized[number]
        made: Float64s = fit.after(past.values, origins, past.horizon) * self.sizes[number]
        return made

    def notes_on_baselines(self) -> Mapping[str, str]:
        """The window and the penalty that the ridge chose, and how long others took."""
        fit = self.ridge if "linear" in self.config.task.baselines else None
        chosen = {"linear_window": str(fit.window), "linear_penalty": f"{fit.penalty:g}"} if fit else {}
        return {**chosen, **self._clock.tags()}

    @cached_property
    def ridge(self) -> LinearFit | None:
        """The ridge of all series whose window and penalty are best on validation; None: no window fits.

        It forecasts targets in units of each series' size, so that large ones do not decide for small ones.
        """
        settings, items = own(self.config), self.parts.validation
        actual, objective = self.actual(items), settings.objective
        first, *others = [self._sized[number] for number in self._learned]
        if self.split_of is not None:  # there is no validation: what it chose in the split
            chosen = self.split_of.ridge
            return None if chosen is None else fits(first, [chosen.window], [chosen.penalty], others)[0]
        groups = list(self.parts.by_series(items))

        def cost(fit: LinearFit) -> float:
            said = np.empty(actual.shape)
            for number, rows in groups:
                origins = items[rows] - self.parts.starts[number]
                said[rows] = fit.after(self._sized[number].values, origins, actual.shape[1]) * self.sizes[number]
            return METRICS[objective].cost(self.score(actual, said, [objective], items)[objective])

        windows = [window for window in settings.ridge_windows if window <= self._shortest]
        return best_fit(fits(first, windows, settings.ridge_penalties, others), cost)

    @property
    def _shortest(self) -> int:
        """Rows before the first target of validation that every series has that is validated."""
        items = self.parts.validation
        return min(
            int(items[rows].min() - self.parts.starts[number]) + 1 for number, rows in self.parts.by_series(items)
        )

    @property
    def _learned(self) -> list[int]:
        """The series that have origins in train, by number."""
        return [number for number, part in enumerate(self.parts.members) if len(part.train)]

    @cached_property
    def pasts(self) -> tuple[BaselineInput, ...]:
        """What a baseline may know of each series."""
        config = self.config
        return tuple(
            BaselineInput(
                member.values,
                max(part.train_end, 1),
                part.validation,
                own(config).horizon,
                config.data.season,
                own(config),
                member.observed,
                member.known,
                member.calendar,
                is_member=True,
            )
            for member, part in zip(self.series.members, self.parts.members, strict=True)
        )

    @cached_property
    def _sized(self) -> tuple[BaselineInput, ...]:
        """The same with the target in units of its series' size."""
        found = []
        for past, size in zip(self.pasts, self.sizes, strict=True):
            values = past.values if size == 1 else past.values.copy()
            if size != 1:
                values[:, 0] /= size
            found.append(replace(past, values=values))
        return tuple(found)

    @cached_property
    def sizes(self) -> Float64s:
        """(series,), the standard deviation of each target in train over the mean of all: 1 of a single series."""
        mean = self.deviation
        return np.where(self._deviations > 0, self._deviations, mean) / mean

    @property
    def deviation(self) -> float:
        """The mean over series of the standard deviation of their targets in train, above 0."""
        if self.split_of is not None:
            return self.split_of.deviation
        usual = self._deviations[self._learned]
        return float(usual.mean()) if usual.any() else 1.0

    @cached_property
    def _deviations(self) -> Float64s:
        found = np.array([past.target[: past.train_end].std() for past in self.pasts])
        if self.split_of is not None:
            before = self.split_of._deviations
            found = np.where(before > 0, before, found)
        return found

    @cached_property
    def mase_scales(self) -> list[float]:
        """MASE's measure of each series, in the unit of the data."""
        return [naive_scale(past.target, past.train_end, past.season, past.observed) for past in self.pasts]

    def __getstate__(self) -> dict[str, object]:
        """Without what is worked out again where it is needed: a worker scores, and makes no baselines."""
        return {name: value for name, value in vars(self).items() if name in KEPT}
