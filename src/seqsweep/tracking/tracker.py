"""The tracker that keeps runs in MLflow, whatever happens to its store meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from seqsweep.errors import TrackingError
from seqsweep.tracking.address import run_page
from seqsweep.tracking.mlflow_runs import SweepRuns
from seqsweep.tracking.mlflow_spelling import METRICS, RUN_STATUS, check_names, check_trial, metrics_file
from seqsweep.tracking.reaching import failures, reaching
from seqsweep.tracking.release import other_release
from seqsweep.tracking.retry_queue import RetryQueue, first_line, kept, takes_no_writes
from seqsweep.tracking.store import open_store

if TYPE_CHECKING:
    from pathlib import Path

    from seqsweep.events import Epoch
    from seqsweep.records import TrialRecord, Value
    from seqsweep.schema import TrackingConfig
    from seqsweep.tracking.interface import NumberedEvaluation, SweepRecord, SweepStatus

RUNNING_EVERY = 5.0  # seconds between two writes of what runs: a write costs 10 ms a trial, and the UI looks less often
RUNNING_SHARE = 0.03  # of the time, that such writes may take: of many short trials each is then written once, whole
DESCRIPTION_EVERY = 10.0  # seconds between two of the sweep's description


@dataclass
class _Running:
    """A trial as it was started, its epochs still to write, and the numbers of those written."""

    trial: TrialRecord
    waiting: list[Epoch] = field(default_factory=list)
    written: set[int] = field(default_factory=set)


class MlflowTracker:
    """Keeps runs in the MLflow store that `config` names; every write goes through a queue of retries.

    Args:
        warn: told once when the store goes away, once when it is back.
        clock: seconds that never run backwards.
    """

    def __init__(
        self,
        config: TrackingConfig,
        warn: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.seconds = 0.0
        self._config = config
        self._warn = warn
        self._clock = clock
        self._store: tuple[SweepRuns, RetryQueue] | None = None  # once open
        self._name = ""
        self._shared = False  # the store may have sweeps of other machines
        self._running: dict[str, _Running] = {}  # by trial id
        self._running_due = 0.0  # on the clock
        self._description_due = 0.0
        self._has_view = False
        self._metrics: dict[str, float] = {}  # of the sweep
        self._tags: dict[str, str] = {}

    def open(self, sweep: SweepRecord) -> None:
        """Find or make the sweep's run; what a killed process left RUNNING becomes KILLED.

        Raises:
            TrackingError: the store does not answer within seconds, is no store, or cannot be written.
        """
        began = time.thread_time()  # of CPU: where this runs in a thread of its own, nobody waits for it
        place, client = open_store(self._config)
        with reaching(place):
            runs = SweepRuns(client, place.artifacts, sweep)
            runs.text(sweep.config_yaml, "config.yaml")
            runs.describe({}, {})
        self._name, self._shared = str(place), place.database is None
        self._store = runs, RetryQueue(self._name, failures(), self._warn, self._clock)
        self.seconds += time.thread_time() - began
        if place.server and (told := other_release(place)):
            self._warn(told)
        if runs.experiment_restored:
            self._warn(f"the experiment {sweep.experiment} was deleted in MLflow; it is restored, with its runs")

    def poll(self) -> None:
        """Write starts and epochs that are due, and what waits for a store that was away."""
        with self._writing() as (_, queue):
            if self._clock() >= self._running_due:
                self._write_running()
            queue.flush()

    def recorded(self) -> set[str]:
        """Ids of the trials whose result is in the store."""
        with self._writing() as (runs, queue):
            queue.retry_soon()
            return runs.recorded()

    def evaluations(self, sha256: str) -> Mapping[str, NumberedEvaluation]:
        """The last test evaluation of each sweep on some data, by fingerprint, in a shared store."""
        with self._writing() as (runs, _):
            if not self._shared:
                return {}
            try:
                return runs.evaluations(sha256)
            except failures() as error:
                self._warn(
                    f"{self._name} does not answer ({first_line(error)}): this evaluation on the test part is numbered "
                    "without those of other machines"
                )
                return {}

    def start_trial(self, trial: TrialRecord) -> None:
        """A nested run with the trial's parameters, made with the next epochs that are due.

        A trial that ends before then is written once, as a whole. An earlier run without a result becomes KILLED.
        """
        check_trial(trial)
        with self._writing() as (runs, _):
            child = runs.children.get(trial.trial_id)
            if child is not None and child.status in RUN_STATUS.values():
                return
            self._give_up(trial.trial_id, "the trial was started again")
            started = replace(trial, started=time.time() if trial.started is None else trial.started)
            self._running[trial.trial_id] = _Running(started)

    def log_epoch(self, trial_id: str, epoch: Epoch) -> None:
        """One point of each curve, written with others every couple of seconds."""
        check_names(epoch.metrics, "metric")
        with self._writing():
            if trial_id not in self._running:
                return
            self._running[trial_id].waiting.append(epoch)
            if self._clock() >= self._running_due:
                self._write_running()

    def end_trial(self, trial: TrialRecord) -> None:
        """The trial's result, in the run that its start made or in a new one with the times of the trial."""
        check_trial(trial)
        with self._writing() as (runs, queue):
            key = f"trial {trial.trial_id}"
            if key in queue.waiting():  # told before, with all its epochs
                queue.flush()
                return
            child = runs.children.get(trial.trial_id)
            if child and child.status == RUN_STATUS[trial.status]:
                return
            if child and child.status != "RUNNING":  # the sweep's own state is right, and it says otherwise
                self._give_up(trial.trial_id, "the trial ran again, and ended otherwise")
            queue.drop(f"start of {trial.trial_id}", f"epochs of {trial.trial_id}")
            told = self._running.pop(trial.trial_id, None) or _Running(trial)
            known = told.written | {point.epoch for point in told.waiting}
            points = told.waiting + [point for point in trial.curve if point.epoch not in known]
            ended = replace(trial, ended=time.time() if trial.ended is None else trial.ended)
            queue.put(key, partial(runs.finish, ended, points))
            due = self._clock() >= self._description_due
            if due:
                queue.put("sweep", self._describe)
                self._description_due = self._clock() + DESCRIPTION_EVERY
            if trial.status == "COMPLETED" and (due or not self._has_view):  # of the first trial alone nothing differs
                queue.put("view", runs.save_view)
                self._has_view = True

    def tag_trial(self, trial_id: str, tags: Mapping[str, str]) -> None:
        """What is known of a trial only when others have ended."""
        check_names(tags, "tag")
        with self._writing() as (runs, queue):
            queue.put(f"tags of {trial_id}", partial(runs.tag, trial_id, tags))

    def log_sweep(self, metrics: Mapping[str, float], tags: Mapping[str, str]) -> None:
        """Figures of the whole sweep: the chief ones at once, all of them as a file when the tracker is closed."""
        check_names(metrics, "metric")
        check_names(tags, "tag")
        self._metrics |= metrics
        self._tags |= tags
        with self._writing() as (_, queue):
            queue.put("sweep", self._describe)

    def pages(self, *, wait: bool = True) -> tuple[str, Mapping[str, str]]:  # noqa: ARG002
        """Paths in MLflow's UI: that of the sweep's run, and those of trials by id."""
        if self._store is None:
            return "", {}
        runs = self._store[0]
        experiment, parent = runs.address
        known = {trial: child.run_id for trial, child in runs.children.items()}
        return run_page(experiment, parent), {trial: run_page(experiment, run) for trial, run in known.items()}

    def summarise(self, markdown: str) -> None:
        """What the sweep found, as the description of its run."""
        with self._writing() as (runs, queue):
            runs.summary = markdown
            queue.put("sweep", self._describe)

    def log_text(self, text: str, name: str) -> None:
        """A text as the file `name` of the sweep's run."""
        with self._writing() as (runs, queue):
            queue.put(f"file {name}", partial(runs.text, text, name))

    def log_model(self, folder: Path, params: Mapping[str, Value]) -> None:
        """The packaged winner as a logged model of the sweep's run; a package that is there is not copied again."""
        with self._writing() as (runs, queue):
            queue.put("model", partial(runs.model, folder, params))

    def close(self, status: SweepStatus) -> None:
        """End the sweep's run; trials still running become KILLED.

        Raises:
            TrackingError: the store is away and lacks something.
        """
        if self._store is None:
            return
        with self._writing() as (runs, queue):
            queue.retry_soon()
            self._write_running()
            queue.put("view", runs.save_view)
            queue.put("sweep", self._describe)
            if self._metrics:
                queue.put(f"file {METRICS}", partial(runs.text, metrics_file(self._metrics), METRICS))
            queue.put("end", partial(runs.terminate, status))
            missing = queue.waiting()
        if missing:
            trials = sum(key.startswith("trial ") for key in missing)
            what = f"the results of {trials} trials" if trials else ", ".join(missing)
            away = takes_no_writes(self._name, queue.reason)
            raise TrackingError(f"{away} and lacks {what}; {kept(away)}", away=away)
        runs.keep()
        self._store = None

    def _describe(self) -> None:
        runs, _ = self._opened()
        runs.describe(self._metrics, self._tags)

    def _write_running(self) -> None:
        runs, queue = self._opened()
        began = time.thread_time()
        for trial_id, running in self._running.items():
            if trial_id not in runs.children:
                queue.put(f"start of {trial_id}", partial(runs.start, running.trial))
            if running.waiting:
                queue.put(f"epochs of {trial_id}", partial(self._write_epochs, runs, running))
        self._running_due = self._clock() + max(RUNNING_EVERY, (time.thread_time() - began) / RUNNING_SHARE)

    def _write_epochs(self, runs: SweepRuns, running: _Running) -> None:
        trial_id = running.trial.trial_id
        if trial_id not in runs.children:  # its start still waits; `end_trial` writes the whole curve
            return
        points = list(running.waiting)
        runs.add_epochs(trial_id, points)
        running.written |= {point.epoch for point in points}
        running.waiting = running.waiting[len(points) :]

    def _give_up(self, trial_id: str, reason: str) -> None:
        runs, queue = self._opened()
        child = runs.children.pop(trial_id, None)
        if child is not None:
            queue.put(f"killed run {child.run_id}", partial(runs.kill, child.run_id, reason))

    def _opened(self) -> tuple[SweepRuns, RetryQueue]:
        if self._store is None:
            raise RuntimeError("the tracker is used before it is opened, or after it is closed")
        return self._store

    @contextmanager
    def _writing(self) -> Iterator[tuple[SweepRuns, RetryQueue]]:
        with self._timed():
            yield self._opened()

    @contextmanager
    def _timed(self) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds += time.perf_counter() - began
