"""A baseline with all that it has learned, as JSON and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Protocol

import numpy as np

from ..array_types import Float64s, Int64s
from .linear import LinearFit
from .recursive import Drift, Recursive, Smoothing, Theta
from .simple import Constant, MovingAverage, Repeat
from .trees import Trees


class Formula(Protocol):
    """A forecast of a window's own rows."""

    @property
    def window(self) -> int:
        """Rows that it reads, the origin among them."""

    def after(self, values: Float64s, origins: Int64s, horizon: int) -> Float64s:
        """(origins, horizon), the rows after each origin in the unit of the values.

        Args:
            values: (time, columns); what is known ahead stands in the rows behind an origin.
            origins: (n,), the last row that each forecast may see.
            horizon: rows ahead.
        """


KINDS: dict[str, type[Any]] = {
    kind.__name__: kind for kind in (Repeat, Constant, MovingAverage, LinearFit, Trees, Drift, Smoothing, Theta)
}


def to_json(formula: Formula | Recursive) -> dict[str, Any]:
    """Plain JSON values, from which `from_json` makes the same to the bit."""
    found = {field.name: getattr(formula, field.name) for field in fields(formula)}  # type: ignore[arg-type]
    plain = {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in found.items()}
    return {"kind": type(formula).__name__, **plain}


def from_json(content: Mapping[str, Any]) -> Any:
    """What `to_json` wrote down."""
    kind = KINDS[content["kind"]]
    return kind(
        **{
            field.name: np.array(value) if isinstance(value := content[field.name], list) else value
            for field in fields(kind)
        }
    )
