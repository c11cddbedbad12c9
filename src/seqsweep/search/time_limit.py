"""How long a search may take, over all of its launches."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

from seqsweep.records import TrialRecord
from seqsweep.words import duration, seconds


@dataclass
class TimeLimit:
    """Says when no further trial may begin. Those that run by then end as they would.

    The time is that in which trials ran: that of earlier launches follows from their records, so that the same command,
    given again, does not begin anew. What a killed launch had not finished is not counted.

    Args:
        limit: `tuner.time_limit` of the config, free of faults.
        finished: trials of earlier launches.
    """

    limit: str
    finished: Iterable[TrialRecord]

    def __post_init__(self) -> None:
        """Add up what earlier launches took; the time of this one begins."""
        self._before, self._begun = busy(self.finished), time.monotonic()

    def __call__(self) -> str:
        """Why the search is over, in words; nothing while it is not."""
        allowed = seconds(self.limit) or 0.0
        over = self._before + time.monotonic() - self._begun >= allowed
        return f"{duration(allowed)} of tuner.time_limit are over" if over else ""


def busy(records: Iterable[TrialRecord]) -> float:
    """The seconds in which at least one of these trials ran.

    Args:
        records: of trials that ended.
    """
    total, until = 0.0, 0.0
    spans = [(record.started, record.ended) for record in records]
    for begin, end in sorted((begin, end) for begin, end in spans if begin is not None and end is not None):
        total += max(0.0, end - max(begin, until))
        until = max(until, end)
    return total
