"""A winner that can be trusted: the best trials again over several seeds, and one look at the test part.

`choice` says who is trained again and who wins, `runs` hands the final runs to the loop of the sweep, `look` scores the
winner and the baselines, `conclusion` is what remains, `story` tells it in order.
"""

from __future__ import annotations

from seqsweep.finals.conclusion import (
    CONCLUSION,
    Conclusion,
    Difference,
    Finalist,
    ForecastInterval,
    Look,
    load,
    save,
)
from seqsweep.finals.look import ARRAYS, Sight
from seqsweep.finals.runs import FinalRuns
from seqsweep.finals.story import network, run
from seqsweep.schema import SweepConfig

__all__ = [
    "ARRAYS",
    "CONCLUSION",
    "Conclusion",
    "Difference",
    "FinalRuns",
    "Finalist",
    "ForecastInterval",
    "Look",
    "Sight",
    "faults",
    "load",
    "network",
    "run",
    "save",
]


def faults(config: SweepConfig) -> list[str]:
    """What is wrong with the group `finals`, one sentence a fault."""
    levels = config.finals.levels
    return [
        f"finals.levels={levels}: {level} is no share; write 0.95 for 95 per cent"
        for level in levels
        if not 0 < level < 1
    ]
