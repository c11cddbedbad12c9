"""Trials of few epochs and of many, in one Gaussian process whose last coordinate is the epochs.

Source: epochs as one more coordinate, as in Klein et al., Model-based Asynchronous Hyperparameter and Neural
Architecture Search, 2020 (MOBSTER).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from seqsweep.serving.array_types import Float64s
from seqsweep.tuner.improvement import some_of
from seqsweep.tuner.process import Process, fit, solved

_LEVEL = 4.0  # variance of what all trials of a budget have in common, in that of all scores


def coordinate(epochs: Sequence[int], most: int) -> Float64s:
    """Where trials stand on the axis of epochs: 0 at the most of them, 1 at a single one, evenly by their logarithm.

    Args:
        epochs: that each trial has behind it.
        most: that a trial may have.
    """
    return np.log(most / np.array(epochs, float)) / math.log(max(most, 2))


def across(points: Float64s, scores: Float64s, named: Sequence[bool]) -> Process:
    """The process that knows these trials, of which those of one budget are compared with each other.

    Scores fall from epoch to epoch, and whoever trains on is good already: neither says that a point is better than
    one that was trained for less. So each budget has a level of its own, which is estimated with the lengths and then
    taken off. How far budgets agree, the length of the last coordinate tells.

    Args:
        points: (n, dimensions + 1), the last of `coordinate`.
        scores: (n,), of mean 0 and deviation 1.
        named: (dimensions,): whether its values have no order.
    """
    levels = _LEVEL * (points[:, -1:] == points[:, -1])
    some = some_of(len(points))
    fitted = fit(points[some], scores[some], [*named, False], shared=True, beside=levels[np.ix_(some, some)])
    kernel = fitted.kernel
    level = levels @ solved(kernel, points, scores, levels)
    return Process(kernel, points, (scores - level)[:, None])
