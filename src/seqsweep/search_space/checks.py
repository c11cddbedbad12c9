"""What is wrong with a search space, found before anything is imported or read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from seqsweep.errors import Fault
from seqsweep.hyperparameters import Hyperparameter
from seqsweep.schema import OPEN
from seqsweep.search_space.declarations import declared, default, keys
from seqsweep.search_space.distributions import setting_faults, value_faults
from seqsweep.search_space.kernels import kernel_faults
from seqsweep.search_space.points import complete, of_layer
from seqsweep.search_space.space import Space
from seqsweep.spelling import nearest
from seqsweep.tasks import TASKS, make_task

if TYPE_CHECKING:
    from seqsweep.schema import SweepConfig

Declarations = Mapping[str, Hyperparameter]


def faults(config: SweepConfig) -> list[Fault]:
    """Every fault of `config.search_space`."""
    known_task = config.task.kind in TASKS
    space, declarations = config.search_space, declared(config.task.kind if known_task else None)
    found = _list_faults(config)
    for name, hyperparameter in declarations.items():
        given = space.get(name, OPEN)
        follows = hyperparameter.follows is not None and given == default(config, hyperparameter)
        if given != OPEN and not follows:  # what is wrong with the key that it follows is told of that
            found += setting_faults(hyperparameter, given)
    if not known_task:  # nobody knows what a point of it has
        return found
    known = [] if any(fault.key == "search_space.warm_start" for fault in found) else space.get("warm_start", [])
    points = [
        fault
        for i, point in enumerate(known)
        for fault in _point_faults(f"search_space.warm_start[{i}]", point, declarations)
    ]
    if found:
        return found + points
    points = points or _inactive_faults(config) or _repeated_points(config) or kernel_faults(config)
    return [*make_task(config).space_faults(Space(config)), *points]


def is_of(space: Mapping[str, Any], task: str) -> bool:
    """Whether a task has all hyperparameters of a search space, and allows what the space says of them.

    Args:
        space: settings by name, such as those of an option.
        task: an entry of TASKS.
    """
    declarations = declared(task)
    own = {name: value for name, value in space.items() if name not in ("per_layer", "warm_start")}
    return all(name in declarations and not setting_faults(declarations[name], own[name]) for name in own)


def _list_faults(config: SweepConfig) -> list[Fault]:
    """What is wrong with what is said of all hyperparameters."""
    known, names = keys(), ("per_layer", "warm_start")
    told = {name: known[name].fault(f"search_space.{name}", config.search_space.get(name, [])) for name in names}
    return [Fault(f"search_space.{name}", text) for name, text in told.items() if text is not None]


def _point_faults(key: str, point: Mapping[str, Any], declarations: Declarations) -> Iterator[Fault]:
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
