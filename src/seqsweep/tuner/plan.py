"""What a sweep is going to cost, before it starts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seqsweep import search_space

if TYPE_CHECKING:
    from seqsweep.schema import SweepConfig


@dataclass(frozen=True)
class Plan:
    """How many trials a sweep runs if none fails, and how many epochs they train if none stops early."""

    trials: int
    epochs: int


@dataclass(frozen=True)
class Round:
    """One round of a bracket of Hyperband: its trials, and the epochs behind each at its beginning and its end."""

    trials: int
    first_epoch: int
    last_epoch: int


def plan(config: SweepConfig) -> Plan:
    """The trials and epochs of a sweep with this `config`, from the first."""
    whole, limit = _without_limit(config), config.tuner.max_epochs
    if limit is None or whole.epochs <= limit:
        return whole
    if config.tuner.kind != "hyperband":
        trials = math.ceil(limit / config.trial.epochs)
        return Plan(trials, trials * config.trial.epochs)
    trials, left = 0, limit
    for count, epochs in _counts(config):  # a round after the other; those of several brackets are mixed a little
        done = min(count, math.ceil(left / epochs))
        trials, left = trials + done, left - done * epochs
        if left <= 0:
            break
    return Plan(trials, limit)


def _without_limit(config: SweepConfig) -> Plan:
    points = search_space.size(config)
    limit = math.inf if config.tuner.max_trials is None else config.tuner.max_trials
    if config.tuner.kind != "hyperband":
        trials = int(min(points + _outside(config), limit))
        return Plan(trials, trials * config.trial.epochs)
    counts = _counts(config)
    return Plan(sum(count for count, _ in counts), sum(count * epochs for count, epochs in counts))


def _counts(config: SweepConfig) -> list[tuple[int, int]]:
    """Of Hyperband, in order: so many trials, of so many epochs each; those that the user knows come first."""
    left, outside = search_space.size(config), _outside(config)
    counts = [(outside, config.trial.epochs)] if outside else []
    for rounds in brackets(config):
        start = min(left, rounds[0].trials)
        left -= start
        counts += [(int(min(start, one.trials)), one.last_epoch - one.first_epoch) for one in rounds]
    return [(count, epochs) for count, epochs in counts if count]


def _outside(config: SweepConfig) -> int:
    """Known configurations that no search of the space would propose."""
    points = search_space.Points(config)
    return sum(points.values(known) is None for known in points.warm_starts)


def brackets(config: SweepConfig) -> list[list[Round]]:
    """Hyperband's brackets in the order in which they start, with the sizes that KerasTuner gives them."""
    most, factor = config.trial.epochs, config.tuner.factor or 3
    deepest = 0
    while factor ** (deepest + 1) <= most:
        deepest += 1
    return [_rounds(most, factor, depth) for depth in range(deepest, -1, -1)] * (config.tuner.iterations or 1)


def _rounds(most: int, factor: int, depth: int) -> list[Round]:
    """The rounds of the bracket that lets one in `factor` go on `depth` times.

    Early rounds of deep brackets have more trials and fewer epochs, so that all brackets cost about the same.
    """
    lefts = range(depth, -1, -1)  # times that one in `factor` goes on after this round
    in_last = math.ceil(1 + math.log(most, factor)) / (depth + 1)
    ends = [math.ceil(most / factor**left) for left in lefts]
    return [
        Round(math.ceil(in_last * factor**left), first, last)
        for left, first, last in zip(lefts, [0, *ends], ends, strict=False)
    ]
