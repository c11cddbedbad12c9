"""Addresses of a config: what they take from the environment, and what of them may be written down."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from seqsweep.config.task_keys import settings
from seqsweep.errors import ConfigError, DataError, Fault
from seqsweep.redaction import HIDDEN, redacted, remember, remember_variable
from seqsweep.schema import SweepConfig

VARIABLE = re.compile(r"\$\{oc\.env:\s*(\w+)")

# How addresses were typed that take a variable of the environment, by what came of it: it is typed so again.
_typed: dict[str, str] = {}


def resolved_address(key: str, value: str) -> str:
    """An address with the variables of the environment that it takes.

    Args:
        key: whose value it is.
        value: as typed.

    Raises:
        ConfigError: there is no such variable, or it cannot be read.
    """
    try:
        address = str(OmegaConf.select(OmegaConf.create({"value": value}), "value"))
    except OmegaConfBaseException as error:
        names = [name for name in VARIABLE.findall(value) if name not in os.environ]
        told = f"export {', '.join(names)} first" if names else "write ${oc.env:NAME}"
        raise ConfigError([Fault(key, f"{key}={redacted(value, value)}: this cannot be read; {told}")]) from error
    remember(address)
    for name in VARIABLE.findall(value):
        remember_variable(name, os.environ.get(name, ""))
    if VARIABLE.search(value):
        _typed[address] = value
    return address


def find_data(config: SweepConfig, mend: str) -> None:
    """Give a logged config the address of its data as it can be read, where it has one.

    Args:
        config: as it was logged.
        mend: what to do where a secret was typed, which is not logged.

    Raises:
        ConfigError: a variable of the environment is missing.
        DataError: a secret is missing.
    """
    if config.data.url is None:
        return
    if HIDDEN in config.data.url:
        told = "its secrets were not logged, so the data cannot be read again"
        raise DataError(f"data.url={config.data.url}: {told}; {mend}")
    config.data.url = resolved_address("data.url", config.data.url)


def without_secrets(value: Any, key: str = "") -> Any:
    """A config, or the value of a key of it, as it may be written down.

    Args:
        value: of the config, or of a key.
        key: dotted; empty for the whole config.
    """
    if isinstance(value, Mapping):
        return {name: without_secrets(inner, f"{key}.{name}".lstrip(".")) for name, inner in value.items()}
    if isinstance(value, list):
        return [without_secrets(inner, key) for inner in value]
    if not isinstance(value, str):
        return value
    if key not in _addresses():
        return redacted(value)
    return redacted(_typed.get(value, value), value)


def remember_secrets(cfg: DictConfig) -> None:
    """Hide from now on what addresses of a config hold, and what it takes from the environment."""
    raw: Any = OmegaConf.to_container(cfg, resolve=False)
    for key in _addresses():
        group, _, name = key.partition(".")
        with suppress(OmegaConfBaseException):  # what it takes from elsewhere is not there, which is told by and by
            address = str(OmegaConf.select(cfg, key, throw_on_missing=False))
            remember(address)
            if VARIABLE.search(typed := str(raw[group][name])):
                _typed[address] = typed
    for name in VARIABLE.findall(str(raw)):
        remember_variable(name, os.environ.get(name, ""))


def _addresses() -> list[str]:
    """The keys whose values are addresses."""
    return [key for key, setting in settings().items() if setting.holds == "address"]
