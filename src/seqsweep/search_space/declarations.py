"""Every hyperparameter that a space may have, gathered from those who declare it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_args

from seqsweep import model
from seqsweep.catalog import Catalog
from seqsweep.hyperparameters import Hyperparameter, Section, Setting
from seqsweep.tasks import TASKS

if TYPE_CHECKING:
    from seqsweep.schema import SweepConfig


def declared(task: str | None = None) -> dict[str, Hyperparameter]:
    """Every hyperparameter by name: those of networks and training, of the task, and of the entries of catalogs.

    They are read anew each time, so that what was registered a moment ago is there. In a section, those that entries
    bring stand behind the others, so that each one stands behind those that it depends on.

    Args:
        task: an entry of TASKS; None for all of them: the names that a space may have. Where tasks declare one in
            different ways, the first that has it in every trial stands for all, see `by_task`.

    Raises:
        TypeError: two declare the same name, or one depends on what cannot be depended on.
    """
    of_tasks = [own for name in (TASKS if task is None else [task]) for own in TASKS.own(name)]
    found: dict[str, Hyperparameter] = {}
    for section in get_args(Section):
        shared = [entry for entry in (*model.HYPERPARAMETERS, *of_tasks) if entry.section == section]
        for hyperparameter in _with_own(shared):
            if task is not None and hyperparameter.name in found:
                raise TypeError(f"there are two hyperparameters {hyperparameter.name!r}")
            known = found.setdefault(hyperparameter.name, hyperparameter)
            if known.when and not hyperparameter.when:
                found[hyperparameter.name] = hyperparameter
    for hyperparameter in found.values():
        _check_conditions(hyperparameter, found)
    return found


def by_task() -> dict[str, dict[tuple[str, ...], Hyperparameter]]:
    """Each hyperparameter by name: its declarations, by the tasks that have each; tasks may declare it differently."""
    found: dict[str, dict[tuple[str, ...], Hyperparameter]] = {name: {} for name in declared()}
    for task in TASKS:
        for name, own in declared(task).items():
            alike = next((tasks for tasks, other in found[name].items() if other == own), ())
            found[name].pop(alike, None)
            found[name][(*alike, task)] = own
    return found


def keys() -> dict[str, Setting]:
    """What may stand in a search space by its name: every hyperparameter, and what is said of them all."""
    found = declared()
    several = tuple(name for name, hyperparameter in found.items() if hyperparameter.per_layer)
    per_layer = Setting(
        "per_layer",
        str,
        choices=several,
        several=True,
        meaning="hyperparameters with a value of their own in each layer",
    )
    known = "known configurations, run before the search's own; what one leaves out has its default"
    return {**found, "per_layer": per_layer, "warm_start": Setting("warm_start", dict, several=True, meaning=known)}


def conditions(name: str, declarations: Mapping[str, Hyperparameter]) -> dict[str, list[Any]]:
    """All that must hold for a hyperparameter to be active: the values of others, those of its parents included.

    Args:
        name: of the hyperparameter.
        declarations: all of them, by name.
    """
    found: dict[str, list[Any]] = {}
    for parent, values in declarations[name].when.items():
        for other, allowed in [*conditions(parent, declarations).items(), (parent, list(values))]:
            found[other] = [value for value in found.get(other, allowed) if value in allowed]
    return found


def default(config: SweepConfig, hyperparameter: Hyperparameter) -> Any:
    """The value of a hyperparameter of which the search space says nothing.

    Args:
        config: composed; read where the default follows another key.
        hyperparameter: its declaration.
    """
    if hyperparameter.follows is None:
        return hyperparameter.default
    value: Any = config
    for part in hyperparameter.follows.split("."):
        value = getattr(value, part)
    return value


def _with_own(hyperparameters: Sequence[Hyperparameter]) -> Iterator[Hyperparameter]:
    """These, then those that the entries of their catalogs bring, and what those bring in turn."""
    if not hyperparameters:
        return
    yield from hyperparameters
    yield from _with_own(
        [
            own
            for chooser in hyperparameters
            if isinstance(chooser.choices, Catalog)
            for own in chooser.choices.hyperparameters(chooser.name, chooser.section)
        ]
    )


def _check_conditions(hyperparameter: Hyperparameter, declarations: Mapping[str, Hyperparameter]) -> None:
    before = list(declarations)[: list(declarations).index(hyperparameter.name)]
    for name in hyperparameter.when:
        parent = declarations[name] if name in before else None
        if parent is None or parent.per_layer or not (parent.type in (str, bool) or name == "depth"):
            raise TypeError(
                f"{hyperparameter.name} depends on {name!r}, which is no hyperparameter before it with names, true and "
                "false, or the depth as its values"
            )
