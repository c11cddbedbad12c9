"""How a sweep joins a Ray cluster, or starts one of its own."""

from __future__ import annotations

import logging
import os
import re
import signal
import socket
import warnings
from collections.abc import Iterator, Mapping
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

CLIENT = "ray://"
"""What an address begins with that leads to a cluster from outside, by Ray's client."""

RAY_SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing is sent to anyone
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # else Ray warns of what it will do some day
    # What the sweep tells itself, in one line.
    "RAY_DEDUP_LOGS_SKIP_REGEX": "A worker died or was killed|Raylet is terminated|The node with node id",
}


def join(config: ExecutorConfig, needed: Mapping[str, Any]) -> bool | None:
    """Connect to the cluster.

    Args:
        config: `address`; where that is null, `workers` and `threads` say how large a cluster is started.
        needed: by workers, see `runtime_env`; Ray's client needs it at the head too, in the process that stands for it.

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
    elif address.startswith(CLIENT):
        # A trial's settings come to few bytes; those of a long sweep add up to what Ray's client warns of.
        warnings.filterwarnings("ignore", "More than 10MB of messages have been created")
        warnings.filterwarnings("ignore", "Ray Client connection timed out")  # an error that we tell follows
        size = {"runtime_env": dict(needed)}
    try:
        with _signals_kept(), _found_by_workers(address):
            ray.init(address, log_to_driver=False, logging_level=logging.CRITICAL, configure_logging=True, **size)
    except Exception as error:  # ConnectionError, RuntimeError, ValueError, and others of Ray's own
        raise SweepError(f"executor.address={config.address or 'null'}: {_refusal(error)}") from None
    return address == "local"


def streams() -> bool:
    """Whether results of this process's calls come one by one as they are made: Ray's client brings them at the end."""
    from ray.util.client import ray as client

    return not client.is_connected()


@contextmanager
def connected() -> Iterator[None]:
    """What Ray's client says of the cluster's head, as the end of a sweep in one sentence.

    Raises:
        SweepError: the head is gone, or lacks what workers are made of.
    """
    try:
        yield
    except Exception as error:
        import grpc
        import ray

        # What a worker met is in Ray's own wrapping.
        of_head = isinstance(error, ConnectionError | ImportError | grpc.RpcError)
        if not of_head or isinstance(error, ray.exceptions.RayError):
            raise
        said = shortened(str(error))
        if isinstance(error, ImportError):
            text = (
                f"The head of the Ray cluster, through which its client speaks, lacks what workers need: {said}.\n"
                "Install the same there, or send it along by executor.runtime_env"
            )
        else:  # where the network is away, after the half minute in which the client tries again
            said = getattr(error, "details", lambda: said)() or said
            text = f"The connection to the Ray cluster was lost: {shortened(said)}. The same command resumes the sweep"
        raise SweepError(text) from None


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


def _refusal(error: Exception) -> str:
    """Why no cluster could be joined, as Ray says it, and what mends it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    if lines[0].startswith("Version mismatch"):
        return f"{shortened(' '.join(lines))}\nInstall the same here and there"
    said = f"{lines[0]} {lines[-1]}" if lines[0].endswith(":") else lines[0]  # a traceback of the client's server
    return (
        f"no Ray cluster could be joined: {shortened(said)}\n"
        "Start one by `ray start --head`, or leave executor.address out for one of its own on this machine. Where the "
        "cluster asks for a token, have a copy of its head's ~/.ray/auth_token and set RAY_AUTH_MODE=token"
    )


def _reachable(address: str) -> None:
    """Refuse an address where nothing listens, in seconds."""
    found = re.fullmatch(r"\[?([^/\]]+?)\]?:(\d+)", address.removeprefix(CLIENT))
    if not found:
        return
    try:
        socket.create_connection((found[1], int(found[2])), CONNECT).close()
    except OSError as error:
        raise SweepError(
            f"executor.address={address}: nothing answers there ({error.strerror or error}); "
            "`ray start --head` prints the address of a cluster (by ray:// its port is --ray-client-server-port, 10001 "
            "unless set), executor.address=auto finds one on this machine, null starts one"
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
