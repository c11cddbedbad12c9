"""A series as a data set: an item is an origin, the last row that its forecast may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np

from seqsweep.data import Series
from seqsweep.events import TrialParams
from seqsweep.schema import SweepConfig
from seqsweep.serving.array_types import Float64s
from seqsweep.serving.baselines.linear import LinearFit
from seqsweep.serving.transforms import Transform
from seqsweep.tasks.dataset import Items
from seqsweep.tasks.facts import Facts
from seqsweep.tasks.forecast import smoothing
from seqsweep.tasks.forecast.baseline_input import BaselineInput
from seqsweep.tasks.forecast.baselines import Clock, forecasts
from seqsweep.tasks.forecast.facts import facts
from seqsweep.tasks.forecast.forecasts import Forecasts, held_of
from seqsweep.tasks.forecast.learnable import notes, without_unseen_names
from seqsweep.tasks.forecast.linear_path import Ridge
from seqsweep.tasks.forecast.metrics import naive_scale, scored
from seqsweep.tasks.forecast.moments import extent
from seqsweep.tasks.forecast.quantiles import levels_of
from seqsweep.tasks.forecast.ridge import fit_linear
from seqsweep.tasks.forecast.settings import ForecastConfig, own
from seqsweep.tasks.forecast.split import Split, make_split
from seqsweep.tasks.forecast.windows import Windows, make_windows

KEPT = ("config", "series", "parts", "given", "split_of")
"""What of a data set crosses process borders."""


@dataclass(frozen=True)
class SeriesDataset(Forecasts):
    """What a forecast learns from.

    Args:
        config: of the sweep.
        series: complete and in order.
        parts: of the series, the same for every trial.
        notes: what the parts cannot teach or be scored by.
        given: the series with columns of names that train has not seen; None: it has seen them all.
        split_of: of a whole the data set that was split, whose validation has made the choices.
    """

    parts: Split
    notes: tuple[str, ...] = ()
    given: Series | None = None
    split_of: SeriesDataset | None = None

    @classmethod
    def of(cls, config: SweepConfig, series: Series, max_lookback: int) -> SeriesDataset:
        """A series, split by the rules of the sweep.

        Args:
            config: of the sweep.
            series: complete and in order.
            max_lookback: rows that the most far-sighted trial looks back, differencing included.

        Raises:
            DataError: a part is too short to hold one forecast.
        """
        parts = make_split(series, config.windows, own(config).horizon, max_lookback)
        known, unseen = without_unseen_names(series, slice(parts.train_end))
        season = config.data.season
        told = (*unseen, *notes(known, parts, season), *smoothing.told(config.task.baselines, parts.train_end, season))
        return cls(config, known, parts, told, series if unseen else None)

    def whole(self) -> SeriesDataset:
        """All rows as train, names that the split's train had not seen among them."""
        parts = replace(self.parts, train_end=self.parts.rows)
        return replace(self, series=self.given or self.series, parts=parts, notes=(), given=None, split_of=self)

    def extent(self) -> str:
        """Its rows and their times."""
        return extent(self.series)

    def facts(self) -> Facts:
        """Where the series comes from, its times and values, its parts, and a picture of it."""
        return facts(self.config, self.series, self.parts)

    def split(self, fold: int = 0) -> Split:
        """The parts of a fold; see `Split.fold`.

        Raises:
            DataError: what is left is too short to train on.
        """
        return self.parts.fold(fold)

    @property
    def held(self) -> Items:
        """See `held_of`."""
        return held_of(self.parts)

    def view(self, params: TrialParams, fold: int = 0) -> Windows:
        """Windows and targets with the transform and the scaler that train alone determines."""
        ridge = Ridge.of(self.config, params)
        if ridge is not None and self.split_of is not None:
            chosen = self.split_of.view(params).path
            assert chosen is not None  # a trial with a ridge has one
            ridge = ridge.fixed(chosen.fit)
        solve = None if ridge is None else partial(self._solve, ridge)
        seen = make_windows(self.series, self.split(fold), params, self.config.data.season, solve)
        return replace(seen, lower=own(self.config).lower)

    def _solve(self, ridge: Ridge, series: Series, split: Split, transform: Transform) -> LinearFit:
        """The ridge of a trial, worked out once for all trials that see the same values."""
        told = (split.train_end, ridge.windows, transform.clip, transform.log1p, tuple(transform.lags))
        if told not in self._ridges:
            self._ridges[told] = ridge(series, split, transform)
        return self._ridges[told]

    @cached_property
    def _ridges(self) -> dict[tuple[Any, ...], LinearFit]:
        return {}

    def score(
        self,
        actual: Float64s,
        predicted: Float64s,
        metrics: Sequence[str] = (),
        items: Items | None = None,  # noqa: ARG002
    ) -> dict[str, float]:
        """Metrics over all targets and steps, by default the config's: both (n, horizon), in the unit of the data.

        Quantiles (n, horizon, quantiles) are scored by their median.
        """
        names, levels = metrics or self.config.task.metrics, levels_of(self.config)
        return {name: scored(name, actual, predicted, self.mase_scale, levels) for name in names}

    def baselines(self, items: Items) -> Mapping[str, Float64s]:
        """The forecasts (n, horizon) of each baseline of the config that can be made."""
        made, lower = forecasts(self.past, items, self._clock), own(self.config).lower
        return made if lower is None else {name: np.maximum(forecast, lower) for name, forecast in made.items()}

    def notes_on_baselines(self) -> Mapping[str, str]:
        """The window and the penalty that the ridge chose, and how long others took."""
        fit = fit_linear(self.past) if "linear" in self.config.task.baselines else None
        chosen = {"linear_window": str(fit.window), "linear_penalty": f"{fit.penalty:g}"} if fit else {}
        return {**chosen, **self._clock.tags()}

    @cached_property
    def _clock(self) -> Clock:
        return Clock()

    @cached_property
    def past(self) -> BaselineInput:
        """What a baseline may know."""
        config, split = self.config, self.parts
        return BaselineInput(
            self.series.values,
            split.train_end,
            split.validation,
            own(config).horizon,
            config.data.season,
            own(config) if self.split_of is None else _as_chosen(own(config), self.split_of.past),
            self.series.observed,
            self.series.known,
            self.series.calendar,
            is_whole=self.split_of is not None,
        )

    @cached_property
    def mase_scale(self) -> float:
        """MASE's measure: the error of the seasonal naive forecast on train, in the unit of the data."""
        return naive_scale(
            self.series.values[:, 0], self.parts.train_end, self.config.data.season, self.series.observed
        )

    def __getstate__(self) -> dict[str, object]:
        """Without what is worked out again where it is needed: a worker scores, and makes no baselines."""
        return {name: value for name, value in vars(self).items() if name in KEPT}


def _as_chosen(settings: ForecastConfig, past: BaselineInput) -> ForecastConfig:
    """The settings of the baselines, of which the ridge has what it chose on the validation part of `past`."""
    fit = fit_linear(past) if "linear" in settings.baselines else None
    if fit is None:
        return settings
    return replace(settings, ridge_windows=[fit.window], ridge_penalties=[fit.penalty])
