"""What a network must beat: simple forecasts of exactly the targets that the network is scored on.

Each is made from raw values, without scaler or clipping. `past` holds what a baseline may know, `forecasts`
the baselines and their scores, `ridge` the one to fear: a linear model of the window that a network sees.
"""

from seqsweep.baselines.forecasts import BASELINES, Baseline, Scores, best, faults, scores
from seqsweep.baselines.past import BaselineInput, IntArray
from seqsweep.baselines.ridge import LinearFit, fit_linear

__all__ = [
    "BASELINES",
    "Baseline",
    "BaselineInput",
    "IntArray",
    "LinearFit",
    "Scores",
    "best",
    "faults",
    "fit_linear",
    "scores",
]
