"""The finals of a sweep, in order."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import cast

from seqsweep import trial, windows
from seqsweep.audit import Audit, audit, pipeline
from seqsweep.events import TrialSpec
from seqsweep.finals.choice import choose, differences, rank, typical
from seqsweep.finals.conclusion import CONCLUSION, Conclusion, Finalist, Look, load, save
from seqsweep.finals.look import ARRAYS, look, looks_before, save_sight
from seqsweep.finals.runs import FinalRuns
from seqsweep.search_space import reach
from seqsweep.sweep import Loop, Outcome, Session
from seqsweep.trial import Network, Trial


def run(session: Session, outcome: Outcome) -> Conclusion | None:
    """Train the best again, choose the winner, look once at the test part; None: no finals are wanted, or none can be.

    What an earlier launch did is kept: final runs are not trained again, and a winner that was looked at is not looked
    at again.

    Raises:
        SweepError: the sweep cannot go on; what it finished is kept.
    """
    config = session.config
    if config.finals.trials == 0 or not outcome.ranked:
        return None
    chosen = choose(outcome.ranked, config.finals.trials)
    runs = FinalRuns(config, session.state, chosen, session.state.records("final"))
    _train(session, runs)
    ended = session.state.records("final")
    finalists = rank(chosen, {record.trial_id: runs.of(record) for record in chosen}, ended, outcome.objective)
    before = load(session.state.folder)
    looks, verdict = (before.looks, before.audit) if before is not None else ((), None)
    winner = next((finalist for finalist in finalists if finalist.mean is not None), None)
    if winner is not None:
        looks, verdict = _judge(session, runs, winner, looks, verdict)
    conclusion = Conclusion(
        study=config.study,
        fingerprint=outcome.fingerprint,
        name=outcome.name,
        series=outcome.series,
        target=outcome.target,
        sha256=outcome.sha256,
        objective=config.task.objective,
        seeds=config.finals.seeds,
        folds=config.finals.folds,
        finalists=finalists,
        differences=differences(finalists, config.finals.confidence),
        looks=looks,
        audit=verdict,
    )
    save(session.state.folder, conclusion)
    session.state.forget_networks(keep=runs.runs)
    _log(session, conclusion)
    return conclusion


def network(session: Session, conclusion: Conclusion) -> tuple[TrialSpec, Network] | None:
    """The network that was looked at, and what trained it; None: there was no look."""
    seen = conclusion.look
    if seen is None:
        return None
    chosen = {record.trial_id: record for record in session.state.records().values()}
    finalists = [chosen[finalist.trial_id] for finalist in conclusion.finalists]
    runs = FinalRuns(session.config, session.state, finalists, {})
    return _restored(session, runs, seen.run)


def _train(session: Session, runs: FinalRuns) -> None:
    """Run what is left of the final runs."""
    reference, observer = session.problem.reference, session.observer
    finished = [runs.ended[run.trial_id] for run in runs.runs.values() if runs.has_ended(run)]
    if len(finished) == len(runs.runs):
        return
    loop = Loop(session.config, session.state, runs, session.executor, session.tracker, observer, {}, reference)
    observer.begin(len(runs.runs), finished, session.executor.capacity, "final")
    try:
        loop.run()
    finally:
        observer.finish()


def _judge(
    session: Session, runs: FinalRuns, winner: Finalist, looks: tuple[Look, ...], verdict: Audit | None
) -> tuple[tuple[Look, ...], Audit | None]:
    """The looks, that at the present winner last, and the audit of it; what was seen already is not seen again.

    A network that had its look is forecast with once more where its arrays are gone, or another finalist's are in their
    place, or its intervals are wanted at other levels. The figures are those that were seen, so no look is counted.
    """
    run = typical(winner, session.config.finals.seeds)
    wanted = tuple(session.config.finals.levels), session.config.finals.confidence
    as_wanted = looks and looks[-1].run == run and _settings(looks[-1]) in (wanted, (wanted[0], None))
    if as_wanted and verdict is not None and (session.state.folder / ARRAYS).exists():
        return looks, verdict
    _, restored = _restored(session, runs, run)
    verdict = _audit(session, restored)
    number = looks_before(session.state.folder, session.problem.series.sha256) + 1
    latest, sight = look(session.problem, restored, run, number)
    for seen in looks:
        if seen.run == run:
            latest = replace(latest, number=seen.number, at=seen.at)
    save_sight(session.state.folder, sight)
    return (*(seen for seen in looks if seen.run != run), latest), verdict


def _settings(seen: Look) -> tuple[tuple[float, ...], float | None]:
    """The levels of its intervals, and the confidence of its comparison; None: there was none."""
    confidence = seen.comparison.difference.level if seen.comparison is not None else None
    return tuple(interval.level for interval in seen.intervals), confidence


def _restored(session: Session, runs: FinalRuns, run: str) -> tuple[TrialSpec, Network]:
    with trial.without_start_up_notes():
        trial.warm(session.config.executor.threads)  # the very arithmetic of the workers
    spec = runs.spec_of(runs.runs[run])
    return spec, trial.restore(cast(Trial, session.job), spec, session.state.network(run))


def _audit(session: Session, network: Network) -> Audit:
    """The sweep's own pipeline, with the winner's parameters and network."""
    config = session.config
    params = network.params
    return audit(
        session.problem.series,
        lambda series: windows.lay_out(series, config.windows, config.task.horizon, reach(config)),
        pipeline(params, config.data.season),
        lambda seen, origins: network.forecast(origins, seen),
    )


def _log(session: Session, conclusion: Conclusion) -> None:
    """What the finals found, on the sweep's own run."""
    winner, seen = conclusion.winner, conclusion.look
    metrics: dict[str, float] = {}
    tags = {"audit": "none" if conclusion.audit is None else "passed" if conclusion.audit.passed else "failed"}
    if winner is not None and winner.mean is not None:
        tags["winner"] = winner.name
        metrics["final_mean"] = winner.mean
        metrics |= {"final_std": winner.std} if winner.std is not None else {}
    for difference in conclusion.differences:
        if difference.interval is not None:
            name = difference.reason.replace("-", "_").replace(" ", "_")
            ends = asdict(difference.interval)
            metrics |= {f"difference_{name}": ends["mean"]}
            metrics |= {f"difference_{name}_{end}": ends[end] for end in ("low", "high")}
    if seen is not None:
        metrics |= _test_metrics(seen)
        tags |= {
            "look": f"look {seen.number} at the test part of this data",
            "look_number": str(seen.number),
            "look_at": f"{seen.at:.0f}",
            "look_data": seen.sha256,
            "look_run": seen.run,
            "test_best_baseline": seen.best_baseline or "none",
        }
    session.tracker.log_sweep(metrics, tags)
    file = session.state.folder / CONCLUSION
    session.tracker.log_text(file.read_text(encoding="utf-8"), file.name)


def _test_metrics(seen: Look) -> dict[str, float]:
    metrics = {f"test_{name}": value for name, value in seen.scores.items()}
    metrics |= {f"test_{b}_{name}": value for b, row in seen.baselines.items() for name, value in row.items()}
    metrics |= {"test_skill": seen.skill} if seen.skill is not None else {}
    if seen.comparison is not None:
        metrics |= {"dm_statistic": seen.comparison.statistic, "dm_p_value": seen.comparison.p_value}
    for interval in seen.intervals:
        level = f"{100 * interval.level:g}"  # 99.5 is not 100
        metrics |= {f"test_coverage_{level}": interval.coverage, f"test_width_{level}": interval.width}
    return metrics
