"""The keys that tasks bring: their own ones of the group `task`, and those of `data` and `windows` that some read.

A study or a command line may name the keys of any task before it is known which one runs. So Hydra composes the group
`task` with the keys of all of them; what becomes a `SweepConfig` has those of its own task alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, fields, make_dataclass, replace
from functools import cache
from typing import Any, get_type_hints

from omegaconf import DictConfig, OmegaConf, open_dict

from seqsweep import schema
from seqsweep.hyperparameters import Setting
from seqsweep.schema import SweepConfig, TaskConfig
from seqsweep.tasks import TASKS

KIND = "task.kind"


def settings() -> Mapping[str, Setting]:
    """What each key but those of a search space may be; those that not every task reads say which do.

    Raises:
        TypeError: two tasks declare the same key in two ways.
    """
    return _settings(tuple(TASKS))


def every_task() -> TaskConfig:
    """The group `task` with the keys of all tasks, nothing of it given."""
    found = {}
    for name in TASKS:
        kinds = get_type_hints(TASKS[name].settings)
        for inner in fields(TASKS[name].settings):
            found[inner.name] = (inner.name, kinds[inner.name], field(default=inner.default, metadata=inner.metadata))
    made: TaskConfig = make_dataclass("EveryTaskConfig", found.values(), bases=(TaskConfig,))()
    return made


def of_task(kind: object) -> type[TaskConfig]:
    """The group `task` of the configs of a task; what all have in common where there is no such task."""
    return TASKS[kind].settings if isinstance(kind, str) and kind in TASKS else TaskConfig


def leave_own(config: DictConfig) -> None:
    """Take the keys of all other tasks out of a composed config."""
    kept = of_task(OmegaConf.select(config, KIND))
    given: Any = OmegaConf.to_container(config.task, resolve=False)
    names = {inner.name for inner in fields(kept)}
    with open_dict(config):
        config.task = OmegaConf.structured(kept(**{name: value for name, value in given.items() if name in names}))


def schema_of(content: Any) -> SweepConfig:
    """The schema of a config that was written down, whose task is known.

    Args:
        content: as YAML has it.
    """
    task = content.get("task") if isinstance(content, Mapping) else None
    return SweepConfig(task=of_task(task.get("kind") if isinstance(task, Mapping) else None)())


@cache
def _settings(tasks: tuple[str, ...]) -> Mapping[str, Setting]:
    found, common = dict(schema.settings()), {inner.name for inner in fields(TaskConfig)}
    readers: dict[str, list[str]] = {}
    for name in tasks:
        for key, own in schema.settings_of(TASKS[name].settings, "task").items():
            if key.removeprefix("task.") in common:
                continue
            if found.setdefault(key, own) != own:
                raise TypeError(f"two tasks declare {key} in two ways")
            readers.setdefault(key, []).append(name)
        for key in TASKS[name].reads:
            readers.setdefault(key, []).append(name)
    for key, names in readers.items():
        found[key] = replace(found[key], when={KIND: tuple(names), **found[key].when})
    return found
