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


def plan(config: SweepConfig) -> Plan:
    """The trials and epochs of a sweep with this `config`, from the first."""
    points = search_space.size(config)
    known = search_space.warm_start(config)
    outside = sum(search_space.values(config, point) is None for point in known)
    limit = math.inf if config.tuner.max_trials is None else config.tuner.max_trials
    if config.tuner.kind != "hyperband":
        trials = int(min(points + outside, limit))
        return Plan(trials, trials * config.trial.epochs)
    trials, epochs = outside, outside * config.trial.epochs
    left = points
    for bracket in _brackets(config):
        start = min(left, bracket[0][0])
        left -= start
        for size, trained in bracket:
            trials += int(min(start, size))
            epochs += int(min(start, size)) * trained
    return Plan(trials, epochs)


def _brackets(config: SweepConfig) -> list[list[tuple[int, int]]]:
    """Hyperband's brackets as KerasTuner sizes them: a list of rounds, (trials, epochs each trains)."""
    most, factor = config.trial.epochs, config.tuner.factor or 3
    count = 0
    while most / factor**count >= 1:
        count += 1
    brackets = []
    for bracket in reversed(range(count)):
        width = math.ceil(1 + math.log(most, factor)) / (bracket + 1)
        epochs = [math.ceil(most / factor ** (bracket - number)) for number in range(bracket + 1)]
        trained = [now - before for now, before in zip(epochs, [0, *epochs], strict=False)]
        sizes = [math.ceil(width * factor ** (bracket - number)) for number in range(bracket + 1)]
        brackets.append(list(zip(sizes, trained, strict=True)))
    return brackets * (config.tuner.iterations or 1)
