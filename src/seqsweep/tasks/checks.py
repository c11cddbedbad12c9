"""What can be wrong with the keys that every task reads: metrics, the objective, the loss."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from seqsweep.errors import Fault
from seqsweep.spelling import nearest

if TYPE_CHECKING:
    from seqsweep.tasks.task import Task


def faults_of(task: Task) -> list[Fault]:
    """What is wrong with the loss, the metrics, and which of them ranks."""
    settings, metrics, found = task.config.task, task.metrics, list(_loss(task))
    if not settings.metrics:
        told = f"task.metrics=[]: name one or more of {', '.join(metrics)}"
        return [*found, Fault("task.metrics", told)]
    for name in dict.fromkeys(settings.metrics):
        found += metrics.fault("task.metrics", name)
    wrong = any(fault.key == "task.metrics" for fault in found)
    if settings.objective in metrics and settings.objective not in settings.metrics and wrong:
        return found  # one of the names that there are not may be meant to be it
    return [*found, *_objective(task)]


def _objective(task: Task) -> Iterator[Fault]:
    name, named, metrics = task.config.task.objective, task.config.task.metrics, task.metrics
    if name not in named:
        add = "; add it to them" if name in metrics else nearest(name, named)
        told = f"this is not among task.metrics{add}"
        yield Fault("task.objective", f"task.objective={name}: {told}", also=("task.metrics",))
    elif name in metrics and not metrics[name].can_rank:
        others = ", ".join(other for other, metric in metrics.items() if metric.can_rank)
        told = f"nothing can be ranked by this metric; rank by one of {others}"
        yield Fault("task.objective", f"task.objective={name}: {told}")


def _loss(task: Task) -> Iterator[Fault]:
    loss = task.config.task.loss
    if task.losses and loss not in task.losses:
        told = f"this is no loss of task={task.name}{nearest(loss, task.losses)}"
        yield Fault("task.loss", f"task.loss={loss}: {told}", also=("task.kind",))
