"""A baseline of a sweep as a model: packaged and judged as a winner is, where no network is better."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from seqsweep import search_space
from seqsweep.errors import UserError
from seqsweep.finals import ALL, Conclusion, Finalist, Refit
from seqsweep.package.build import MODEL, build, evaluation_of, packaged_evaluation
from seqsweep.search import Problem
from seqsweep.spelling import nearest
from seqsweep.tasks import Items, Predictions, ServedBaseline, TestPredictions, View, objectives_of
from seqsweep.trial import LATENCY, Network, median_latency
from seqsweep.words import in_words


@dataclass(frozen=True)
class _Asked(Network):
    """A baseline where a network is asked for.

    Args:
        said: what it says of items.
    """

    said: Callable[[Items], Predictions]

    def predict(self, items: Items, view: View | None = None) -> Predictions:  # noqa: ARG002
        """See `Network`; there is no other view."""
        return self.said(items)


COUNT = "parameter_count"
"""The objective that counts what a network, or a baseline, has learned."""


def baseline_folder(name: str) -> str:
    """Of a packaged baseline, in the folder of its sweep."""
    return f"{MODEL}-{name}"


def build_baseline(folder: Path, problem: Problem, conclusion: Conclusion, name: str, refit: str = ALL) -> Conclusion:
    """Package a baseline, unless that was done; returns the sweep's conclusion with the baseline as its winner.

    Args:
        folder: of the sweep.
        problem: of the sweep.
        conclusion: of the sweep; it has a test evaluation.
        name: of the baseline, with `_` or spaces.
        refit: `registry.refit`: whether what serves is fitted once more on all of the data.

    Raises:
        UserError: the sweep has no such baseline, or it cannot be packaged.
        StateError: the disk refuses.
    """
    evaluation, winner = conclusion.evaluation, conclusion.winner
    assert evaluation is not None and winner is not None  # who calls has seen to it
    name, known = name.replace(" ", "_"), evaluation.baselines
    if name not in known:
        raise UserError(f"--baseline {name}: the sweep has no such baseline{nearest(name, known) or '; it has none'}")
    others = {other: scores for other, scores in known.items() if other != name}
    best = problem.objective.best_of(others)
    params = search_space.complete(problem.config, winner.params)
    made = problem.task.served_baseline(problem.data, name, params)
    seen = problem.task.seen_by_baseline(problem.data, name, best)
    own = _conclusion(problem, conclusion, seen, name, best)
    own = replace(own, finalists=(replace(own.finalists[0], others=_others(problem, name, made)),))
    assert own.evaluation is not None
    whole = problem.data.whole() if refit == ALL else None
    if packaged_evaluation(folder / baseline_folder(name)) != evaluation_of(own, whole is not None):
        again = None if whole is None else replace(problem, data=whole)
        served = None if whole is None else problem.task.served_baseline(whole, name, params)
        serves = None if again is None or served is None else Refit(again, _network(again, served))
        build(folder, problem, _network(problem, made), own, baseline_folder(name), seen.test_predicted, serves)
    return own


def _others(problem: Problem, name: str, made: ServedBaseline) -> dict[str, tuple[float | None, ...]]:
    """What the baseline comes to by each further objective: of a metric on validation, as a network's is."""
    objectives = objectives_of(problem.config).others
    found: dict[str, float | None] = {**problem.baselines[name], COUNT: made.numbers}
    if made.single is not None and any(objective.name == LATENCY for objective in objectives):
        found |= median_latency(made.single)
    return {objective.name: (found.get(objective.name),) for objective in objectives}


def _network(problem: Problem, made: ServedBaseline) -> Network:
    return _Asked(problem.task, made.params, cast(Any, None), made.view, (), (), made.predict)


def _conclusion(
    problem: Problem, conclusion: Conclusion, seen: TestPredictions, name: str, best: str | None
) -> Conclusion:
    evaluation, winner, metric, task = conclusion.evaluation, conclusion.winner, conclusion.metric, problem.task
    assert evaluation is not None and winner is not None
    scores, validation = evaluation.baselines[name], problem.baselines[name][metric.name]
    others = {other: row for other, row in evaluation.baselines.items() if other != name}
    compared = None
    if seen.test_baseline is not None:
        said = seen.test_actual, seen.test_predicted, seen.test_baseline
        compared = task.compare_on(problem.data, seen.test_items, *said, evaluation.confidence)
    judged = replace(
        evaluation,
        run=f"baseline {name}",
        networks=(),
        scores=scores,
        baselines=others,
        best_baseline=best,
        skill=metric.skill(scores[metric.name], others[best][metric.name]) if best is not None else None,
        comparison=compared,
        details=task.details(problem.data, seen),
        validation=validation,
        baseline_validation=problem.baselines[best][metric.name] if best is not None else None,
        calibration=(),
    )
    finalist = Finalist(name, 0, in_words(name), name, {"baseline": name}, 0, validation, (), (), validation, None)
    return replace(conclusion, finalists=(finalist,), differences=(), evaluations=(judged,))
