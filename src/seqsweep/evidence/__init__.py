"""What the figures of a sweep can bear: how sure a difference is, and how far a prediction may be off.

`paired` compares two configurations over the same seeds and folds, `comparison` two sets of predictions of independent
items, `diebold_mariano` two forecasts of the same targets, `conformal` puts intervals around a forecast and counts how
often they hold what happened.
"""

from seqsweep.evidence.comparison import Comparison, compare_losses, losses
from seqsweep.evidence.conformal import Coverage, coverage, half_widths
from seqsweep.evidence.diebold_mariano import diebold_mariano
from seqsweep.evidence.paired import Interval, paired_interval

__all__ = [
    "Comparison",
    "Coverage",
    "Interval",
    "compare_losses",
    "coverage",
    "diebold_mariano",
    "half_widths",
    "losses",
    "paired_interval",
]
