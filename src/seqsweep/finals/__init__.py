"""A winner that can be trusted: the best trials again over several seeds, and one evaluation on the test part.

`selection` says who is trained again and who wins, `final_runs` hands the final runs to the loop of the sweep,
`evaluation` scores the winner and the baselines, `conclusion` is what remains, `run` tells it in order.
"""

from __future__ import annotations

from seqsweep.errors import Fault
from seqsweep.finals.conclusion import (
    CONCLUSION,
    Conclusion,
    Difference,
    Finalist,
    ForecastInterval,
    TestEvaluation,
    load,
    save,
)
from seqsweep.finals.evaluation import ARRAYS, TestForecasts
from seqsweep.finals.final_runs import FinalRuns
from seqsweep.finals.run import network, run
from seqsweep.schema import SweepConfig

__all__ = [
    "ARRAYS",
    "CONCLUSION",
    "Conclusion",
    "Difference",
    "FinalRuns",
    "Finalist",
    "ForecastInterval",
    "TestEvaluation",
    "TestForecasts",
    "faults",
    "load",
    "network",
    "run",
    "save",
]


def faults(config: SweepConfig) -> list[Fault]:
    """What is wrong with the group `finals`."""
    levels = config.finals.levels
    return [
        Fault("finals.levels", f"finals.levels={levels}: {level} is no share; write 0.95 for 95 per cent")
        for level in levels
        if not 0 < level < 1
    ]
