"""The point that is expected to improve most on the best of the trials, by a Gaussian process over them."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfcx, log_ndtr, logsumexp
from scipy.stats import qmc

from seqsweep.serving.array_types import Float64s
from seqsweep.tuner.process import Process
from seqsweep.tuner.vectors import Vectors

_FITTED = 200  # trials, evenly chosen, that lengths are fitted to; all of them are predicted from
_DRAWN = 2000  # candidates over the whole space
_NEAR = 150  # candidates around each of the best trials
_ROUNDS = (0.1, 0.03, 0.01)  # how far the best candidates are moved, round by round
_FANTASIES = 16  # of what the running trials may come to
_SPREAD = 64  # points of the spread sequence that are tried for one that was not had before


def spread(vectors: Vectors, first: int, seed: int) -> Float64s:
    """Points of a sequence that fills the space evenly, (points, dimensions).

    Args:
        vectors: of the space.
        first: place in the sequence of the first of them.
        seed: of the sequence.
    """
    count = 1 << (first + _SPREAD - 1).bit_length()  # it is even over powers of 2
    rows = qmc.Sobol(vectors.width, rng=np.random.default_rng([seed, 0])).random(count)[first:]
    return vectors.snap(rows)


def some_of(count: int) -> NDArray[np.intp]:
    """Which of so many trials lengths are fitted to."""
    return np.unique(np.linspace(0, count - 1, min(count, _FITTED)).astype(int))


def as_if_ended(process: Process, running: Float64s, rng: np.random.Generator) -> Process:
    """`process` as if the running trials had ended, in one draw a column.

    Args:
        process: knows the trials that ended.
        running: points, (n, dimensions).
        rng: draws what they come to.
    """
    if not len(running):
        return process
    guesses = process.draws(running, _FANTASIES, rng)
    known = np.repeat(process.scores, _FANTASIES, axis=1)
    points = np.vstack([process.points, process.of_this_sweep(running)])
    return Process(process.kernel, points, np.vstack([known, guesses]))


def candidates(
    gain: Callable[[Float64s], Float64s], vectors: Vectors, best_first: Float64s, rng: np.random.Generator
) -> Float64s:
    """Points of the space, (candidates, dimensions), the most promising first.

    Args:
        gain: of points.
        vectors: of the space.
        best_first: points that were tried, (n, dimensions).
        rng: draws points.
    """
    points = vectors.all_points()
    if points is not None:
        return points[np.argsort(-gain(points), kind="stable")]
    drawn = rng.uniform(size=(_DRAWN, vectors.width))
    points = vectors.snap(np.vstack([drawn, _moved(best_first[:10], _NEAR, 0.15, rng)]))
    gains = gain(points)
    for distance in _ROUNDS:
        near = vectors.snap(_moved(points[_descending(gains)[:10]], 30, distance, rng))
        points, gains = np.vstack([points, near]), np.append(gains, gain(near))
    return points[_descending(gains)]


class Gain:
    """The logarithm of the improvement that is expected of a point, by the mean over the draws of a process.

    What is to be improved on is the lowest mean at the points that were tried: a low score may be a lucky seed.

    Args:
        process: knows the scores, or draws of what they may come to.
        tried: points of this sweep, (n, dimensions).
    """

    def __init__(self, process: Process, tried: Float64s) -> None:
        self._process = process
        self._best = process.predict(tried)[0].min(axis=0)

    def __call__(self, points: Float64s) -> Float64s:
        """At points (n, dimensions): (n,)."""
        mean, variance = self._process.predict(points)
        deviation = np.sqrt(variance)[:, None]
        gains = log_improvement((self._best - mean) / deviation) + np.log(deviation)
        return np.asarray(logsumexp(gains, axis=1) - math.log(gains.shape[1]))


def log_improvement(z: Float64s) -> Float64s:
    """The logarithm of φ(z) + z Φ(z), without the cancellation that leaves nothing of it at a low z."""
    density = -(z**2) / 2 - math.log(2 * math.pi) / 2
    low = np.minimum(z, -1.0)
    left = np.maximum(1 + low * math.sqrt(math.pi / 2) * erfcx(-low / math.sqrt(2)), 1e-300)
    high = np.maximum(z, -1.0)
    direct = np.exp(-(high**2) / 2) / math.sqrt(2 * math.pi) + high * np.exp(log_ndtr(high))
    return np.asarray(np.where(z < -1.0, density + np.log(left), np.log(direct)))


def eased(scores: Float64s) -> Float64s:
    """Scores (n,) of mean 0 and deviation 1; those worse than the median come nearer to it, by the logarithm.

    Args:
        scores: (n,), of which lower is better.
    """
    if not len(scores):
        return scores
    centre = float(np.median(scores))
    scale = centre - float(scores.min())
    if scale <= 0:
        scale = float(scores.std()) or 1.0
    off = (scores - centre) / scale
    off = np.where(off > 0, np.log(1 + np.maximum(off, 0.0)), off)
    return np.asarray((off - off.mean()) / (off.std() or 1.0))


def _descending(gains: Float64s) -> NDArray[np.intp]:
    """Where the highest gain is, the next … : each gain once, since equal points have equal gains."""
    order: NDArray[np.intp] = np.unique(-gains, return_index=True)[1]
    return order


def _moved(points: Float64s, times: int, distance: float, rng: np.random.Generator) -> Float64s:
    """Each of `points` `times` over, some of its coordinates moved by some `distance` or drawn anew."""
    copies = np.repeat(points, times, axis=0)
    width = copies.shape[1]
    which = rng.uniform(size=copies.shape) < max(0.3, 1.5 / width)
    anew = rng.uniform(size=copies.shape) < 0.2
    moved = np.where(anew, rng.uniform(size=copies.shape), copies + rng.normal(scale=distance, size=copies.shape))
    return np.where(which, np.clip(moved, 0, 1), copies)
