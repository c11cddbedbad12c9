"""What is wrong with a search space, found before anything is imported or read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from seqsweep.catalog import Catalog
from seqsweep.errors import Fault
from seqsweep.schema import OPEN
from seqsweep.search_space.axes import FIELDS, PER_LAYER, setting_faults, value_faults
from seqsweep.search_space.dimensions import axes
from seqsweep.search_space.points import LAYER_KEY, complete
from seqsweep.spelling import nearest

if TYPE_CHECKING:
    from seqsweep.schema import SweepConfig


def faults(config: SweepConfig) -> list[Fault]:
    """Every fault of `config.search_space`, but for names that other modules know (`name_faults`)."""
    space = config.search_space
    found = [fault for name in FIELDS for fault in _setting(name, getattr(space, name))]
    found += [
        Fault(
            "search_space.per_layer",
            f"search_space.per_layer: {name!r} cannot be chosen for each layer{nearest(str(name), PER_LAYER)}",
        )
        for name in space.per_layer
        if name not in PER_LAYER
    ]
    if found or OPEN in [getattr(space, name) for name in FIELDS]:
        return found + _point_faults(config)
    if axes(config)["seasonal_difference"].highest and config.data.season is None:
        told = (
            f"search_space.seasonal_difference={space.seasonal_difference}: needs data.season, the rows of a "
            "season; set it, or set seasonal_difference to 0"
        )
        found.append(Fault("search_space.seasonal_difference", told, also=("data.season",)))
    return found + (_point_faults(config) or _repeated_points(config))


def name_faults(config: SweepConfig, catalogs: Mapping[str, Catalog[Any]]) -> list[Fault]:
    """A fault for each name in the space, or in `warm_start`, that is not in the catalog of its field."""
    found = []
    for name, catalog in catalogs.items():
        setting = getattr(config.search_space, name)
        follows = setting == getattr(config.windows, name, None)  # then the fault is told of `windows` already
        for value in [] if follows else _listed(setting):
            found += catalog.fault(f"search_space.{name}", value)
        for i, point in enumerate(config.search_space.warm_start):
            if isinstance(point, Mapping) and name in point:
                found += catalog.fault(f"search_space.warm_start[{i}].{name}", point[name])
    return found


def _setting(name: str, setting: Any) -> list[Fault]:
    return (
        [] if setting == OPEN else setting_faults(name, setting)
    )  # what is missing is reported for all groups at once


def _listed(setting: Any) -> list[Any]:
    return list(setting) if isinstance(setting, (list, tuple)) else [] if isinstance(setting, Mapping) else [setting]


def _point_faults(config: SweepConfig) -> list[Fault]:
    return [
        fault
        for i, point in enumerate(config.search_space.warm_start)
        for fault in _faults_of(f"search_space.warm_start[{i}]", point, config.data.season)
    ]


def _faults_of(key: str, point: Any, season: int | None) -> Iterator[Fault]:
    if not isinstance(point, Mapping):
        told = f"{key}={point}: must be a mapping of dimensions to values, such as {{layer: lstm, units: 50}}"
        yield Fault(key, told)
        return
    layers: dict[str, int] = {}
    for name, value in point.items():
        layer = LAYER_KEY.fullmatch(name)
        if layer:
            layers[name] = int(layer[2])
            yield from value_faults(f"{key}.{name}", layer[1], [value])
        elif name not in FIELDS:
            yield Fault(f"{key}.{name}", f"{key}.{name}: there is no such dimension{nearest(name, FIELDS)}")
        elif name in PER_LAYER and isinstance(value, (list, tuple)):
            layers[name] = len(value)
            yield from value_faults(f"{key}.{name}", name, value)
        else:
            yield from value_faults(f"{key}.{name}", name, [value])
    yield from _depth_faults(key, point, layers)
    if point.get("seasonal_difference") == 1 and season is None:
        told = f"{key}.seasonal_difference=1: needs data.season, the rows of a season; set it"
        yield Fault(f"{key}.seasonal_difference", told, also=("data.season",))


def _depth_faults(key: str, point: Mapping[str, Any], layers: Mapping[str, int]) -> Iterator[Fault]:
    depth = point.get("depth", max(layers.values(), default=None))
    for name, count in layers.items():
        wrong = count > depth if LAYER_KEY.fullmatch(name) else count != depth
        if isinstance(depth, int) and wrong:
            yield Fault(
                f"{key}.{name}", f"{key}.{name}={point[name]}: does not fit {depth} layers; give one entry a layer"
            )


def _repeated_points(config: SweepConfig) -> list[Fault]:
    points = [complete(config, point) for point in config.search_space.warm_start]
    return [
        Fault(
            f"search_space.warm_start[{i}]",
            f"search_space.warm_start[{i}] is the same as warm_start[{points.index(point)}]; leave one",
        )
        for i, point in enumerate(points)
        if points.index(point) < i
    ]
