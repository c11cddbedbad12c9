"""What can be wrong with the keys that every task reads: metrics, objectives and their bounds, the loss."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from seqsweep.errors import Fault
from seqsweep.hyperparameters import plain
from seqsweep.objectives import RESOURCES
from seqsweep.spelling import nearest

if TYPE_CHECKING:
    from seqsweep.tasks.task import Task

OBJECTIVES = "task.objectives"
BOUNDS = "registry.bounds"


def faults_of(task: Task) -> list[Fault]:
    """What is wrong with the loss, the metrics, which of them ranks, and what else is an objective."""
    settings, metrics, found = task.config.task, task.metrics, list(_loss(task))
    if not settings.metrics:
        told = f"task.metrics=[]: name one or more of {', '.join(metrics)}"
        return [*found, Fault("task.metrics", told)]
    for name in dict.fromkeys(settings.metrics):
        found += metrics.fault("task.metrics", name)
    wrong = any(fault.key == "task.metrics" for fault in found)
    if settings.objective in metrics and settings.objective not in settings.metrics and wrong:
        return found  # one of the names that there are not may be meant to be it
    found += _several(task) if settings.objectives is not None else _objective(task, settings.objective)
    return [*found, *_bounds(task)]


def _several(task: Task) -> Iterator[Fault]:
    """What is wrong with `task.objectives`: names, and that the first one ranks."""
    names = task.config.task.objectives or []
    if not names:
        told = f"name the one that ranks, and what else is wanted, as in [{task.config.task.metrics[0]}"
        yield Fault(OBJECTIVES, f"{OBJECTIVES}=[]: {told}, parameter_count]; or leave it null")
    elif names[0] in RESOURCES:
        metric = next((name for name in names if name in task.metrics), task.config.task.metrics[0])
        swapped = [metric, *(name for name in names if name != metric)]
        told = "the first one ranks trials and is held against the baselines, so it must be one of task.metrics"
        yield Fault(OBJECTIVES, f"{OBJECTIVES}={plain(names)}: {told}; write {OBJECTIVES}={plain(swapped)}")
    for name in names:
        if name not in RESOURCES:
            yield from _objective(task, name, OBJECTIVES, RESOURCES)


def _objective(task: Task, name: str, key: str = "task.objective", more: Iterable[str] = ()) -> Iterator[Fault]:
    """What is wrong with an objective that is no resource.

    Args:
        task: has the metrics.
        name: of it.
        key: that names it.
        more: what it could be beside a metric.
    """
    named, metrics = task.config.task.metrics, task.metrics
    if name not in named:
        add = "; add it to them" if name in metrics else nearest(name, [*named, *more])
        yield Fault(key, f"{key}={name}: this is not among task.metrics{add}", also=("task.metrics",))
    elif name in metrics and not metrics[name].can_rank:
        others = ", ".join(other for other, metric in metrics.items() if metric.can_rank)
        told = f"nothing can be ranked by this metric; rank by one of {others}"
        yield Fault(key, f"{key}={name}: {told}")


def _bounds(task: Task) -> Iterator[Fault]:
    """What is wrong with `registry.bounds`: each is a number, of an objective behind the first."""
    names = task.config.task.objectives or [task.config.task.objective]
    for name, value in (task.config.registry.bounds or {}).items():
        given = f"{BOUNDS}={{{name}: {plain(value)}}}"
        if name == names[0]:
            told = "this is the objective that ranks, which registry.min_skill judges; leave it out"
            yield Fault(BOUNDS, f"{given}: {told}", also=(OBJECTIVES, "task.objective"))
        elif name not in names:
            told = f"this is none of {OBJECTIVES}"
            possible = [*(metric for metric in task.config.task.metrics if metric != names[0]), *RESOURCES]
            add = f"; bounds are of those behind the first: write {OBJECTIVES}={plain([*names, name])}"
            told += add if name in possible else nearest(str(name), names[1:] or possible)
            yield Fault(BOUNDS, f"{given}: {told}", also=(OBJECTIVES, "task.objective"))
        elif isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            yield Fault(BOUNDS, f"{given}: a bound is a number, such as {{{name}: 100}}")
        elif name in RESOURCES and value <= 0:
            yield Fault(BOUNDS, f"{given}: no network needs so little; give more than 0, such as {{{name}: 100}}")
        elif name in task.metrics and task.metrics[name].is_better(value, task.metrics[name].best):
            told = f"no network is better than {task.metrics[name].best:g}, the best {name} that there can be"
            yield Fault(BOUNDS, f"{given}: {told}")


def _loss(task: Task) -> Iterator[Fault]:
    loss = task.config.task.loss
    if task.losses and loss not in task.losses:
        told = f"this is no loss of task={task.name}{nearest(loss, task.losses)}"
        yield Fault("task.loss", f"task.loss={loss}: {told}", also=("task.kind",))
