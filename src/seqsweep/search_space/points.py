"""Points of a space: from an oracle's values to TrialParams, and back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from seqsweep.events import TrialParams
from seqsweep.records import Value
from seqsweep.search_space.axes import FIELDS, PER_LAYER
from seqsweep.search_space.dimensions import axes, dimensions

if TYPE_CHECKING:
    from seqsweep.schema import SweepConfig

LAYER_KEY = re.compile(rf"({'|'.join(PER_LAYER)})_([1-9]\d*)")


def params(config: SweepConfig, values: Mapping[str, Any]) -> TrialParams:
    """The point behind an oracle's `values`; what is not searched comes from the config.

    Keys that are no dimension (`tuner/epochs`) are passed over.
    """
    point = {name: axis.default for name, axis in axes(config).items()}
    layered: dict[str, dict[int, Any]] = {name: {} for name in PER_LAYER}
    for dimension in dimensions(config):
        if dimension.name not in values:
            continue
        value = dimension.decode(values[dimension.name])
        if dimension.layer is None:
            point[dimension.field] = value
        else:
            layered[dimension.field][dimension.layer] = value
    return _complete(point, layered)


def values(config: SweepConfig, point: TrialParams) -> dict[str, Any] | None:
    """An oracle's values for `point`; None where it lies outside the space."""
    inside = {name: axis.holds for name, axis in axes(config).items() if name not in ("depth", *PER_LAYER)}
    if not all(holds(getattr(point, name)) for name, holds in inside.items()):
        return None
    allowed = axes(config)
    if not allowed["depth"].holds(point.depth):
        return None
    for name in PER_LAYER:
        entries = getattr(point, name)
        shared = name not in config.search_space.per_layer and len(set(entries)) > 1
        if shared or not all(allowed[name].holds(entry) for entry in entries):
            return None
    return {d.name: d.encode(_entry(point, d.field, d.layer)) for d in dimensions(config) if d.exists_at(point.depth)}


def active(config: SweepConfig, point: TrialParams) -> dict[str, Any]:
    """What sets `point` apart, in plain values by the name of the dimension: for tables and as parameters.

    These are the dimensions that are searched and that a network of its depth has; of a point outside the
    space also whatever differs from the config.
    """
    found = {d.name: _entry(point, d.field, d.layer) for d in dimensions(config) if d.exists_at(point.depth)}
    searched = {d.field for d in dimensions(config)}
    for name, axis in axes(config).items():
        value = _entry(point, name, None)
        if name not in searched and not axis.holds(value):
            found[name] = value
    return found


def warm_start(config: SweepConfig) -> list[TrialParams]:
    """The configurations of `search_space.warm_start`, complete: what a point leaves out has its default."""
    return [complete(config, point) for point in config.search_space.warm_start]


def max_lookback(config: SweepConfig) -> int:
    """The most rows that any point of the space, or of `warm_start`, looks back from its first target."""
    found, season = axes(config), config.data.season or 0
    back = found["window"].highest + found["difference"].highest + season * found["seasonal_difference"].highest
    known = (p.window + p.difference + season * p.seasonal_difference for p in warm_start(config))
    return int(max(back, *known, 0))


def complete(config: SweepConfig, given: Mapping[str, Any]) -> TrialParams:
    """The point that `given` names: `units: 50` is for all layers, `[50, 25]` by layer, `units_2` for one."""
    point = {name: axis.default for name, axis in axes(config).items()}
    layered: dict[str, dict[int, Any]] = {name: {} for name in PER_LAYER}
    for key, value in given.items():
        layer = LAYER_KEY.fullmatch(key)
        if layer:
            layered[layer[1]][int(layer[2])] = FIELDS[layer[1]].clean(value)
        elif key in PER_LAYER and isinstance(value, (list, tuple)):
            layered[key].update({i: FIELDS[key].clean(entry) for i, entry in enumerate(value, 1)})
        else:
            point[key] = FIELDS[key].clean(value)
    if "depth" not in given and any(layered.values()):
        point["depth"] = max(layer for entries in layered.values() for layer in entries)
    return _complete(point, layered)


def plain(point: TrialParams) -> dict[str, Value]:
    """All parameters by their plain names; `units` and `dropout` as one value where all layers agree.

    `complete` is the way back.
    """
    found: dict[str, Value] = {}
    for name, value in point.items():
        if not isinstance(value, tuple):
            found[name] = value
        elif len(set(value)) == 1:
            found[name] = value[0]
        else:
            found |= {f"{name}_{i}": entry for i, entry in enumerate(value, 1)}
    return found


def _complete(point: dict[str, Any], layered: Mapping[str, Mapping[int, Any]]) -> TrialParams:
    depth = point["depth"]
    for name in PER_LAYER:
        point[name] = tuple(layered[name].get(layer, point[name]) for layer in range(1, depth + 1))
    return TrialParams(**point)


def _entry(point: TrialParams, field: str, layer: int | None) -> Any:
    value = getattr(point, field)
    if field not in PER_LAYER:
        return value
    if layer is not None:
        return value[layer - 1]
    return value[0] if len(set(value)) == 1 else " ".join(map(str, value))
