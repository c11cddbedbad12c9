"""What a sweep tells its tracker of itself, and the interface that every tracker has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

from seqsweep.events import Epoch
from seqsweep.records import TrialRecord, Value
from seqsweep.tracking.mlflow_spelling import EVALUATED_AT, EVALUATION, check_names
from seqsweep.tracking.view import OF_SWEEP


def experiment_name(study: str, data: str) -> str:
    """The experiment of a study and the data set that it learns from.

    Args:
        study: its name.
        data: the name of the data; empty: it has none.
    """
    return f"{study}: {data}" if data else study


SweepStatus = Literal["FINISHED", "FAILED", "KILLED"]


@dataclass(frozen=True)
class LoggedDataset:
    """A part of what a sweep learns from, as the store lists it.

    Args:
        name: of the data.
        sha256: of its content.
        rows: of its source.
        part: `train`, `validation`, `test`.
        items: in this part: forecasts, rows of a table, texts.
        source: where it comes from: a file, a URL, or words.
    """

    name: str
    sha256: str
    rows: int
    part: str
    items: int
    source: str


@dataclass(frozen=True)
class SweepRecord:
    """One sweep, for its parent run.

    Args:
        study: its name.
        question: what the study asks, in one sentence.
        name: of the run; some 14 characters show in the UI.
        fingerprint: what makes two launches the same sweep; its parent run is found by it.
        config_yaml: the composed config.
        objective: the final metric of a trial that the sweep ranks by; empty: none, and no best is shown.
        started: seconds since 1970; None: when the store is open, which may be after the first trials.
        data: the name of what is learned from: scores of several data sets are not ranked together.
        datasets: its parts.
        folder: its own, where a tracker may keep what it knows of its runs; None: it keeps nothing.
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
    data: str = ""
    datasets: tuple[LoggedDataset, ...] = ()
    folder: Path | None = None

    @property
    def experiment(self) -> str:
        """The name of the experiment, one a study and data set: `quickstart: sunspots`."""
        return experiment_name(self.study, self.data)

    @property
    def marks(self) -> dict[str, str]:
        """Tags of its trials, by which a table of trials tells several sweeps apart."""
        shown = {name: str(self.params[name]) for name in OF_SWEEP if name in self.params}
        return {"sweep": self.fingerprint, **shown}

    def __post_init__(self) -> None:
        """Refuse what no store would take."""
        check_names(self.params, "parameter")
        check_names(self.tags, "tag")


class NumberedEvaluation(NamedTuple):
    """A test evaluation as a shared store has it."""

    number: int
    at: float  # seconds since 1970, on the clock of the machine that made it; whole, 0 where the store has none


def numbered(tags: Iterable[Mapping[str, str]]) -> dict[str, NumberedEvaluation]:
    """The evaluations of sweeps by fingerprint, from the tags of their runs; those that made none are left out."""
    made = [of for of in tags if EVALUATION in of]
    return {of["sweep"]: NumberedEvaluation(int(of[EVALUATION]), float(of.get(EVALUATED_AT, 0))) for of in made}


class Tracker(Protocol):
    """Where the runs of a sweep are kept; all calls come from one thread of the sweep's own process.

    A tracker is a picture of the sweep's state: whatever it is told twice, it keeps once, so that a resumed
    sweep may tell it everything again. After `open`, no method lets a store that is away stop the sweep.
    """

    @property
    def seconds(self) -> float:
        """That the sweep waited for the tracker: what tracking costs it."""

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

    def evaluations(self, sha256: str) -> Mapping[str, NumberedEvaluation]:
        """The last test evaluation of each sweep on some data, by fingerprint, in a store that is shared.

        Args:
            sha256: of the data.

        Returns:
            Nothing where the store is of this machine alone, whose folders say it themselves, or away.
        """

    def start_trial(self, trial: TrialRecord) -> None:
        """Show the trial as running; one that ran before without a result counts as killed."""

    def log_epoch(self, trial_id: str, epoch: Epoch) -> None:
        """One point of each curve of a running trial.

        Args:
            trial_id: of a trial whose start was told.
            epoch: its metrics become a point each, at its number as the step.
        """

    def end_trial(self, trial: TrialRecord) -> None:
        """The trial's result, whether its start was told here or not."""

    def tag_trial(self, trial_id: str, tags: Mapping[str, str]) -> None:
        """What is known of a trial only when others have ended.

        Args:
            trial_id: of a trial whose end was told.
            tags: of its run; the last value told stands.
        """

    def log_sweep(self, metrics: Mapping[str, float], tags: Mapping[str, str]) -> None:
        """Figures of the whole sweep: baselines, totals, the best trial's objective. The last value told stands.

        Some ten of them are shown, rounded (`mlflow_spelling.OF_A_SWEEP`); a file, `metrics.json`, holds all.

        Args:
            metrics: by name; one of the objective's name is shown as the best trial's.
            tags: of the sweep's run.
        """

    def pages(self, *, wait: bool = True) -> tuple[str, Mapping[str, str]]:
        """Paths in MLflow's UI: that of the sweep's run, and those of trials by id; empty: nothing shows them.

        Args:
            wait: for a store that is being opened.
        """

    def summarise(self, markdown: str) -> None:
        """What the sweep found, as the description of its run; it begins with a plain sentence."""

    def log_text(self, text: str, name: str) -> None:
        """A text as the file `name` of the sweep's run.

        Args:
            text: the whole content.
            name: relative to the run's folder of files.
        """

    def log_model(self, folder: Path, params: Mapping[str, Value]) -> None:
        """The packaged winner in `folder`, as a logged model of the sweep's run with the winner's parameters.

        Args:
            folder: holds a model in MLflow's format.
            params: the winner's hyperparameters.
        """

    def close(self, status: SweepStatus) -> None:
        """End the sweep's run; trials still running count as killed.

        Raises:
            TrackingError: the store is away and lacks something that the sweep's own state holds.
        """
