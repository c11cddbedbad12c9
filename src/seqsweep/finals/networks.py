"""The networks of final runs: trained where they are missing, and put back from their weights."""

from __future__ import annotations

from collections.abc import Sequence

from seqsweep import trial
from seqsweep.errors import StateError
from seqsweep.events import CALIBRATION
from seqsweep.finals.final_runs import PHASES, FinalRuns
from seqsweep.search import Loop, Phase, SweepContext, what_is_wrong
from seqsweep.state_files import set_aside
from seqsweep.trial import Network, Trial
from seqsweep.words import counted


def train(context: SweepContext, runs: FinalRuns) -> None:
    """Run what is left of the final runs."""
    problem, observer = context.problem, context.observer
    finished = [runs.ended[run.trial_id] for run in runs.runs.values() if runs.has_ended(run)]
    if len(finished) == len(runs.runs):
        return
    loop = Loop(
        context.config,
        context.state,
        runs,
        context.executor,
        context.tracker,
        observer,
        {},
        problem.objective,
        problem.reference,
    )
    phase: Phase = "final" if runs.extra is None else PHASES[runs.extra[0]]
    observer.begin(len(runs.runs), finished, context.executor.capacity, phase)
    try:
        loop.run()
    finally:
        observer.finish()


def calibration_runs(context: SweepContext, runs: FinalRuns, networks: Sequence[str]) -> FinalRuns:
    """The runs that train what was scored once more, without the end of train.

    Args:
        context: of the open sweep.
        runs: its final runs.
        networks: ids of those whose networks are scored.
    """
    scored = [runs.runs[run] for run in networks]
    seeds = [run.seed for run in scored]
    held = (CALIBRATION, seeds)
    return FinalRuns(context.config, context.state, [scored[0].of], context.state.records("final"), held)


def calibrated(context: SweepContext, runs: FinalRuns, networks: Sequence[str]) -> tuple[str, ...]:
    """Ids of the runs whose networks show how far what is scored errs on what it has not learned from.

    They are trained if they were not. None where the task has no use for them, or where one of them failed.

    Args:
        context: of the open sweep.
        runs: its final runs.
        networks: ids of those whose networks are scored.
    """
    problem = context.problem
    if not len(problem.task.calibration(problem.data)):
        return ()
    held = calibration_runs(context, runs, networks)
    if not all(map(held.has_ended, held.runs.values())):
        more = counted(len(held.runs), "more run")
        context.observer.say(f"{more} of the winner, without the end of train: their errors there make its intervals")
        train(context, held)
    failed = [record for run in held.runs if (record := context.state.records("final")[run]).status != "COMPLETED"]
    if failed:
        told = "intervals are made from errors on validation, and are narrow"
        context.observer.say(f"{failed[0].name}: {failed[0].reason}; {told}")
        return ()
    return tuple(held.runs)


def restored(context: SweepContext, runs: FinalRuns, networks: Sequence[str]) -> Network:
    """The networks of final runs as one."""
    with trial.without_start_up_notes():
        trial.warm(context.config.executor.threads)  # the very arithmetic of the workers
    job = Trial(context.problem.task, context.problem.data)
    return trial.mean_of([_restored_one(context, job, runs, run) for run in networks])


def _restored_one(context: SweepContext, job: Trial, runs: FinalRuns, run: str) -> Network:
    spec, file = runs.spec_of(runs.runs[run]), context.state.network(run)
    try:
        return trial.restore(job, spec, file)
    except StateError as error:
        if not file.exists():
            raise
        context.observer.say(f"{what_is_wrong(error)} (kept as {set_aside(file)}): this final run is trained again")
    train(context, runs.again())
    return trial.restore(job, spec, file)
