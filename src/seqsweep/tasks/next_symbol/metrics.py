"""How good predictions of next symbols are. One that holds a NaN has the worst score of all."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from seqsweep.catalog import Catalog
from seqsweep.metrics import Metric, Score, adder
from seqsweep.serving.array_types import Float64s

Said: TypeAlias = NDArray[np.void]
"""(n, block) of `serving.writing.SAID`."""

METRICS: Catalog[Metric] = Catalog("metric", like=Score)


register = adder(METRICS)


@register()
def bits_per_symbol(actual: Said, predicted: Said) -> float:
    """The mean cost of what comes next, in bits: -log2 of the probability that it was given.

    Source: Shannon (1951), Prediction and Entropy of Printed English, Bell System Technical Journal 30(1).
    """
    return _bits(sums(actual, predicted))


@register(lowest=1.0)
def perplexity(actual: Said, predicted: Said) -> float:
    """2 to the power of the bits: among so many equally probable symbols one would have to guess.

    Source: Jelinek, Mercer, Bahl & Baker (1977), Journal of the Acoustical Society of America 62(S1).
    """
    return _perplexity(sums(actual, predicted))


@register(higher_is_better=True, highest=1.0, loss="zero-one")
def accuracy(actual: Said, predicted: Said) -> float:
    """The share of symbols that were taken for the most probable ones."""
    return _accuracy(sums(actual, predicted))


def sums(actual: Said, predicted: Said) -> Float64s:
    """What any of the metrics needs of each item, (n, 3): its symbols, their nats, those that were said right.

    Args:
        actual: (n, block).
        predicted: (n, block).
    """
    if actual.shape != predicted.shape or not len(actual):
        raise ValueError(f"{actual.shape} symbols, and {predicted.shape} predictions of them; one or more are needed")
    stands = actual["symbol"] > 0
    right = stands & (actual["symbol"] == predicted["symbol"])
    nats = np.where(stands, predicted["nll"], 0).sum(axis=1)
    return np.column_stack([stands.sum(axis=1), nats, np.where(np.isnan(nats), np.nan, right.sum(axis=1))])


def _bits(items: Float64s) -> float:
    bits = float(items[:, 1].sum() / items[:, 0].sum() / math.log(2))
    return math.inf if math.isnan(bits) else max(bits, 0.0)


def _perplexity(items: Float64s) -> float:
    return 2.0 ** min(_bits(items), 1000.0) if math.isfinite(_bits(items)) else math.inf


def _accuracy(items: Float64s) -> float:
    share = float(items[:, 2].sum() / items[:, 0].sum())
    return 0.0 if math.isnan(share) else share


FROM_SUMS: dict[str, Callable[[Float64s], float]] = {
    "bits_per_symbol": _bits,
    "perplexity": _perplexity,
    "accuracy": _accuracy,
}
"""Each metric of the sums of items: so items are drawn again and again without a look at their symbols."""
