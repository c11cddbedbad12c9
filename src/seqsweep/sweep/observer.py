"""What a sweep says while it runs; whoever shows it to a person implements this."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from seqsweep.events import Epoch
from seqsweep.schema import SweepConfig
from seqsweep.tracking import TrialRecord


@dataclass(frozen=True)
class Outcome:
    """A sweep that came to its end.

    Args:
        config: of the sweep.
        name: of its run.
        fingerprint: its identity.
        folder: its state.
        series: the name of the series and its target, for headings.
        records: finished trials by number.
        baselines: metrics of each baseline on the validation targets, in the unit of the data.
        best_baseline: the baseline with the least error by the objective; None where there is none.
        reason: why nothing more was tried: `12 of 12 trials`.
        trained: trials that this launch ran; the others were there before.
        seconds: wall time of this launch.
        tracking_seconds: of it, inside the tracker.
        disk: bytes that the sweep's state takes.
    """

    config: SweepConfig
    name: str
    fingerprint: str
    folder: Path
    series: str
    target: str
    records: tuple[TrialRecord, ...]
    baselines: Mapping[str, Mapping[str, float]]
    best_baseline: str | None
    reason: str
    trained: int
    seconds: float
    tracking_seconds: float
    disk: int

    @property
    def objective(self) -> str:
        """The metric that ranks trials: `val_mae`."""
        return f"val_{self.config.task.objective}"

    @property
    def ranked(self) -> list[TrialRecord]:
        """Completed trials, best first."""
        done = [record for record in self.records if record.status == "COMPLETED"]
        return sorted(done, key=lambda record: (record.metrics[self.objective], record.number))


class Observer(Protocol):
    """Told what happens, in the order in which it happens, from one thread."""

    def say(self, text: str) -> None:
        """A sentence for the user."""

    def begin(self, expected: int, finished: Sequence[TrialRecord], workers: int) -> None:
        """Trials are about to run: how many there will be if none fails, which were there before, how many at once."""

    def started(self, trial: TrialRecord) -> None:
        """A trial runs."""

    def epoch(self, trial: TrialRecord, event: Epoch) -> None:
        """One of its epochs ended."""

    def ended(self, trial: TrialRecord, score: float | None) -> None:
        """It ended, with the objective's value or without."""

    def finish(self) -> None:
        """No more trials run; also after an error."""
