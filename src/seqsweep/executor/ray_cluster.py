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
from typing import TYPE_CHECKING, Any

from seqsweep.errors import SweepError
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

PATIENCE = {"RAY_gcs_server_port_wait_time_s": "1"}
"""One try of half a minute to join a cluster: Ray's twenty, where something else answers such as its own dashboard,
take a quarter of an hour."""

RAY_SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing is sent to anyone
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # else Ray warns of what it will do some day
    # What the sweep tells itself, in one line.
    "RAY_DEDUP_LOGS_SKIP_REGEX": "A worker died or was killed|Raylet is terminated|The node with node id",
}

NO_CLUSTER = (
    "`ray start --head` starts one and prints its address HOST:PORT, executor.address=auto finds one on this machine, "
    "null starts one for the sweep"
)
NO_ANSWER = (
    "A cluster that asks for a token, as `ray start` does where it finds one, takes RAY_AUTH_MODE=token before the "
    "command and the ~/.ray/auth_token of its head on this machine; a port has to be that of its head (6379), not of "
    "its dashboard or of Ray's client"
)
NO_CLIENT_SERVER = (
    "Of ray:// the port has to be the head's --ray-client-server-port (10001). A cluster that asks for a token takes "
    "RAY_AUTH_MODE=token before the command and the ~/.ray/auth_token of its head on this machine"
)
OTHER_VERSION = "Run the command with the cluster's versions of Ray and Python, or start the cluster with these"


def settle(address: str | None) -> None:
    """Set what Ray reads as it is imported.

    Args:
        address: of the cluster that will be joined.
    """
    for name, value in {**RAY_SETTINGS, **({} if address is None else PATIENCE)}.items():
        os.environ.setdefault(name, value)


def join(config: ExecutorConfig, needed: Mapping[str, Any]) -> bool | None:
    """Connect to the cluster; `settle` comes before.

    Args:
        config: `address`; where that is null, `workers` and `threads` say how large a cluster is started.
        needed: by workers, see `ray_needs`; Ray's client needs it at the head too, in the process that stands for it.

    Returns:
        Whether it is one of its own, on this machine; None: the process had joined one before, which it keeps.

    Raises:
        SweepError: no cluster is there.
    """
    address, told = _meant(config.address)
    import ray

    if ray.is_initialized():
        return None
    _reachable(address, told)
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
            _init(address, log_to_driver=False, logging_level=logging.CRITICAL, configure_logging=True, **size)
    except Exception as error:  # ConnectionError, RuntimeError, ValueError, and others of Ray's own
        said = " ".join(str(error).split()) or type(error).__name__
        known = {
            "Version mismatch": OTHER_VERSION,
            "Failed to connect": NO_ANSWER,
            "authentication token": NO_ANSWER,
            "ray client connection timeout": NO_CLIENT_SERVER,
        }
        mend = next((mend for words, mend in known.items() if words in said), NO_CLUSTER)
        raise SweepError(f"{told}: no Ray cluster could be joined: {shortened(said)}\n{mend}") from None
    return address == "local"


def _meant(address: str | None) -> tuple[str, str]:
    """The address that is joined, and how it was told; for `auto` Ray takes a variable before it looks around."""
    told = f"executor.address={address or 'null'}"
    variable = os.environ.get("RAY_ADDRESS", "")
    if address == "auto" and variable not in ("", "auto", "local"):
        return variable, f"{told}, which is RAY_ADDRESS={variable}"
    return address or "local", told


def _init(address: str, **settings: Any) -> None:
    """Ray's own; once more where the head could not start the process that stands for a client.

    Seen on a machine under load (Ray 2.60, gRPC 1.85), beside a crash of gRPC in the system's log: the head forks while
    threads of gRPC run. Two servers of clients on one machine may also take the same port.
    """
    import ray

    try:
        ray.init(address, **settings)
    except ConnectionAbortedError:
        ray.init(address, **settings)


def streams() -> bool:
    """Whether results of this process's calls come one by one as they are made: Ray's client brings them at the end."""
    from ray.util.client import ray as client

    return not client.is_connected()


@contextmanager
def connected() -> Iterator[None]:
    """What Ray's client says of the cluster's head, as the end of a sweep in one sentence.

    Raises:
        SweepError: the head is gone, or lacks what workers are made of; or this process is connected no more.
    """
    import ray

    if not ray.is_initialized():  # whatever Ray is asked then, it starts a cluster of its own first
        raise SweepError("The connection to the Ray cluster was lost. The same command resumes the sweep")
    try:
        yield
    except Exception as error:
        import grpc

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


def _reachable(address: str, told: str) -> None:
    """Refuse an address that is none, or where nothing listens, in seconds."""
    if address in ("auto", "local"):
        return
    found = re.fullmatch(r"(\[[\da-fA-F:.]+\]|[^\s/:\[\]]+):(\d{1,5})", address.removeprefix(CLIENT))
    if not found:
        raise SweepError(
            f"{told}: auto, HOST:PORT or ray://HOST:PORT is expected, a port of the cluster's head\n{NO_CLUSTER}"
        )
    try:
        socket.create_connection((found[1].strip("[]"), int(found[2])), CONNECT).close()
    except (OSError, ValueError) as error:  # ValueError: a name that no host can have
        why = getattr(error, "strerror", None) or error
        raise SweepError(f"{told}: nothing answers there ({why})\n{NO_CLUSTER}") from None


def answers(address: str) -> bool:
    """Whether somebody listens at HOST:PORT, as far as a second shows."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), 1.0).close()
    except OSError:
        return False
    return True


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
