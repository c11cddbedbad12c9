"""Points of a KerasTuner space as vectors in the unit cube, many at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqsweep.serving.array_types import Float64s

ABSENT = 0.5  # the coordinate of a dimension that a point does not have
_FEW = 5000  # points of a space that are all looked at


class Vectors:
    """The way between values and vectors; a coordinate is KerasTuner's cumulative probability of the value.

    Args:
        space: the hyperparameters in order, each after those that it depends on.
    """

    def __init__(self, space: Sequence[Any]) -> None:
        self._space = list(space)
        self._columns = {hp.name: column for column, hp in enumerate(self._space)}
        self._counts = [_count(hp) for hp in self._space]

    @property
    def named(self) -> list[bool]:
        """Of each dimension, whether its values have no order: names, and not numbers."""
        return [hasattr(hp, "values") and not all(map(_is_number, hp.values)) for hp in self._space]

    @property
    def width(self) -> int:
        """Dimensions."""
        return len(self._space)

    def encode(self, points: Sequence[Mapping[str, Any]]) -> Float64s:
        """One row a point, (points, dimensions)."""
        rows = [[hp.value_to_prob(p[hp.name]) if hp.name in p else ABSENT for hp in self._space] for p in points]
        return np.array(rows, dtype=float).reshape(len(points), self.width)

    def decode(self, row: Float64s) -> dict[str, Any]:
        """The values of one row, without those that the point does not have."""
        values: dict[str, Any] = {}
        for hp, coordinate in zip(self._space, row.tolist(), strict=True):
            if all(condition.is_active(values) for condition in hp.conditions):
                values[hp.name] = hp.prob_to_value(min(coordinate, 1 - 1e-12))
        return values

    def snap(self, rows: Float64s) -> Float64s:
        """The nearest rows that are points: a coordinate is the middle of its value's share, or ABSENT."""
        snapped = np.clip(rows, 0, 1 - 1e-12)
        for column, (hp, count) in enumerate(zip(self._space, self._counts, strict=True)):
            if count:
                snapped[:, column] = (np.floor(snapped[:, column] * count) + 0.5) / count
            elif isinstance(hp.default, int):  # whole numbers on a log scale
                ratio = (hp.max_value + 1) / hp.min_value
                value = np.floor(hp.min_value * ratio ** snapped[:, column])
                snapped[:, column] = np.log((value + 0.5) / hp.min_value) / np.log(ratio)
            snapped[~self._exists(hp, snapped), column] = ABSENT
        return snapped

    def all_points(self) -> Float64s | None:
        """Every point of the space, (points, dimensions); None where there are too many to look at."""
        if not all(self._counts) or np.prod(self._counts, dtype=float) > 4 * _FEW:
            return None
        axes = [(np.arange(count) + 0.5) / count for count in self._counts]
        rows = np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")], axis=1)
        points: Float64s = np.unique(self.snap(rows), axis=0)
        return points if len(points) <= _FEW else None

    def _exists(self, hp: Any, rows: Float64s) -> NDArray[np.bool_]:
        exists = np.ones(len(rows), dtype=bool)
        for condition in hp.conditions:
            column = self._columns[condition.name]
            wanted = [self._space[column].value_to_prob(value) for value in condition.values]
            exists &= np.isclose(rows[:, column, None], wanted).any(axis=1)
        return exists


def _is_number(value: object) -> bool:
    """Whether a choice, which is spelt as a text where others depend on it, is one of numbers."""
    try:
        float(str(value))
    except ValueError:
        return False
    return True


def _count(hp: Any) -> int:
    """How many values the hyperparameter has; 0 where they are not equally likely, or too many to count."""
    if getattr(hp, "sampling", "linear") == "log" or (hasattr(hp, "step") and hp.step is None):
        return 0
    return len(list(hp.values))
