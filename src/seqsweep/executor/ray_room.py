"""What the nodes of a Ray cluster have room for, and what is said where that is nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from seqsweep.errors import SweepError

if TYPE_CHECKING:
    from seqsweep.schema import ExecutorConfig

Node = Mapping[str, Any]
"""As `ray.nodes` tells of it."""

LATE = 1e-6  # a share of a resource that rounding leaves


def slots_of(node: Node, config: ExecutorConfig) -> int:
    """How many slots a node has room for while nothing else runs there.

    Args:
        node: that is alive.
        config: `threads` and `gpus` are what a slot takes.
    """
    room = _has(node, "CPU") / config.threads
    if config.gpus:
        gpus = _has(node, "GPU")
        # Ray takes a share from one GPU: of two, 0.6 has room on each, and the rests are none for a third.
        room = min(room, gpus / config.gpus if config.gpus >= 1 else int(gpus) * int(1 / config.gpus + LATE))
    return int(room + LATE)


def refuse_small(nodes: Collection[Node], config: ExecutorConfig) -> None:
    """A slot must fit a node; a number that was asked for may wait for nodes that an autoscaler starts.

    Args:
        nodes: that are alive.
        config: of the executor.

    Raises:
        SweepError: it fits none, and no autoscaler is asked.
    """
    if config.autoscaling or any(slots_of(node, config) for node in nodes):
        return
    kind, slot, key, where = "CPU", float(config.threads), "threads", ""
    if config.gpus:
        with_gpus = [node for node in nodes if _has(node, "GPU") >= config.gpus]
        if with_gpus:
            nodes, where = with_gpus, f" of those with {_counted(config.gpus, 'GPU')}"
        else:
            kind, slot, key = "GPU", config.gpus, "gpus"
    most = max((_has(node, kind) for node in nodes), default=0.0)
    mend = (
        f"lower executor.{key}"
        if most
        else f"start a node that has some: ray start --address=… --num-{kind.lower()}s=N"
    )
    raise SweepError(
        f"executor.{key}={slot:g}: no node of the Ray cluster is large enough, the largest{where} has "
        f"{_counted(most, kind)}; {mend}; or set executor.autoscaling=true where the cluster starts nodes when asked"
    )


def no_room(nodes: Collection[Node], config: ExecutorConfig) -> str:
    """Why workers may wait for a place.

    Args:
        nodes: that are alive.
        config: of the executor.
    """
    gpus = f" and {_counted(config.gpus, 'GPU')}" if config.gpus else ""
    fitting = sum(slots_of(node, config) for node in nodes)
    why = (
        f"its nodes have room for {fitting}, which other work may hold"
        if fitting
        else "it has no node of that size, and has started none"
    )
    return (
        f"the Ray cluster has given no worker a place, {_counted(config.threads, 'CPU')}{gpus} each: {why}. "
        "`ray status` on one of its machines shows what it is asked for"
    )


def _has(node: Node, kind: str) -> float:
    return float(node["Resources"].get(kind, 0.0))


def _counted(number: float, kind: str) -> str:
    return f"{number:g} {kind}{'' if number == 1 else 's'}"
