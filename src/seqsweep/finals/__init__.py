"""A winner that can be trusted: the best trials again over several seeds, and one evaluation on the test part.

`selection` says who is trained again and who wins, `final_runs` hands the final runs to the loop of the sweep,
`evaluation` scores the winner and the baselines, `count` knows how often that was done, `conclusion` is what remains,
`run` tells it in order.
"""

from __future__ import annotations

from seqsweep.finals.conclusion import (
    CONCLUSION,
    Conclusion,
    Difference,
    Finalist,
    TestEvaluation,
    load,
    save,
)
from seqsweep.finals.count import check_count
from seqsweep.finals.evaluation import ARRAYS, load_test_predictions
from seqsweep.finals.final_runs import FinalRuns, planned
from seqsweep.finals.run import network, run

__all__ = [
    "ARRAYS",
    "CONCLUSION",
    "Conclusion",
    "Difference",
    "FinalRuns",
    "Finalist",
    "TestEvaluation",
    "check_count",
    "load",
    "load_test_predictions",
    "network",
    "planned",
    "run",
    "save",
]
