"""The finals in the terminal: who was trained again, how the winner does on the test part, and what that proves."""

from __future__ import annotations

import math
from collections.abc import Mapping

from rich import box
from rich.table import Table

from seqsweep.evidence import Interval
from seqsweep.finals import Conclusion, Finalist, TestEvaluation
from seqsweep.metrics import skill, unit
from seqsweep.report.leaderboard import counted, percent

CONSTANTS = ("train_mean", "train_median")
HARDLY = 0.02  # a best forecast that is not further below a constant's error tells next to nothing


def finals_table(conclusion: Conclusion) -> Table:
    """A row a finalist: its score in the search, over the final runs, and the winner's lead."""
    runs = f"{counted(conclusion.seeds, 'seed')}" + (f" on {conclusion.folds} folds" if conclusion.folds > 1 else "")
    table = Table(
        title=f"Finals: the best again, {runs}, {conclusion.objective} on validation",
        title_justify="left",
        caption="\n".join(f"failed: {reason}" for finalist in conclusion.finalists for reason in finalist.reasons)
        or None,
        caption_justify="left",
        box=box.SIMPLE_HEAD,
    )
    table.add_column("#", justify="right", min_width=2)
    table.add_column("finalist", no_wrap=True)
    for name in ("search", "mean", "std"):
        table.add_column(name, justify="right", no_wrap=True)
    confidence = next((d.interval.level for d in conclusion.differences if d.interval is not None), 0.95)
    table.add_column(f"winner's lead, {per_cent(confidence)} interval", justify="right", no_wrap=True)
    leads = {difference.trial_id: difference.interval for difference in conclusion.differences}
    for place, finalist in enumerate(conclusion.finalists, 1):
        mean = "failed" if finalist.mean is None else f"{finalist.mean:.4g}"
        std = "" if finalist.std is None else f"{finalist.std:.2g}"
        lead = between(leads.get(finalist.trial_id), sign=-1)
        style = "bold green" if finalist is conclusion.winner else None
        table.add_row(str(place), finalist.name, f"{finalist.searched:.4g}", mean, std, lead, style=style)
    return table


def test_table(conclusion: Conclusion, evaluation: TestEvaluation, metrics: list[str]) -> Table:
    """The winner and every baseline on the same targets of the test part."""
    title = "Test part, read once" if evaluation.number == 1 else f"Test part, evaluation {evaluation.number}"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("network or baseline", no_wrap=True)
    for name in metrics:
        table.add_column(name + {"%": " %"}.get(unit(name), ""), justify="right", no_wrap=True)
    table.add_column("skill", justify="right", no_wrap=True)
    winner = conclusion.winner
    name = winner.name if winner is not None else evaluation.run
    rows: dict[str, Mapping[str, float]] = {**evaluation.baselines, name: evaluation.scores}
    for row, scores in sorted(rows.items(), key=lambda item: item[1][conclusion.objective]):
        own = row == name
        gain = _gain(scores[conclusion.objective], evaluation, conclusion.objective)
        figures = [f"{scores[metric]:.4g}" for metric in metrics]
        label = row if own else row.replace("_", " ")
        table.add_row(label, *figures, gain, style="bold green" if own else "cyan")
    return table


def sentences(conclusion: Conclusion) -> list[str]:
    """What the finals prove and what they do not, in plain words."""
    winner, evaluation = conclusion.winner, conclusion.evaluation
    if winner is None or evaluation is None:
        return [
            "No finalist finished all its runs, so there is no winner and no test evaluation; the reasons are above."
        ]
    said = [_won(conclusion, winner), *_leads(conclusion), _tested(conclusion, evaluation)]
    said += _signal(conclusion, evaluation) + _optimism(conclusion, winner, evaluation) + _intervals(evaluation)
    if conclusion.audit is not None:
        cuts = counted(len(conclusion.audit.cuts), "cut")
        said.append(
            f"Leak audit passed: noise after each of {cuts} moves nothing before it."
            if conclusion.audit.passed
            else f"LEAK AUDIT FAILED, so believe none of these figures: {'; '.join(conclusion.audit.findings)}"
        )
    if evaluation.number > 1:
        said.append(
            f"This was evaluation {evaluation.number} on the test part of this data: each further one, and each choice "
            "made after it, makes its score more optimistic."
        )
    return said


def beats_baselines(evaluation: TestEvaluation) -> bool:
    """Whether the test proves the network better than the best baseline: by its score, and the interval is below zero.

    Both are asked for, since the interval is of absolute or squared errors, whatever the objective is.
    """
    return (
        evaluation.comparison is not None
        and evaluation.comparison.difference.high < 0
        and (evaluation.skill or 0.0) > 0
    )


def loses_to_baselines(evaluation: TestEvaluation) -> bool:
    """Whether the test proves it worse: the interval lies above zero, and so does the difference of the scores."""
    return (
        evaluation.comparison is not None and evaluation.comparison.difference.low > 0 and (evaluation.skill or 0.0) < 0
    )


def between(interval: Interval | None, sign: int = 1) -> str:
    """`0.59 (-0.28 to 1.46)`; empty where there is no interval."""
    if interval is None:
        return ""
    low, high = sorted((sign * interval.low, sign * interval.high))
    return f"{sign * interval.mean:.3g} ({low:.3g} to {high:.3g})"


def _won(conclusion: Conclusion, winner: Finalist) -> str:
    spread = "" if winner.std is None else f" ± {winner.std:.2g}"
    runs = counted(len(winner.runs), "run")
    return f"Winner: {winner.name}, {conclusion.objective} {winner.mean:.4g}{spread} on validation over {runs}."


def _leads(conclusion: Conclusion) -> list[str]:
    """A sentence for each other finalist worth naming, with all the reasons why it is."""
    reasons: dict[str, list[str]] = {}
    for difference in conclusion.differences:
        reasons.setdefault(difference.trial_id, []).append(difference.reason)
    named = {difference.trial_id: difference for difference in conclusion.differences}
    said = []
    for trial_id, why in reasons.items():
        name, interval = named[trial_id].name, named[trial_id].interval
        who = f"the {' and '.join(why)}, {name}"
        if interval is None:
            said.append(f"Against {who}, nothing is shown: one run each; finals.seeds=3 would tell more.")
        elif interval.holds_zero:
            said.append(f"Against {who}, its lead of {between(interval, sign=-1)} may be chance.")
        else:
            said.append(f"Against {who}, it is better by {between(interval, sign=-1)}: more than its runs' spread.")
    return said


def _tested(conclusion: Conclusion, evaluation: TestEvaluation) -> str:
    """The test score against the best baseline, and whether the difference is proven."""
    objective = conclusion.objective
    score = evaluation.scores[objective]
    if evaluation.best_baseline is None or evaluation.skill is None:
        return f"Test part: {objective} {score:.4g}; no baseline was scored."
    baseline, reference = (
        evaluation.best_baseline.replace("_", " "),
        evaluation.baselines[evaluation.best_baseline][objective],
    )
    where = f"Test part: {objective} {score:.4g}, and {baseline}, the best baseline, {reference:.4g}"
    if evaluation.comparison is None:
        why = "too few targets for a test" if math.isfinite(score) else "the network's forecasts leave all bounds there"
        return f"{where}; {why}."
    test = evaluation.comparison
    figures = (
        f"{per_cent(test.difference.level)} interval of the mean difference of {evaluation.loss} errors "
        f"{test.difference.low:.3g} to {test.difference.high:.3g}, {_chance(test.p_value)}"
    )
    if beats_baselines(evaluation):
        return f"{where}. The network is better by {percent(evaluation.skill).lstrip('+')}: {figures}."
    if loses_to_baselines(evaluation):
        return f"{where}. The network is WORSE than {baseline}: {figures}."
    return f"{where}. The network is not shown to be better or worse than {baseline}: {figures}."


def _chance(p_value: float) -> str:
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.2g}"


def _signal(conclusion: Conclusion, evaluation: TestEvaluation) -> list[str]:
    """Said where the best forecast of all is hardly better than a constant."""
    objective = conclusion.objective
    constants = [evaluation.baselines[name][objective] for name in CONSTANTS if name in evaluation.baselines]
    if not constants:
        return []
    others = [row[objective] for name, row in evaluation.baselines.items() if name not in CONSTANTS]
    gain = skill(min([evaluation.scores[objective], *others]), min(constants))
    if gain >= HARDLY:
        return []
    return [
        "There is hardly any signal from row to row: the best forecast of all is "
        + (f"{gain:.1%} better than" if gain > 0 else "no better than")
        + " the same number every time."
    ]


def _optimism(conclusion: Conclusion, winner: Finalist, evaluation: TestEvaluation) -> list[str]:
    if not winner.mean or not winner.searched:
        return []
    test = evaluation.scores[conclusion.objective]
    part = ""  # the test part may be the harder one, or the easier: a baseline, which has nothing to hope, tells
    if evaluation.best_baseline is not None and evaluation.baseline_validation:
        reference = (
            evaluation.baselines[evaluation.best_baseline][conclusion.objective] / evaluation.baseline_validation - 1
        )
        part = f", {evaluation.best_baseline.replace('_', ' ')} there {percent(reference)}"
    return [
        f"Optimism: the search saw {winner.searched:.4g}, other seeds {winner.mean:.4g} "
        f"({percent(winner.mean / winner.searched - 1)}), the test part {test:.4g} "
        f"({percent(test / winner.searched - 1)}{part})."
    ]


def _intervals(evaluation: TestEvaluation) -> list[str]:
    parts = [
        f"those of {per_cent(interval.level)} hold {interval.coverage:.0%} of the test part (mean width "
        f"{interval.width:.4g})"
        for interval in evaluation.intervals
    ]
    return [f"Forecast intervals: {', '.join(parts)}."] if parts else []


def per_cent(share: float) -> str:
    """`95%`, `99.5%`."""
    return f"{100 * share:g}%"


def _gain(score: float, evaluation: TestEvaluation, objective: str) -> str:
    if evaluation.best_baseline is None:
        return ""
    return percent(skill(score, evaluation.baselines[evaluation.best_baseline][objective]))
