"""What a winner must show before others load it: each condition by its name, what was found, what would satisfy it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seqsweep import finals
from seqsweep.finals import Conclusion, TestEvaluation
from seqsweep.metrics import Metric
from seqsweep.objectives import Objectives
from seqsweep.package import fault, load_parity
from seqsweep.package.parity import TOLERANCE
from seqsweep.registry.baselines import network_over
from seqsweep.registry.candidates import Candidate
from seqsweep.registry.challenge import no_worse
from seqsweep.registry.registered import Registry
from seqsweep.tasks import objectives_of
from seqsweep.tracking.models import files_of, logged_model
from seqsweep.tracking.retry_queue import first_line
from seqsweep.words import command, counted, how_sure, in_prose, in_words, percent, scored, share, significant


@dataclass(frozen=True)
class Condition:
    """One condition of the gate.

    Args:
        name: a word.
        passed: whether it holds.
        found: what was looked at, in a sentence with figures.
        mend: what would satisfy it; empty where it holds.
        final: no reason overrules it.
    """

    name: str
    passed: bool
    found: str
    mend: str = ""
    final: bool = False


def check(registry: Registry, candidate: Candidate, replace: bool) -> list[Condition]:
    """Every condition; only the first where there are no finals, since the others look at what they left.

    Args:
        registry: with the present champion.
        candidate: the sweep whose winner wants to become it.
        replace: whether a champion of other data may be replaced without comparison.
    """
    conclusion, again = candidate.conclusion, sweep_again(candidate)
    if conclusion is None or conclusion.winner is None or conclusion.evaluation is None:
        why = "its finals are not finished" if conclusion is None else "none of its finalists finished"
        if candidate.config.finals.trials == 0:
            again = "run it with finals=default"
        told = f"sweep {candidate.fingerprint} has no winner: {why}"
        return [Condition("finals", False, told, again, final=True)]
    winner, evaluation = conclusion.winner, conclusion.evaluation
    if candidate.baseline:
        return _of_baseline(registry, candidate, replace)
    found = f"{in_prose(winner.name)} is the winner, the best mean of {counted(len(winner.runs), 'final run')}"
    found += f"; it is packaged as the {evaluation.mean_of}" if evaluation.mean_of else ""
    files = _files(registry, candidate, again)
    conditions = [Condition("finals", True, found), _audit(conclusion, again), files]
    if files.passed:
        conditions.append(_parity(candidate, again))
    conditions.append(_skill(conclusion, evaluation, candidate.config.registry.min_skill))
    conditions += _bounds(conclusion, objectives_of(candidate.config))
    if files.passed:  # or else there is nothing to compare
        passed, found, mend = no_worse(registry, candidate, evaluation, replace)
        conditions.append(Condition("champion", passed, found, mend))
    return conditions


def _of_baseline(registry: Registry, candidate: Candidate, replace: bool) -> list[Condition]:
    """A baseline learns nothing that could leak, and beats nothing; no network may beat it by the margin."""
    conclusion = candidate.conclusion
    assert conclusion is not None and conclusion.evaluation is not None
    evaluation, metric, needed = conclusion.evaluation, conclusion.metric, candidate.config.registry.min_skill
    skill, told = network_over(candidate)
    mend = "promote the winner: leave --baseline out"
    beaten = skill is not None and skill > needed
    conditions = [Condition("no network", not beaten, told, mend if beaten else "")]
    best, own = evaluation.best_baseline, evaluation.scores[metric.name]
    worse = best is not None and metric.is_better(evaluation.baselines[best][metric.name], own)
    found = f"its {in_words(metric.name)} on test is {significant(own)}"
    if best is not None:
        other = significant(evaluation.baselines[best][metric.name])
        found += f", that of {in_words(best)}, the best other, {other}"
    conditions.append(Condition("best baseline", not worse, found, f"--baseline {best}" if worse else ""))
    conditions += _bounds(conclusion, objectives_of(candidate.config))
    files = _files(registry, candidate, "promote it again")
    conditions.append(files)
    if files.passed:
        conditions.append(_parity(candidate, "promote it again"))
        passed, found, mend = no_worse(registry, candidate, evaluation, replace)
        conditions.append(Condition("champion", passed, found, mend))
    return conditions


def sweep_again(candidate: Candidate) -> str:
    """What makes anew whatever a sweep lacks."""
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


def _files(registry: Registry, candidate: Candidate, again: str) -> Condition:
    """Whether the packaged winner, and its copy in the store that others would load, are what was packaged."""
    if not candidate.model.is_dir():
        return Condition("package", False, "the winner is not packaged", again, final=True)
    damage = fault(candidate.model)
    logged = None if damage else logged_model(registry.client, candidate.run.info.experiment_id, candidate.model)
    if logged is not None:
        damage = logged_fault(registry, logged.artifact_location)
    if damage:
        return Condition("package", False, damage, f"{again}, which mends it and trains nothing anew", final=True)
    found = "the packaged model's files are what was packaged, and it answers its input example as it did then"
    return Condition("package", True, found)


def logged_fault(registry: Registry, location: str) -> str:
    """Why a logged model is not to be trusted, in a clause; empty where it is what was packaged.

    Args:
        registry: of whose store it is.
        location: URI of its files.
    """
    from mlflow.exceptions import MlflowException

    try:
        with files_of(location, registry.place.uri) as folder:
            return fault(folder)
    except (MlflowException, OSError) as error:
        return f"{location}: the logged model's files cannot be read: {first_line(error)}"


def _parity(candidate: Candidate, again: str) -> Condition:
    parity = load_parity(candidate.model)
    if parity is None:
        return Condition("parity", False, "it was not compared with the trial's predictions", again)
    found = f"the packaged model's {parity.asked} differ from the trial's by {parity.largest:.1e} at most"
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


def _bounds(conclusion: Conclusion, objectives: Objectives) -> list[Condition]:
    """Whether what serves keeps to `registry.bounds`; no condition where there are none."""
    held = finals.held_to(conclusion, objectives)
    if not held:
        return []
    found, beyond = "; ".join(one.said for one in held), [one for one in held if not one.passed]
    if not beyond:
        return [Condition("bounds", True, found)]
    mend = "search among networks that keep to them;"
    if beyond[0].is_baseline:
        mend = "promote another baseline, or the winner by leaving --baseline out;"
    elif any(one.networks > 1 for one in beyond):
        mend += " finals.ensemble=false packages one network;"
    mend += " or set registry.bounds otherwise, and run the sweep again"
    return [Condition("bounds", False, found, mend)]


def _unbeaten(evaluation: TestEvaluation, metric: Metric, needed: float) -> str:
    """The baselines that the winner does not beat by the margin, the best first: `linear, train mean`."""
    own = evaluation.scores[metric.name]
    ranked = metric.ranked(evaluation.baselines)
    near = [name for name in ranked if not metric.skill(own, evaluation.baselines[name][metric.name]) > needed]
    return ", ".join(map(in_words, near or [evaluation.best_baseline or ""]))
