"""A sweep that is open: its workers started, its folder owned, its run in the store."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

from seqsweep import trial
from seqsweep.config import to_yaml
from seqsweep.data import named_source
from seqsweep.errors import SweepError
from seqsweep.events import Job
from seqsweep.executor import Calls, Executor, fitting, make_calls, make_executor, make_starter, may_be_many
from seqsweep.imports import quick_imports, without_unused
from seqsweep.interrupts import something_open
from seqsweep.schema import SweepConfig
from seqsweep.search.lineage import lineage
from seqsweep.search.mending import mend_folder
from seqsweep.search.observer import Observer
from seqsweep.search.priors import beginning_with, find_priors, told
from seqsweep.search.problem import Problem, build_problem
from seqsweep.search.sweep_identity import IDENTITY, Identity, differences, fingerprint, identity
from seqsweep.search.sweep_state import CONFIG, SweepState, folder_of
from seqsweep.state_files import write_text
from seqsweep.tasks import Dataset, Task
from seqsweep.tracking import LoggedDataset, SweepRecord, SweepStatus, Tracker, make_tracker
from seqsweep.tuner import keep_priors

MakeJob = Callable[[Task, Dataset], Job]


@dataclass(frozen=True)
class SweepContext:
    """All that the parts of a sweep share.

    Args:
        problem: what trials are held to.
        state: the folder; this process owns it.
        executor: its job is open.
        calls: run what needs TensorFlow.
        tracker: its sweep's run is open.
        observer: is told.
        started: on `time.monotonic`.
        closing: what lasts until all of it is closed.
        prior: which trials of earlier sweeps the search begins with, in a sentence; empty: it was not asked to.
    """

    problem: Problem
    state: SweepState
    executor: Executor
    calls: Calls
    tracker: Tracker
    observer: Observer
    started: float
    closing: ExitStack
    prior: str

    def begin(self) -> None:
        """Have signals close what is open, from the store on; until then there is nothing but workers."""
        self.closing.enter_context(something_open())

    @property
    def config(self) -> SweepConfig:
        """The sweep's."""
        return self.problem.config

    @property
    def workers(self) -> int:
        """Trials at once, as they begin: a cluster that grows is about to start nodes for all that were asked for."""
        asked = self.config.executor
        return asked.workers if asked.workers and asked.autoscaling else self.executor.capacity

    @property
    def name(self) -> str:
        """`random-12 3f0a`: what a list of runs has room for; the study is the experiment's name."""
        return _name(self.config, self.state)


def preload() -> None:
    """Import what trials, the search rules and packages need; in a process that will fork."""
    trial.preload()
    with quick_imports(), without_unused():
        import seqsweep.tuner.oracles  # noqa: F401


@contextmanager
def open_sweep(
    config: SweepConfig,
    observer: Observer,
    make_job: MakeJob = trial.Trial,
    warm: Callable[[int], None] = trial.warm,
) -> Iterator[SweepContext]:
    """Open a sweep, new or as its folder left it; gives its run an end, whatever happens.

    Args:
        config: of the sweep, checked.
        observer: is told what happens.
        make_job: what runs a trial; another one trains something else, or nothing, under the same sweep.
        warm: what a worker does before its first trial.

    Raises:
        UserError: the data or the config cannot be used.
        SweepError: the sweep cannot go on; what it finished is kept.
    """
    started = time.monotonic()
    closing, processes = ExitStack(), ExitStack()
    with closing, processes:  # in this order at the end: while processes are ended, a signal must not end this one
        # First: it takes seconds to import TensorFlow.
        starter = make_starter(config.executor, preload if warm is trial.warm else None)
        processes.callback(starter.close)
        executor = make_executor(fitting(config.executor, observer.say), warm, starter)
        processes.callback(executor.close)
        calls = make_calls(config.executor, warm, starter)
        processes.callback(calls.close)
        processes.callback(starter.abandon)  # before the others are ended
        problem = build_problem(config, observer.say)
        observer.describe(problem.facts)
        config = problem.config
        priors = find_priors(config, problem.data)
        content = beginning_with(identity(config, problem.data), priors)
        state = open_state(config, content, observer)
        with state.locked():
            mend_folder(state, observer.say)
            state.begin(content)
            prior = ""
            if priors is not None:
                prior = told(config, priors)
                keep_priors(state.tuner, priors)
                observer.say(prior)
            write_text(state.folder / CONFIG, to_yaml(config))
            state.write_facts(problem.facts)
            tracker = make_tracker(config.tracking, observer.say, many=may_be_many(config.executor))
            tracker.open(_sweep_record(problem, state))
            with _ended(tracker, state):
                executor.open(make_job(problem.task, problem.data))
                yield SweepContext(problem, state, executor, calls, tracker, observer, started, closing, prior)


def open_state(config: SweepConfig, content: Identity, observer: Observer) -> SweepState:
    """The folder of this sweep; says so where it differs from the last one of its study.

    Args:
        config: of the sweep.
        content: what makes it, which decides which folder it is.
        observer: is told which settings changed.
    """
    folder = folder_of(config.tracking.directory, fingerprint(content))
    if not (folder / IDENTITY).exists():
        changed = differences(folder, content)
        if changed:
            observer.say(f"a new sweep: {', '.join(changed)} changed since the last one of study {config.study!r}")
    return SweepState(folder)


@contextmanager
def _ended(tracker: Tracker, state: SweepState) -> Iterator[None]:
    """Give the sweep's run its end, whatever happens, after telling the store all that it has missed."""
    try:
        yield
    except BaseException as error:
        # What stopped the sweep is what its user must hear; a full disk, say, stops state and store alike.
        with suppress(SweepError):
            _end(tracker, state, "FAILED" if isinstance(error, Exception) else "KILLED")
        raise
    _end(tracker, state, "FINISHED")


def _end(tracker: Tracker, state: SweepState, status: SweepStatus) -> None:
    missing = state.records() | state.records("final") | state.records("refit")
    recorded = tracker.recorded()
    for trial_id, record in missing.items():
        if trial_id not in recorded:
            tracker.end_trial(record)
    tracker.close(status)


def _name(config: SweepConfig, state: SweepState) -> str:
    budget = f"-{config.tuner.max_trials}" if config.tuner.max_trials else ""
    return f"{config.tuner.kind}{budget} {state.folder.name[:4]}"


def _sweep_record(problem: Problem, state: SweepState) -> SweepRecord:
    config, data = problem.config, problem.data
    return SweepRecord(
        study=config.study,
        question=config.question or "",
        name=_name(config, state),
        fingerprint=state.folder.name,
        config_yaml=to_yaml(config),
        params={
            "tuner": config.tuner.kind,
            "max_trials": config.tuner.max_trials,
            "epochs": config.trial.epochs,
            "seed": config.seed,
            "data": data.name,
            "target": data.target,
            "rows": data.rows,
            **problem.task.summary,
        },
        tags={"data_sha256": data.sha256, **lineage()},
        objective=f"val_{config.task.objective}",
        lower_is_better=not problem.objective.higher_is_better,
        started=time.time(),
        data=data.name,
        datasets=_parts(problem),
        folder=state.folder,
    )


def _parts(problem: Problem) -> tuple[LoggedDataset, ...]:
    data, split, source = problem.data, problem.data.split(), named_source(problem.config.data)
    sizes = {"train": len(split.train), "validation": len(split.validation), "test": len(split.test)}
    return tuple(LoggedDataset(data.name, data.sha256, data.rows, part, size, source) for part, size in sizes.items())
