"""What the search of a sweep came to, and its file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

from seqsweep.config import from_yaml
from seqsweep.errors import ConfigError, StateError
from seqsweep.metrics import Metric
from seqsweep.objectives import Objectives
from seqsweep.records import TrialRecord
from seqsweep.schema import SweepConfig
from seqsweep.search.owner import read_owner
from seqsweep.search.sweep_state import CONFIG, SweepState
from seqsweep.state_files import MEND, read_state, write_state
from seqsweep.tasks import find_metric, objectives_of

OUTCOME = "outcome.json"
BEGUN = "begun.json"
"""The same of a search that goes on: its reason is empty."""


@dataclass(frozen=True)
class OutcomeFile:
    """What its own file says of a search that came to its end.

    Args:
        name: of its run.
        fingerprint: its identity.
        data: the name of the data and its target, for headings; `rows` and `sha256` are of its content.
        measure: what a score is a score of; sweeps whose measures differ cannot be compared.
        baselines: metrics of each baseline on the validation targets, in the unit of the data.
        best_baseline: the best baseline by the objective; None where there is none.
        reason: why nothing more was tried: `12 of 12 trials`.
        trained: trials that this launch ran; the others were there before.
        seconds: wall time of this launch.
        search_seconds: of it, inside the tuner; `tracking_seconds` inside the tracker.
        disk: bytes that the sweep's state takes.
        lineage: versions, platform and commit of this launch.
        prior: which trials of earlier sweeps it began with, in a sentence; empty: it was not asked to.
    """

    name: str
    fingerprint: str
    data: str
    target: str
    rows: int
    sha256: str
    measure: str
    baselines: Mapping[str, Mapping[str, float]]
    best_baseline: str | None
    reason: str
    trained: int
    seconds: float
    search_seconds: float
    tracking_seconds: float
    disk: int
    lineage: Mapping[str, str]
    prior: str


@dataclass(frozen=True)
class Outcome(OutcomeFile):
    """All that a search came to.

    Args:
        config: of the sweep.
        folder: its state.
        records: finished trials by number.
    """

    config: SweepConfig
    folder: Path
    records: tuple[TrialRecord, ...]

    @property
    def directory(self) -> Path:
        """`tracking.directory`, wherever it lies now."""
        return self.folder.parents[1]

    @property
    def metric(self) -> Metric:
        """The metric that ranks trials."""
        return find_metric(self.config.task.kind, self.config.task.objective)

    @property
    def metrics(self) -> list[Metric]:
        """All metrics, the one that ranks first."""
        kind, names = self.config.task.kind, self.config.task.metrics
        return [self.metric, *(find_metric(kind, name) for name in names if name != self.metric.name)]

    @property
    def objective(self) -> str:
        """Its name on validation: `val_mae`."""
        return f"val_{self.config.task.objective}"

    @property
    def objectives(self) -> Objectives:
        """All that trials are judged by, the metric that ranks first."""
        return objectives_of(self.config)

    @cached_property
    def front(self) -> list[TrialRecord]:
        """The completed trials that no other beats in all objectives, in the order of their ranks.

        Empty where there is but one objective.
        """
        return self.objectives.front(self.ranked)

    def skill(self, score: float) -> float | None:
        """How far a score by the objective is ahead of the best baseline's; None: no baseline was scored."""
        if self.best_baseline is None:
            return None
        return self.metric.skill(score, self.baselines[self.best_baseline][self.metric.name])

    @cached_property
    def ranked(self) -> list[TrialRecord]:
        """Completed trials, best first; those that were pruned have fewer epochs, and no rank."""
        done = [record for record in self.records if record.status == "COMPLETED"]
        return sorted(done, key=lambda record: (self.metric.cost(record.metrics[self.objective]), record.number))


def save_outcome(outcome: Outcome, name: str = OUTCOME) -> None:
    """Keep what the other files of the sweep do not say.

    Args:
        outcome: of the search.
        name: of the file: BEGUN while it goes on.

    Raises:
        StateError: the disk refuses.
    """
    write_state(outcome.folder / name, {field.name: getattr(outcome, field.name) for field in fields(OutcomeFile)})


def is_kept(folder: Path) -> bool:
    """Whether there is an outcome that can be read."""
    try:
        read_state(folder / OUTCOME, OutcomeFile)
    except StateError:
        return False
    return True


def load_outcome(folder: Path, *, begun: bool = False) -> Outcome | None:
    """The outcome of the sweep in `folder`; None: its search has not ended yet.

    Args:
        folder: of the sweep.
        begun: that of a search which goes on will do; None: it has not begun.

    Raises:
        StateError: a file is truncated or foreign.
    """
    file = next((folder / name for name in (OUTCOME, *([BEGUN] if begun else [])) if (folder / name).exists()), None)
    if file is None:
        return None
    kept = read_state(file, OutcomeFile)
    records = tuple(SweepState(folder).records().values())
    return Outcome(**vars(kept), config=load_config(folder), folder=folder, records=records)


def load_config(folder: Path) -> SweepConfig:
    """The config that the sweep in `folder` was launched with last.

    Raises:
        StateError: it cannot be read, is truncated, or of another version.
    """
    file = folder / CONFIG
    try:
        text = file.read_text(encoding="utf-8")
        # What is left of a truncated one may be a config all the same, and another one: its last line is whole.
        return from_yaml(text if text.endswith("\n") else "")
    except OSError as error:
        raise StateError(f"{file}: cannot read the config of this sweep ({error.strerror}); {MEND}") from error
    except (UnicodeDecodeError, ConfigError) as error:
        raise StateError(f"{file}: this is truncated, damaged or of another version; {MEND}") from error


def is_running(folder: Path) -> bool:
    """Whether a process owns the sweep in `folder`: one of this machine that lives, or one of another machine."""
    try:
        return read_owner(folder / "owner").may_run()
    except (OSError, ValueError):  # nobody owns it, or is about to write down who does
        return False
