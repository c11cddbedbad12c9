"""What is wrong with a search space, found before anything is imported or read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from seqsweep.errors import Fault
from seqsweep.hyperparameters import Hyperparameter
from seqsweep.schema import OPEN
from seqsweep.search_space.declarations import declared, default
from seqsweep.search_space.dimensions import distributions, setting
from seqsweep.search_space.distributions import setting_faults, value_faults
from seqsweep.search_space.points import complete, of_layer
from seqsweep.spelling import nearest
from seqsweep.task import TASKS

if TYPE_CHECKING:
    from seqsweep.schema import SweepConfig

Declarations = Mapping[str, Hyperparameter]


def faults(config: SweepConfig) -> list[Fault]:
    """Every fault of `config.search_space`."""
    if config.task.kind not in TASKS:  # nobody knows then what its hyperparameters are
        return []
    space, declarations = config.search_space, declared(config.task.kind)
    found = _list_faults(config)
    if found:
        return found
    for name, hyperparameter in declarations.items():
        given = space.get(name, OPEN)
        follows = hyperparameter.follows is not None and given == default(config, hyperparameter)
        if given != OPEN and not follows:  # what is wrong with the key that it follows is told of that
            found += setting_faults(hyperparameter, given)
    several = [name for name, hyperparameter in declarations.items() if hyperparameter.per_layer]
    found += [
        Fault(
            "search_space.per_layer",
            f"search_space.per_layer: {name!r} cannot be chosen for each layer{nearest(str(name), several)}",
        )
        for name in space.get("per_layer", [])
        if name not in several
    ]
    points = [
        fault
        for i, point in enumerate(space.get("warm_start", []))
        for fault in _point_faults(f"search_space.warm_start[{i}]", point, config, declarations)
    ]
    if found:
        return found + points
    points = points or _inactive_faults(config) or _repeated_points(config)
    return [*_season_faults(config), *points]


def _list_faults(config: SweepConfig) -> list[Fault]:
    keys = ("per_layer", "warm_start")
    given = {f"search_space.{name}": config.search_space.get(name, []) for name in keys}
    told = {key: f"{key}={value}: must be a list, such as []" for key, value in given.items()}
    return [Fault(key, told[key]) for key, value in given.items() if not isinstance(value, list)]


def _season_faults(config: SweepConfig) -> list[Fault]:
    lagged = distributions(config).get("seasonal_difference")
    if lagged is None or not lagged.highest or config.data.season is not None:
        return []
    given = setting(config, declared(config.task.kind)["seasonal_difference"])
    told = (
        f"search_space.seasonal_difference={given}: needs data.season, the rows of a season; set it, or set "
        "seasonal_difference to 0"
    )
    return [Fault("search_space.seasonal_difference", told, also=("data.season",))]


def _point_faults(key: str, point: Any, config: SweepConfig, declarations: Declarations) -> Iterator[Fault]:
    if not isinstance(point, Mapping):
        told = f"{key}={point}: must be a mapping of hyperparameters to values, such as {{layer: lstm, units: 50}}"
        yield Fault(key, told)
        return
    layers: dict[str, int] = {}
    for given, value in point.items():
        name, layer = of_layer(given, declarations) or (given, None)
        if name not in declarations:
            told = f"{key}.{given}: there is no such hyperparameter{nearest(given, declarations)}"
            yield Fault(f"{key}.{given}", told)
            continue
        listed = value if declarations[name].per_layer and isinstance(value, (list, tuple)) else [value]
        if listed is value or layer:
            layers[given] = layer or len(listed)
        yield from value_faults(f"{key}.{given}", declarations[name], listed)
    yield from _depth_faults(key, point, layers, declarations)
    if point.get("seasonal_difference") == 1 and config.data.season is None:
        told = f"{key}.seasonal_difference=1: needs data.season, the rows of a season; set it"
        yield Fault(f"{key}.seasonal_difference", told, also=("data.season",))


def _depth_faults(
    key: str, point: Mapping[str, Any], layers: Mapping[str, int], declarations: Declarations
) -> Iterator[Fault]:
    depth = point.get("depth", max(layers.values(), default=None))
    for given, count in layers.items():
        wrong = count > depth if of_layer(given, declarations) else count != depth
        if isinstance(depth, int) and wrong:
            told = f"{key}.{given}={point[given]}: does not fit {depth} layers; give one entry a layer"
            yield Fault(f"{key}.{given}", told)


def _inactive_faults(config: SweepConfig) -> list[Fault]:
    declarations = declared(config.task.kind)
    found = []
    for i, point in enumerate(config.search_space.get("warm_start", [])):
        has = complete(config, point)
        for given in point:
            name, _ = of_layer(given, declarations) or (given, None)
            if name not in has:
                key = f"search_space.warm_start[{i}].{given}"
                told = f"{key}={point[given]}: it is active only where {declarations[name].condition}; leave it out"
                found.append(Fault(key, told))
    return found


def _repeated_points(config: SweepConfig) -> list[Fault]:
    points = [complete(config, point) for point in config.search_space.get("warm_start", [])]
    return [
        Fault(
            f"search_space.warm_start[{i}]",
            f"search_space.warm_start[{i}] is the same as warm_start[{points.index(point)}]; leave one",
        )
        for i, point in enumerate(points)
        if points.index(point) < i
    ]
