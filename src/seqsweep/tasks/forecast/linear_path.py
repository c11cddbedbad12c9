"""The ridge regression as a part of a network: solved, in what the trial sees, before the first step of training."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from seqsweep.data import Series
from seqsweep.errors import DataError
from seqsweep.events import TrialParams
from seqsweep.serving.array_types import Float64s
from seqsweep.serving.baselines.linear import LinearFit
from seqsweep.serving.transforms import Transform
from seqsweep.tasks.forecast.baseline_input import BaselineInput
from seqsweep.tasks.forecast.metrics import METRICS, naive_scale
from seqsweep.tasks.forecast.ridge import best_fit, fits
from seqsweep.tasks.forecast.settings import ForecastConfig, own
from seqsweep.tasks.forecast.split import SPLITS, Split

if TYPE_CHECKING:
    from seqsweep.schema import SweepConfig


SHARE = 4
"""A ridge's window is at most this part of train, or as long as the network's own."""


@dataclass(frozen=True, eq=False)
class LinearPath:
    """A dense layer from the rows that a network sees to its outputs, which forecasts as the ridge does.

    Args:
        fit: of values as the transform leaves them before it scales.
        weights: (window * columns + horizon * known, horizon), scaled; the oldest row first, all columns of a row
            side by side, then the steps ahead of the columns that are known.
        bias: (horizon,), scaled.
    """

    fit: LinearFit
    weights: Float64s
    bias: Float64s

    @property
    def window(self) -> int:
        """Rows that it reads, the last ones of the network's input."""
        return self.fit.window

    @classmethod
    def of(cls, fit: LinearFit, transform: Transform) -> LinearPath:
        """The same forecasts in scaled values, whatever is taken off a window and its targets.

        A fit speaks of differences to the row at the origin. A level that is taken off all rows leaves them as they
        are, so that no anchor needs weights of its own.

        Args:
            fit: of values as `transform` leaves them before it scales.
            transform: of the trial.
        """
        horizon, columns = fit.coefficients.shape[1], len(transform.scale)
        lags, lagged, known = fit.window - 1, columns - fit.calendar, columns - fit.known
        before, ahead = np.split(fit.coefficients, [lags * lagged])
        before = before.reshape(lags, lagged, horizon) * transform.scale[:lagged, None] / transform.scale[0]
        ahead = (
            ahead.reshape(horizon if fit.known else 0, fit.known, horizon)
            * transform.scale[known:, None]
            / transform.scale[0]
        )
        weights = np.zeros((fit.window, columns, horizon))
        weights[:lags, :lagged] = before
        weights[-1, :lagged] = -before.sum(axis=0)
        weights[-1, known:] -= ahead.sum(axis=0)
        weights[-1, 0] += 1
        rows = np.concatenate([weights.reshape(-1, horizon), ahead.reshape(-1, horizon)])
        return cls(fit, rows, fit.intercept / transform.scale[0])


@dataclass(frozen=True)
class Ridge:
    """The ridge of train in what a trial sees; window and penalty are the best on validation.

    Where a trial neither clips, takes logs nor differences, it is the baseline `linear`.

    Args:
        settings: of the task: `objective` is read.
        season: rows a season.
        windows: that there are to choose from, rows.
        penalties: that there are to choose from.
    """

    settings: ForecastConfig
    season: int | None
    windows: tuple[int, ...]
    penalties: tuple[float, ...]

    @classmethod
    def of(cls, config: SweepConfig, params: TrialParams) -> Ridge | None:
        """What a trial asks for; None: it has no ridge.

        Args:
            config: of the sweep.
            params: of the trial.
        """
        if params.get("linear_skip") != "ridge":
            return None
        task, given = own(config), params.linear_window
        windows = tuple(task.ridge_windows) if given is None else (given,)
        return cls(task, config.data.season, windows, tuple(task.ridge_penalties))

    def fixed(self, fit: LinearFit) -> Ridge:
        """The one with the window and the penalty of `fit`, whatever lies in validation."""
        return replace(self, windows=(fit.window,), penalties=(fit.penalty,))

    def __call__(self, series: Series, split: Split, transform: Transform) -> LinearFit:
        """The best fit to values as the transform leaves them before it scales: the scale does not matter to a ridge.

        Args:
            series: what is forecast.
            split: its parts; a window that is longer than its lookback is passed over.
            transform: of the trial.

        Raises:
            DataError: train is too short for any of the windows.
        """
        dropped, origins, objective = transform.n_dropped, split.validation, METRICS[self.settings.objective]
        past = self._past(transform.difference(series.values)[dropped:], series, split, dropped)
        happened = self._past(series.values, series, split, 0).actual(origins)
        mase_scale = naive_scale(series.values[:, 0], split.train_end, self.season, series.observed)

        def cost(fit: LinearFit) -> float:
            scaled = (fit.after(past.values, origins - dropped, split.horizon) - transform.offset[0]) / transform.scale[
                0
            ]
            predicted = transform.inverse_transform(series.values, origins, scaled)
            return objective.cost(objective(happened, predicted, mase_scale))

        windows = [window for window in self.windows if window + dropped <= split.max_lookback]
        fit = best_fit(fits(past, windows, self.penalties), cost)
        if fit is None:
            raise DataError(
                f"search_space.linear_skip=ridge: the {split.train_end:,} rows of train are too few for a ridge on "
                f"{min(self.windows)} rows or more; give a shorter search_space.linear_window"
            )
        return fit

    def _past(self, values: Float64s, series: Series, split: Split, dropped: int) -> BaselineInput:
        """What the ridge may know, without the first `dropped` rows."""
        observed = None if series.observed is None else series.observed[dropped:]
        origins, train_end = split.validation - dropped, split.train_end - dropped
        return BaselineInput(
            values,
            train_end,
            origins,
            split.horizon,
            self.season,
            self.settings,
            observed,
            series.known,
            series.calendar,
            is_whole=not len(origins),
        )


def ridge_lookback(config: SweepConfig, series: Series, longest: int) -> int:
    """The most rows that the ridge of any trial sees: of `task.ridge_windows` those that leave train its origins.

    The first origin of every trial lies behind it, so that a window of most of train would leave little to learn from.

    Args:
        config: of the sweep, whose space has `linear_skip: ridge`.
        series: what is forecast.
        longest: rows of the longest window of the space; a ridge may always have as many.
    """
    windows = config.windows
    train_end, _ = SPLITS[windows.split](series, windows.validation, windows.test)
    most = max(longest, train_end // SHARE)
    return max((window for window in own(config).ridge_windows if window <= most), default=0)
