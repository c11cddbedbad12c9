"""What a point may add to the front of several objectives: the volume that it is expected to beat beyond them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from scipy.special import logsumexp

from seqsweep.objectives import fronts, spread
from seqsweep.serving.array_types import Float64s
from seqsweep.tuner.improvement import log_improvement
from seqsweep.tuner.process import Process

_BOXES = 500  # about as many at most: of a larger front those points count that lie far apart


class HypervolumeGain:
    """The logarithm of the volume that a point is expected to add to what the front beats, by the mean over draws.

    It is a gain in the first objective, as a mean over the range that the points have in the others. The front is that
    of the means at the points that were tried: a low score may be a lucky seed. What is as bad as the worst of them
    adds nothing.

    Source: Emmerich et al. (2011), Hypervolume-based expected improvement, CEC; by boxes as in Yang et al. (2019),
    Journal of Global Optimization 75.

    Args:
        processes: one an objective, each with as many draws, of which the objectives do not depend on each other.
        tried: points of this sweep, (n, dimensions).
    """

    def __init__(self, processes: Sequence[Process], tried: Float64s) -> None:
        self._processes = processes
        means = np.stack([process.predict(tried)[0] for process in processes], axis=2)  # (n, draws, objectives)
        self._boxes = [free(means[:, draw]) for draw in range(means.shape[1])]
        ranges = np.ptp(means, axis=0).mean(axis=0)[1:]
        self._area = float(np.log(np.where(ranges > 0, ranges, 1.0)).sum())

    def __call__(self, points: Float64s) -> Float64s:
        """At points (n, dimensions): (n,)."""
        told = [process.predict(points) for process in self._processes]
        gains = []
        for draw, (lower, upper) in enumerate(self._boxes):
            added = np.zeros((len(points), len(lower)))
            for objective, (mean, variance) in enumerate(told):
                edges, places = np.unique(np.stack([lower, upper])[:, :, objective], return_inverse=True)
                below = _log_shortfall(edges, mean[:, draw], np.sqrt(variance))
                low, high = (below[:, place] for place in places.reshape(2, -1))
                added += high + _log_of_rest(low - high)
            gains.append(logsumexp(added, axis=1))
        return np.asarray(logsumexp(np.stack(gains), axis=0) - math.log(len(gains)) - self._area)


def boxes(points: Float64s, reference: Float64s) -> tuple[Float64s, Float64s]:
    """Boxes without overlap that hold all that no point beats, up to a reference: lower and upper edges, (boxes, m).

    Args:
        points: (n, m) costs.
        reference: (m,), which is no better than any point.
    """
    if points.shape[1] == 1:
        return np.array([[-math.inf]]), np.array([[points.min(initial=reference[0])]])
    edges = [-math.inf, *np.unique(points[:, -1]).tolist(), float(reference[-1])]
    lower, upper = [], []
    for start, end in pairwise(edges):
        if end > start:
            low, high = boxes(points[points[:, -1] <= start, :-1], reference[:-1])
            lower.append(np.column_stack([low, np.full(len(low), start)]))
            upper.append(np.column_stack([high, np.full(len(high), end)]))
    return np.vstack(lower), np.vstack(upper)


def free(costs: Float64s) -> tuple[Float64s, Float64s]:
    """What the front of costs (n, m) leaves free up to the worst of each."""
    count = costs.shape[1]
    front = costs[fronts(costs.tolist())[0]]
    most = round((_BOXES * math.factorial(count - 1)) ** (1 / (count - 1)))
    return boxes(front[spread(front.tolist(), most)], costs.max(axis=0))


def _log_shortfall(edges: Float64s, mean: Float64s, deviation: Float64s) -> Float64s:
    """The logarithm of how far costs are expected to lie below edges (k,), where they do: (n, k)."""
    off = (edges[None, :] - mean[:, None]) / deviation[:, None]
    found = np.full(off.shape, -math.inf)
    known = np.isfinite(off)
    found[known] = log_improvement(off[known])
    return np.asarray(found + np.log(deviation)[:, None])


def _log_of_rest(ratio: Float64s) -> Float64s:
    """The logarithm of 1 - exp(ratio), for ratios of 0 or less."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(1 - np.exp(np.minimum(ratio, 0.0))))
