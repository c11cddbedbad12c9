"""What the figures of a sweep can bear: how sure a difference is, and how far a forecast may be off.

`paired` compares two configurations over the same seeds and folds, `diebold_mariano` two forecasts of the same targets,
`conformal` puts intervals around a forecast and counts how often they hold what happened.
"""

from seqsweep.evidence.conformal import Coverage, coverage, half_widths
from seqsweep.evidence.diebold_mariano import DieboldMariano, Loss, diebold_mariano, loss_of
from seqsweep.evidence.paired import Interval, paired_interval

__all__ = [
    "Coverage",
    "DieboldMariano",
    "Interval",
    "Loss",
    "coverage",
    "diebold_mariano",
    "half_widths",
    "loss_of",
    "paired_interval",
]
