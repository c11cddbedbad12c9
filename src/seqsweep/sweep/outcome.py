"""What the search of a sweep came to, and its file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from seqsweep.config import from_yaml
from seqsweep.errors import StateError
from seqsweep.records import TrialRecord
from seqsweep.schema import SweepConfig
from seqsweep.sweep.sweep_state import SweepState, read_json, write_json

OUTCOME = "outcome.json"
ELSEWHERE = ("config", "folder", "records")  # in files of their own


@dataclass(frozen=True)
class Outcome:
    """A sweep that came to its end.

    Args:
        config: of the sweep.
        name: of its run.
        fingerprint: its identity.
        folder: its state.
        series: the name of the series and its target, for headings; `rows` and `sha256` are of its content.
        records: finished trials by number.
        baselines: metrics of each baseline on the validation targets, in the unit of the data.
        best_baseline: the baseline with the least error by the objective; None where there is none.
        reason: why nothing more was tried: `12 of 12 trials`.
        trained: trials that this launch ran; the others were there before.
        seconds: wall time of this launch.
        search_seconds: of it, inside the tuner; `tracking_seconds` inside the tracker.
        disk: bytes that the sweep's state takes.
        lineage: versions, platform and commit of this launch.
    """

    config: SweepConfig
    name: str
    fingerprint: str
    folder: Path
    series: str
    target: str
    rows: int
    sha256: str
    records: tuple[TrialRecord, ...]
    baselines: Mapping[str, Mapping[str, float]]
    best_baseline: str | None
    reason: str
    trained: int
    seconds: float
    search_seconds: float
    tracking_seconds: float
    disk: int
    lineage: Mapping[str, str]

    @property
    def objective(self) -> str:
        """The metric that ranks trials: `val_mae`."""
        return f"val_{self.config.task.objective}"

    @property
    def ranked(self) -> list[TrialRecord]:
        """Completed trials, best first."""
        done = [record for record in self.records if record.status == "COMPLETED"]
        return sorted(done, key=lambda record: (record.metrics[self.objective], record.number))


def save_outcome(outcome: Outcome) -> None:
    """Keep what the other files of the sweep do not say.

    Raises:
        StateError: the disk refuses.
    """
    names = [field.name for field in fields(Outcome) if field.name not in ELSEWHERE]
    write_json(outcome.folder / OUTCOME, {name: getattr(outcome, name) for name in names})


def load_outcome(folder: Path) -> Outcome | None:
    """The outcome of the sweep in `folder`; None: its search has not ended yet.

    Raises:
        StateError: a file is truncated or foreign.
    """
    if not (folder / OUTCOME).exists():
        return None
    content: dict[str, Any] = read_json(folder / OUTCOME)
    records = tuple(SweepState(folder).records().values())
    try:
        config = from_yaml((folder / "config.yaml").read_text(encoding="utf-8"))
        return Outcome(config=config, folder=folder, records=records, **content)
    except (OSError, TypeError) as error:
        raise StateError(f"{folder / OUTCOME}: this is no outcome of a sweep ({error}); move it away") from error
