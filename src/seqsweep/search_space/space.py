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

    def values(self, name: str) -> Sequence[Any]:
        """Each value that any trial may have of a hyperparameter, warm starts included; of a range each whole number.

        None where no trial has it.
        """
        given = [start[name] for start in self.warm_starts() if name in start]
        known = [entry for value in given for entry in (value if isinstance(value, tuple) else (value,))]  # by layer
        allowed = distributions(self.config).get(name)
        if allowed is None:
            return known
        if allowed.choices is not None:
            return [*allowed.choices, *known]
        return [*range(int(allowed.low), int(allowed.high) + 1, allowed.step or 1), *known]

    def warm_starts(self) -> Sequence[TrialParams]:
        """Known configurations that are run first, complete."""
        return warm_start(self.config)
