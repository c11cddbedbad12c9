"""A linear model of the window that a network sees, fitted exactly without holding all windows at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from seqsweep.serving.array_types import Float64s
from seqsweep.serving.baselines.linear import LinearFit, Read, chunks
from seqsweep.tasks.forecast.baseline_input import BaselineInput
from seqsweep.tasks.forecast.metrics import METRICS, naive_scale

_ROUNDING = float(np.finfo(np.float64).eps)


@lru_cache(maxsize=2)  # validation and test are scored by one fit
def fit_linear(past: BaselineInput) -> LinearFit | None:
    """The best ridge regression over `ridge_windows` and `ridge_penalties`; None where no window fits.

    Coefficients come from train alone, targets included. Window and penalty are those with the best
    `objective` on validation, the score that trials are ranked by there: network and baseline get the same
    chance. Of equals the shorter window, then the larger penalty is taken. A window that does not fit into
    train together with its targets is skipped.

    The fit minimises the mean squared error plus `penalty` times the sum of squared coefficients, with each
    input in units of its column's standard deviation over all lags of the window: a penalty has no unit, and
    means the same for any number of rows.

    Source: Hoerl & Kennard (1970), Technometrics 12(1).
    """
    origins, objective = past.validation_origins, METRICS[past.settings.objective]
    actual, mase_scale = past.actual(origins), naive_scale(past.target, past.train_end, past.season, past.observed)

    def error(fit: LinearFit) -> float:
        return objective(actual, fit.after(past.values, origins, past.horizon), mase_scale)

    settings = past.settings
    return best_fit(
        fits(past, settings.ridge_windows, settings.ridge_penalties), lambda fit: objective.cost(error(fit))
    )


def fits(
    past: BaselineInput, windows: Sequence[int], penalties: Sequence[float], further: Sequence[BaselineInput] = ()
) -> list[LinearFit]:
    """A fit to train for each window that fits into it, and each penalty.

    Args:
        past: the series; of its settings none is read.
        windows: rows, the origin among them.
        penalties: see `fit_linear`.
        further: other series, which the same fits are to forecast.
    """
    sums: dict[int, _Moments] = {}
    rounding = np.zeros(past.values.shape[1])
    for one in (past, *further):
        for window, moments in _train_moments(one, windows):
            sums[window] = sums[window] + moments if window in sums else moments
        rounding = np.maximum(rounding, 8 * _ROUNDING * np.abs(one.values[: one.train_end]).max(axis=0))
    found = sorted(sums.items(), reverse=True)
    return [fit for window, moments in found for fit in _ridge(past, window, penalties, moments, rounding)]


def best_fit(found: Iterable[LinearFit], cost: Callable[[LinearFit], float]) -> LinearFit | None:
    """The one of lowest cost; of equals that with the shorter window, then that with the larger penalty.

    Args:
        found: fits; of none the best is None.
        cost: of one.
    """
    ordered = sorted(found, key=lambda fit: (fit.window, -fit.penalty))
    return min(ordered, key=cost) if len(ordered) > 1 else next(iter(ordered), None)  # there is nothing to choose


@dataclass(frozen=True, eq=False)
class _Moments:
    """All that a ridge regression needs of its rows, so that the rows themselves need not be held.

    Products are of deviations from the means: raw products lose the digits that matter where means are large.
    """

    count: int
    input_means: Float64s  # (features,)
    target_means: Float64s  # (horizon,)
    input_products: Float64s  # (features, features)
    target_products: Float64s  # (features, horizon)

    @classmethod
    def of(cls, inputs: Float64s, targets: Float64s) -> _Moments:
        """Of (rows, features) and (rows, horizon)."""
        input_means, target_means = inputs.mean(axis=0), targets.mean(axis=0)
        inputs, targets = inputs - input_means, targets - target_means
        return cls(len(inputs), input_means, target_means, inputs.T @ inputs, inputs.T @ targets)

    def last(self, features: int) -> _Moments:
        """Of the same rows, the last `features` alone."""
        kept = slice(len(self.input_means) - features, None)
        return _Moments(
            self.count,
            self.input_means[kept],
            self.target_means,
            self.input_products[kept, kept],
            self.target_products[kept],
        )

    def __add__(self, other: _Moments) -> _Moments:
        """Of the rows of both.

        Source: Chan, Golub & LeVeque (1983), The American Statistician 37(3).
        """
        count = self.count + other.count
        share = other.count / count
        inputs, targets = other.input_means - self.input_means, other.target_means - self.target_means
        weighted = self.count * share * inputs
        return _Moments(
            count,
            self.input_means + share * inputs,
            self.target_means + share * targets,
            self.input_products + other.input_products + np.outer(weighted, inputs),
            self.target_products + other.target_products + np.outer(weighted, targets),
        )


def _train_moments(past: BaselineInput, windows: Sequence[int]) -> Iterator[tuple[int, _Moments]]:
    """Each window that fits, longest first, with the moments of all its rows within train.

    The features of a shorter window are the last ones of a longer: only the rows too early for the longer one
    are added, and train is passed through once for all windows.
    """
    end = past.train_end - past.horizon  # the first origin with a target after train
    moments: _Moments | None = None
    for window in sorted({window for window in windows if window <= end}, reverse=True):
        read = Read(window, past.horizon, past.known, past.calendar)
        features = read.features(past.values.shape[1])
        moments = moments.last(features) if moments else None
        for part in chunks(end - (window - 1), features):
            origins = past.learned(np.arange(window - 1, end)[part])
            if not len(origins):
                continue
            targets = past.actual(origins) - past.target[origins, None]
            more = _Moments.of(read.inputs(past.values, origins), targets)
            moments = moments + more if moments else more
        if moments:
            yield window, moments
        end = window - 1


def _ridge(
    past: BaselineInput, window: int, penalties: Sequence[float], moments: _Moments, rounding: Float64s
) -> Iterator[LinearFit]:
    """A fit for each penalty, all by one eigendecomposition."""
    units = _units(past, window, moments, rounding)
    products = moments.input_products / np.outer(units, units) / moments.count
    eigenvalues, vectors = np.linalg.eigh(products)
    projected = vectors.T @ (moments.target_products / units[:, None] / moments.count)
    # Without a penalty, a direction in which inputs do not vary would be divided by its rounding errors.
    floor = _ROUNDING * len(units) * eigenvalues.max(initial=0.0)
    for penalty in penalties:
        denominators = np.maximum(eigenvalues, 0.0) + penalty
        denominators[denominators <= floor] = np.inf
        coefficients = vectors @ (projected / denominators[:, None]) / units[:, None]
        intercept = moments.target_means - moments.input_means @ coefficients
        yield LinearFit(window, penalty, coefficients, intercept, past.known, past.calendar)


def _units(past: BaselineInput, window: int, moments: _Moments, rounding: Float64s) -> Float64s:
    """(features,), the standard deviation of each input's column over all lags of the window, or all steps ahead.

    A column that moves by no more than the rounding of its values gets an infinite unit: its inputs are 0.
    """
    lags, columns = window - 1, past.values.shape[1] - past.calendar
    squares, before = np.diag(moments.input_products), lags * columns
    units = _of_columns(squares[:before].reshape(lags, columns), moments.count, rounding[:columns])
    if not past.known:
        return units
    ahead = squares[before:].reshape(past.horizon, past.known)
    return np.concatenate([units, _of_columns(ahead, moments.count, rounding[-past.known :])])


def _of_columns(squares: Float64s, count: int, rounding: Float64s) -> Float64s:
    """(rows * columns,), from sums of squares (rows, columns)."""
    rows = len(squares)
    deviations = np.sqrt(squares.sum(axis=0) / (count * max(rows, 1)))
    return np.tile(np.where(deviations > rounding, deviations, np.inf), rows)
