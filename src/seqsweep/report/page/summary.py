"""What a sweep found, in three sentences: what won, by how much over the best baseline, how sure that is."""

from __future__ import annotations

from collections import Counter

from seqsweep.finals import Finalist, TestEvaluation
from seqsweep.metrics import skill
from seqsweep.report.leaderboard import counted
from seqsweep.report.page.markup import significant
from seqsweep.report.page.material import Material

ORDINALS = {1: "first", 2: "second", 3: "third"}


def sentences(material: Material) -> tuple[str, str, str]:
    """Three sentences in plain text, whatever the sweep came to."""
    winner = material.conclusion.winner if material.conclusion else None
    if winner is not None and material.evaluation is not None:
        return _won(material, winner), _by_how_much(material, material.evaluation), _how_sure(material.evaluation)
    if material.outcome.ranked:
        return _best_of_search(material)
    return _nothing(material)


def markdown(material: Material, page: str) -> str:
    """For the description of the sweep's run.

    Args:
        material: of the sweep.
        page: where the whole report is.
    """
    outcome = material.outcome
    lines = [*sentences(material), "", f"- study: {outcome.config.study}", f"- trials: {trials(material)}"]
    lines += [f"- ended because: {outcome.reason}", f"- the whole report: {page}"]
    return "\n".join(lines)


def trials(material: Material) -> str:
    """`24 trials, 2 of them failed`."""
    said = counted(len(material.outcome.records), "trial")
    return f"{said}, {len(material.failed)} of them failed" if material.failed else said


def spaced(name: str) -> str:
    """`last value` for `last_value`."""
    return name.replace("_", " ")


def _won(material: Material, winner: Finalist) -> str:
    runs = [score for score in winner.scores if score is not None]
    spread = f" ± {winner.std:.2g}" if winner.std is not None else ""
    unit = f" ({material.unit()})" if material.unit() else ""
    searched = counted(len(material.outcome.records), "trial")
    mean = significant(winner.mean) if winner.mean is not None else "unknown"
    return (
        f"{winner.name} won: {material.metric} {mean}{spread} on validation{unit}, mean and standard deviation of "
        f"{counted(len(runs), 'run')} from other seeds, chosen from {searched}."
    )


def _by_how_much(material: Material, evaluation: TestEvaluation) -> str:
    own = evaluation.scores[material.metric]
    if evaluation.best_baseline is None or evaluation.skill is None:
        return f"On the test part its {material.metric} is {significant(own)}; no baseline was scored."
    reference = evaluation.baselines[evaluation.best_baseline][material.metric]
    return (
        f"On the test part its {material.metric} is {significant(own)} against {significant(reference)} of the best "
        f"baseline, {spaced(evaluation.best_baseline)}: {_gain(evaluation.skill)}."
    )


def _gain(share: float) -> str:
    if share == 0:
        return "no difference"
    if share == float("-inf"):
        return "worse than a perfect baseline"
    return f"{abs(share):.1%} {'less' if share > 0 else 'more'}"


def _how_sure(evaluation: TestEvaluation) -> str:
    nth = f"the {ORDINALS.get(evaluation.number, f'{evaluation.number}th')} evaluation on this test part"
    tainted = "" if evaluation.number == 1 else ", so its figures flatter whatever was chosen after an earlier one"
    if evaluation.comparison is None or evaluation.best_baseline is None:
        return f"How sure that is cannot be said, with so few targets or no baseline; this was {nth}{tainted}."
    interval, baseline = evaluation.comparison.difference, spaced(evaluation.best_baseline)
    measure = "absolute error" if evaluation.loss == "absolute" else "squared error"
    said = f"The mean {measure} differs by {interval.mean:.3g} ({interval.level:.0%} interval "
    said += f"{interval.low:.3g} to {interval.high:.3g}, {counted(evaluation.comparison.n, 'forecast')}): "
    if interval.holds_zero:
        said += f"the interval holds zero, so no network is shown to be better than {baseline}"
    elif interval.low > 0:
        said += f"{baseline} is better than the network"
    else:
        said += f"the network is better than {baseline}, as far as one test part can show"
    return f"{said}; this was {nth}{tainted}."


def _best_of_search(material: Material) -> tuple[str, str, str]:
    outcome = material.outcome
    best = outcome.ranked[0]
    score = best.metrics[outcome.objective]
    first = f"{best.name} has the best {material.metric} of {counted(len(outcome.records), 'trial')} on validation, "
    first += f"{significant(score)}" + (f" ({material.unit()})." if material.unit() else ".")
    second = "No baseline was scored beside it."
    if outcome.best_baseline is not None:
        reference = outcome.baselines[outcome.best_baseline][material.metric]
        named = spaced(outcome.best_baseline)
        gain = _gain(skill(score, reference))
        second = f"The best baseline there, {named}, has {significant(reference)}: the network's is {gain}."
    return first, second, f"{_why_unsure(material)} Nothing is proven yet, and the test part is unread."


def _why_unsure(material: Material) -> str:
    if material.conclusion is not None:
        return "Every final run failed, so there is no winner."
    return "That is one seed a trial, and no finals were run."


def _nothing(material: Material) -> tuple[str, str, str]:
    outcome = material.outcome
    causes = Counter(record.cause or "unknown" for record in material.failed)
    said = ", ".join(f"{count} {cause}" for cause, count in causes.most_common())
    first = f"No trial completed: {said}." if causes else "No trial was run."
    second = "No baseline was scored either."
    if outcome.best_baseline is not None:
        score = outcome.baselines[outcome.best_baseline][material.metric]
        named = spaced(outcome.best_baseline)
        second = f"All there is are baselines: the best, {named}, has {significant(score)} on validation."
    return first, second, "So there is no winner, and nothing is said about networks."
