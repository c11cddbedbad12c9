"""The settings in which the trials of a sweep differ, as figures and a forest can take them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from seqsweep.records import TrialRecord, Value
from seqsweep.serving.array_types import Float64s
from seqsweep.words import in_words, setting

FEW = 6  # distinct numbers up to which each has a place of its own
LOG_FROM = 10.0  # largest over smallest number from which on a factor counts, not a difference


@dataclass(frozen=True)
class Parameter:
    """One setting over the trials.

    Args:
        name: as the config has it: `learning_rate`.
        values: one a trial; None: the trial has no such thing, or none is its value.
        categories: the values in order, each with a place of its own; None: they are many numbers.
        log: those numbers count by their factors.
    """

    name: str
    values: tuple[Value, ...]
    categories: tuple[Value, ...] | None
    log: bool = False

    @property
    def label(self) -> str:
        """`learning rate`."""
        return in_words(self.name)

    @property
    def codes(self) -> Float64s:
        """(trials,): the place of a category, or the number or its decimal logarithm; a missing number lies below."""
        if self.categories is not None:
            return np.array([self.categories.index(value) for value in self.values], np.float64)
        numbers = [float(value) if value is not None else math.nan for value in self.values]
        codes = np.log10(numbers) if self.log else np.array(numbers)
        gap = (np.nanmax(codes) - np.nanmin(codes)) / 10
        return np.where(np.isnan(codes), np.nanmin(codes) - gap, codes)

    def ticks(self) -> tuple[list[float], list[str]]:
        """Where an axis of codes has ticks, and what they say."""
        if self.categories is not None:
            return [float(i) for i in range(len(self.categories))], [setting(value) for value in self.categories]
        numbers = sorted(float(value) for value in self.values if value is not None)
        if self.log:
            decades = range(math.floor(math.log10(numbers[0])), math.ceil(math.log10(numbers[-1])) + 1)
            inside = [m * 10.0**d for d in decades for m in (1, 2, 5) if numbers[0] <= m * 10.0**d <= numbers[-1]]
            at = [math.log10(number) for number in inside]
        else:
            inside = round_numbers(numbers[0], numbers[-1])
            at = list(inside)
        if None in self.values:
            return [float(self.codes.min()), *at], ["none", *map(setting, inside)]
        return at, [setting(number) for number in inside]


def varying(records: Sequence[TrialRecord]) -> list[Parameter]:
    """The settings that differ between these trials, in the order in which trials list them."""
    points = _by_layer([{**record.params, "last_epoch": record.last_epoch} for record in records])
    names = dict.fromkeys(name for point in points for name in point)
    found = [_parameter(name, tuple(point.get(name) for point in points)) for name in names]
    return [parameter for parameter in found if parameter is not None]


def round_numbers(low: float, high: float) -> list[float]:
    """Three to eight multiples of 1, 2 or 5 times a power of ten, from `low` to `high`, both included; low < high.

    Args:
        low: the least number in question.
        high: the greatest, above `low`.
    """
    rough = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * 0.75)
    return [float(f"{i * step:.10g}") for i in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _by_layer(points: Sequence[Mapping[str, Value]]) -> list[Mapping[str, Value]]:
    """Trials log `units` where all layers agree and `units_1` … where not; here all have the latter if one has."""
    split = {name[:-2] for point in points for name in point if name.endswith("_1")}
    if not split:
        return list(points)
    spelt: list[Mapping[str, Value]] = []
    for point in points:
        layers = range(1, int(point.get("depth") or 1) + 1)
        entries = [
            {f"{name}_{i}": value for i in layers} if name in split else {name: value} for name, value in point.items()
        ]
        spelt.append({name: value for entry in entries for name, value in entry.items()})
    return spelt


def _parameter(name: str, values: tuple[Value, ...]) -> Parameter | None:
    distinct = set(values)
    if len(distinct) < 2:
        return None
    numbers = [value for value in distinct if isinstance(value, int | float) and not isinstance(value, bool)]
    if len(numbers) == len(distinct - {None}) and len(numbers) > FEW:
        return Parameter(name, values, None, min(numbers) > 0 and max(numbers) / min(numbers) >= LOG_FROM)
    order = sorted(distinct, key=lambda value: (value is not None, _sortable(value)))
    return Parameter(name, values, tuple(order))


def _sortable(value: Value) -> tuple[float, str]:
    return (float(value), "") if isinstance(value, int | float) else (math.inf, str(value))
