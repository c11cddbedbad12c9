"""What the figures of a sweep can bear: how sure a difference is, and how far a prediction may be off.

`paired` compares two configurations over the same seeds and folds, `comparison` two sets of predictions of independent
items, `bootstrap` and `mcnemar` two scores and two sets of labels, `diebold_mariano` two forecasts of the same targets,
`dependent` says how sure a mean over origins is, `conformal` puts intervals around a forecast and counts how often they
hold what happened, `calibration` says what probabilities are worth.
"""

from seqsweep.evidence.bootstrap import paired_bootstrap
from seqsweep.evidence.calibration import Bin, calibration_error, fit_temperature, reliability
from seqsweep.evidence.comparison import Comparison, compare_losses, losses
from seqsweep.evidence.conformal import Coverage, Sizes, adapted, coverage, half_widths, seldom_below
from seqsweep.evidence.conformalized import beyond_quantiles, interval_score
from seqsweep.evidence.dependent import by_moment
from seqsweep.evidence.diebold_mariano import diebold_mariano
from seqsweep.evidence.mcnemar import mcnemar
from seqsweep.evidence.paired import Interval, paired_interval

__all__ = [
    "Bin",
    "Comparison",
    "Coverage",
    "Interval",
    "Sizes",
    "adapted",
    "beyond_quantiles",
    "by_moment",
    "calibration_error",
    "compare_losses",
    "coverage",
    "diebold_mariano",
    "fit_temperature",
    "half_widths",
    "interval_score",
    "losses",
    "mcnemar",
    "paired_bootstrap",
    "paired_interval",
    "reliability",
    "seldom_below",
]
