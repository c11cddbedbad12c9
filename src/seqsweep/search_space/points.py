"""Points of a space: from an oracle's values to TrialParams, and back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from seqsweep.events import TrialParams
from seqsweep.hyperparameters import Hyperparameter
from seqsweep.records import Value
from seqsweep.search_space.declarations import declared
from seqsweep.search_space.dimensions import dimensions, distributions, setting
from seqsweep.search_space.distributions import distribution

if TYPE_CHECKING:
    from seqsweep.schema import SweepConfig


class Points:
    """The points of one space, which is read once: a sweep asks of thousands.

    Args:
        config: of the sweep.
    """

    def __init__(self, config: SweepConfig) -> None:
        self._starts = config.search_space.get("warm_start", [])
        self._per_layer = config.search_space.get("per_layer", [])
        self._declared = declared(config.task.kind)
        self._allowed = distributions(config)
        self._searched = dimensions(config)
        self._defaults = {name: distribution(own, setting(config, own)).default for name, own in self._declared.items()}

    @cached_property
    def warm_starts(self) -> Sequence[TrialParams]:
        """Known configurations that are run first, complete: what a point leaves out has its default."""
        return [self.complete(given) for given in self._starts]

    def params(self, values: Mapping[str, Any]) -> TrialParams:
        """The point behind an oracle's `values`; what is not searched comes from the config.

        Keys that are no dimension (`tuner/epochs`) are passed over.

        Args:
            values: by dimension, those of single layers as `units_2`.
        """
        return self.complete({d.name: d.decode(values[d.name]) for d in self._searched if d.name in values})

    def values(self, point: TrialParams) -> dict[str, Any] | None:
        """An oracle's values for `point`; None where it lies outside the space.

        Args:
            point: by hyperparameter, with an entry a layer where layers may differ.
        """
        for name, value in point.items():
            entries = value if isinstance(value, tuple) else (value,)
            shared = name not in self._per_layer and len(set(entries)) > 1
            if name not in self._allowed or shared or not all(map(self._allowed[name].holds, entries)):
                return None
        return {
            d.name: d.encode(_entry(point, d.hyperparameter, d.layer)) for d in self._searched if d.exists_at(point)
        }

    def active(self, point: TrialParams) -> dict[str, Any]:
        """What sets `point` apart, in plain values by the name of the dimension: for tables and as parameters.

        These are the dimensions that are searched and that the trial has; of a point outside the space also whatever
        differs from the config.

        Args:
            point: inside the space or outside it.
        """
        found = {d.name: _entry(point, d.hyperparameter, d.layer) for d in self._searched if d.exists_at(point)}
        searched = {d.hyperparameter for d in self._searched}
        for name in point:
            value, allowed = _entry(point, name, None), self._allowed.get(name)
            if name not in searched and not (allowed is not None and allowed.holds(value)):
                found[name] = value
        return found

    def complete(self, given: Mapping[str, Any]) -> TrialParams:
        """The point that `given` names: `units: 50` is for all layers, `[50, 25]` by layer, `units_2` for one.

        What is not given has its default; what is not active is left out.

        Args:
            given: by name, checked; of a warm start, for example.
        """
        layered = _by_layer(given, self._declared)
        depths = [layer for entries in layered.values() for layer in entries]
        depth = given.get("depth", self._defaults["depth"])
        if depths and "depth" not in given:
            depth = max(depths)
        point = {"depth": depth}
        for name, hyperparameter in self._declared.items():
            if name == "depth" or not hyperparameter.is_active(point):
                continue
            shared = name in given and not isinstance(given[name], (list, tuple))
            value = given[name] if shared else self._defaults[name]
            of = layered.get(name, {})
            entries = [hyperparameter.clean(of.get(layer, value)) for layer in range(1, depth + 1)]
            point[name] = tuple(entries) if hyperparameter.per_layer else hyperparameter.clean(value)
        return TrialParams(**{name: point[name] for name in self._declared if name in point})


def params(config: SweepConfig, values: Mapping[str, Any]) -> TrialParams:
    """See `Points.params`."""
    return Points(config).params(values)


def values(config: SweepConfig, point: TrialParams) -> dict[str, Any] | None:
    """See `Points.values`."""
    return Points(config).values(point)


def active(config: SweepConfig, point: TrialParams) -> dict[str, Any]:
    """See `Points.active`."""
    return Points(config).active(point)


def complete(config: SweepConfig, given: Mapping[str, Any]) -> TrialParams:
    """See `Points.complete`."""
    return Points(config).complete(given)


def warm_start(config: SweepConfig) -> Sequence[TrialParams]:
    """See `Points.warm_starts`."""
    return Points(config).warm_starts if config.search_space.get("warm_start") else []


def telling(config: SweepConfig, given: Mapping[str, Value]) -> dict[str, Value]:
    """The parameters of a trial whose values do something: of one series none of those that are of several.

    Args:
        config: of the sweep.
        given: all of them, by their plain names.
    """
    needs = {name: hyperparameter.needs for name, hyperparameter in declared(config.task.kind).items()}
    return {
        name: value
        for name, value in given.items()
        if not (keys := needs.get(name, ())) or any(attrgetter(key)(config) for key in keys)
    }


def of_layer(name: str, declarations: Mapping[str, Hyperparameter]) -> tuple[str, int] | None:
    """The hyperparameter and the layer that a name such as `units_2` stands for; None where it is none.

    Args:
        name: of a dimension, or any other text.
        declarations: all hyperparameters, by name.
    """
    stem, _, layer = name.rpartition("_")
    known = stem in declarations and declarations[stem].per_layer and re.fullmatch(r"[1-9]\d*", layer)
    return (stem, int(layer)) if known else None


def _by_layer(given: Mapping[str, Any], declarations: Mapping[str, Hyperparameter]) -> dict[str, dict[int, Any]]:
    """What `given` says of single layers: by name and by layer, counted from 1."""
    found: dict[str, dict[int, Any]] = {}
    for key, value in given.items():
        name, layer = of_layer(key, declarations) or (key, None)
        if layer is not None:
            found.setdefault(name, {})[layer] = value
        elif isinstance(value, (list, tuple)):
            found.setdefault(name, {}).update(enumerate(value, 1))
    return found


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


def _entry(point: TrialParams, name: str, layer: int | None) -> Any:
    value = point[name]
    if not isinstance(value, tuple):
        return value
    if layer is not None:
        return value[layer - 1]
    return value[0] if len(set(value)) == 1 else " ".join(map(str, value))
