"""What a task may ask of the space."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from seqsweep.events import TrialParams
from seqsweep.schema import SweepConfig
from seqsweep.search_space.dimensions import distributions
from seqsweep.search_space.points import warm_start


@dataclass(frozen=True)
class Space:
    """The space of a config; see `tasks.Space`.

    Args:
        config: of the sweep; its space must be free of faults.
    """

    config: SweepConfig

    def highest(self, name: str) -> Any:
        """The greatest value of a hyperparameter of numbers."""
        return distributions(self.config)[name].highest

    def warm_starts(self) -> Sequence[TrialParams]:
        """Known configurations that are run first, complete."""
        return warm_start(self.config)
