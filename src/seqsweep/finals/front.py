"""What is said of a winner, or a baseline in its place, where there are several objectives: the front, the bounds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seqsweep.finals.conclusion import Conclusion, FrontTrial
from seqsweep.objectives import Objective, Objectives, Resource, limit_of, served, shown, title_of
from seqsweep.words import counted, enumerated, in_prose, in_words


@dataclass(frozen=True)
class Held:
    """What serves, held to one of `registry.bounds`.

    Args:
        objective: that is bounded.
        value: of what serves; NaN: it has none, as where nobody can say it of a baseline.
        bound: see `registry.bounds`.
        networks: whose mean serves, where the value is of all of them, else 1.
        is_baseline: a baseline takes the winner's place.
    """

    objective: Objective
    value: float
    bound: float
    networks: int = 1
    is_baseline: bool = False

    @property
    def passed(self) -> bool:
        """Whether it keeps to the bound; a baseline does for which the objective has no meaning."""
        if math.isnan(self.value) and self.is_baseline and isinstance(self.objective, Resource):
            return True
        return self.objective.cost(self.value) <= self.objective.cost(self.bound)

    @property
    def said(self) -> str:
        """`parameter count 2,700 of 3 networks together, 3,000 at most`."""
        value = shown(self.objective, self.value)
        if math.isnan(self.value) and self.passed:
            value = "is not known of this baseline"
        elif self.networks > 1:
            value += f" of {self.networks} networks together"
        return f"{in_words(self.objective.name)} {value}, {self.bound:,.6g} {limit_of(self.objective)}"


def held_to(conclusion: Conclusion, objectives: Objectives) -> list[Held]:
    """What serves, held to each bound.

    A metric is that of the test part; of a resource, which was found of each network, it is that of all of them.

    Args:
        conclusion: it has a test evaluation.
        objectives: with the bounds.
    """
    winner, evaluation = conclusion.winner, conclusion.evaluation
    assert winner is not None and evaluation is not None
    networks, found = max(1, len(evaluation.networks)), []
    for objective in objectives.others:
        if objective.name in objectives.bounds:
            known = {**winner.means, **evaluation.scores}.get(objective.name, math.nan)
            value = served(objective, known, networks)
            together = networks if isinstance(objective, Resource) else 1
            is_baseline = not evaluation.networks
            found.append(Held(objective, value, objectives.bounds[objective.name], together, is_baseline))
    return found


def about_bounds(conclusion: Conclusion) -> str:
    """Whether what serves keeps to `registry.bounds`, in a sentence; empty where there is but one objective."""
    if not conclusion.objectives:
        return ""
    held = held_to(conclusion, Objectives(conclusion.metric, tuple(conclusion.further), conclusion.bounds))
    if not held:
        return "There are no bounds (registry.bounds)."
    parts = [f"{one.said}, {'kept to' if one.passed else 'NOT kept to'}" for one in held]
    return f"Bounds (registry.bounds): {'; '.join(parts)}."


def about_front(conclusion: Conclusion) -> list[str]:
    """What the front is and where the winner stands, a sentence each; nothing where there is but one objective."""
    names = enumerated([in_words(name) for name in conclusion.objectives])
    if not conclusion.objectives:
        return []
    front = conclusion.front
    size = f"{len(front)} of {counted(conclusion.completed, 'completed trial')}"
    verb = "is" if len(front) == 1 else "are"
    said = f"Trials were judged by {names}: {size} {verb} on the front, where no other trial is as good in all of"
    return [f"{said} them and better in one.", _standing(conclusion, names)]


def front_rows(conclusion: Conclusion) -> tuple[list[str], list[list[str]]]:
    """The front as a table: titles, and a row a trial, in which the winner is named."""
    objectives, winner = _all(conclusion), conclusion.winner
    rows = [
        [
            f"{trial.name}{' (the winner)' if winner and winner.trial_id == trial.trial_id else ''}",
            *(shown(one, _value(trial, one)) for one in objectives),
        ]
        for trial in conclusion.front
    ]
    return ["trial", *map(title_of, objectives)], rows


def _standing(conclusion: Conclusion, names: str) -> str:
    """Where the winner stands, or a baseline in its place."""
    winner, evaluation, front = conclusion.winner, conclusion.evaluation, conclusion.front
    assert winner is not None and evaluation is not None
    objectives = _all(conclusion)
    if not evaluation.networks:
        own = {conclusion.objective: winner.searched, **winner.means}
        figures = enumerated([f"{in_words(one.name)} {shown(one, own.get(one.name, math.nan))}" for one in objectives])
        told = f"The baseline {in_words(winner.name)} is no trial; on validation it has {figures}"
        return f"{told}, and {_beating(front, objectives, own)}."
    trial = next((trial for trial in front if trial.trial_id == winner.trial_id), None)
    if trial is None:
        return f"The winner, {in_prose(winner.name)}, is not on it: others are as good in {names} and better in one."
    places = [f"{_place(trial, front, one)} by {in_words(one.name)}" for one in objectives]
    return f"The winner, {in_prose(winner.name)}, is on it: of the {len(front)} it is number {enumerated(places)}."


def _beating(front: Sequence[FrontTrial], objectives: Sequence[Objective], own: Mapping[str, float]) -> str:
    """Which trials are as good as a baseline in all that is known of it."""
    known = [one for one in objectives if not math.isnan(own.get(one.name, math.nan))]
    better = [
        trial.name.partition(":")[0]
        for trial in front
        if all(one.cost(_value(trial, one)) <= one.cost(own[one.name]) for one in known)
    ]
    return (
        f"{enumerated(better)} {'is' if len(better) == 1 else 'are'} as good in all"
        if better
        else "no trial is as good in all"
    )


def _place(trial: FrontTrial, front: Sequence[FrontTrial], objective: Objective) -> int:
    own = objective.cost(_value(trial, objective))
    return 1 + sum(objective.cost(_value(other, objective)) < own for other in front)


def _value(trial: FrontTrial, objective: Objective) -> float:
    value = trial.values.get(objective.name)
    return math.nan if value is None else value


def _all(conclusion: Conclusion) -> list[Objective]:
    return [conclusion.metric, *conclusion.further]
