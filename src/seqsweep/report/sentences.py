"""What a sweep found, in plain sentences: for the terminal, the head of the page, the description of the MLflow run."""

from __future__ import annotations

import statistics
from collections import Counter

from seqsweep.finals import Conclusion, Finalist, TestEvaluation
from seqsweep.metrics import Metric
from seqsweep.report.heading import heading
from seqsweep.search import Outcome
from seqsweep.tasks import TASKS
from seqsweep.words import (
    Standing,
    change,
    compared,
    counted,
    how_sure,
    in_prose,
    in_words,
    lead,
    nth_evaluation,
    scored,
    significant,
    unit_in_words,
    won,
)

NO_WINNER = "No finalist finished all its runs, so there is no winner and no test evaluation."


def headline(outcome: Outcome, conclusion: Conclusion | None) -> list[str]:
    """What won, by how much over the best baseline, and how sure that is; whatever the sweep came to.

    Args:
        outcome: of its search.
        conclusion: of its finals; None: there were none.
    """
    winner = conclusion.winner if conclusion is not None else None
    if conclusion is None or winner is None or conclusion.evaluation is None:
        return _of_search(outcome, conclusion)
    evaluation, audit = conclusion.evaluation, conclusion.audit
    leaks = [f"Leak audit {audit.said}."] if audit is not None and not audit.passed else []
    standing = evaluation.standing(conclusion.metric)
    sure = f"{how_sure(standing)} {nth_evaluation(evaluation.number)}"
    return [
        *leaks,
        _won(conclusion, winner),
        *_of_front(conclusion, winner),
        *_mean_of(conclusion, winner, evaluation),
        scored(standing, "test"),
        sure,
    ]


def details(conclusion: Conclusion) -> list[str]:
    """The winner against the other finalists, what the search promised, what its task has to say, the audit."""
    winner, evaluation = conclusion.winner, conclusion.evaluation
    if winner is None or evaluation is None:
        return []
    scores = {**evaluation.baselines, winner.name: evaluation.scores}
    task = TASKS[conclusion.task].sentences(heading(conclusion, evaluation), scores, evaluation.details)
    return [*against_others(conclusion), *task, *audit(conclusion)]


def against_others(conclusion: Conclusion) -> list[str]:
    """The winner against the other finalists, and what the search promised."""
    winner, evaluation = conclusion.winner, conclusion.evaluation
    if winner is None or evaluation is None:
        return []
    return [*_leads(conclusion, winner), *_optimism(conclusion, winner, evaluation)]


def audit(conclusion: Conclusion) -> list[str]:
    """That the leak audit passed; where it failed, the headline says so."""
    passed = conclusion.winner is not None and conclusion.audit is not None and conclusion.audit.passed
    return [f"Leak audit {conclusion.audit.said}."] if passed and conclusion.audit is not None else []


def trials(outcome: Outcome) -> str:
    """`24 trials, 9 of them pruned, 2 failed`."""
    statuses = Counter(record.status for record in outcome.records)
    counts = [(statuses["PRUNED"], "pruned"), (statuses["FAILED"], "failed")]
    told = [f"{count} {what}" for count, what in counts if count]
    found = ", ".join(told).replace(" ", " of them ", 1)
    return ", ".join([counted(len(outcome.records), "trial"), *([found] if found else [])])


def search_standing(outcome: Outcome) -> Standing:
    """How the best trial stands against the best baseline, on validation; there is a completed trial."""
    metric, name = outcome.metric, outcome.best_baseline
    score = outcome.ranked[0].metrics[outcome.objective]
    if name is None:
        return Standing(metric, score)
    reference = outcome.baselines[name][metric.name]
    return Standing(metric, score, name, reference, outcome.skill(score))


def _of_search(outcome: Outcome, conclusion: Conclusion | None) -> list[str]:
    if not outcome.ranked:
        return _nothing(outcome)
    standing = search_standing(outcome)
    words = unit_in_words(standing.metric, outcome.target)
    unit = f" ({words})" if words else ""
    best = f"The best of {counted(len(outcome.records), 'trial')} is {in_prose(outcome.ranked[0].name)}"
    said = [
        f"{best}, by {in_words(standing.metric.name)}{unit}.",
        scored(standing, "validation"),
    ]
    if standing.skill is not None and not standing.skill > 0:
        said.append("No network beats the baselines.")
    if conclusion is not None:
        return [*said, NO_WINNER]
    return [*said, "Nothing is proven: near scores of one seed a trial may be chance, and the test part is unread."]


def _nothing(outcome: Outcome) -> list[str]:
    causes = Counter(record.cause or "unknown" for record in outcome.records)
    counts = ", ".join(f"{count} {cause}" for cause, count in causes.most_common())
    said = [f"No trial completed: {counts}." if causes else "No trial was run."]
    if outcome.best_baseline is None:
        said.append("No baseline was scored either.")
    else:
        metric = outcome.config.task.objective
        score = significant(outcome.baselines[outcome.best_baseline][metric])
        said.append(
            f"All there is are baselines: the best, {in_words(outcome.best_baseline)}, has {in_words(metric)} {score} "
            "on validation."
        )
    return [*said, "So there is no winner, and nothing is said about networks."]


def _won(conclusion: Conclusion, winner: Finalist) -> str:
    assert winner.mean is not None  # or it would be no winner
    unit = unit_in_words(conclusion.metric, conclusion.target)
    return won(winner.name, conclusion.metric, winner.mean, winner.std, len(winner.runs), unit)


def _of_front(conclusion: Conclusion, winner: Finalist) -> list[str]:
    """How a winner was chosen where there are several objectives."""
    if not conclusion.objectives:
        return []
    done = [finalist for finalist in conclusion.finalists if finalist.mean is not None]
    within = [finalist for finalist in done if not finalist.beyond]
    first, *others = map(in_words, conclusion.objectives)
    traded = f"{first} against {' and '.join(others)}"
    if not conclusion.bounds:
        told = f"The {counted(len(done), 'finalist')} trade {traded}, and it has the best {first}"
        return [f"{told}; registry.bounds would choose among those that need no more of the others than it says."]
    limits = ", ".join(f"{in_words(name)} {bound:,.6g}" for name, bound in conclusion.bounds.items())
    if winner.beyond:
        told = f"No finalist keeps to registry.bounds ({limits}): shown is the best {first}, which the gate refuses"
        return [f"{told}; {' and '.join(map(in_words, winner.beyond))} of it is beyond."]
    told = f"{len(within)} of {counted(len(done), 'finalist')} keep to registry.bounds ({limits})"
    return [f"{told}, and of those it has the best {first}."]


def _mean_of(conclusion: Conclusion, winner: Finalist, evaluation: TestEvaluation) -> list[str]:
    """What is tested and packaged where it is no single network, and what the mean gains on validation."""
    if not evaluation.mean_of:
        return []
    metric, alone = conclusion.metric, [score for score in winner.scores[: conclusion.seeds] if score is not None]
    single = statistics.fmean(alone)
    own = f"{in_words(metric.name)} {significant(evaluation.validation)} on validation"
    against = (
        f"{compared(evaluation.validation, single, metric)} the {significant(single)} that each alone has on average"
    )
    return [f"Tested and packaged is the {evaluation.mean_of}, one of each seed: {own}, {against}."]


def _leads(conclusion: Conclusion, winner: Finalist) -> list[str]:
    """A sentence for each other finalist worth naming, with all the reasons why it is."""
    reasons: dict[str, list[str]] = {}
    for difference in conclusion.differences:
        reasons.setdefault(difference.trial_id, []).append(in_words(difference.reason))
    named = {difference.trial_id: difference for difference in conclusion.differences}
    return [
        lead(winner.name, f"the {' and '.join(why)}, {in_prose(named[i].name)}", conclusion.metric, named[i].interval)
        for i, why in reasons.items()
    ]


def _optimism(conclusion: Conclusion, winner: Finalist, evaluation: TestEvaluation) -> list[str]:
    if not winner.mean or not winner.searched:
        return []
    metric, name = conclusion.metric, evaluation.best_baseline
    test = evaluation.scores[metric.name]
    part = ""  # the test part may be the harder one, or the easier: a baseline, which has nothing to hope, tells
    if name is not None and evaluation.baseline_validation:
        reference = change(evaluation.baselines[name][metric.name], evaluation.baseline_validation, metric)
        part = f"; there {in_words(name)} changes by {reference}"
    mean = f", the {evaluation.mean_of} {_changed(evaluation.validation, winner, metric)}" if evaluation.mean_of else ""
    return [
        f"The search saw {in_words(metric.name)} {significant(winner.searched)} for the winner; new seeds gave "
        f"{_changed(winner.mean, winner, metric)}{mean}, and the test part "
        f"{significant(test)} ({change(test, winner.searched, metric)}{part})."
    ]


def _changed(score: float, winner: Finalist, metric: Metric) -> str:
    """A score of the winner, and how far it is from that of the search."""
    return f"{significant(score)} ({change(score, winner.searched, metric)})"
