"""What a point may gain over what is known."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import erfcx, log_ndtr, logsumexp

from seqsweep.serving.array_types import Float64s
from seqsweep.tuner.process import Process


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
