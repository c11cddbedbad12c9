"""How many workers fit this machine: its cores, and its memory."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seqsweep.schema import ExecutorConfig

WORKER_MEMORY = 1 << 30
"""Bytes that a worker is counted with: TensorFlow and Keras take 0.7 GB before the first network."""

CGROUP = Path("/sys/fs/cgroup")  # version 2: what a container may use


def fitting(config: ExecutorConfig, say: Callable[[str], None]) -> ExecutorConfig:
    """The executor with no more workers than fit.

    Args:
        config: of the sweep; where it names no number, it becomes what fits.
        say: is told where that is less than was asked for, or than the cores allow.
    """
    if config.kind == "inline" or config.address:  # a cluster says itself what it has room for
        return config
    cores, memory = default_workers(config.threads), free_memory()
    wanted = cores if config.workers is None else config.workers
    count = min(wanted, cores, max(1, memory // WORKER_MEMORY))
    if count < wanted:
        threads = "" if config.threads == 1 else f" of {config.threads} threads"
        asked = "the cores allow" if config.workers is None else f"executor.workers={config.workers} asks for"
        why = f"the cores are enough for {cores}{threads}, and {memory / 1e9:.1f} GB of memory are free, at 1 GB each"
        say(f"{count} of the {wanted} workers that {asked} {'is' if count == 1 else 'are'} started: {why}")
    return replace(config, workers=count)


def default_workers(threads: int) -> int:
    """As many workers of `threads` threads as the cores that this process may use allow, at least 1.

    joblib counts them: affinity and the quota of the container are below what the machine has.
    """
    import joblib

    cores: int = joblib.cpu_count()
    return max(1, cores // threads)


def free_memory() -> int:
    """Bytes that this machine, or the container, has left."""
    import psutil

    free = int(psutil.virtual_memory().available)
    with suppress(OSError, ValueError):  # no container, or no limit
        limit, used = (int((CGROUP / name).read_text()) for name in ("memory.max", "memory.current"))
        stat = dict(line.split() for line in (CGROUP / "memory.stat").read_text().splitlines())
        free = min(free, limit - used + int(stat.get("inactive_file", 0)))  # files that were read can be dropped
    return max(free, 0)
