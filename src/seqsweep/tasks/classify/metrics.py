"""How good probabilities of classes are. A prediction that holds a NaN or an infinity has the worst score of all."""

from __future__ import annotations

import math

import numpy as np

from seqsweep.catalog import Catalog
from seqsweep.metrics import Metric, Score, adder
from seqsweep.serving.array_types import Float64s, Int64s

SMALLEST = 1e-7
"""The least probability that counts, as in Keras's own loss: one miss that was called impossible decides nothing."""

METRICS: Catalog[Metric] = Catalog("metric", like=Score)


register = adder(METRICS)


@register(higher_is_better=True, highest=1.0, loss="zero-one")
def accuracy(actual: Int64s, predicted: Float64s) -> float:
    """The share of items whose most probable class is the right one."""
    return float((labels(predicted) == actual).mean()) if _is_finite(predicted) else 0.0


@register(higher_is_better=True, highest=1.0, loss="zero-one")
def macro_f1(actual: Int64s, predicted: Float64s) -> float:
    """The mean F1 of the classes that happened or were predicted: a rare one weighs as much as a frequent one.

    F1 is 2 · right / (happened + predicted).

    Source: van Rijsbergen (1979), Information Retrieval, chapter 7; as scikit-learn's `f1_score(average="macro")`.
    """
    if not _is_finite(predicted):
        return 0.0
    said, classes = labels(predicted), predicted.shape[1]
    right = np.bincount(actual[said == actual], minlength=classes)
    both = np.bincount(actual, minlength=classes) + np.bincount(said, minlength=classes)
    return float((2 * right[both > 0] / both[both > 0]).mean())


@register()
def log_loss(actual: Int64s, predicted: Float64s) -> float:
    """Mean negative logarithm of the probability that the right class was given, in nats."""
    if not _is_finite(predicted):
        return math.inf
    return float(log_losses(actual, predicted).mean())


def log_losses(actual: Int64s, predicted: Float64s) -> Float64s:
    """The log loss of each item, (n,).

    Args:
        actual: (n,), numbers of classes.
        predicted: (n, classes).
    """
    losses: Float64s = -np.log(np.maximum(predicted[np.arange(len(actual)), actual], SMALLEST))
    return losses


def labels(predicted: Float64s) -> Int64s:
    """The number of the most probable class of each item, (n, classes) → (n,)."""
    most: Int64s = predicted.argmax(axis=1)
    return most


def _is_finite(predicted: Float64s) -> bool:
    if predicted.ndim != 2 or not len(predicted):
        raise ValueError(f"predictions must be (n, classes), n of 1 or more; their shape is {predicted.shape}")
    return bool(np.isfinite(predicted).all())
