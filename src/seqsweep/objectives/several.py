"""All objectives of a sweep: what a trial came to in each, which trials no other beats, which keep to the bounds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from seqsweep.metrics import Metric
from seqsweep.objectives.fronts import fronts, spread
from seqsweep.objectives.resources import Objective, Resource
from seqsweep.records import TrialRecord


@dataclass(frozen=True)
class Objectives:
    """The metric that ranks trials, and what else they are judged by.

    Args:
        metric: the first: it ranks, and decides among those that keep to the bounds.
        others: empty: it alone counts.
        bounds: of some of the others, by name: the highest value of one that is to be low, the lowest of one that is to
            be high. They are of what serves, see `beyond`.
        networks: whose mean serves.
    """

    metric: Metric
    others: tuple[Objective, ...] = ()
    bounds: Mapping[str, float] = field(default_factory=dict)
    networks: int = 1

    def __iter__(self) -> Iterator[Objective]:
        """All of them, the first one first."""
        return iter((self.metric, *self.others))

    @property
    def names(self) -> tuple[str, ...]:
        """Of all; empty where there is but one."""
        return tuple(objective.name for objective in self) if self.others else ()

    def values(self, record: TrialRecord) -> dict[str, float]:
        """What a trial came to, by the names of the objectives; NaN where it is not known: a pruned one has few."""
        return {objective.name: value_of(objective, record) for objective in self}

    def costs(self, record: TrialRecord) -> tuple[float, ...]:
        """The same, such that lower is better; infinite where it is not known."""
        return tuple(objective.cost(value_of(objective, record)) for objective in self)

    def front(self, records: Sequence[TrialRecord]) -> list[TrialRecord]:
        """Those that no other of them beats, in their order; nothing where there is but one objective."""
        if not self.others or not records:
            return []
        return [records[place] for place in fronts([self.costs(record) for record in records])[0]]

    def spread(self, records: Sequence[TrialRecord], count: int) -> list[TrialRecord]:
        """So many of the records, in their order: of those within the bounds first, and of better fronts first.

        Of the front that does not fit as a whole, those are taken that lie far apart.

        Args:
            records: completed trials.
            count: of records.
        """
        within = [not self.beyond(self.values(record)) for record in records]
        taken: list[int] = []
        for side in (True, False):
            own = [place for place, inside in enumerate(within) if inside is side]
            costs = [self.costs(records[place]) for place in own]
            for front in fronts(costs):
                some = spread([costs[place] for place in front], count - len(taken))
                taken += [own[front[place]] for place in some]
        return [records[place] for place in sorted(taken)]

    def bound_of_one(self, objective: Objective) -> float | None:
        """The bound as far as it is one of a single network: of several whose mean serves each has its part.

        Args:
            objective: behind the first.

        Returns:
            None: it has no bound.
        """
        bound = self.bounds.get(objective.name)
        if bound is None or not isinstance(objective, Resource):
            return bound
        return objective.alone(bound, self.networks)

    def beyond(self, values: Mapping[str, float]) -> tuple[str, ...]:
        """The objectives whose bound is not kept to, by what single networks came to.

        What serves may be the mean of several, which has the weights of all of them, and takes as long as they do.

        Args:
            values: by the names of the objectives.
        """
        return tuple(
            objective.name
            for objective in self.others
            if objective.name in self.bounds
            and objective.cost(served(objective, values[objective.name], self.networks))
            > objective.cost(self.bounds[objective.name])
        )


def value_of(objective: Objective, record: TrialRecord) -> float:
    """What a trial came to; NaN where it is not known.

    Args:
        objective: a metric on validation, or a field of the record.
        record: of the trial.
    """
    if isinstance(objective, Resource):
        found = getattr(record, objective.name)
        return math.nan if found is None else float(found)
    return record.metrics.get(f"val_{objective.name}", math.nan)


def served(objective: Objective, value: float, networks: int) -> float:
    """What the mean of several networks comes to, by what each does; of a metric that is for its own scores to say.

    Args:
        objective: of the sweep.
        value: of one network.
        networks: that are packaged as one.
    """
    return objective.together(value, networks) if isinstance(objective, Resource) else value
