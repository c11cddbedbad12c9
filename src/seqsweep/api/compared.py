"""Finished sweeps side by side."""

from __future__ import annotations

import html
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqsweep import report
from seqsweep.api.result import Page, Result, shown_rows
from seqsweep.api.stores import RUNS
from seqsweep.api.tables import plain
from seqsweep.comparison import ComparableGroup, FinishedSweep, Labels, comparable_groups, finished, labels

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Comparison:
    """Sweeps side by side, and what their final runs say about which of them does better.

    Args:
        entries: in the order in which they ended.
        directory: they lie in.
    """

    entries: tuple[FinishedSweep, ...]
    directory: Path

    @cached_property
    def groups(self) -> list[ComparableGroup]:
        """Those that were scored on the same items by the same measure."""
        return comparable_groups(self.entries)

    @cached_property
    def labels(self) -> Labels:
        """What each is called: the fewest settings that tell all of them apart."""
        return labels(self.entries)

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row a sweep: its winner over seeds on validation and on the test part, and its skill."""
        import pandas as pd

        return pd.DataFrame([{"label": self.labels[entry], **_row(entry)} for entry in self.entries])

    @property
    def verdict(self) -> list[str]:
        """Which sweep does better than which, and whether any beats the baselines, in sentences."""
        return [sentence for group in self.groups for sentence in report.verdicts(group, self.labels)]

    def report(self) -> Path:
        """Write one page over all of them; returns its path, which a notebook shows as the page."""
        where = self.directory.resolve() if os.access(self.directory, os.W_OK) else Path.cwd()
        return Page(report.write_all([entry.outcome.folder for entry in self.entries], where / "compare.html"))

    def plain(self) -> dict[str, Any]:
        """The same as values that JSON has."""
        return {"sweeps": plain(self.table), "verdict": self.verdict}

    def __str__(self) -> str:
        """The verdict."""
        return "\n".join(self.verdict)

    def _repr_html_(self) -> str:
        said = "".join(f"<p>{html.escape(sentence)}</p>" for sentence in self.verdict)
        return shown_rows(self.table) + said


def compare(
    sweeps: Sequence[str | Result] = (), directory: str | Path = RUNS, say: Callable[[str], None] | None = None
) -> Comparison:
    """Finished sweeps side by side, and which of them does better.

    Args:
        sweeps: results, studies, names of sweeps or first digits of fingerprints; none: all under the directory.
        directory: `tracking.directory` of the sweeps.
        say: is told which sweeps cannot be read; None: nobody is.

    Raises:
        UserError: there is no finished sweep, or none of a name.
    """
    names = [sweep if isinstance(sweep, str) else sweep.fingerprint for sweep in sweeps]
    entries = finished(Path(directory), names, say or (lambda _: None))
    return Comparison(tuple(entries), Path(directory))


def _row(entry: FinishedSweep) -> dict[str, Any]:
    outcome, winner = entry.outcome, entry.winner
    evaluation = entry.conclusion.evaluation if entry.conclusion is not None else None
    objective = outcome.config.task.objective
    known: dict[str, Any] = {
        "study": outcome.config.study,
        "sweep": outcome.name,
        "data": outcome.data,
        "target": outcome.target,
        "tuner": outcome.config.tuner.kind,
        "seed": outcome.config.seed,
        "trials": len(outcome.records),
        "objective": objective,
        "searched": outcome.ranked[0].metrics[outcome.objective] if outcome.ranked else None,
        "winner": winner.name if winner is not None else None,
        "mean": winner.mean if winner is not None else None,
        "std": winner.std if winner is not None else None,
    }
    if evaluation is None:
        return {**known, "test": None, "best_baseline": None, "skill": None, "beats_baselines": None}
    return {
        **known,
        "test": evaluation.scores[objective],
        "best_baseline": evaluation.best_baseline,
        "skill": evaluation.skill,
        "beats_baselines": evaluation.standing(outcome.metric).verdict,
    }
