"""The search of a sweep, in order."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

from seqsweep import trial
from seqsweep.schema import SweepConfig
from seqsweep.search.context import MakeJob, SweepContext, open_sweep
from seqsweep.search.front import log_front, ranked_by_first
from seqsweep.search.lineage import lineage
from seqsweep.search.loop import Loop
from seqsweep.search.mending import mend_records, open_tuner, say_again
from seqsweep.search.observer import Observer
from seqsweep.search.outcome import BEGUN, Outcome, is_kept, save_outcome
from seqsweep.search.source import Search
from seqsweep.search.time_limit import TimeLimit
from seqsweep.tracking import Tracker
from seqsweep.tuner import plan


def run(
    config: SweepConfig,
    observer: Observer,
    make_job: MakeJob = trial.Trial,
    warm: Callable[[int], None] = trial.warm,
) -> Outcome:
    """Search alone, or go on where a search was; the arguments and errors are those of `open_sweep`."""
    with open_sweep(config, observer, make_job, warm) as opened:
        return search(opened)


def search(context: SweepContext) -> Outcome:
    """Run what is left of the search, and keep its outcome."""
    problem, tracker = context.problem, context.tracker
    tracker.log_sweep(
        {f"{name}_{metric}": value for name, row in problem.baselines.items() for metric, value in row.items()},
        {"best_baseline": problem.best_baseline or "none", **problem.baseline_tags},
    )
    context.begin()
    tracker.poll()  # to open the store takes seconds of a core, which TensorFlow's import elsewhere leaves idle
    if not is_kept(context.state.folder):  # for whoever watches
        save_outcome(_outcome(context), BEGUN)
    reason, loop = _run_trials(context)
    outcome = _outcome(context, reason, loop)
    if loop.trained or not is_kept(outcome.folder):
        save_outcome(outcome)
    _summarise(outcome, tracker)
    return outcome


def _run_trials(context: SweepContext) -> tuple[str, Loop]:
    """Run what is left; returns why nothing more is proposed, and the loop, which knows what ran."""
    config, state, observer = context.config, context.state, context.observer
    problem = context.problem
    observer.stage("loading TensorFlow")
    damaged = mend_records(state, "trial", problem.objective)
    tuner = open_tuner(config, state, problem.objective, observer.say, context.calls.call)
    kept = state.records()
    running = {proposal.trial_id for proposal in tuner.running()}
    lost = [trial_id for trial_id in tuner.ended() if trial_id not in kept]
    say_again(sorted({*lost, *(damaged.keys() & set(tuner.known()))}), "trial", damaged, observer.say)
    source = Search(config, state, tuner, problem.objective, lost)
    loop = Loop(
        config, state, source, context.executor, context.tracker, observer, kept, problem.objective, problem.reference
    )
    finished = [record for trial_id, record in kept.items() if trial_id not in running]
    if config.tuner.time_limit is not None:
        tuner.over = TimeLimit(config.tuner.time_limit, finished)
        observer.say(f"the search ends after {config.tuner.time_limit}: trials that run then are the last")
    if told := ranked_by_first(config):
        observer.say(told)
    observer.begin(plan(config).trials, finished, context.workers)
    try:
        return loop.run(), loop
    finally:
        observer.finish()


def _outcome(context: SweepContext, reason: str = "", loop: Loop | None = None) -> Outcome:
    """Without a loop, of a search that begins."""
    problem, state = context.problem, context.state
    return Outcome(
        config=problem.config,
        name=context.name,
        fingerprint=state.folder.name,
        folder=state.folder,
        data=problem.data.name,
        target=problem.data.target,
        rows=problem.data.rows,
        sha256=problem.data.sha256,
        measure=problem.task.measure,
        records=tuple(state.records().values()),
        baselines=problem.baselines,
        best_baseline=problem.best_baseline,
        reason=reason,
        trained=loop.trained if loop is not None else 0,
        seconds=time.monotonic() - context.started,
        search_seconds=loop.choosing if loop is not None else 0.0,
        tracking_seconds=context.tracker.seconds,
        disk=state.size(),
        lineage=lineage() if loop is not None else {},
        prior=context.prior,
    )


def _summarise(outcome: Outcome, tracker: Tracker) -> None:
    """The figures of the whole search, on the sweep's own run."""
    done = outcome.ranked
    counts = Counter(record.status for record in outcome.records)
    metrics = {"trials": float(len(outcome.records)), "failed": float(counts["FAILED"])}
    if outcome.config.tuner.pruner != "none":
        metrics["pruned"] = float(counts["PRUNED"])
    tags = {"ended_because": outcome.reason}
    if done:
        metrics[outcome.objective] = done[0].metrics[outcome.objective]
        if "val_skill" in done[0].metrics:
            metrics["val_skill"] = done[0].metrics["val_skill"]
        tags["best_trial"] = done[0].name
    if outcome.trained:
        metrics |= {"seconds": outcome.seconds, "seconds_tracking": outcome.tracking_seconds}
    tracker.log_sweep(metrics, tags)
    log_front(outcome, tracker)
