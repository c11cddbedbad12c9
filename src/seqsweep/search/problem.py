"""What all trials of a sweep are held to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from seqsweep import search_space, tuner
from seqsweep.errors import ConfigError
from seqsweep.metrics import Metric
from seqsweep.schema import SweepConfig
from seqsweep.tasks import Dataset, Facts, Items, Task, make_task
from seqsweep.words import counted, in_words

SECONDS = "_seconds"
"""Ends the tag of a baseline that says how long it took."""


@dataclass(frozen=True)
class Problem:
    """The same items, the same measure, the same baselines for every trial.

    Args:
        config: of the sweep, with the epochs that `trial.max_samples` leaves of this data.
        task: what is learned.
        data: what it is learned from.
        baselines: metrics of each baseline on validation, in the unit of the data.
        best_baseline: the best of them by the objective; None: there is none.
        baseline_tags: what the baselines chose for themselves.
        facts: of the data, with what reading did to it.
    """

    config: SweepConfig
    task: Task
    data: Dataset
    baselines: Mapping[str, Mapping[str, float]]
    best_baseline: str | None
    baseline_tags: Mapping[str, str]
    facts: Facts

    @property
    def objective(self) -> Metric:
        """The metric that ranks trials."""
        return self.task.objective

    @property
    def reference(self) -> float | None:
        """The best baseline's score by the objective."""
        return self.baselines[self.best_baseline][self.objective.name] if self.best_baseline else None


def load_data(config: SweepConfig, say: Callable[[str], None]) -> tuple[Task, Dataset]:
    """The task of a sweep and the data that it is learned from.

    Args:
        config: of the sweep, checked.
        say: is told what reading did to the data.

    Raises:
        DataError: the data cannot be used.
        ConfigError: with as many items as there are, settings do not go together.
    """
    task = make_task(config)
    data = task.load(search_space.Space(config), say)
    data.split(config.finals.folds - 1)  # refused now, not after the search
    batch, items = search_space.Space(config).highest("batch_size"), len(data.split().train)
    task = _shortened(task, items, say)
    if batch > items:
        given = f"search_space.batch_size: up to {batch:,}, and train has {counted(items, 'item')}"
        say(f"{given}: an epoch of such a trial is one step, as with {items:,}")
    return task, data


def _shortened(task: Task, items: int, say: Callable[[str], None]) -> Task:
    """The task of which no trial trains on more than `trial.max_samples`, of train with so many items."""
    given, most = task.config.trial.epochs, task.config.trial.max_samples
    if most is None or given * items <= most:
        return task
    epochs = max(most // items, 1)
    told = f"trial.max_samples={most:,}: train has {counted(items, 'item')}"
    say(f"{told}, so a trial trains for at most {counted(epochs, 'epoch')}, not {given:,}")
    task = make_task(replace(task.config, trial=replace(task.config.trial, epochs=epochs)))
    if faults := tuner.faults(task.config):
        raise ConfigError([f"{told}, which leaves {counted(epochs, 'epoch')}: {fault.text}" for fault in faults])
    return task


def describe_data(config: SweepConfig, say: Callable[[str], None]) -> tuple[Task, Dataset, Facts]:
    """The same, and the facts of the data.

    Args:
        config: of the sweep, checked.
        say: is told what reading did to the data; the facts hold it too.

    Raises:
        DataError: the data cannot be used.
    """
    notes: list[str] = []

    def told(text: str) -> None:
        notes.append(text)
        say(text)

    task, data = load_data(config, told)
    return task, data, replace(data.facts(), notes=tuple(notes))


def build_problem(config: SweepConfig, say: Callable[[str], None]) -> Problem:
    """Read the data, split it, and score the baselines on validation.

    Args:
        config: of the sweep, checked.
        say: is told what reading did to the data.

    Raises:
        DataError: the data cannot be used.
    """
    task, data, facts = describe_data(config, say)
    scored = score_baselines(data, data.split().validation)
    best = task.objective.best_of(scored)
    tags = data.notes_on_baselines() if scored else {}
    if took := [f"{in_words(name.removesuffix(SECONDS))} {tags[name]} s" for name in tags if name.endswith(SECONDS)]:
        say(f"baselines that learn took {', '.join(took)} on validation")
    return Problem(task.config, task, data, scored, best, tags, facts)


def score_baselines(data: Dataset, items: Items) -> dict[str, dict[str, float]]:
    """Each metric of each baseline that can be made, for items (n,).

    Args:
        data: makes the baselines and scores them.
        items: (n,), of any part.
    """
    actual = data.actual(items)
    return {name: data.score(actual, made, items=items) for name, made in data.baselines(items).items()}
