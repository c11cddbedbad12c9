"""What a key of a config means: type, bounds, default, when it is active, and which options set another value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

from omegaconf import OmegaConf

from seqsweep import config, search_space
from seqsweep.errors import UserError
from seqsweep.hyperparameters import Hyperparameter, Setting, plain
from seqsweep.tasks import TASKS

REFERENCE = """# Every key of a config

Written from the declarations by `make reference`; `seqsweep explain KEY` says the same of one key, with the options
that set another value. A key is given as `GROUP.KEY=VALUE` on a command line, in `overrides` of `seqsweep.sweep`, or
below its group in a study. Those of `search_space` take one value, a list of choices, or `{low: …, high: …}`.
"""

ONE_OF = "one value, or a list of choices"
RANGE = "one value, a list of choices, or {low: …, high: …} with `step` or `log: true`"


def explain(key: str) -> str:
    """All that is declared of a key; of a group, its keys.

    Raises:
        UserError: there is no such key.
    """
    known = config.settings()
    if key in known:
        return "\n\n".join(_block(key, setting, of) for of, setting in _declarations(known[key]).items())
    inside = [name for name in known if name.startswith(f"{key}.")]
    if not inside:
        raise UserError(config.no_such_key(key))
    return overview(inside)


def overview(keys: list[str] | None = None) -> str:
    """Each of these keys, or every key, with its meaning in one line."""
    known = config.settings()
    listed = list(known) if keys is None else keys
    width = max(map(len, listed))
    return "\n".join(f"{key:<{width}}  {_meaning(known[key])}" for key in listed)


def reference() -> str:
    """Every key as a page of Markdown: a heading a group, a table of its keys below it; `make reference` writes it."""
    known = config.settings()
    groups: dict[str, list[str]] = {}
    for key in known:
        groups.setdefault(key.rpartition(".")[0], []).append(key)
    parts = [REFERENCE]
    for group, keys in groups.items():
        options = ", ".join(f"`{group}={name}`" for name in config.options().get(group, []))
        parts.append(f"## {group or 'Of the sweep'}\n" + (f"\nOptions: {options}.\n" if options else ""))
        rows = ["| key | meaning | must be | default |", "|---|---|---|---|"]
        parts.append("\n".join([*rows, *(row for key in keys for row in _rows(key, known[key]))]) + "\n")
    return "\n".join(parts)


def _rows(key: str, setting: Setting) -> Iterator[str]:
    """A line for each way in which tasks declare a key."""
    declarations = _declarations(setting)
    for tasks, declared in declarations.items():
        entries = _entries(key, declared, tasks)
        whose = f" (task={' or '.join(tasks)})" if len(declarations) > 1 else ""
        meaning = f"{declared.meaning}{whose}" + (f"; {entries['active']}" if entries["active"] else "")
        unit = f", in {entries['unit']}" if entries["unit"] else ""
        cells = (f"`{key}`", meaning, f"{entries['must be']}{unit}", entries.get("default", ""))
        yield "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def values(key: str) -> dict[str, Any]:
    """The value of a key by each option of its group that gives it one."""
    group, _, name = key.rpartition(".")
    options = config.options().get(group, [])
    found = {option: config.option_values(group, option) for option in options}
    return {option: content[name] for option, content in found.items() if name in content}


def _declarations(setting: Setting) -> Mapping[tuple[str, ...], Setting]:
    """What is declared of a key by the tasks that have it, each in its own way; by () where all have the same."""
    found = search_space.by_task() if isinstance(setting, Hyperparameter) else {}
    by_tasks = found.get(setting.name, {})
    return by_tasks if by_tasks and tuple(TASKS) not in by_tasks else {(): setting}


def _meaning(setting: Setting) -> str:
    """In one line, whatever tasks mean by a key."""
    found: dict[str, list[str]] = {}
    for tasks, declared in _declarations(setting).items():
        found.setdefault(declared.meaning, []).extend(tasks)
    if len(found) == 1:
        return setting.meaning
    return "; ".join(f"{meaning} (task={' or '.join(tasks)})" for meaning, tasks in found.items())


def _block(key: str, setting: Setting, tasks: tuple[str, ...]) -> str:
    """A declaration, and of which tasks it is."""
    entries = {"task": ", ".join(tasks), **_entries(key, setting, tasks)}
    lines = (f"  {name:<10}  {text}" for name, text in entries.items() if text)
    return "\n".join([f"{key}: {setting.meaning}", *lines])


def _entries(key: str, setting: Setting, tasks: tuple[str, ...]) -> dict[str, str]:
    whole = replace(setting, choices=_catalog(key, setting.catalog)) if setting.catalog else setting
    rule = f"a list, none twice, each {whole.rule}" if whole.several else whole.rule
    own = setting if isinstance(setting, Hyperparameter) else None
    each = f"may have a value of its own: search_space.per_layer=[{setting.name}]"
    return {
        "must be": rule,
        "written as": (RANGE if setting.numeric else ONE_OF) if own else "",
        "unit": setting.unit,
        "active": f"where {setting.condition}" if setting.when else "",
        **_defaults(key, setting, tasks),
        "each layer": each if own and own.per_layer else "",
    }


def _defaults(key: str, setting: Setting, tasks: tuple[str, ...]) -> dict[str, str]:
    """The default, and the options that set another value; of those of a search space what these tasks can take."""
    group = key.rpartition(".")[0]
    by_option = values(key)
    if isinstance(setting, Hyperparameter):
        own = plain(setting.default) if setting.follows is None else f"what {setting.follows} says"
        fitting = {option: value for option, value in by_option.items() if _fits(option, tasks)}
        return {"default": own, "options": _by_option(group, fitting)}
    shipped: Any = OmegaConf.to_container(OmegaConf.load(config.CONF / "config.yaml"))
    chosen = {g: o for entry in shipped["defaults"] if isinstance(entry, dict) for g, o in entry.items()}.get(group)
    if group == "task" and chosen not in setting.when.get("task.kind", (chosen,)):
        chosen = next(iter(by_option), chosen)  # of a task that alone has it
    if chosen is None:
        return {"default": plain(shipped[key]) if key in shipped else "none: a study says it"}
    empty = "null" if setting.optional else "[]" if setting.several else "none: give one"
    default = by_option.pop(chosen, empty)
    others = {option: value for option, value in by_option.items() if value != default}
    return {"default": f"{plain(default)} ({group}={chosen})", "options": _by_option(group, others)}


def _fits(option: str, tasks: tuple[str, ...]) -> bool:
    """Whether any of these tasks can be searched in a space of `conf/search_space`, or there are none to ask."""
    content = config.option_values("search_space", option)
    return not tasks or any(search_space.is_of(content, task) for task in tasks)


def _by_option(group: str, found: Mapping[str, Any]) -> str:
    shown = {option: "none: give one" if value == "???" else plain(value) for option, value in found.items()}
    return "; ".join(f"{group}={option}: {value}" for option, value in shown.items())


def _catalog(key: str, place: str) -> tuple[str, ...]:
    """The names of a catalog; of `task`, those of all tasks that read the key."""
    if place == "task":
        return tuple(dict.fromkeys(name for task in TASKS.values() for name in task.names(key)))
    module, _, name = place.partition(":")
    return tuple(getattr(import_module(module), name))


if __name__ == "__main__":
    print(reference(), end="")
