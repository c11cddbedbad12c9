"""What a page is made from: all that a sweep left in its folder, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from seqsweep import finals
from seqsweep.errors import UserError
from seqsweep.finals import Conclusion, TestEvaluation
from seqsweep.metrics import sort_key
from seqsweep.records import TrialRecord
from seqsweep.report import forecast
from seqsweep.sweep import Outcome, SweepState, load_outcome
from seqsweep.words import in_words, unit_in_words


@dataclass(frozen=True)
class Material:
    """One sweep.

    Args:
        outcome: of its search.
        final_runs: of its finals; empty where there were none.
        conclusion: None where no finals were run.
        forecasts: None where the test part was not read, or they are gone.
    """

    outcome: Outcome
    final_runs: tuple[TrialRecord, ...]
    conclusion: Conclusion | None
    forecasts: forecast.Forecasts | None

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
    return Material(outcome, runs, finals.load(folder), forecast.read(folder / finals.ARRAYS))
