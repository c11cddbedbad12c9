"""Which trials are not worth their last epochs: bounds by epoch, from the trials that ended before one began.

A bound is set as a trial is proposed and travels with it: its worker compares after each epoch and stops by itself, so
that no process is killed and none waits for an answer. What bounds a trial is known from the order of asks and tells
alone: a trial that runs again, after a kill or since its record is lost, ends at the same epoch.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seqsweep.schema import SweepConfig

LAG = 4
"""Synchronous order: trials by which one is behind those that it is judged by, so that up to so many workers prune the
same trials as one does."""


@dataclass(frozen=True)
class Reported:
    """What a trial that ended came to, epoch by epoch.

    Args:
        costs: what it would have scored had it ended there; lower is better.
        completed: it was not pruned: it stays at its last cost, however early it stopped.
    """

    costs: tuple[float, ...]
    completed: bool

    def after(self, epoch: int) -> float | None:
        """Its cost after so many epochs; None: it was pruned before."""
        if epoch <= len(self.costs):
            return self.costs[epoch - 1]
        return self.costs[-1] if self.completed and self.costs else None


def bounds(config: SweepConfig, ended: Sequence[Reported]) -> dict[int, float]:
    """By epoch, the cost above which a trial is pruned; nothing before enough trials have ended.

    Args:
        config: of the sweep; `tuner.pruner` names the rule.
        ended: the trials that the new one is judged by; failed ones are none.
    """
    rule = PRUNERS[config.tuner.pruner]
    return rule(config, ended) if len(ended) >= config.tuner.startup_trials else {}


def none(config: SweepConfig, ended: Sequence[Reported]) -> dict[int, float]:  # noqa: ARG001
    """Every trial trains to its own end."""
    return {}


def median(config: SweepConfig, ended: Sequence[Reported]) -> dict[int, float]:
    """Worse than the median of the completed trials at the same epoch.

    Source: Golovin et al., Google Vizier, KDD 2017, section 3.2.2; of a trial the best so far counts, as in Optuna.
    """
    completed = [one for one in ended if one.completed and one.costs]
    found = {}
    for epoch in range(warmup_epochs(config), config.trial.epochs) if completed else ():
        found[epoch] = statistics.median(one.after(epoch) or 0.0 for one in completed)
    return found


def halving(config: SweepConfig, ended: Sequence[Reported]) -> dict[int, float]:
    """Not among the best one in `reduction_factor` of those that came as far, at epochs that grow by that factor.

    Source: Li et al., A System for Massively Parallel Hyperparameter Tuning, MLSys 2020, in the form that stops trials
    and never takes one up again; as long as fewer than `reduction_factor` came so far, the best of them goes on.
    """
    found, factor, epoch = {}, config.tuner.reduction_factor, warmup_epochs(config)
    while epoch < config.trial.epochs:
        costs = sorted(cost for one in ended if (cost := one.after(epoch)) is not None)
        if costs:
            found[epoch] = costs[max(1, (len(costs) + 1) // factor) - 1]
        epoch *= factor
    return found


PRUNERS: Mapping[str, Callable[[SweepConfig, Sequence[Reported]], dict[int, float]]] = {
    "none": none,
    "median": median,
    "halving": halving,
}


def warmup_epochs(config: SweepConfig) -> int:
    """Epochs that every trial trains: a ninth of the most where the config says nothing."""
    given = config.tuner.warmup_epochs
    return given if given is not None else math.ceil(config.trial.epochs / 9)


def estimate(costs: Sequence[float], ended: Sequence[Reported]) -> float:
    """What a pruned trial would have come to, for a search that learns from scores.

    Its last cost would count against it: it had fewer epochs than the others. Left out, as Optuna's Gaussian process
    leaves it, a poor region is asked again and again. So it is given what completed trials still gained from the epoch
    at which it stopped, half of them more and half less, and at best the median of what they came to.

    Args:
        costs: of the trial, epoch by epoch.
        ended: the trials that it was judged by.
    """
    completed = [one.costs for one in ended if one.completed and one.costs]
    if not completed:
        return costs[-1]
    gains = [one[min(len(costs), len(one)) - 1] - one[-1] for one in completed]
    return max(costs[-1] - statistics.median(gains), statistics.median(one[-1] for one in completed))


def known_costs(score: float | None, costs: Sequence[float | None]) -> tuple[float | None, ...]:
    """The costs by several objectives that a search learns from: what is infinite or no number is not known.

    Args:
        score: what the search was told of the first one: of a pruned trial `estimate`; None: it failed.
        costs: by each objective, the first one first; empty where there is but one.
    """
    if score is None or not costs:
        return ()
    return (score, *(cost if cost is not None and math.isfinite(cost) else None for cost in costs[1:]))
