"""Whether probabilities mean what they say, and the temperature that makes them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from seqsweep.serving.array_types import Float64s, Int64s
from seqsweep.serving.probabilities import tempered

HOTTEST = 20.0  # of temperatures: beyond it a network is sure of nothing


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
    """The temperature of 1 or more with the least log loss: it makes a network less sure, never surer.

    The items on which it is fitted chose the network too, and flatter it: what they say for more sureness does not
    hold elsewhere, and what they say for less does.

    Args:
        probabilities: (n, classes), of items that were not learned from.
        labels: (n,), the class of each.

    Returns:
        Between 1 and HOTTEST.

    Source: Guo, Pleiss, Sun & Weinberger (2017), On Calibration of Modern Neural Networks, ICML, section 4.2.
    """
    from scipy.optimize import minimize_scalar

    rows = np.arange(len(labels))

    def log_loss(log_temperature: float) -> float:
        right = tempered(probabilities, math.exp(log_temperature))[rows, labels]
        return float(-np.log(np.maximum(right, 1e-300)).mean())

    found = minimize_scalar(log_loss, bounds=(0.0, math.log(HOTTEST)), method="bounded", options={"xatol": 1e-4})
    return math.exp(float(found.x)) if log_loss(found.x) < log_loss(0.0) else 1.0


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
