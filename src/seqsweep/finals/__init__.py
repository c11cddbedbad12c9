"""A winner that can be trusted: the best trials again over several seeds, and one evaluation on the test part.

`selection` says who is trained again and who wins, `final_runs` hands the final runs to the loop of the sweep,
`evaluation` scores the winner and the baselines, `count` knows how often that was done, `conclusion` is what remains,
`front` what is said of it where there are several objectives, `run` tells it in order; `refit` trains the winner once
more on all of the data, for what serves.
"""

from __future__ import annotations

from seqsweep.finals.conclusion import (
    CONCLUSION,
    Conclusion,
    Difference,
    Finalist,
    FrontTrial,
    TestEvaluation,
    load,
    save,
)
from seqsweep.finals.count import check_count
from seqsweep.finals.evaluation import ARRAYS, load_test_predictions
from seqsweep.finals.final_runs import ALL, FinalRuns, planned
from seqsweep.finals.front import about_bounds, about_front, front_rows, held_to
from seqsweep.finals.networks import Trained, call
from seqsweep.finals.refit import Refit, RefitRuns, Refitted, refit_runs
from seqsweep.finals.run import run, scored

__all__ = [
    "ALL",
    "ARRAYS",
    "CONCLUSION",
    "Conclusion",
    "Difference",
    "FinalRuns",
    "Finalist",
    "FrontTrial",
    "Refit",
    "RefitRuns",
    "Refitted",
    "TestEvaluation",
    "Trained",
    "about_bounds",
    "about_front",
    "call",
    "check_count",
    "front_rows",
    "held_to",
    "load",
    "load_test_predictions",
    "planned",
    "refit_runs",
    "run",
    "save",
    "scored",
]
