"""How a sweep joins a Ray cluster, or starts one of its own."""

from __future__ import annotations

import logging
import os
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from seqsweep.errors import ConfigError, Fault, SweepError
from seqsweep.executor.capacity import default_workers
from seqsweep.executor.protocol import shortened
from seqsweep.executor.starting import import_path
from seqsweep.interrupts import SIGNALS

if TYPE_CHECKING:
    from seqsweep.schema import ExecutorConfig

CONNECT = 10.0
"""Seconds until an address counts as one where nothing answers: Ray itself tries for more than five minutes."""

RAY_SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing is sent to anyone
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # else Ray warns of what it will do some day
    # What the sweep tells itself, in one line.
    "RAY_DEDUP_LOGS_SKIP_REGEX": "A worker died or was killed|Raylet is terminated|The node with node id",
}


def join(config: ExecutorConfig) -> bool | None:
    """Connect to the cluster.

    Args:
        config: `address`; where that is null, `workers` and `threads` say how large a cluster is started.

    Returns:
        Whether it is one of its own, on this machine; None: the process had joined one before, which it keeps.

    Raises:
        SweepError: no cluster is there.
    """
    for name, value in RAY_SETTINGS.items():  # read as Ray is imported
        os.environ.setdefault(name, value)
    import ray

    if ray.is_initialized():
        return None
    address = config.address or "local"
    _reachable(address)
    size: dict[str, Any] = {}
    if address == "local":
        size = {
            "num_cpus": (config.workers or default_workers(config.threads)) * config.threads,
            "include_dashboard": False,
        }
    try:
        with _signals_kept(), _found_by_workers(address):
            ray.init(address, log_to_driver=False, logging_level=logging.CRITICAL, configure_logging=True, **size)
    except Exception as error:  # ConnectionError, RuntimeError, ValueError, and others of Ray's own
        said = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise SweepError(
            f"executor.address={config.address or 'null'}: no Ray cluster could be joined: {shortened(said)}\n"
            "Start one by `ray start --head`, or leave executor.address out for one of its own on this machine"
        ) from None
    return address == "local"


def runtime_env(path: str | None) -> dict[str, Any]:
    """What a file says that workers need; nothing where there is none.

    Args:
        path: of a YAML file.

    Raises:
        ConfigError: it cannot be read, or holds no mapping.
    """
    if path is None:
        return {}
    try:
        told = yaml.safe_load(Path(path).read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        why = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise ConfigError(
            [Fault("executor.runtime_env", f"executor.runtime_env={path}: it cannot be read: {why}")]
        ) from None
    if not isinstance(told, dict):
        text = f"executor.runtime_env={path}: a mapping is expected, such as env_vars: {{NAME: value}}"
        raise ConfigError([Fault("executor.runtime_env", text)])
    return told


def _reachable(address: str) -> None:
    """Refuse an address where nothing listens, in seconds."""
    found = re.fullmatch(r"\[?([^/\]]+?)\]?:(\d+)", address)
    if not found:
        return
    try:
        socket.create_connection((found[1], int(found[2])), CONNECT).close()
    except OSError as error:
        raise SweepError(
            f"executor.address={address}: nothing answers there ({error.strerror or error}); "
            "`ray start --head` prints the address of a cluster, executor.address=auto finds one on this machine, "
            "null starts one"
        ) from None


@contextmanager
def _found_by_workers(address: str) -> Iterator[None]:
    """A cluster that starts within finds what this process does; of others, this machine's paths mean nothing."""
    before = os.environ.get("PYTHONPATH")
    if address == "local":
        os.environ["PYTHONPATH"] = import_path()
    try:
        yield
    finally:
        if before is None:
            os.environ.pop("PYTHONPATH", None)
        else:
            os.environ["PYTHONPATH"] = before


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Ray takes SIGTERM for itself: what was to happen then is put back."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            with suppress(ValueError):  # not the main thread: Ray cannot have changed it either
                signal.signal(number, handler)
