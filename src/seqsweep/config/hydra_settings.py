"""What may be set of Hydra: `hydra.mode` and `hydra.sweeper.params`, and nothing else.

A study is data. Hydra would call whatever a `_target_` of its own settings names: callbacks, launchers, sweepers;
others move the working directory or set variables of the environment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

MODE, PARAMS = "hydra.mode", "hydra.sweeper.params"
MODES = ("RUN", "MULTIRUN")
REFUSED = f"of Hydra's own settings a study sets {MODE} and {PARAMS} alone; leave it out"
NO_CODE = "a config is data, and names no code to run; leave it out"


def of_hydra(key: str) -> bool:
    """Whether a key, or the group of a defaults list, is Hydra's own."""
    return key.lstrip("/").split(".")[0].split("/")[0].split("@")[0] == "hydra"


def refused(settings: Any, key: str = "hydra") -> Iterator[tuple[str, str]]:
    """The dotted keys of Hydra's settings that may not be set, or not to this value, and why.

    Args:
        settings: what a study says of `key`.
        key: Hydra's own, or one below it.
    """
    if key == MODE:
        if settings not in MODES:
            yield key, f"must be one of {' and '.join(MODES)}, not {settings}"
    elif key == PARAMS:
        if not isinstance(settings, Mapping | None):
            yield key, "must be a mapping of keys to the values that are swept over, such as {seed: '1,2'}"
    elif not (MODE.startswith(f"{key}.") or PARAMS.startswith(f"{key}.")):
        yield key, REFUSED
    elif not isinstance(settings, Mapping):
        yield key, "must be a mapping, such as {sweeper: {params: {seed: '1,2'}}}"
    else:
        for name, inner in settings.items():
            yield from refused(inner, f"{key}.{name}")


def code_names(content: Any, key: str = "") -> Iterator[str]:
    """The dotted keys within `content` by which Hydra would call code.

    Args:
        content: of a study, or a value.
        key: where it stands.
    """
    inside = (
        content.items() if isinstance(content, Mapping) else enumerate(content) if isinstance(content, list) else ()
    )
    for name, inner in inside:
        path = f"{key}[{name}]" if isinstance(name, int) else f"{key}.{name}".lstrip(".")
        if name == "_target_":
            yield path
        yield from code_names(inner, path)
