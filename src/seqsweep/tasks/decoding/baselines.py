"""What a baseline of texts may know, and what it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from seqsweep.serving.array_types import Int64s
from seqsweep.tasks.decoding.predictions import Texts
from seqsweep.tasks.decoding.table import Pairs
from seqsweep.tasks.parts import Parts


@dataclass(frozen=True, eq=False)  # hashed by identity, so that a fit can be kept for it
class Known:
    """What a baseline may know of a table.

    Args:
        table: the items; the targets of test are not to be used.
        parts: it may learn from train alone.
    """

    table: Pairs
    parts: Parts


class Baseline(Protocol):
    """What an entry of a task's BASELINES is."""

    def __call__(self, known: Known, items: Int64s) -> Texts:
        """(n,), texts.

        Args:
            known: of the table.
            items: (n,), of validation or test.
        """
