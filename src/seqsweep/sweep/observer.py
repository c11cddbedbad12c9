"""What a sweep says while it runs; whoever shows it to a person implements this."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from seqsweep.events import Epoch
from seqsweep.records import RunKind, TrialRecord


class Observer(Protocol):
    """Told what happens, in the order in which it happens, from one thread."""

    def say(self, text: str) -> None:
        """A sentence for the user."""

    def begin(self, expected: int, finished: Sequence[TrialRecord], workers: int, kind: RunKind = "trial") -> None:
        """Trials are about to run: how many there will be if none fails, which were there before, how many at once.

        Once for the search, once more for the finals.
        """

    def started(self, trial: TrialRecord) -> None:
        """A trial runs."""

    def epoch(self, trial: TrialRecord, event: Epoch) -> None:
        """One of its epochs ended."""

    def ended(self, trial: TrialRecord, score: float | None) -> None:
        """It ended, with the objective's value or without."""

    def finish(self) -> None:
        """No more trials run; also after an error."""
