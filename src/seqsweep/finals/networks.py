"""The networks of final runs: trained where they are missing, and put back from their weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from seqsweep import trial
from seqsweep.events import CALIBRATION, TrialSpec
from seqsweep.finals.final_runs import PHASES, FinalRuns
from seqsweep.search import Loop, Phase, Problem, SweepContext, what_is_wrong
from seqsweep.state_files import set_aside
from seqsweep.trial import Network, Trial, WeightsError
from seqsweep.words import counted

T = TypeVar("T")


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
    observer.begin(len(runs.runs), finished, context.workers, phase)
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


@dataclass(frozen=True)
class Trained:
    """Final runs whose networks are in files: what is sent to where TensorFlow is.

    Args:
        specs: of the runs.
        files: of their weights.
    """

    specs: tuple[TrialSpec, ...]
    files: tuple[Path, ...]

    def network(self, problem: Problem) -> Network:
        """The networks as one, in this process.

        Args:
            problem: of the sweep.

        Raises:
            WeightsError: those of one cannot be used.
        """
        job = Trial(problem.task, problem.data)
        restored = [trial.restore(job, spec, file) for spec, file in zip(self.specs, self.files, strict=True)]
        return trial.mean_of(restored)


def trained(context: SweepContext, runs: FinalRuns, networks: Sequence[str]) -> Trained:
    """What is needed to put the networks of final runs back.

    Args:
        context: of the open sweep, whose folder holds the weights.
        runs: those of which some are meant.
        networks: their ids.
    """
    specs = tuple(runs.spec_of(runs.runs[run]) for run in networks)
    return Trained(specs, tuple(context.state.network(run) for run in networks))


def begin(
    context: SweepContext, runs: Sequence[FinalRuns], function: Callable[..., T], *arguments: Any
) -> Callable[[], T]:
    """Begin to run a function that puts networks back, where TensorFlow is; what is returned waits for what it returns.

    A run whose weights turn out to be damaged is trained again, and the function called once more.

    Args:
        context: of the open sweep.
        runs: whose networks it puts back.
        function: as of `Calls.call`.
        arguments: of it.

    Raises:
        StateError: weights are missing.
    """
    asked = context.calls.begin(function, *arguments)
    return partial(_answer, context, runs, asked, partial(context.calls.call, function, *arguments))


def _answer(context: SweepContext, runs: Sequence[FinalRuns], asked: Callable[[], T], again: Callable[[], T]) -> T:
    while True:
        try:
            return asked()
        except WeightsError as error:
            file = Path(error.file)
            if not file.exists():
                raise
            told = f"{what_is_wrong(error)} (kept as {set_aside(file)}): this final run is trained again"
            context.observer.say(told)
            train(context, next(one for one in runs if file.stem in one.runs).again())
            asked = again


def call(context: SweepContext, runs: Sequence[FinalRuns], function: Callable[..., T], *arguments: Any) -> T:
    """What `begin` begins, waited for; its arguments and errors."""
    return begin(context, runs, function, *arguments)()
