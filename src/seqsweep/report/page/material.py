"""What a page is made from: all that a sweep left in its folder, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from seqsweep import finals, package
from seqsweep.errors import UserError
from seqsweep.finals import Conclusion, TestEvaluation
from seqsweep.metrics import Metric
from seqsweep.records import TrialRecord
from seqsweep.search import Links, Outcome, SweepState, load_outcome, read_links
from seqsweep.tasks import Facts, TestPredictions
from seqsweep.words import in_words, unit_in_words


@dataclass(frozen=True)
class Material:
    """One sweep.

    Args:
        outcome: of its search.
        final_runs: of its finals; empty where there were none.
        conclusion: None where no finals were run.
        predictions: None where the test part was not read, or they are gone.
        facts: of the data; None: they are gone.
        links: where MLflow shows its runs.
        serves: what the packaged winner has learned from, in words; empty: nothing is packaged.
        trial_pages: what leads to each trial, by id: by default those of MLflow.
    """

    outcome: Outcome
    final_runs: tuple[TrialRecord, ...]
    conclusion: Conclusion | None
    predictions: TestPredictions | None
    facts: Facts | None
    links: Links = field(default_factory=Links)
    trial_pages: Mapping[str, str] = field(default_factory=dict)
    serves: str = ""

    @cached_property
    def chosen(self) -> TrialRecord | None:
        """The winner's trial of the search, or without a winner the best; None: no trial completed."""
        winner = self.conclusion.winner if self.conclusion is not None else None
        ranked = self.outcome.ranked
        if winner is not None:
            return next((record for record in ranked if record.trial_id == winner.trial_id), None)
        return ranked[0] if ranked else None

    @property
    def metric(self) -> Metric:
        """The one that ranks trials."""
        return self.outcome.metric

    @property
    def failed(self) -> list[TrialRecord]:
        """Trials of the search that failed."""
        return [record for record in self.outcome.records if record.status == "FAILED"]

    @property
    def pruned(self) -> list[TrialRecord]:
        """Trials of the search that were stopped because they fell behind."""
        return [record for record in self.outcome.records if record.status == "PRUNED"]

    @property
    def evaluation(self) -> TestEvaluation | None:
        """The test evaluation of the winner, if there is one."""
        return self.conclusion.evaluation if self.conclusion else None

    def unit(self) -> str:
        """Of the objective in words, for an axis: `unit of sales`, `%`, or nothing."""
        return unit_in_words(self.metric, self.outcome.target)

    def axis(self, part: str = "", lead: str = "") -> str:
        """The title of an axis: `mae on validation (unit of sales)`.

        Args:
            part: of the data; may be empty.
            lead: words that stand first; may be empty.
        """
        words = lead + in_words(self.metric.name) + (f" on {part}" if part else "")
        return f"{words} ({self.unit()})" if self.unit() else words


def gather(folder: Path, *, begun: bool = False) -> Material:
    """All that the sweep in `folder` left.

    Args:
        folder: of the sweep.
        begun: what its search has left so far counts too.

    Raises:
        UserError: its search has not ended, or not begun.
        StateError: a file is truncated or foreign.
    """
    outcome = load_outcome(folder, begun=begun)
    if outcome is None and begun:
        raise UserError(f"{folder}: the search of this sweep has not begun; its data is being read")
    if outcome is None:
        raise UserError(f"{folder}: the search of this sweep has not ended; run its command again, then report it")
    state = SweepState(folder)
    runs = tuple(state.records("final").values())
    seen, links = finals.load_test_predictions(folder), read_links(folder, outcome.config.tracking)
    serves = package.what_serves(folder / package.MODEL)
    return Material(outcome, runs, finals.load(folder), seen, state.facts(), links, links.trials, serves)
