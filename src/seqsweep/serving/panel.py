"""How each of several series is scaled: as train learned it, or by a request's own rows where the series is new."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .array_types import Float64s
from .scalers import SCALERS, scaled_by
from .transforms import Transform

Name = tuple[str, ...]
"""Of a series: a text a column."""


@dataclass(frozen=True)
class Known:
    """What is known of a series.

    Args:
        transform: of its values.
        size: how far it moves, in units of what is usual; its intervals are so much wider.
    """

    transform: Transform
    size: float


@dataclass(frozen=True)
class SeriesScales:
    """How several series are scaled.

    Args:
        together: the transform of all of them.
        by_itself: whether each is scaled by itself.
        scaler: an entry of SCALERS.
        known: those that were learned from.
        deviation: the usual standard deviation of a target.
    """

    together: Transform
    by_itself: bool
    scaler: str
    known: Mapping[Name, Known]
    deviation: float

    def of(self, name: Name, rows: Float64s) -> tuple[Known, bool]:
        """What is known of a series, and whether its own rows told it.

        Args:
            name: of the series.
            rows: (rows, columns) of a request, in the unit of the data.
        """
        if name in self.known:
            return self.known[name], False
        spread = float(rows[:, 0].std())
        size = spread / self.deviation if spread > 0 and self.deviation > 0 else 1.0
        if not self.by_itself:
            return Known(self.together, size), True
        bare = replace(self.together, clip=None, offset=np.zeros(rows.shape[1]), scale=np.ones(rows.shape[1]))
        seen = bare.difference(rows)[bare.n_dropped :]
        return Known(scaled_by(bare, seen, rows, SCALERS[self.scaler]), size), True

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, from which `from_json` makes the same."""
        own = {
            json.dumps(list(name)): [known.transform.to_json() if self.by_itself else None, known.size]
            for name, known in self.known.items()
        }
        return {"by_itself": self.by_itself, "scaler": self.scaler, "deviation": self.deviation, "known": own}

    @classmethod
    def from_json(cls, content: Mapping[str, Any], together: Transform) -> SeriesScales:
        """What `to_json` wrote down.

        Args:
            content: of `to_json`.
            together: the transform of all of them.
        """
        known = {
            tuple(json.loads(name)): Known(together if own is None else Transform.from_json(own), float(size))
            for name, (own, size) in content["known"].items()
        }
        return cls(together, bool(content["by_itself"]), content["scaler"], known, float(content["deviation"]))
