"""The dimensions of a space that are really searched, and their shape as KerasTuner hyperparameters."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from seqsweep.hyperparameters import Hyperparameter
from seqsweep.schema import OPEN
from seqsweep.search_space.declarations import conditions, declared, default
from seqsweep.search_space.distributions import Distribution, distribution

if TYPE_CHECKING:
    import keras_tuner

    from seqsweep.events import TrialParams
    from seqsweep.schema import SweepConfig


@dataclass(frozen=True)
class Dimension:
    """One thing that is searched."""

    name: str  # `units_2`; `units` where all layers share it
    hyperparameter: str  # `units`
    distribution: Distribution
    layer: int | None = None  # counted from 1; None: of the whole network
    when: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)  # what other dimensions must be; all must hold

    @property
    def kind(self) -> str:
        """`choices`, `whole numbers` or `numbers`."""
        if self.distribution.choices is not None:
            return "choices"
        return "whole numbers" if self.distribution.integer else "numbers"

    def is_active(self, values: Mapping[str, Any]) -> bool:
        """Whether a point with these plain `values` of the other dimensions has it."""
        return all(name in values and values[name] in allowed for name, allowed in self.when.items())

    def exists_at(self, point: TrialParams) -> bool:
        """Whether a trial has it, be it inside the space or not."""
        return self.hyperparameter in point and (self.layer is None or self.layer <= point.depth)

    def encode(self, value: Any) -> Any:
        """`value` as KerasTuner holds it: a choice by its text, for its Choice takes no null."""
        return value if self.distribution.choices is None else _text(value)

    def decode(self, value: Any) -> Any:
        """The plain value behind what KerasTuner holds."""
        if self.distribution.choices is None:
            return int(value) if self.distribution.integer else float(value)
        return next(choice for choice in self.distribution.choices if _text(choice) == value)


def distributions(config: SweepConfig) -> dict[str, Distribution]:
    """The values of each hyperparameter that some point of the space has, searched or not."""
    declarations = declared(config.task.kind)
    found: dict[str, Distribution] = {}
    for name, hyperparameter in declarations.items():
        needed = conditions(name, declarations)
        if all(parent in found and any(map(found[parent].holds, values)) for parent, values in needed.items()):
            found[name] = distribution(hyperparameter, setting(config, hyperparameter))
    return found


def settings(config: SweepConfig) -> dict[str, Any]:
    """The search space with all that it leaves to defaults, without what no point of it has."""
    declarations = declared(config.task.kind)
    lists = {name: config.search_space.get(name, []) for name in ("per_layer", "warm_start")}
    return {name: setting(config, declarations[name]) for name in distributions(config)} | lists


def setting(config: SweepConfig, hyperparameter: Hyperparameter) -> Any:
    """What the search space says of a hyperparameter: what the config gives, else the default.

    Args:
        config: composed; `search_space` is read.
        hyperparameter: its declaration.
    """
    given = config.search_space.get(hyperparameter.name, OPEN)
    return default(config, hyperparameter) if given == OPEN else given


def dimensions(config: SweepConfig) -> list[Dimension]:
    """What is searched, in the order of the declarations: each behind those that it depends on."""
    declarations, allowed = declared(config.task.kind), distributions(config)
    depths = allowed["depth"].choices or ()
    found = []
    for name, values in allowed.items():
        if values.fixed:
            continue
        needed = conditions(name, declarations)
        if name not in config.search_space.get("per_layer", []):
            found.append(Dimension(name, name, values, when=_narrowed(needed, allowed)))
            continue
        for layer in range(1, max(depths) + 1):
            at = [depth for depth in needed.get("depth", depths) if depth >= layer]
            if any(depth in at for depth in depths):
                when = _narrowed({**needed, "depth": at}, allowed)
                found.append(Dimension(f"{name}_{layer}", name, values, layer, when))
    return found


def hyperparameters(config: SweepConfig) -> keras_tuner.HyperParameters:
    """The whole space, declared before the first trial, as `keras_tuner.HyperParameters`."""
    import keras_tuner
    from keras_tuner.engine.hyperparameters import deserialize

    space = keras_tuner.HyperParameters()
    found = {dimension.name: dimension for dimension in dimensions(config)}
    for dimension in found.values():
        # `conditional_scope` knows chains of conditions alone: a width that exists at some depths and with some kinds
        # of layer has two parents, neither of which depends on the other.
        parents = [
            {
                "class_name": "Parent",
                "config": {"name": name, "values": [found[name].encode(value) for value in values]},
            }
            for name, values in dimension.when.items()
        ]
        space.merge([deserialize(_serialized(dimension, parents))])
    return space


def size(config: SweepConfig) -> float:
    """How many distinct points the space has; infinite where a range of floats is searched."""
    found = dimensions(config)
    deciding = {name for dimension in found for name in dimension.when}
    others = [d for d in found if d.name not in deciding]
    return sum(
        math.prod(d.distribution.count for d in others if d.is_active(values))
        for values in _combinations([d for d in found if d.name in deciding], {})
    )


def _narrowed(needed: Mapping[str, Sequence[Any]], allowed: Mapping[str, Distribution]) -> dict[str, tuple[Any, ...]]:
    """The conditions that this space does not always meet."""
    at = {name: tuple(v for v in allowed[name].choices or () if v in values) for name, values in needed.items()}
    return {name: values for name, values in at.items() if values != allowed[name].choices}


def _combinations(found: Sequence[Dimension], values: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Each combination of the values of these dimensions, without those that it makes inactive."""
    if not found:
        yield values
        return
    first, *others = found
    if not first.is_active(values):
        yield from _combinations(others, values)
        return
    for choice in first.distribution.choices or ():
        yield from _combinations(others, {**values, first.name: choice})


def _serialized(dimension: Dimension, parents: list[dict[str, Any]]) -> dict[str, Any]:
    """The dimension as KerasTuner writes it down."""
    of = dimension.distribution
    common = {"name": dimension.name, "default": dimension.encode(of.default), "conditions": parents}
    if of.choices is not None:
        texts = [dimension.encode(choice) for choice in of.choices]
        return {"class_name": "Choice", "config": {**common, "values": texts, "ordered": False}}
    ends = {"min_value": of.low, "max_value": of.high, "step": of.step, "sampling": "log" if of.log else "linear"}
    return {"class_name": "Int" if of.integer else "Float", "config": {**common, **ends}}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
