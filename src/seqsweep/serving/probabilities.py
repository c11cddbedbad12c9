"""Probabilities of classes: sharpened or softened by a temperature, and the sets of classes that a level asks for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .array_types import Float64s

SMALLEST = float(np.finfo(np.float32).tiny)  # of a probability that has a logarithm; a network's are float32


def tempered(probabilities: NDArray[np.floating], temperature: float) -> Float64s:
    """Probabilities (n, classes) whose logarithms were divided by a temperature: above 1 they come nearer each other.

    The order of the classes stays. The temperature 1 / T takes that of T back.

    Args:
        probabilities: (n, classes), 0 or more, a row's sum is 1.
        temperature: above 0.

    Source: Guo, Pleiss, Sun & Weinberger (2017), On Calibration of Modern Neural Networks, ICML, section 4.2.
    """
    logits = np.log(np.maximum(np.asarray(probabilities, np.float64), SMALLEST**2)) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    result: Float64s = powers / powers.sum(axis=1, keepdims=True)
    return result


def prediction_sets(probabilities: Float64s, threshold: float) -> NDArray[np.bool_]:
    """Which classes belong to each item's set, (n, classes): those not less probable than 1 - threshold, and the first.

    Args:
        probabilities: (n, classes).
        threshold: the greatest improbability of a class in a set, in [0, 1], or infinite: all of them.
    """
    held: NDArray[np.bool_] = 1 - probabilities <= threshold
    held[np.arange(len(held)), probabilities.argmax(axis=1)] = True
    return held
