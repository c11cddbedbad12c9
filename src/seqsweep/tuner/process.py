"""A Gaussian process over points of a search space: one length a dimension, names told apart, noise estimated."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize
from threadpoolctl import ThreadpoolController

from seqsweep.serving.array_types import Float64s

_JITTER = 1e-6  # neighbouring points would make the matrix singular
_STEPS = 40  # of the descent
_NOISE = (-4.0, 1.5)  # mean and deviation of the logarithm of the noise's variance, in that of the scores
_SHARED = (0.6, 1.0)  # likewise of the length between sweeps or budgets, of which two then correlate by 0.8


@dataclass(frozen=True)
class Kernel:
    """Matérn's of smoothness 2.5.

    Args:
        named: (dimensions,): whether the values have no order: two of them are as far apart as any other two.
        lengths: (dimensions,), in sides of the unit cube.
        amplitude: variance of the process.
        noise: variance of a score that is trained again, beside it.
    """

    named: NDArray[np.bool_]
    lengths: Float64s
    amplitude: float
    noise: float

    def __call__(self, a: Float64s, b: Float64s) -> Float64s:
        """The covariance of points (n, dimensions) with points (m, dimensions), without noise: (n, m)."""
        squared = np.zeros((len(a), len(b)))
        for column, length in enumerate(self.lengths):
            squared += apart(a[:, column], b[:, column], bool(self.named[column])) / length**2
        return self.amplitude * matern(squared)


class Process:
    """A process that knows the scores of some points.

    Args:
        kernel: of its covariance.
        points: (n, dimensions), in the unit cube.
        scores: (n, draws): as many columns as there are guesses of what some of them will come to.
    """

    def __init__(self, kernel: Kernel, points: Float64s, scores: Float64s) -> None:
        self.kernel, self.points, self.scores = kernel, points, scores
        own = kernel(points, points)
        own[np.diag_indices_from(own)] += kernel.noise + _JITTER
        self._factor = cho_factor(own, lower=True)
        self._weights = cho_solve(self._factor, scores)

    def predict(self, points: Float64s) -> tuple[Float64s, Float64s]:
        """Mean (m, draws) and variance (m,) of the scores at `points`, noise aside."""
        across = self.kernel(self.of_this_sweep(points), self.points)
        known = (across * cho_solve(self._factor, across.T).T).sum(axis=1)
        return across @ self._weights, np.maximum(self.kernel.amplitude - known, 1e-12)

    def of_this_sweep(self, points: Float64s) -> Float64s:
        """`points` with the coordinate that tells sweeps apart, where the process has one: this one's is 0."""
        lacks = len(self.kernel.lengths) - points.shape[1]
        return np.pad(points, ((0, 0), (0, lacks))) if lacks else points

    def draws(self, points: Float64s, count: int, rng: np.random.Generator) -> Float64s:
        """What scores at `points` may come to, of a process with one column: (m, count), one of them the mean.

        Args:
            points: (m, dimensions).
            count: of the draws.
            rng: draws them.
        """
        mean, _ = self.predict(points)
        points = self.of_this_sweep(points)
        across = self.kernel(points, self.points)
        inner = self.kernel(points, points) - across @ cho_solve(self._factor, across.T)
        inner[np.diag_indices_from(inner)] += self.kernel.noise + _JITTER
        factor = np.linalg.cholesky(inner)
        return np.asarray(mean + factor @ rng.normal(size=(len(points), count)))


def apart(a: Float64s, b: Float64s, named: bool) -> Float64s:
    """Squared distances along one dimension, (n, m).

    Args:
        a: (n,) coordinates.
        b: (m,) coordinates.
        named: whether the values have no order.
    """
    difference = a[:, None] - b[None, :]
    return np.asarray(np.abs(difference) > 1e-9, float) if named else difference**2


def matern(squared: Float64s) -> Float64s:
    """The correlation at squared distances."""
    r = np.sqrt(5 * squared)
    return np.asarray((1 + r + r**2 / 3) * np.exp(-r))


def one_thread() -> AbstractContextManager[object]:
    """A context in which NumPy's and SciPy's products take one thread: more would fight with the workers for cores."""
    limited: AbstractContextManager[object] = _libraries().limit(limits=1, user_api="blas")
    return limited


@cache
def _libraries() -> ThreadpoolController:
    """Those with threads: to find them takes as long as a proposal, and this module has loaded all that it asks."""
    return ThreadpoolController()


def solved(kernel: Kernel, points: Float64s, scores: Float64s, beside: Float64s) -> Float64s:
    """The weights of the scores in what a process with one more covariance expects, (n,).

    Args:
        kernel: of the process.
        points: (n, dimensions).
        scores: (n,).
        beside: the other covariance, (n, n).
    """
    own = kernel(points, points) + beside
    own[np.diag_indices_from(own)] += kernel.noise + _JITTER
    return np.asarray(cho_solve(cho_factor(own, lower=True), scores))


def fit(
    points: Float64s,
    scores: Float64s,
    named: Sequence[bool],
    *,
    shared: bool = False,
    beside: Float64s | float = 0.0,
) -> Process:
    """The process whose lengths, amplitude and noise are the most probable ones.

    Source: Rasmussen and Williams (2006), sections 2.2 and 5.4.1. Lengths have the prior of Hvarfner et al., Vanilla
    Bayesian Optimization Performs Great in High Dimensions, ICML 2024: they grow with the dimensions.

    Args:
        points: (n, dimensions), in the unit cube.
        scores: (n,), of mean 0 and deviation 1.
        named: (dimensions,): whether its values have no order.
        shared: the last dimension tells sweeps or budgets apart, which are expected to be alike.
        beside: a covariance that the scores have beside the process's own, (n, n).
    """
    width = points.shape[1]
    squares = np.stack([apart(points[:, i], points[:, i], named[i]) for i in range(width)])  # (dimensions, n, n)
    centre = np.array([*[math.sqrt(2) + math.log(width) / 2 - 3] * width, 0.0, _NOISE[0]])
    spread = np.array([*[math.sqrt(3)] * width, 1.0, _NOISE[1]])
    if shared:
        centre[width - 1], spread[width - 1] = _SHARED

    def improbability(guess: Float64s) -> tuple[float, Float64s]:
        value, slope = _unlikelihood(guess, squares, scores, beside)
        off = (guess - centre) / spread
        return value + 0.5 * float(off @ off), slope + off / spread

    starts = [centre, centre + np.array([*[0.0] * width, 0.0, 3.0])]  # little noise, and much
    limits = [(math.log(0.02), math.log(50.0))] * width + [(-4.0, 4.0), (-12.0, 2.0)]
    found = [
        minimize(improbability, start, jac=True, method="L-BFGS-B", bounds=limits, options={"maxiter": _STEPS})
        for start in starts
    ]
    best = min(found, key=lambda one: float(one.fun)).x
    kernel = Kernel(np.array(named, bool), np.exp(best[:width]), math.exp(best[width]), math.exp(best[width + 1]))
    return Process(kernel, points, scores[:, None])


def _unlikelihood(
    guess: Float64s, squares: Float64s, scores: Float64s, beside: Float64s | float
) -> tuple[float, Float64s]:
    """The negative logarithm of the likelihood, up to a constant, and its slope.

    Args:
        guess: logarithms of lengths, amplitude and noise.
        squares: (dimensions, n, n).
        scores: (n,).
        beside: covariance that is given, (n, n).
    """
    weights, amplitude, noise = np.exp(-2 * guess[:-2]), math.exp(guess[-2]), math.exp(guess[-1])
    squared = np.tensordot(weights, squares, 1)
    own = amplitude * matern(squared)
    factor = cho_factor(own + beside + (noise + _JITTER) * np.eye(len(scores)), lower=True)
    inverse = cho_solve(factor, np.eye(len(scores)))
    solved = inverse @ scores
    inner = inverse - np.outer(solved, solved)
    r = np.sqrt(5 * squared)
    falls = (
        inner * amplitude * (5 / 3) * (1 + r) * np.exp(-r)
    )  # times a square over its length: the slope by that length
    slopes = np.tensordot(squares, falls, 2) * weights
    by_amplitude, by_noise = (inner * own).sum(), noise * np.trace(inner)
    value = 0.5 * float(scores @ solved) + float(np.log(np.diag(factor[0])).sum())
    return value, 0.5 * np.array([*slopes, by_amplitude, by_noise])
