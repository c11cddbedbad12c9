"""The dimensions of a space that are really searched, and their shape as KerasTuner hyperparameters."""

from __future__ import annotations

import json
import math
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seqsweep.search_space.axes import FIELDS, PER_LAYER, Axis, axis

if TYPE_CHECKING:
    import keras_tuner

    from seqsweep.schema import SweepConfig


@dataclass(frozen=True)
class Dimension:
    """One thing that is searched."""

    name: str  # `units_2`; `units` where all layers share it
    field: str  # of TrialParams: `units`
    axis: Axis
    layer: int | None = None  # counted from 1; None: of the whole network
    depths: tuple[int, ...] | None = None  # the depths at which it exists; None: always

    @property
    def kind(self) -> str:
        """`choices`, `whole numbers` or `numbers`."""
        if self.axis.choices is not None:
            return "choices"
        return "whole numbers" if self.axis.whole else "numbers"

    def exists_at(self, depth: int) -> bool:
        """Whether a network of `depth` layers has it."""
        return self.depths is None or depth in self.depths

    def encode(self, value: Any) -> Any:
        """`value` as KerasTuner holds it: a choice by its text, for its Choice takes no null."""
        return value if self.axis.choices is None else _text(value)

    def decode(self, value: Any) -> Any:
        """The plain value behind what KerasTuner holds."""
        if self.axis.choices is None:
            return int(value) if self.axis.whole else float(value)
        return next(choice for choice in self.axis.choices if _text(choice) == value)


def axes(config: SweepConfig) -> dict[str, Axis]:
    """The values that each field of the space allows, searched or not.

    A depth is always a list of choices: there are few, and whether a layer exists depends on it.
    """
    found = {name: axis(name, getattr(config.search_space, name)) for name in FIELDS}
    depth = found["depth"]
    if depth.choices is None:
        step = depth.step or 1
        found["depth"] = Axis(default=depth.default, choices=tuple(range(int(depth.low), int(depth.high) + 1, step)))
    return found


def dimensions(config: SweepConfig) -> list[Dimension]:
    """What is searched, in the order of the fields; a depth precedes the dimensions that hang on it."""
    found = []
    all_axes = axes(config)
    depths = all_axes["depth"].choices or ()
    for name, values in all_axes.items():
        if values.fixed:
            continue
        if name not in PER_LAYER or name not in config.search_space.per_layer:
            found.append(Dimension(name, name, values))
            continue
        for layer in range(1, max(depths) + 1):
            at = tuple(depth for depth in depths if depth >= layer)
            found.append(Dimension(f"{name}_{layer}", name, values, layer, None if at == depths else at))
    return found


def hyperparameters(config: SweepConfig) -> keras_tuner.HyperParameters:
    """The whole space, declared before the first trial, as `keras_tuner.HyperParameters`."""
    import keras_tuner

    space = keras_tuner.HyperParameters()
    for dimension in dimensions(config):
        depths = [_text(depth) for depth in dimension.depths] if dimension.depths else None
        with space.conditional_scope("depth", depths) if depths else nullcontext():
            _declare(space, dimension)
    return space


def size(config: SweepConfig) -> float:
    """How many distinct points the space has; infinite where a range of numbers is searched."""
    found = dimensions(config)
    shared = [d for d in found if d.layer is None and d.field != "depth"]
    points = math.prod(d.axis.count for d in shared)
    depths = axes(config)["depth"].choices or ()
    by_depth = (
        math.prod(d.axis.count for d in found if d.layer is not None and d.exists_at(depth)) for depth in depths
    )
    return points * sum(by_depth)


def _declare(space: keras_tuner.HyperParameters, dimension: Dimension) -> None:
    axis = dimension.axis
    if axis.choices is not None:
        texts = [_text(choice) for choice in axis.choices]
        space.Choice(dimension.name, texts, default=_text(axis.default))
        return
    declare = space.Int if axis.whole else space.Float
    sampling = "log" if axis.log else "linear"
    declare(dimension.name, axis.low, axis.high, step=axis.step, sampling=sampling, default=axis.default)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
