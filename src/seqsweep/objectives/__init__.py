"""What trials are judged by: the metric that ranks, and what else is to be low or high; which of them no other beats.

`resources` are objectives that are no metric of a task, `several` has all of a sweep's, `fronts` is arithmetic alone.
"""

from seqsweep.objectives.fronts import fronts, spread
from seqsweep.objectives.resources import RESOURCES, Objective, Resource
from seqsweep.objectives.several import Objectives, served, value_of

__all__ = ["RESOURCES", "Objective", "Objectives", "Resource", "fronts", "served", "spread", "value_of"]
