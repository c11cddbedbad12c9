"""Every key of a config, and what its values may be."""

from __future__ import annotations

import difflib

from seqsweep import schema, search_space
from seqsweep.config import task_keys
from seqsweep.hyperparameters import Setting
from seqsweep.spelling import closest


def settings() -> dict[str, Setting]:
    """What each key may be, by its dotted name, in the order of the groups."""
    own = task_keys.settings()
    space = {f"search_space.{name}": setting for name, setting in search_space.keys().items()}
    placed: dict[str, dict[str, Setting]] = {group: {} for group in ("", *schema.groups())}
    for key, setting in (*own.items(), *space.items()):
        if (group := group_of(key)) in placed:
            placed[group][key] = setting
    return {key: setting for found in placed.values() for key, setting in found.items()}


def keys() -> list[str]:
    """Every dotted key of a config."""
    return list(settings())


def group_of(key: str) -> str:
    """The group of a key; nothing for a key that is in none."""
    return key.rpartition(".")[0]


def nearest_key(key: str) -> str | None:
    """The nearest key by its last part, one of the same group before others; None where none is near.

    One of another group must be nearer: `kernel_size` of a search space is no `model.kernels`.
    """
    group, _, name = key.rpartition(".")
    near = {k: _likeness(name, k) for k in keys()}
    ranked = max(near, key=lambda k: (near[k], group_of(k) == group))
    if near[ranked] >= (0.6 if group_of(ranked) == group else 0.8):
        return ranked
    return None if group in ("", *schema.groups()) and name != key else closest(group or key, siblings(key))


def no_such_key(key: str) -> str:
    """That there is no such key, and the nearest one, or all that stand beside it."""
    near, group = nearest_key(key), group_of(key)
    if near:
        return f"{key}: there is no such key; did you mean {near!r}?"
    beside = siblings(key)
    listed = ", ".join(name.removeprefix(f"{group}.") for name in beside)
    where = f" in {group}" if group and beside[0].startswith(f"{group}.") else ""
    return f"{key}: there is no such key; possible{where}: {listed}"


def siblings(key: str) -> list[str]:
    """The keys of the same group; of an unknown group, all groups."""
    known, group = keys(), group_of(key)
    return [k for k in known if group and k.startswith(f"{group}.")] or sorted({k.split(".")[0] for k in known})


def _likeness(name: str, key: str) -> float:
    """In [0, 1]: how alike a name and the last part of a key are."""
    return difflib.SequenceMatcher(None, name, key.rpartition(".")[2]).ratio()
