"""Whether probabilities mean what they say, and the temperature that makes them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from seqsweep.serving.array_types import Float64s, Int64s
from seqsweep.serving.probabilities import tempered

COLDEST, HOTTEST = 0.05, 20.0
"""Of temperatures: beyond them a network is sure of everything, or of nothing."""

STEPS = 200  # from 1 to the temperature with the least log loss


@dataclass(frozen=True)
class Bin:
    """Items whose most probable class has a probability in one bin.

    Args:
        low: where the bin begins, exclusive; its end is inclusive.
        high: where it ends.
        items: how many there are, 1 or more.
        confidence: their mean probability of the most probable class.
        accuracy: the share of them for which that class is right.
    """

    low: float
    high: float
    items: int
    confidence: float
    accuracy: float


def fit_temperature(probabilities: Float64s, labels: Int64s) -> float:
    """The temperature nearest to 1 that is not told apart from the one with the least log loss.

    The items on which it is fitted chose the network too, so they flatter it, and the least log loss asks for more
    than what holds elsewhere. Of all temperatures whose mean log loss is within one standard error, of the difference
    item by item, of the least one, that is taken which changes the network least.

    Args:
        probabilities: (n, classes), of items that were not learned from.
        labels: (n,), the class of each.

    Returns:
        Between COLDEST and HOTTEST.

    Source: Guo, Pleiss, Sun & Weinberger (2017), On Calibration of Modern Neural Networks, ICML, section 4.2; the rule
    of one standard error: Breiman, Friedman, Olshen & Stone (1984), Classification and Regression Trees, section 3.4.3.
    """
    from scipy.optimize import minimize_scalar

    rows = np.arange(len(labels))

    def log_losses(log_temperature: float) -> Float64s:
        right = tempered(probabilities, math.exp(log_temperature))[rows, labels]
        return -np.log(np.maximum(right, 1e-300))

    bounds = (math.log(COLDEST), math.log(HOTTEST))
    found = minimize_scalar(lambda at: log_losses(at).mean(), bounds=bounds, method="bounded", options={"xatol": 1e-4})
    least = log_losses(found.x)
    for at in np.linspace(0.0, found.x, STEPS):
        more = log_losses(at) - least
        if more.mean() <= more.std() / math.sqrt(len(labels)):
            return math.exp(at)
    return math.exp(found.x)


def reliability(probabilities: Float64s, labels: Int64s, bins: int = 10) -> list[Bin]:
    """What the most probable class is worth, by how probable it is said to be; bins without an item are left out.

    Args:
        probabilities: (n, classes).
        labels: (n,), the class of each.
        bins: of equal width, from 0 to 1.

    Source: Niculescu-Mizil & Caruana (2005), Predicting Good Probabilities with Supervised Learning, ICML.
    """
    sure, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    place = np.clip(np.ceil(sure * bins).astype(np.int64) - 1, 0, bins - 1)
    return [
        Bin(k / bins, (k + 1) / bins, int(here.sum()), float(sure[here].mean()), float(right[here].mean()))
        for k in range(bins)
        if (here := place == k).any()
    ]


def calibration_error(bins: list[Bin]) -> float:
    """The expected calibration error: the mean gap between confidence and accuracy, each bin by its items.

    Source: Naeini, Cooper & Hauskrecht (2015), Obtaining Well Calibrated Probabilities Using Bayesian Binning, AAAI.
    """
    return sum(bin.items * abs(bin.confidence - bin.accuracy) for bin in bins) / sum(bin.items for bin in bins)
