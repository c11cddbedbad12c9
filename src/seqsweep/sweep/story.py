"""The story of a sweep, in order."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from seqsweep import data, search_space, trial, windows
from seqsweep.baselines import Past, Scores, best, fit_linear, scores
from seqsweep.config import to_yaml
from seqsweep.data import Series
from seqsweep.errors import SweepError
from seqsweep.events import Job
from seqsweep.executor import Executor, make_executor
from seqsweep.metrics import naive_scale
from seqsweep.schema import SweepConfig
from seqsweep.sweep.lineage import lineage
from seqsweep.sweep.loop import Loop
from seqsweep.sweep.observer import Observer, Outcome
from seqsweep.sweep.state import SweepState, differences, fingerprint, identity
from seqsweep.task import TASKS, Task
from seqsweep.tracking import SweepRecord, SweepStatus, Tracker, best_name, make_tracker, prepare
from seqsweep.tuner import make_tuner, plan
from seqsweep.windows import Layout


@dataclass(frozen=True)
class Problem:
    """What all trials of a sweep are held to: the same targets, the same measure, the same baselines."""

    config: SweepConfig
    series: Series
    layout: Layout
    task: Task
    baselines: Scores  # metrics of each on the validation targets, in the unit of the data
    best_baseline: str | None
    baseline_tags: dict[str, str]

    @property
    def reference(self) -> float | None:
        """The best baseline's error by the objective."""
        return self.baselines[self.best_baseline][self.config.task.objective] if self.best_baseline else None


MakeJob = Callable[[SweepConfig, Series, Layout, Task], Job]


def run(
    config: SweepConfig,
    observer: Observer,
    make_job: MakeJob = trial.Trial,
    warm: Callable[[int], None] = trial.warm,
) -> Outcome:
    """Run a sweep, or resume it where it was; returns its outcome.

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
    executor = make_executor(config.executor, warm)  # first: workers take seconds to import TensorFlow
    try:
        with ThreadPoolExecutor(1) as meanwhile:  # MLflow takes seconds to import and to make its tables
            prepared = meanwhile.submit(prepare, config.tracking)
            problem = pose(config, observer)
            prepared.result()
        state = open_state(problem, observer)
        with state.locked():
            state.begin(identity(config, problem.series))
            tracker = make_tracker(config.tracking, observer.say)
            tracker.open(_sweep_record(problem, state))
            with _ended(tracker, state):
                reason, trained = _run_trials(problem, state, executor, tracker, observer, make_job)
                outcome = _outcome(problem, state, reason, trained, time.monotonic() - started, tracker)
                _summarise(outcome, tracker)
    finally:
        executor.close()
    return outcome


def pose(config: SweepConfig, observer: Observer) -> Problem:
    """Read the series, cut it, and score the baselines on the validation targets.

    Raises:
        DataError: the series cannot be used.
    """
    series = data.load(config.data)
    for note in series.notes:
        observer.say(note)
    layout = windows.lay_out(series, config.windows, config.task.horizon, search_space.reach(config))
    season, task = config.data.season, config.task
    past = Past(series.values, layout.train_end, layout.validation, task.horizon, season, task)
    scale = naive_scale(series.values[:, 0], layout.train_end, season)
    scored = scores(past, layout.validation, past.actual(layout.validation), task.metrics, scale)
    fit = fit_linear(past) if "linear" in scored else None
    tags = {"linear_window": str(fit.window), "linear_penalty": f"{fit.penalty:g}"} if fit else {}
    return Problem(config, series, layout, TASKS[task.kind](task, scale), scored, best(scored, task.objective), tags)


def open_state(problem: Problem, observer: Observer) -> SweepState:
    """The folder of this sweep; says so where it differs from the last one of its study."""
    content = identity(problem.config, problem.series)
    folder = Path(problem.config.tracking.directory).resolve() / "sweeps" / fingerprint(content)
    if not (folder / "sweep.json").exists():
        changed = differences(folder, content)
        if changed:
            study = problem.config.study
            observer.say(f"a new sweep: {', '.join(changed)} changed since the last one of study {study!r}")
    return SweepState(folder)


def _run_trials(
    problem: Problem,
    state: SweepState,
    executor: Executor,
    tracker: Tracker,
    observer: Observer,
    make_job: MakeJob,
) -> tuple[str, int]:
    """Run what is left of the sweep; returns why nothing more is proposed, and how many trials ran."""
    config = problem.config
    kept = state.records()
    with trial.without_start_up_notes():  # KerasTuner imports TensorFlow
        tuner = make_tuner(config, state.tuner)
    running = {proposal.trial_id for proposal in tuner.running()}
    tracker.log_sweep(
        {f"{name}_{metric}": value for name, row in problem.baselines.items() for metric, value in row.items()},
        {"best_baseline": problem.best_baseline or "none", **problem.baseline_tags},
    )
    executor.open(make_job(config, problem.series, problem.layout, problem.task))
    loop = Loop(config, state, tuner, executor, tracker, observer, kept, problem.reference)
    finished = [record for trial_id, record in kept.items() if trial_id not in running]
    observer.begin(plan(config).trials, finished, executor.capacity)
    try:
        return loop.run(), loop.trained
    finally:
        observer.finish()


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
    missing = state.records().items()
    recorded = tracker.recorded()
    for trial_id, record in missing:
        if trial_id not in recorded:
            tracker.end_trial(record)
    tracker.close(status)


def _outcome(
    problem: Problem, state: SweepState, reason: str, trained: int, seconds: float, tracker: Tracker
) -> Outcome:
    return Outcome(
        config=problem.config,
        name=_name(problem.config, state),
        fingerprint=state.folder.name,
        folder=state.folder,
        series=problem.series.name,
        target=problem.series.target,
        records=tuple(state.records().values()),
        baselines=problem.baselines,
        best_baseline=problem.best_baseline,
        reason=reason,
        trained=trained,
        seconds=seconds,
        tracking_seconds=tracker.seconds,
        disk=state.size(),
    )


def _summarise(outcome: Outcome, tracker: Tracker) -> None:
    """The figures of the whole sweep, on its own run."""
    done = outcome.ranked
    metrics = {"trials": float(len(outcome.records)), "failed": float(len(outcome.records) - len(done))}
    tags = {"ended_because": outcome.reason}
    if done:
        metrics[best_name(outcome.objective)] = done[0].metrics[outcome.objective]
        if "val_skill" in done[0].metrics:
            metrics["val_skill"] = done[0].metrics["val_skill"]
        tags["best_trial"] = done[0].name
    if outcome.trained:
        metrics |= {"seconds": outcome.seconds, "seconds_tracking": outcome.tracking_seconds}
    tracker.log_sweep(metrics, tags)


def _name(config: SweepConfig, state: SweepState) -> str:
    """`random-12 3f0a`: what a list of runs has room for; the study is the experiment's name."""
    budget = f"-{config.tuner.max_trials}" if config.tuner.max_trials else ""
    return f"{config.tuner.kind}{budget} {state.folder.name[:4]}"


def _sweep_record(problem: Problem, state: SweepState) -> SweepRecord:
    config, series = problem.config, problem.series
    return SweepRecord(
        study=config.study,
        question=config.question,
        name=_name(config, state),
        fingerprint=state.folder.name,
        config_yaml=to_yaml(config),
        params={
            "tuner": config.tuner.kind,
            "max_trials": config.tuner.max_trials,
            "epochs": config.trial.epochs,
            "seed": config.seed,
            "data": series.name,
            "target": series.target,
            "rows": series.rows,
            "horizon": config.task.horizon,
        },
        tags={"data_sha256": series.sha256, **lineage()},
        objective=f"val_{config.task.objective}",
    )
