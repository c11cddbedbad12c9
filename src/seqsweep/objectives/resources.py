"""Objectives that are no metric of a task: what a network needs of the machine that runs it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

from seqsweep.metrics import Metric


@dataclass(frozen=True)
class Resource:
    """What a network needs, whatever it predicts; lower is better.

    Args:
        name: the word of configs, tables and runs: `parameter_count`. The record of a trial has a field of that name.
        meaning: of its value, as part of a sentence.
        unit: of it; empty: it is counted.
        spread: the field of a record that says how far single measurements lie apart; empty: it is exact.
    """

    name: str
    meaning: str
    unit: str = ""
    spread: str = ""

    higher_is_better = False

    def cost(self, value: float) -> float:
        """Its logarithm: ten weights more are much to a network of twenty and nothing to one of a million.

        NaN is the worst of all.
        """
        if math.isnan(value):
            return math.inf
        return math.log(value) if value > 0 else -math.inf

    def together(self, value: float, networks: int) -> float:
        """What the mean of several networks needs, which run one after the other, at most.

        Args:
            value: of one network.
            networks: that are packaged as one.
        """
        return value * networks

    def alone(self, value: float, networks: int) -> float:
        """What each of several networks may need, so that their mean needs no more than a value.

        Args:
            value: of all of them.
            networks: that are packaged as one.
        """
        return value / networks


Objective: TypeAlias = Metric | Resource

RESOURCES = {
    resource.name: resource
    for resource in (
        Resource("parameter_count", "weights of one network"),
        Resource(
            "latency_ms",
            "milliseconds that one network takes for a single forecast, the median of some, where the trial ran",
            unit="ms",
            spread="latency_spread_ms",
        ),
    )
}
"""By name, beside the metrics of whichever task."""
