"""What a winner must show before others load it: each condition by its name, what was found, what would satisfy it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seqsweep.finals import Conclusion, TestEvaluation
from seqsweep.metrics import Metric
from seqsweep.package import load_parity
from seqsweep.package.parity import TOLERANCE
from seqsweep.registry.candidates import Candidate
from seqsweep.registry.challenge import no_worse
from seqsweep.registry.registered import Registry
from seqsweep.words import command, counted, how_sure, in_words, percent, scored, share


@dataclass(frozen=True)
class Condition:
    """One condition of the gate.

    Args:
        name: a word.
        passed: whether it holds.
        found: what was looked at, in a sentence with figures.
        mend: what would satisfy it; empty where it holds.
    """

    name: str
    passed: bool
    found: str
    mend: str = ""


def check(registry: Registry, candidate: Candidate, replace: bool) -> list[Condition]:
    """Every condition; only the first where there are no finals, since the others look at what they left.

    Args:
        registry: with the present champion.
        candidate: the sweep whose winner wants to become it.
        replace: whether a champion of other data may be replaced without comparison.
    """
    conclusion, again = candidate.conclusion, _again(candidate)
    if conclusion is None or conclusion.winner is None or conclusion.evaluation is None:
        why = "its finals are not finished" if conclusion is None else "none of its finalists finished"
        if candidate.config.finals.trials == 0:
            again = "run it with finals=default"
        return [Condition("finals", False, f"sweep {candidate.fingerprint} has no winner: {why}", again)]
    winner, evaluation = conclusion.winner, conclusion.evaluation
    found = f"{winner.name} is the winner, the best mean of {counted(len(winner.runs), 'final run')}"
    conditions = [Condition("finals", True, found), _audit(conclusion, again), _parity(candidate, again)]
    conditions.append(_skill(conclusion, evaluation, candidate.config.registry.min_skill))
    if candidate.model.is_dir():  # or else there is nothing to compare, and parity says so
        passed, found, mend = no_worse(registry, candidate, evaluation, replace)
        conditions.append(Condition("champion", passed, found, mend))
    return conditions


def _again(candidate: Candidate) -> str:
    return f"run `{command(['seqsweep', 'sweep', candidate.config.study])}` with its overrides again"


def as_lines(conditions: Sequence[Condition]) -> str:
    """A line each, for a log."""
    lines = [f"{'passed' if c.passed else 'FAILED'}  {c.name}: {c.found}" for c in conditions]
    return "\n".join(lines) + "\n"


def _audit(conclusion: Conclusion, again: str) -> Condition:
    audit = conclusion.audit
    if audit is None:
        return Condition("leak audit", False, "no leak audit was made", again)
    if not audit.passed:
        mend = "mend the leak: what a trial learns or predicts must not depend on what it cannot know"
        return Condition("leak audit", False, f"the leak audit {audit.said}", mend)
    return Condition("leak audit", True, f"the leak audit {audit.said}")


def _parity(candidate: Candidate, again: str) -> Condition:
    parity = load_parity(candidate.model)
    if parity is None:
        return Condition("parity", False, "the winner is not packaged", again)
    found = (
        f"the packaged model's {parity.items} test predictions differ from the trial's by {parity.largest:.1e} at most"
    )
    if parity.passed:
        return Condition("parity", True, found)
    return Condition(
        "parity", False, f"{found}, above {TOLERANCE:g}", "report this: packaging must not change predictions"
    )


def _skill(conclusion: Conclusion, evaluation: TestEvaluation, needed: float) -> Condition:
    metric = conclusion.metric
    if evaluation.skill is None or evaluation.best_baseline is None:
        mend = "name some in task.baselines: a network that beats nothing proves nothing"
        return Condition("skill", False, "no baseline was scored", mend)
    standing = evaluation.standing(metric)
    found = f"skill {percent(evaluation.skill)}. {scored(standing, 'test')} {how_sure(standing)}"
    if evaluation.skill > needed:  # never where it is NaN
        return Condition("skill", True, found)
    margin = f"by more than {share(needed)} (registry.min_skill)" if needed else "(registry.min_skill=0)"
    mend = "search further, with more trials or another space; where there is nothing to learn, use the baseline"
    return Condition(
        "skill",
        False,
        f"no network of this sweep beats {_unbeaten(evaluation, metric, needed)} {margin}: {found}",
        mend,
    )


def _unbeaten(evaluation: TestEvaluation, metric: Metric, needed: float) -> str:
    """The baselines that the winner does not beat by the margin, the best first: `linear, train mean`."""
    own = evaluation.scores[metric.name]
    ranked = metric.ranked(evaluation.baselines)
    near = [name for name in ranked if not metric.skill(own, evaluation.baselines[name][metric.name]) > needed]
    return ", ".join(map(in_words, near or [evaluation.best_baseline or ""]))
