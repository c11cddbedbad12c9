"""Trackers that write nothing to disk: one keeps runs in lists, one keeps none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from seqsweep.tracking.mlflow_spelling import (
    METRICS,
    NOTE,
    RUN_STATUS,
    check_names,
    check_trial,
    metrics_file,
    plain_params,
    split_finite,
    sweep_metrics,
    trial_metrics,
    trial_params,
    trial_tags,
)
from seqsweep.words import short_name

if TYPE_CHECKING:
    from seqsweep.events import Epoch
    from seqsweep.records import TrialRecord, Value
    from seqsweep.tracking.interface import NumberedEvaluation, SweepRecord, SweepStatus


class NullTracker:
    """Keeps nothing but which trials ended, so that a sweep need not ask whether it is tracked."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._ended: set[str] = set()

    def open(self, sweep: SweepRecord) -> None:
        """Nothing."""

    def poll(self) -> None:
        """Nothing."""

    def recorded(self) -> set[str]:
        """Ids of the trials that ended."""
        return set(self._ended)

    def evaluations(self, sha256: str) -> dict[str, NumberedEvaluation]:
        """None."""
        del sha256
        return {}

    def start_trial(self, trial: TrialRecord) -> None:
        """Nothing."""

    def log_epoch(self, trial_id: str, epoch: Epoch) -> None:
        """Nothing."""

    def end_trial(self, trial: TrialRecord) -> None:
        """Remember the id."""
        self._ended.add(trial.trial_id)

    def tag_trial(self, trial_id: str, tags: Mapping[str, str]) -> None:
        """Nothing."""

    def log_sweep(self, metrics: Mapping[str, float], tags: Mapping[str, str]) -> None:
        """Nothing."""

    def pages(self, *, wait: bool = True) -> tuple[str, Mapping[str, str]]:  # noqa: ARG002
        """None."""
        return "", {}

    def summarise(self, markdown: str) -> None:
        """Nothing."""

    def log_text(self, text: str, name: str) -> None:
        """Nothing."""

    def log_model(self, folder: Path, params: Mapping[str, Value]) -> None:
        """Nothing."""

    def close(self, status: SweepStatus) -> None:
        """Nothing."""


@dataclass
class MemoryRun:
    """One run, as a store would hold it."""

    name: str
    status: str
    params: dict[str, str]
    tags: dict[str, str]
    metrics: dict[str, float] = field(default_factory=dict)
    curve: dict[int, Epoch] = field(default_factory=dict)  # by epoch
    artifacts: dict[str, str] = field(default_factory=dict)  # a file's text by its path

    def add(self, metrics: Mapping[str, float]) -> None:
        """Take numbers as metrics, NaN and infinity as tags, as the MLflow tracker does."""
        numbers, oddities = split_finite(metrics)
        self.metrics.update(numbers)
        self.tags.update(oddities)


class MemoryTracker:
    """Keeps every run in lists: `sweeps` by fingerprint, `trials` in the order of their starts."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.sweeps: dict[str, MemoryRun] = {}
        self.trials: list[MemoryRun] = []
        self._sweep: SweepRecord | None = None

    def open(self, sweep: SweepRecord) -> None:
        """Find or make the run of this sweep."""
        self._sweep = sweep
        tags = {"kind": "sweep", "sweep": sweep.fingerprint, **sweep.tags}
        run = self.sweeps.setdefault(
            sweep.fingerprint, MemoryRun(sweep.name, "RUNNING", plain_params(sweep.params), tags)
        )
        run.status = "RUNNING"
        run.artifacts["config.yaml"] = sweep.config_yaml
        self._kill_running()

    def poll(self) -> None:
        """Nothing: all is kept at once."""

    def recorded(self) -> set[str]:
        """Ids of the trials that have a result."""
        return {run.tags["trial_id"] for run in self._children() if run.status in RUN_STATUS.values()}

    def evaluations(self, sha256: str) -> dict[str, NumberedEvaluation]:
        """None: no other machine sees these lists."""
        del sha256
        return {}

    def start_trial(self, trial: TrialRecord) -> None:
        """Show the trial as running."""
        check_trial(trial)
        if trial.trial_id in self.recorded():
            return
        for run in self._children(trial.trial_id, "RUNNING"):
            run.status = "KILLED"
        self._add(trial)

    def log_epoch(self, trial_id: str, epoch: Epoch) -> None:
        """One point of each curve."""
        check_names(epoch.metrics, "metric")
        for run in self._children(trial_id, "RUNNING"):
            run.curve[epoch.epoch] = epoch

    def end_trial(self, trial: TrialRecord) -> None:
        """The trial's result."""
        check_trial(trial)
        status = RUN_STATUS[trial.status]
        if self._children(trial.trial_id, status):
            return
        for run in self._children(trial.trial_id, *RUN_STATUS.values()):
            run.status = "KILLED"  # the sweep's state is right, and it says otherwise
        run = next(iter(self._children(trial.trial_id, "RUNNING")), None) or self._add(trial)
        run.status = status
        for epoch in trial.curve:
            run.curve.setdefault(epoch.epoch, epoch)
        run.tags.update(trial_tags(trial))
        curves = {name for epoch in run.curve.values() for name in epoch.metrics}
        run.add(trial_metrics(trial, self._opened.objective, curves))
        if trial.detail:
            run.artifacts["traceback.txt"] = trial.detail

    def tag_trial(self, trial_id: str, tags: Mapping[str, str]) -> None:
        """What is known of a trial only when others have ended."""
        check_names(tags, "tag")
        for run in self._children(trial_id, *RUN_STATUS.values()):
            run.tags.update(tags)

    def log_sweep(self, metrics: Mapping[str, float], tags: Mapping[str, str]) -> None:
        """Figures of the whole sweep."""
        check_names([*metrics, *tags], "name")
        self._parent.tags.update(tags)
        self._parent.add(sweep_metrics(metrics, self._opened.objective))
        told = json.loads(self._parent.artifacts.get(METRICS, "{}"))
        self._parent.artifacts[METRICS] = json.dumps(told | json.loads(metrics_file(metrics)), indent=2)

    def pages(self, *, wait: bool = True) -> tuple[str, Mapping[str, str]]:  # noqa: ARG002
        """None."""
        return "", {}

    def summarise(self, markdown: str) -> None:
        """What the sweep found, as the tag that MLflow shows as a description."""
        self._parent.tags[NOTE] = markdown

    def log_text(self, text: str, name: str) -> None:
        """A text as a file of the sweep's run."""
        self._parent.artifacts[name] = text

    def log_model(self, folder: Path, params: Mapping[str, Value]) -> None:
        """The description of a packaged model among the files of the sweep's run."""
        del params  # lists of runs have no logged models, which would keep them
        self.log_text((folder / "MLmodel").read_text(encoding="utf-8"), f"{folder.name}/MLmodel")

    def close(self, status: SweepStatus) -> None:
        """End the sweep's run."""
        if self._sweep is not None:
            self._kill_running()
            self._parent.status = status

    @property
    def _opened(self) -> SweepRecord:
        if self._sweep is None:
            raise RuntimeError("the tracker is used before it is opened")
        return self._sweep

    @property
    def _parent(self) -> MemoryRun:
        return self.sweeps[self._opened.fingerprint]

    def _children(self, trial_id: str | None = None, *statuses: str) -> list[MemoryRun]:
        return [
            run
            for run in self.trials
            if run.tags["sweep"] == self._opened.fingerprint
            and trial_id in (None, run.tags["trial_id"])
            and (not statuses or run.status in statuses)
        ]

    def _add(self, trial: TrialRecord) -> MemoryRun:
        tags = {**self._opened.marks, **trial_tags(trial)}
        run = MemoryRun(short_name(trial.name), "RUNNING", trial_params(trial), tags)
        self.trials.append(run)
        return run

    def _kill_running(self) -> None:
        for run in self._children(None, "RUNNING"):
            run.status = "KILLED"
