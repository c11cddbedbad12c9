"""What trials are judged by: the metric that ranks, and what else is to be low or high; which of them no other beats.

`resources` are objectives that are no metric of a task, `several` has all of a sweep's, `fronts` is arithmetic alone,
`words` is how they read.
"""

from seqsweep.objectives.fronts import fronts, hypervolume, spread
from seqsweep.objectives.resources import RESOURCES, Objective, Resource
from seqsweep.objectives.several import Objectives, served, value_of
from seqsweep.objectives.words import direction_of, limit_of, shown, title_of

__all__ = [
    "RESOURCES",
    "Objective",
    "Objectives",
    "Resource",
    "direction_of",
    "fronts",
    "hypervolume",
    "limit_of",
    "served",
    "shown",
    "spread",
    "title_of",
    "value_of",
]
