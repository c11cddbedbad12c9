"""Pairs of texts as a data set: an item is a pair."""

from __future__ import annotations

from seqsweep.tasks.decoding.dataset import PairedItems
from seqsweep.tasks.translate.baselines import BASELINES
from seqsweep.tasks.translate.metrics import METRICS


class TextPairs(PairedItems):
    """What a translation learns from."""

    METRICS = METRICS
    BASELINES = BASELINES
