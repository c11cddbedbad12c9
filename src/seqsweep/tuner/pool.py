"""Trials of earlier sweeps beside those of this one, in one Gaussian process that learns how alike sweeps are.

Source: a coordinate that tells sweeps apart gives every two of them one correlation, as in Swersky et al., Multi-Task
Bayesian Optimization, NeurIPS 2013. Scores of each sweep are scaled by themselves, since data have units of their own,
as in Yogatama and Mann, Efficient Transfer Learning Method for Automatic Hyperparameter Tuning, AISTATS 2014.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from seqsweep.serving.array_types import Float64s
from seqsweep.tuner.priors import Priors
from seqsweep.tuner.process import Process, fit
from seqsweep.tuner.vectors import Vectors


class Pool:
    """The earlier sweeps, scaled and ready.

    Args:
        priors: at least one trial of them.
        vectors: encode points.
        ease: scores → scores of mean 0 and deviation 1.
    """

    def __init__(self, priors: Priors, vectors: Vectors, ease: Callable[[Float64s], Float64s]) -> None:
        self._named = [*vectors.named, True]
        points, scores = np.empty((0, vectors.width + 1)), np.empty(0)
        self._known: Process | None = None
        for number, sweep in enumerate((s for s in priors.sweeps if s.points), 1):
            rows = vectors.encode(sweep.points)
            scores = np.append(scores, self.aligned(rows, ease(np.array(sweep.costs))))
            points = np.vstack([points, np.column_stack([rows, np.full(len(rows), float(number))])])
            self._known = fit(points, scores, self._named, shared=True)
        self.points, self.scores = points, scores

    def aligned(self, rows: Float64s, eased: Float64s) -> Float64s:
        """Scores of a sweep on the scale of those before it: its points have the mean and deviation expected of them.

        A search goes where scores are low, so that the mean of its own trials is no mean of the space.

        Args:
            rows: (n, dimensions).
            eased: (n,), of mean 0 and deviation 1, or 0 of a single one.
        """
        if self._known is None or not len(rows):
            return eased
        mean, variance = self._known.predict(rows)
        spread = math.sqrt(float(mean.var() + variance.mean()) + self._known.kernel.noise)
        return np.asarray(mean.mean() + spread * eased)

    def joined(self, rows: Float64s, eased: Float64s) -> tuple[Float64s, Float64s]:
        """All points, (n, dimensions + 1), and their scores: those of earlier sweeps before those of this one.

        Args:
            rows: of this sweep, (n, dimensions).
            eased: their scores.
        """
        own = np.column_stack([rows, np.zeros(len(rows))])
        return np.vstack([self.points, own]), np.append(self.scores, self.aligned(rows, eased))

    def fit(self, points: Float64s, scores: Float64s, some: NDArray[np.intp]) -> Process:
        """The process that knows all of `joined`, of lengths that are fitted to some."""
        kernel = fit(points[some], scores[some], self._named, shared=True).kernel
        return Process(kernel, points, scores[:, None])
