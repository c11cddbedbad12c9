"""Every key of a config, and what its values may be."""

from __future__ import annotations

import difflib

from seqsweep import schema, search_space
from seqsweep.hyperparameters import Setting
from seqsweep.spelling import closest


def settings() -> dict[str, Setting]:
    """What each key may be, by its dotted name, in the order of the groups."""
    own = schema.settings()
    space = {f"search_space.{name}": setting for name, setting in search_space.keys().items()}
    groups = ("", *schema.groups())
    return {key: found[key] for group in groups for found in (own, space) for key in found if group_of(key) == group}


def keys() -> list[str]:
    """Every dotted key of a config."""
    return list(settings())


def group_of(key: str) -> str:
    """The group of a key; nothing for a key that is in none."""
    return key.rpartition(".")[0]


def nearest_key(key: str) -> str | None:
    """The nearest key by its last part, one of the same group before others; None where none is near."""
    group, _, name = key.rpartition(".")
    ranked = max(keys(), key=lambda k: (_likeness(name, k), k.startswith(f"{group}.")))
    return ranked if _likeness(name, ranked) >= 0.6 else closest(key, siblings(key))


def siblings(key: str) -> list[str]:
    """The keys of the same group; of an unknown group, all groups."""
    known, group = keys(), group_of(key)
    return [k for k in known if group and k.startswith(f"{group}.")] or sorted({k.split(".")[0] for k in known})


def _likeness(name: str, key: str) -> float:
    """In [0, 1]: how alike a name and the last part of a key are."""
    return difflib.SequenceMatcher(None, name, key.rpartition(".")[2]).ratio()
