"""What a page is made from: all that a sweep left in its folder, and nothing else."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seqsweep import finals
from seqsweep.data.series import Index
from seqsweep.errors import StateError, UserError
from seqsweep.finals import Conclusion, TestEvaluation
from seqsweep.metrics import sort_key
from seqsweep.records import TrialRecord
from seqsweep.serving.array_types import Float64s
from seqsweep.sweep import Outcome, SweepState, load_outcome
from seqsweep.words import in_words, unit_in_words


@dataclass(frozen=True)
class Forecasts:
    """The winner's forecasts of the test part, in the unit of the data.

    Args:
        times: (n, horizon), the index of each target.
        actual: (n, horizon).
        forecast: (n, horizon).
        baseline: (n, horizon), of the best baseline; None: there is none.
    """

    times: Index
    actual: Float64s
    forecast: Float64s
    baseline: Float64s | None

    @property
    def horizon(self) -> int:
        """Rows ahead."""
        return int(self.actual.shape[1])


@dataclass(frozen=True)
class Material:
    """One sweep.

    Args:
        outcome: of its search.
        final_runs: of its finals; empty where there were none.
        conclusion: None where no finals were run.
        forecasts: None where the test part was not read.
    """

    outcome: Outcome
    final_runs: tuple[TrialRecord, ...]
    conclusion: Conclusion | None
    forecasts: Forecasts | None

    @property
    def metric(self) -> str:
        """The objective without its part: `mae`."""
        return self.outcome.config.task.objective

    @property
    def failed(self) -> list[TrialRecord]:
        """Trials of the search that failed."""
        return [record for record in self.outcome.records if record.status == "FAILED"]

    @property
    def evaluation(self) -> TestEvaluation | None:
        """The test evaluation of the winner, if there is one."""
        return self.conclusion.evaluation if self.conclusion else None

    def order(self, score: float) -> float:
        """What sorts scores by the objective best first."""
        return sort_key(self.metric, score)

    def unit(self, metric: str | None = None) -> str:
        """In words, for an axis: `unit of sales`, `%`, or nothing. The data do not name their own unit."""
        return unit_in_words(metric or self.metric, self.outcome.target)

    def axis(self, metric: str | None = None, part: str = "", lead: str = "") -> str:
        """The title of an axis: `mae on validation (unit of sales)`."""
        words = lead + in_words(metric or self.metric) + (f" on {part}" if part else "")
        named = self.unit(metric)
        return f"{words} ({named})" if named else words


def gather(folder: Path) -> Material:
    """All that the sweep in `folder` left.

    Raises:
        UserError: its search has not ended.
        StateError: a file is truncated or foreign.
    """
    outcome = load_outcome(folder)
    if outcome is None:
        raise UserError(f"{folder}: the search of this sweep has not ended; run its command again, then report it")
    runs = tuple(SweepState(folder).records("final").values())
    return Material(outcome, runs, finals.load(folder), _forecasts(folder / finals.ARRAYS))


def _forecasts(file: Path) -> Forecasts | None:
    if not file.exists():
        return None
    try:
        with np.load(file) as arrays:
            actual = arrays["test_actual"]
            origins, steps = arrays["test_origins"], np.arange(1, actual.shape[1] + 1)
            times = arrays["index"][origins[:, None] + steps]  # from origin t the rows t+1 … t+horizon are forecast
            baseline = arrays["test_baseline"] if arrays["test_baseline"].size else None
            return Forecasts(times, actual, arrays["test_forecast"], baseline)
    except (OSError, ValueError, KeyError, IndexError, zipfile.BadZipFile) as error:
        raise StateError(f"{file}: these are no forecasts of a winner ({error}); move it away") from error
