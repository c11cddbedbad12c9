"""How each of several series is scaled: as train learned it, or by a request's own rows where the series is new."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .array_types import Float32s, Float64s
from .scalers import SCALERS, scaled_by
from .static import StaticEncoder, Value
from .transforms import Transform

Name = tuple[str, ...]
"""Of a series: a text a column."""


@dataclass(frozen=True)
class Known:
    """What is known of a series.

    Args:
        transform: of its values.
        size: how far it moves, in units of what is usual; its intervals are so much wider.
        number: by which a network tells it; 0: it was not learned from.
        static: what it is, a value a column; None: nothing is known of that.
    """

    transform: Transform
    size: float
    number: int = 0
    static: tuple[Value, ...] | None = None


@dataclass(frozen=True)
class SeriesScales:
    """How several series are scaled.

    Args:
        together: the transform of all of them.
        by_itself: whether each is scaled by itself.
        scaler: an entry of SCALERS.
        known: those that were learned from.
        deviation: the usual standard deviation of a target.
        encoder: of what a series is; None: a network is not told.
        identified: whether a network is told the number of a series.
    """

    together: Transform
    by_itself: bool
    scaler: str
    known: Mapping[Name, Known]
    deviation: float
    encoder: StaticEncoder | None = None
    identified: bool = False

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

    def told(self, known: Sequence[Known], statics: Sequence[tuple[Value, ...]]) -> Float32s | None:
        """What a network reads of each series itself, (series, numbers); None: nothing.

        Args:
            known: of each.
            statics: of each what it is, a value a column.
        """
        parts = [] if self.encoder is None else [self.encoder(statics)]
        parts += [np.array([[one.number] for one in known], np.float32)] if self.identified else []
        return np.concatenate(parts, axis=1) if parts else None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, from which `from_json` makes the same."""
        own = {
            json.dumps(list(name)): [
                known.transform.to_json() if self.by_itself else None,
                known.size,
                known.number,
                None if known.static is None else list(known.static),
            ]
            for name, known in self.known.items()
        }
        encoder = None if self.encoder is None else self.encoder.to_json()
        settings = {"by_itself": self.by_itself, "scaler": self.scaler, "deviation": self.deviation}
        return {**settings, "static": encoder, "identified": self.identified, "known": own}

    @classmethod
    def from_json(cls, content: Mapping[str, Any], together: Transform) -> SeriesScales:
        """What `to_json` wrote down.

        Args:
            content: of `to_json`.
            together: the transform of all of them.
        """
        known = {
            tuple(json.loads(name)): Known(
                together if own is None else Transform.from_json(own),
                float(size),
                int(number),
                None if static is None else tuple(static),
            )
            for name, (own, size, number, static) in content["known"].items()
        }
        encoder = None if content["static"] is None else StaticEncoder.from_json(content["static"])
        deviation, identified = float(content["deviation"]), bool(content["identified"])
        return cls(together, bool(content["by_itself"]), content["scaler"], known, deviation, encoder, identified)
