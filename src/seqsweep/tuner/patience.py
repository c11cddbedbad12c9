"""How long a search has waited for a better trial."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from seqsweep.tuner.state_file import TunerTrial


def without_a_better_one(ended: Iterable[TunerTrial]) -> int:
    """Trials that were told since one joined the front, pruned and failed ones included; 0 while none has a score.

    With one objective that is the best one alone.

    Args:
        ended: the trials that were told, in that order.
    """
    front: list[tuple[float, ...]] = []
    waited = 0
    for trial in ended:
        waited += 1
        if trial.status != "COMPLETED" or trial.score is None:
            continue
        costs = tuple(math.inf if cost is None else cost for cost in trial.objectives) or (trial.score,)
        if not any(_no_worse(other, costs) for other in front):
            front, waited = [*(other for other in front if not _no_worse(costs, other)), costs], 0
    return waited if front else 0


def _no_worse(costs: Sequence[float], than: Sequence[float]) -> bool:
    return all(own <= other for own, other in zip(costs, than, strict=True))
