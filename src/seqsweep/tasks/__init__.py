"""What can be learned from a sequence: a folder a task, and the border that everything else works with.

`task` is the border: what a task must say; `dataset`, `facts`, `results` and `served` are what it says it with. The
catalog TASKS holds the tasks by the name that `task.kind` gives; a new one is a folder here with a class that
`TASKS.add` knows, its YAML in `conf/task/`, and its tests.
"""

from __future__ import annotations

from typing import Protocol

from seqsweep.catalog import Catalog
from seqsweep.errors import Fault
from seqsweep.metrics import Metric
from seqsweep.objectives import RESOURCES, Objective, Objectives
from seqsweep.schema import SweepConfig
from seqsweep.tasks.caption import Caption
from seqsweep.tasks.classify import Classify
from seqsweep.tasks.dataset import Call, Dataset, Items, Predictions, Say, Space, Split, View
from seqsweep.tasks.facts import Facts, FactTable, Picture
from seqsweep.tasks.forecast import Forecast
from seqsweep.tasks.next_symbol import NextSymbol
from seqsweep.tasks.results import Audit, Heading, TestPredictions
from seqsweep.tasks.served import Card, Model, Served, ServedBaseline
from seqsweep.tasks.task import Task
from seqsweep.tasks.translate import Translate

__all__ = [
    "TASKS",
    "Audit",
    "Call",
    "Card",
    "Dataset",
    "FactTable",
    "Facts",
    "Heading",
    "Items",
    "Model",
    "Picture",
    "Predictions",
    "Say",
    "Served",
    "ServedBaseline",
    "Space",
    "Split",
    "Task",
    "TestPredictions",
    "View",
    "faults",
    "find_metric",
    "find_objective",
    "make_task",
    "objectives_of",
]


class TaskClass(Protocol):
    """What an entry of TASKS is: a class of tasks."""

    def __call__(self, config: SweepConfig) -> Task:
        """The task of a sweep.

        Args:
            config: of the sweep.
        """


TASKS: Catalog[type[Task]] = Catalog("task", like=TaskClass, apart=True)
"""What `task.kind` may name."""

TASKS.add(Caption.name, Caption, hyperparameters=Caption.hyperparameters)
TASKS.add(Classify.name, Classify, hyperparameters=Classify.hyperparameters)
TASKS.add(Forecast.name, Forecast, hyperparameters=Forecast.hyperparameters)
TASKS.add(NextSymbol.name, NextSymbol, hyperparameters=NextSymbol.hyperparameters)
TASKS.add(Translate.name, Translate, hyperparameters=Translate.hyperparameters)


def make_task(config: SweepConfig) -> Task:
    """The task that a config names.

    Raises:
        ConfigError: there is no such task.
    """
    return TASKS[config.task.kind](config)


def find_metric(kind: str, name: str) -> Metric:
    """A metric of a task by both names.

    Args:
        kind: of the task, as `task.kind` names it.
        name: of the metric, as `task.metrics` names it.

    Raises:
        ConfigError: there is no such task, or it has no such metric.
    """
    return TASKS[kind].metrics[name]


def find_objective(kind: str, name: str) -> Objective:
    """What trials may be judged by: a resource, or else a metric of a task; arguments and errors of `find_metric`."""
    return RESOURCES[name] if name in RESOURCES else find_metric(kind, name)


def objectives_of(config: SweepConfig) -> Objectives:
    """What the trials of a sweep are judged by.

    Args:
        config: checked.
    """
    settings, finals = config.task, config.finals
    names = settings.objectives or [settings.objective]
    first, *others = (find_objective(settings.kind, name) for name in names)
    assert isinstance(first, Metric)  # or it would have been refused
    return Objectives(first, tuple(others), config.registry.bounds or {}, finals.seeds if finals.ensemble else 1)


def faults(config: SweepConfig) -> list[Fault]:
    """What is wrong with the config of the task."""
    found = TASKS.fault("task.kind", config.task.kind)
    return found or make_task(config).faults()
