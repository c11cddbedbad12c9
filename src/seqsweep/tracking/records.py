"""What a sweep tells its tracker: plain frozen values, and the interface that every tracker has."""

from __future__ import annotations

import math
import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

Value = str | int | float | bool | None
TrialStatus = Literal["RUNNING", "COMPLETED", "FAILED"]
SweepStatus = Literal["FINISHED", "FAILED", "KILLED"]
RunKind = Literal["trial", "final"]
"""A trial of the search, or one of its best trained again."""

EpochPoint = tuple[int, Mapping[str, float], float]
"""Epoch (counted from 1), its metrics, and when it ended in seconds since 1970."""

RUN_STATUS = {"COMPLETED": "FINISHED", "FAILED": "FAILED"}
"""What MLflow calls the end of a trial."""

NOTE = "mlflow.note.content"
"""The tag that MLflow shows as the description of a run or an experiment."""

PARENT = "mlflow.parentRunId"
"""The tag that nests a run in another."""

LOG_RATE = "log10_lr"
"""The parameter that a run has beside `learning_rate`, see `plain_params`."""

LONGEST_NAME = 250  # characters; MLflow's limit


def check_names(names: Iterable[str], kind: str) -> None:
    """Nothing, if the store takes every one of `names`.

    Checked here and not by the store, so that a bad name shows with any tracker and before the first write.

    Raises:
        ValueError: a name is empty, too long, looks like a path that leads elsewhere, or holds a character
            other than letters, digits, blanks and `_ - . / :`.
    """
    for name in names:
        if not re.fullmatch(r"[\w\-. /:]+", name):
            raise ValueError(f"{kind} {name!r}: a name holds letters, digits, blanks and _ - . / : alone")
        path = posixpath.normpath(name)
        if path != name or path.startswith(("/", "..")) or path == ".":
            raise ValueError(f"{kind} {name!r}: the store would read this name as the path {path!r}")
        if len(name) > LONGEST_NAME:
            raise ValueError(f"{kind} {name!r}: a name has at most {LONGEST_NAME} characters, not {len(name)}")


@dataclass(frozen=True)
class SweepRecord:
    """One sweep, for its parent run.

    Args:
        study: the experiment.
        question: what the study asks, in one sentence.
        name: of the run; some 14 characters show in the UI.
        fingerprint: what makes two launches the same sweep; its parent run is found by it.
        config_yaml: the composed config.
        objective: the final metric of a trial that the sweep ranks by; empty: none, and no best is shown.
        started: seconds since 1970; None: when the store is open, which may be after the first trials.
    """

    study: str
    question: str
    name: str
    fingerprint: str
    config_yaml: str
    params: Mapping[str, Value] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    objective: str = ""
    lower_is_better: bool = True
    started: float | None = None

    def __post_init__(self) -> None:
        """Refuse what no store would take."""
        check_names(self.params, "parameter")
        check_names(self.tags, "tag")


@dataclass(frozen=True)
class TrialRecord:
    """One trial, for a run nested in its sweep's.

    Args:
        name: of the run: `13 GRU 32x2`.
        metrics: final figures, in the unit of the data.
        curve: what each epoch gave.
        started: seconds since 1970, and likewise `ended`; None: now.
        detail: a traceback; kept as an artifact.
    """

    trial_id: str
    number: int
    name: str
    status: TrialStatus
    params: Mapping[str, Value] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    curve: tuple[EpochPoint, ...] = ()
    started: float | None = None
    ended: float | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    detail: str = ""
    kind: RunKind = "trial"

    def __post_init__(self) -> None:
        """Refuse what no store would take."""
        check_names(self.params, "parameter")
        check_names(self.metrics, "metric")
        check_names(self.tags, "tag")
        for _, metrics, _ in self.curve:
            check_names(metrics, "metric")


class Tracker(Protocol):
    """Where the runs of a sweep are kept; all calls come from one thread of the sweep's own process.

    A tracker is a picture of the sweep's state: whatever it is told twice, it keeps once, so that a resumed
    sweep may tell it everything again. After `open`, no method lets a store that is away stop the sweep.
    """

    @property
    def seconds(self) -> float:
        """Spent inside the tracker: what tracking costs the sweep."""

    def open(self, sweep: SweepRecord) -> None:
        """Find or make the run of this sweep; what a killed process left running counts as killed.

        Raises:
            TrackingError: the store cannot be reached, or is none.
        """

    def poll(self) -> None:
        """Do what is due; called at least once a second while trials run.

        Raises:
            TrackingError: a store that answered `open` turns out to be none.
        """

    def recorded(self) -> set[str]:
        """Ids of the trials that the store holds with their result; asking ends a pause after an outage."""

    def start_trial(self, trial: TrialRecord) -> None:
        """Show the trial as running; one that ran before without a result counts as killed."""

    def log_epoch(self, trial_id: str, epoch: int, metrics: Mapping[str, float], at: float) -> None:
        """One point of each curve; `at` is in seconds since 1970."""

    def end_trial(self, trial: TrialRecord) -> None:
        """The trial's result, whether its start was told here or not."""

    def log_sweep(self, metrics: Mapping[str, float], tags: Mapping[str, str]) -> None:
        """Figures of the whole sweep: baselines, the best score, totals. The last value told stands."""

    def summarise(self, markdown: str) -> None:
        """What the sweep found, as the description of its run; it begins with a plain sentence."""

    def log_text(self, text: str, name: str) -> None:
        """A text as the file `name` of the sweep's run."""

    def log_file(self, path: Path, folder: str) -> None:
        """A copy of a file in `folder` of the sweep's run."""

    def log_model(self, folder: Path, params: Mapping[str, Value]) -> None:
        """The packaged winner in `folder`, as a logged model of the sweep's run with the winner's parameters."""

    def close(self, status: SweepStatus) -> None:
        """End the sweep's run; trials still running count as killed.

        Raises:
            TrackingError: the store is away and lacks something that the sweep's own state holds.
        """


def plain(value: Value) -> str:
    """`value` as a YAML file would spell it: `null`, `true`, `0.001`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def plain_params(params: Mapping[str, Value]) -> dict[str, str]:
    """Parameters as text, with `log10_lr` beside `learning_rate`.

    Charts of parallel coordinates have linear axes, on which all small rates fall together.
    """
    texts = {name: plain(value) for name, value in params.items()}
    rate = params.get("learning_rate")
    if isinstance(rate, int | float) and rate > 0:
        texts[LOG_RATE] = str(round(math.log10(rate), 4))
    return texts


def best_name(metric: str) -> str:
    """The name that a trial's and its sweep's best value of `metric` share, so that one column shows both."""
    return f"best_{metric}"


def final_metrics(trial: TrialRecord, objective: str, curves: Iterable[str]) -> dict[str, float]:
    """A trial's final metrics, `best_NAME` for the objective and for each that has a curve.

    Tables show the last value of a curve, and that is seldom the best.
    """
    told = {objective, *curves}
    return {best_name(name) if name in told else name: value for name, value in trial.metrics.items()}
