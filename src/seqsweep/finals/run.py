"""The finals of a sweep, in order."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import partial

from seqsweep.errors import StateError
from seqsweep.finals.conclusion import CONCLUSION, Conclusion, Finalist, FrontTrial, TestEvaluation, load, save
from seqsweep.finals.count import Evaluated, counted, own, settled
from seqsweep.finals.evaluation import ARRAYS, judge, load_test_predictions, save_test_predictions
from seqsweep.finals.final_runs import FinalRuns
from seqsweep.finals.networks import Trained, begin, calibrated, calibration_runs, train, trained
from seqsweep.finals.refit import refit_names, train_on_all
from seqsweep.finals.selection import differences, rank, scored_name, scored_runs, select_finalists
from seqsweep.records import TrialRecord
from seqsweep.search import Outcome, SweepContext, mend_records, say_again, what_is_wrong
from seqsweep.state_files import set_aside
from seqsweep.tasks import Audit, Task


def run(context: SweepContext, outcome: Outcome) -> Conclusion | None:
    """Train the best again, choose the winner, evaluate it once on the test part; None: no finals are wanted or can be.

    What an earlier launch did is kept: final runs are not trained again, and a winner is evaluated once.

    Args:
        context: of the open sweep.
        outcome: of the search; the best of its ranked trials become finalists.

    Raises:
        SweepError: the sweep cannot go on; what it finished is kept.
    """
    config = context.config
    if config.finals.trials == 0 or not outcome.ranked:
        return None
    chosen = select_finalists(outcome.ranked, config.finals.trials, outcome.objectives)
    before = _before(context)
    damaged = mend_records(context.state, "final", context.problem.objective)
    runs = FinalRuns(config, context.state, chosen, context.state.records("final"))
    _say_again(context, runs, before, damaged)
    train(context, runs)
    of_each = {record.trial_id: runs.of(record) for record in chosen}
    ended = context.state.records("final")
    finalists = rank(chosen, of_each, ended, context.problem.objective, outcome.objectives)
    evaluations, verdict = (before.evaluations, before.audit) if before is not None else ((), None)
    winner = next((finalist for finalist in finalists if finalist.mean is not None), None)
    if winner is not None:
        evaluations, verdict = _judge(context, runs, winner, evaluations, verdict)
    conclusion = _conclusion(context, outcome, finalists, evaluations, verdict)
    save(context.state.folder, conclusion)
    seen = conclusion.evaluation
    context.state.forget_networks([*runs.runs, *((*seen.calibration, *refit_names(seen.networks)) if seen else ())])
    _log(context, conclusion)
    return conclusion


def scored(context: SweepContext, conclusion: Conclusion) -> tuple[FinalRuns, Trained]:
    """What was evaluated on the test part, to be put back from its weights; and the runs that trained it.

    Args:
        context: of the open sweep, whose folder holds the weights.
        conclusion: of its finals; it has a test evaluation.
    """
    assert conclusion.evaluation is not None
    chosen = {record.trial_id: record for record in context.state.records().values()}
    finalists = [chosen[finalist.trial_id] for finalist in conclusion.finalists]
    runs = FinalRuns(context.config, context.state, finalists, context.state.records("final"))
    return runs, trained(context, runs, conclusion.evaluation.networks)


def _before(context: SweepContext) -> Conclusion | None:
    """The conclusion of an earlier launch; one that is damaged is put aside, and made anew from what is there."""
    try:
        return load(context.state.folder)
    except StateError as error:
        kept = set_aside(context.state.folder / CONCLUSION)
        again = "is not counted once more" if own(context.state.folder) else "is counted anew, as nothing is left of it"
        context.observer.say(
            f"{what_is_wrong(error)} (kept as {kept}): it is made again from the final runs, and its evaluation on the "
            f"test part {again}"
        )
        return None


def _say_again(context: SweepContext, runs: FinalRuns, before: Conclusion | None, damaged: Mapping[str, str]) -> None:
    """Tell which final runs had a result that is lost."""
    had = {run for finalist in before.finalists for run in finalist.runs} if before is not None else set()
    again = [run for run in runs.runs if run not in runs.ended and (run in had or run in damaged)]
    say_again(again, "final", damaged, context.observer.say)


def _judge(
    context: SweepContext,
    runs: FinalRuns,
    winner: Finalist,
    evaluations: tuple[TestEvaluation, ...],
    verdict: Audit | None,
) -> tuple[tuple[TestEvaluation, ...], Audit | None]:
    """The evaluations, that at the present winner last, and the audit of it; what was seen already is not seen again.

    A network that was evaluated predicts once more where its arrays are gone, or another finalist's are in their
    place, or other levels are wanted. The figures are those that were seen, so nothing is counted.
    """
    config = context.config.finals
    networks = scored_runs(winner, config.seeds, context.problem.objective, config.ensemble)
    run = scored_name(networks)
    calibration = calibrated(context, runs, networks)
    wanted = run, calibration, tuple(config.levels), config.confidence, config.adaptation, config.intervals
    last = evaluations[-1] if evaluations else None
    as_wanted = last is not None and _wanted(last) == wanted
    if as_wanted and verdict is not None and _has_predictions(context):
        return evaluations, verdict
    folder, sha256 = context.state.folder, context.problem.data.sha256
    elsewhere = partial(context.tracker.evaluations, sha256)
    entered = counted(folder, run, sha256, elsewhere)
    _tell(context, entered)  # before it is made, so that other machines take other numbers
    extra = calibration_runs(context, runs, networks)
    held = trained(context, extra, calibration) if calibration else None
    asked = context.problem, trained(context, runs, networks), networks, entered.number, held, calibration
    judged = begin(context, (runs, extra), judge, *asked)
    train_on_all(context, networks)  # beside it: neither reads what the other makes
    context.observer.stage("scoring the winner on the test part, and auditing it for leaks")
    verdict, latest, predictions = judged()
    entered = settled(folder, entered, elsewhere, partial(_tell, context))
    if entered.number != latest.number:
        told = f"another machine evaluated this data in the same seconds: this is evaluation {entered.number}"
        context.observer.say(f"{told}, not {latest.number}")
    latest = replace(latest, at=entered.at, number=entered.number)
    save_test_predictions(folder, predictions)
    return (*(seen for seen in evaluations if seen.run != run), latest), verdict


def _tell(context: SweepContext, entered: Evaluated) -> None:
    """Tell the store what counts."""
    at = f"{int(entered.at)}"
    context.tracker.log_sweep({}, {"test_evaluation_number": str(entered.number), "test_evaluation_at": at})


def _wanted(evaluation: TestEvaluation) -> tuple[object, ...]:
    """What decides whether an evaluation is still the one that is asked for."""
    seen = evaluation
    return seen.run, seen.calibration, seen.levels, seen.confidence, seen.adaptation, seen.intervals


def _has_predictions(context: SweepContext) -> bool:
    """Whether the test predictions are there; damaged ones are put aside."""
    try:
        return load_test_predictions(context.state.folder) is not None
    except StateError as error:
        kept = set_aside(context.state.folder / ARRAYS)
        context.observer.say(f"{what_is_wrong(error)} (kept as {kept}): the same network predicts once more")
        return False


def _conclusion(
    context: SweepContext,
    outcome: Outcome,
    finalists: tuple[Finalist, ...],
    evaluations: tuple[TestEvaluation, ...],
    verdict: Audit | None,
) -> Conclusion:
    config, metric = context.config, context.problem.objective
    return Conclusion(
        study=config.study,
        fingerprint=outcome.fingerprint,
        name=outcome.name,
        task=config.task.kind,
        data=outcome.data,
        target=outcome.target,
        sha256=outcome.sha256,
        objective=metric.name,
        seeds=config.finals.seeds,
        folds=config.finals.folds,
        finalists=finalists,
        differences=differences(finalists, metric, config.finals.confidence),
        evaluations=evaluations,
        audit=verdict,
        objectives=outcome.objectives.names,
        bounds=outcome.objectives.bounds,
        front=tuple(_of_front(outcome, record) for record in outcome.front),
        completed=len(outcome.ranked),
    )


def _of_front(outcome: Outcome, record: TrialRecord) -> FrontTrial:
    values = outcome.objectives.values(record).items()
    known = {name: value if math.isfinite(value) else None for name, value in values}
    return FrontTrial(record.trial_id, record.name, known)


def _log(context: SweepContext, conclusion: Conclusion) -> None:
    """What the finals found, on the sweep's own run."""
    winner, seen = conclusion.winner, conclusion.evaluation
    metrics: dict[str, float] = {}
    tags = {"audit": "none" if conclusion.audit is None else "passed" if conclusion.audit.passed else "failed"}
    if winner is not None and winner.mean is not None:
        tags["winner"] = winner.name
        metrics["final_mean"] = winner.mean
        metrics |= {"final_std": winner.std} if winner.std is not None else {}
        metrics |= {f"final_{name}": value for name, value in winner.means.items()}
    for difference in conclusion.differences:
        if difference.interval is not None:
            name = difference.reason.replace("-", "_").replace(" ", "_")
            ends = asdict(difference.interval)
            metrics |= {f"difference_{name}": ends["mean"]}
            metrics |= {f"difference_{name}_{end}": ends[end] for end in ("low", "high")}
    if seen is not None:
        metrics |= _test_metrics(context.problem.task, seen)
        tags |= {
            "test_evaluation": f"test evaluation {seen.number} on this data",
            "test_evaluation_number": str(seen.number),
            "test_evaluation_at": f"{int(seen.at)}",
            "test_evaluation_data": seen.sha256,
            "test_evaluation_run": seen.run,
            "test_evaluation_networks": ", ".join(seen.networks),
            "test_best_baseline": seen.best_baseline or "none",
        }
    context.tracker.log_sweep(metrics, tags)
    file = context.state.folder / CONCLUSION
    context.tracker.log_text(file.read_text(encoding="utf-8"), file.name)


def _test_metrics(task: Task, seen: TestEvaluation) -> dict[str, float]:
    metrics = {f"test_{name}": value for name, value in seen.scores.items()}
    metrics |= {f"test_{b}_{name}": value for b, row in seen.baselines.items() for name, value in row.items()}
    metrics |= {"test_skill": seen.skill} if seen.skill is not None else {}
    if seen.comparison is not None:
        metrics |= {"test_statistic": seen.comparison.statistic, "test_p_value": seen.comparison.p_value}
    return metrics | dict(task.test_metrics(seen.details))
