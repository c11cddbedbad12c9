"""What a sweep says while it runs; whoever shows it to a person implements this."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol, TypeAlias

from seqsweep.events import Epoch
from seqsweep.records import TrialRecord
from seqsweep.tasks import Facts

Phase: TypeAlias = Literal["trial", "final", "calibration", "refit"]
"""What trains: trials of the search, final runs, runs whose errors make the winner's intervals."""


class Observer(Protocol):
    """Told what happens, in the order in which it happens, from one thread."""

    def say(self, text: str) -> None:
        """A sentence for the user."""

    def describe(self, facts: Facts) -> None:
        """The data is read; its notes were said already."""

    def begin(self, expected: int, finished: Sequence[TrialRecord], workers: int, kind: Phase = "trial") -> None:
        """Trials are about to run: once for each phase that has any left.

        Args:
            expected: trials that there will be if none fails, finished ones included.
            finished: those that an earlier launch ended.
            workers: trials at once.
            kind: of the trials.
        """

    def stage(self, doing: str) -> None:
        """What is done while no trial runs, until the next call of `begin`, `stage` or `finish`.

        Args:
            doing: in a few words: `packaging the winner`.
        """

    def started(self, trial: TrialRecord) -> None:
        """A trial runs."""

    def epoch(self, trial: TrialRecord, event: Epoch) -> None:
        """One of its epochs ended.

        Args:
            trial: which runs.
            event: the epoch's number and metrics.
        """

    def ended(self, trial: TrialRecord, score: float | None) -> None:
        """It ended.

        Args:
            trial: with its result.
            score: the objective, in the unit of its metric; None: the trial failed or was pruned.
        """

    def finish(self) -> None:
        """No more trials run, and nothing else is done; also after an error. May be called twice."""


class Silent:
    """An observer that says nothing."""

    def say(self, text: str) -> None:
        """Nothing."""

    def describe(self, facts: Facts) -> None:
        """Nothing."""

    def begin(self, expected: int, finished: Sequence[TrialRecord], workers: int, kind: Phase = "trial") -> None:
        """Nothing."""

    def stage(self, doing: str) -> None:
        """Nothing."""

    def started(self, trial: TrialRecord) -> None:
        """Nothing."""

    def epoch(self, trial: TrialRecord, event: Epoch) -> None:
        """Nothing."""

    def ended(self, trial: TrialRecord, score: float | None) -> None:
        """Nothing."""

    def finish(self) -> None:
        """Nothing."""
