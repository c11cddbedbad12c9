"""What may differ between the trials of a sweep: the hyperparameters, the way to KerasTuner and back.

`declared` gathers the hyperparameters from those who use them: the layers, an optimizer, a task. In `search_space`,
each is written in one of three ways, or left out for its default:

- one value: nothing is searched, every trial has it;
- a list: one of its values, each as likely as the next; numbers are put in order, the first listed is the
  default;
- `{low, high}`: any value from `low` to `high`, both included; the default is `low`.
    - `step: s` leaves `low`, `low + s`, `low + 2 s` … as far as `high`, which is one of them only if a whole
      number of steps leads there;
    - `log: true` makes each factor as likely as the next (0.001 to 0.01 as likely as 0.01 to 0.1);
    - both together leave `low`, `low · s`, `low · s²` … as far as `high`.

`units` and `dropout` are shared by all layers of a network, unless `per_layer` names them: then layer i has its own
dimension, `units_1`, `units_2` …, which exists only while the network has that layer. What depends on another
hyperparameter (the weight decay on the optimizer) exists only where that has a fitting value. A dimension that a trial
does not have is neither logged nor counted nor shown to a surrogate.

`warm_start` lists known configurations, run before the oracle's own. What such a point leaves out has its
default; it may lie outside the space, and then the oracle does not learn from it.
"""

from seqsweep.search_space.checks import faults, is_of
from seqsweep.search_space.declarations import by_task, conditions, declared, keys
from seqsweep.search_space.dimensions import Dimension, dimensions, distributions, hyperparameters, settings, size
from seqsweep.search_space.distributions import Distribution
from seqsweep.search_space.points import Points, active, complete, params, plain, telling, values, warm_start
from seqsweep.search_space.space import Space

__all__ = [
    "Dimension",
    "Distribution",
    "Points",
    "Space",
    "active",
    "by_task",
    "complete",
    "conditions",
    "declared",
    "dimensions",
    "distributions",
    "faults",
    "hyperparameters",
    "is_of",
    "keys",
    "params",
    "plain",
    "settings",
    "size",
    "telling",
    "values",
    "warm_start",
]
