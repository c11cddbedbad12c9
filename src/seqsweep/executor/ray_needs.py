"""What workers need that the nodes of a Ray cluster do not have: a file of the user's, checked before it travels."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml

from seqsweep.errors import ConfigError, Fault
from seqsweep.executor.protocol import shortened
from seqsweep.spelling import nearest

KEY = "executor.runtime_env"

PLUGINS = "RAY_RUNTIME_ENV_PLUGINS"
"""A variable by which a cluster's owner adds keys of his own."""


def runtime_env(path: str | None) -> dict[str, Any]:
    """What a file says that workers need; nothing where there is none.

    Args:
        path: of a YAML file.

    Raises:
        ConfigError: it cannot be read, or is not what Ray takes.
    """
    if path is None:
        return {}
    try:
        told = yaml.safe_load(Path(path).read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        why = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise _refused(path, f"it cannot be read: {why}") from None
    if not isinstance(told, dict):
        raise _refused(path, "a mapping is expected, such as env_vars: {NAME: value}")
    needed = {str(key): value for key, value in told.items() if value is not None}
    _check(path, needed)
    return needed


def _check(path: str, needed: dict[str, Any]) -> None:
    """Refuse what Ray would pass over in silence, or refuse in the middle of the start."""
    from ray.runtime_env import RuntimeEnv

    known = sorted(name for name in RuntimeEnv.known_fields if not name.startswith("_"))
    for key in needed:
        if key not in RuntimeEnv.known_fields and not os.environ.get(PLUGINS):
            raise _refused(path, f"{key} is nothing that Ray knows{nearest(key, known)}")
    variables = needed.get("env_vars")
    for name, value in variables.items() if isinstance(variables, dict) else ():
        if not isinstance(name, str) or not isinstance(value, str):  # told here: Ray's words would show the value
            raise _refused(path, f"env_vars: name and value of {name} have to be text; put them into quotes")
    try:
        RuntimeEnv(**needed)
    except (TypeError, ValueError, OSError) as error:
        raise _refused(path, shortened(" ".join(str(error).split()))) from None


def _refused(path: str, why: str) -> ConfigError:
    return ConfigError([Fault(KEY, f"{KEY}={path}: {why}")])
