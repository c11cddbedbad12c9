"""What a series is, at all times alike: its region, its size; as numbers that a network reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

import numpy as np

from .array_types import Float32s

Value: TypeAlias = "str | float"
"""Of a static column: a name, or a number."""


@dataclass(frozen=True)
class StaticColumn:
    """How a static column is read.

    Args:
        name: of it.
        names: that train has, a number of 0 or 1 each; None: it holds numbers.
        offset: of numbers, their mean over the series of train.
        scale: of numbers, their standard deviation.
    """

    name: str
    names: tuple[str, ...] | None
    offset: float = 0.0
    scale: float = 1.0

    @classmethod
    def of(cls, name: str, values: Sequence[Value]) -> StaticColumn:
        """The column that the series of train determine.

        Args:
            name: of it.
            values: of each of these series.
        """
        if isinstance(values[0], str):
            return cls(name, tuple(sorted({str(value) for value in values})))
        numbers = np.array(values, np.float64)
        spread = float(numbers.std())
        varies = spread > 1e-12 * float(np.abs(numbers).max())
        return cls(name, None, float(numbers.mean()), spread if varies else 1.0)

    @property
    def width(self) -> int:
        """Numbers that it becomes."""
        return 1 if self.names is None else len(self.names)

    def numbers(self, value: Value) -> list[float]:
        """What a network reads; of a name that train does not have 0 throughout."""
        if self.names is None:
            return [(float(value) - self.offset) / self.scale]
        return [float(value == name) for name in self.names]

    def knows(self, value: Value) -> bool:
        """Whether it is a number, or a name that train has."""
        return self.names is None or value in self.names


@dataclass(frozen=True)
class StaticEncoder:
    """How the static columns of a table become numbers, by the series of train alone.

    Args:
        columns: in their order.
    """

    columns: tuple[StaticColumn, ...]

    @classmethod
    def of(cls, names: Sequence[str], series: Sequence[Sequence[Value]]) -> StaticEncoder:
        """The encoder that the series of train determine.

        Args:
            names: of the columns.
            series: of each series its value in each column.
        """
        pairs = zip(names, zip(*series, strict=True), strict=True)
        return cls(tuple(StaticColumn.of(name, values) for name, values in pairs))

    @property
    def width(self) -> int:
        """Numbers a series."""
        return sum(column.width for column in self.columns)

    def __call__(self, series: Sequence[Sequence[Value]]) -> Float32s:
        """(series, width)."""
        rows = [
            [number for column, value in zip(self.columns, values, strict=True) for number in column.numbers(value)]
            for values in series
        ]
        return np.array(rows, np.float32).reshape(len(series), self.width)

    def unknown(self, series: Sequence[Sequence[Value]]) -> list[str]:
        """A sentence for each name that train does not have.

        Args:
            series: of each series its value in each column.
        """
        found = [
            f"column {column.name!r}: {values[place]!r} was not learned; it is read as none of the names"
            for values in series
            for place, column in enumerate(self.columns)
            if not column.knows(values[place])
        ]
        return list(dict.fromkeys(found))

    def to_json(self) -> list[dict[str, Any]]:
        """Plain JSON values, from which `from_json` makes the same."""
        return [asdict(column) for column in self.columns]

    @classmethod
    def from_json(cls, content: Sequence[Mapping[str, Any]]) -> StaticEncoder:
        """What `to_json` wrote down."""
        pairs = [(dict(entry), entry["names"]) for entry in content]
        return cls(tuple(StaticColumn(**(of | {"names": names and tuple(names)})) for of, names in pairs))
