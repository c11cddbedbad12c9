"""Rows of numbers with a text each as a data set: an item is a row."""

from __future__ import annotations

from seqsweep.tasks.caption.baselines import BASELINES
from seqsweep.tasks.caption.metrics import METRICS
from seqsweep.tasks.decoding.dataset import PairedItems


class Captioned(PairedItems):
    """What a captioning network learns from."""

    METRICS = METRICS
    BASELINES = BASELINES
