"""Where trials run: in this process, in worker processes of this machine, or on a Ray cluster.

An executor knows nothing of networks: it runs a `Job` on a `TrialSpec` and relays the events that come of it. `Calls`
run functions that need TensorFlow on this machine, apart from the sweep's own process.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol

from seqsweep.catalog import Catalog
from seqsweep.errors import Fault
from seqsweep.executor.calls import Calls, InProcess, OutOfProcess
from seqsweep.executor.capacity import default_workers, fitting
from seqsweep.executor.forking import ForkServer, can_fork
from seqsweep.executor.inline import InlineExecutor
from seqsweep.executor.pool import PoolExecutor
from seqsweep.executor.process import Processes
from seqsweep.executor.protocol import Executor
from seqsweep.executor.starting import Interpreters, Preload, Starter

if TYPE_CHECKING:
    from seqsweep.schema import ExecutorConfig, SweepConfig

__all__ = [
    "EXECUTORS",
    "Calls",
    "Executor",
    "InProcess",
    "Starter",
    "default_workers",
    "faults",
    "fitting",
    "make_calls",
    "make_executor",
    "make_starter",
    "may_be_many",
]

MANY = 8
"""Workers of one machine from which on they count as many."""

Warm = Callable[[int], None]
"""Called once wherever trials will run, with the threads of a trial; a function of a module."""


def make_executor(config: ExecutorConfig, warm: Warm, starter: Starter | None = None) -> Executor:
    """The executor that a config names; its workers begin to warm up at once.

    Args:
        config: how many trials at once, threads of each, limits.
        warm: called once wherever trials will run; it must be picklable.
        starter: of processes on this machine; None: each is an interpreter of its own.

    Raises:
        SweepError: no worker process can be started.
    """
    return EXECUTORS[config.kind](config, warm, starter or Interpreters(config.threads))


def make_starter(config: ExecutorConfig, preload: Preload | None) -> Starter:
    """The way that fits this system, unless `executor.start_method` names another.

    Args:
        config: of the executor.
        preload: what a process that forks others imports; None: none does.
    """
    method = config.start_method or ("forkserver" if can_fork() else "spawn")
    if preload is None or config.kind == "inline" or method == "spawn":
        return Interpreters(config.threads)
    return ForkServer(config.threads, preload)


def make_calls(config: ExecutorConfig, warm: Warm, starter: Starter) -> Calls:
    """Where functions that need TensorFlow run: in this process where trials do, else in one of their own.

    Args:
        config: of the executor.
        warm: as of `make_executor`.
        starter: of processes on this machine.
    """
    if config.kind == "inline":
        return InProcess(warm, config.threads)
    return OutOfProcess(starter, warm, config.threads, config.max_retries)


def may_be_many(config: ExecutorConfig) -> bool:
    """Whether more trials may run at once than one core leads and tracks."""
    return config.kind == "ray" or (
        config.kind == "processes" and (config.workers or default_workers(config.threads)) >= MANY
    )


def faults(config: SweepConfig) -> list[Fault]:
    """What is wrong with `config.executor`.

    More threads than cores are slow, but no fault: figures depend on `threads`, and what was logged on a
    larger machine must be able to run again. (A small LSTM on 2 cores had the same weights after 8 epochs
    with 1, 2 and 4 threads, and others with 16.)
    """
    executor = config.executor
    found = EXECUTORS.fault("executor.kind", executor.kind)
    if executor.kind == "inline" and executor.workers not in (None, 1):
        told = (
            f"executor.workers={executor.workers}: executor=inline runs 1 trial at a time; "
            "leave executor.workers out, or choose executor=processes"
        )
        found.append(Fault("executor.workers", told, also=("executor.kind",)))
    if executor.start_method == "forkserver" and not can_fork():
        told = (
            "executor.start_method=forkserver: this system cannot fork what has imported TensorFlow; leave it out, "
            "or set executor.start_method=spawn"
        )
        found.append(Fault("executor.start_method", told))
    if executor.autoscaling and executor.workers is None:
        told = "executor.autoscaling=true: give executor.workers, which says how many nodes the cluster is asked for"
        found.append(Fault("executor.autoscaling", told, also=("executor.workers",)))
    if executor.gpus > 1 and executor.gpus % 1:
        told = f"executor.gpus={executor.gpus:g}: a share of one GPU or whole ones; give {math.ceil(executor.gpus)}"
        found.append(Fault("executor.gpus", told))
    if executor.kind == "ray" and find_spec("ray") is None:
        found.append(Fault("executor.kind", "executor=ray needs Ray: pip install 'seqsweep[ray]'"))
    return found


class ExecutorFactory(Protocol):
    """What an entry of EXECUTORS is: a place to run."""

    def __call__(self, config: ExecutorConfig, warm: Warm, starter: Starter) -> Executor:
        """An executor, whose workers begin to warm up at once.

        Args:
            config: how many trials at once, threads of each, limits.
            warm: called once wherever trials will run.
            starter: of processes on this machine.
        """


EXECUTORS: Catalog[ExecutorFactory] = Catalog("executor", like=ExecutorFactory)


@EXECUTORS.register
def inline(config: ExecutorConfig, warm: Warm, starter: Starter) -> Executor:  # noqa: ARG001
    """One trial at a time in this process; it shares its fate, and is not replaced."""
    return InlineExecutor(warm, config.threads, config.time_limit)


@EXECUTORS.register
def processes(config: ExecutorConfig, warm: Warm, starter: Starter) -> Executor:
    """`config.workers` trials at once, each in a process of its own that may die."""
    return PoolExecutor(
        workers=Processes(config.workers or default_workers(config.threads), starter),
        warm=warm,
        threads=config.threads,
        max_trials_per_worker=config.max_trials_per_worker,
        time_limit=config.time_limit,
    )


@EXECUTORS.register
def ray(config: ExecutorConfig, warm: Warm, starter: Starter) -> Executor:  # noqa: ARG001
    """Trials on a Ray cluster, `config.workers` at once or as many as its nodes have room for."""
    from seqsweep.executor.ray_workers import RayWorkers

    return PoolExecutor(
        workers=RayWorkers(config),
        warm=warm,
        threads=config.threads,
        max_trials_per_worker=config.max_trials_per_worker,
        time_limit=config.time_limit,
    )
