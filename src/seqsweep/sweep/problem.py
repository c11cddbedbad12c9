"""What all trials of a sweep are held to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from seqsweep import data, search_space, windows
from seqsweep.baselines import Past, Scores, best, fit_linear, scores
from seqsweep.data import Series
from seqsweep.metrics import naive_scale
from seqsweep.schema import SweepConfig
from seqsweep.task import TASKS, Task
from seqsweep.windows import Layout


@dataclass(frozen=True)
class Problem:
    """The same targets, the same measure, the same baselines for every trial."""

    config: SweepConfig
    series: Series
    layout: Layout
    task: Task
    past: Past  # what a baseline may know
    scale: float  # MASE's measure, in the unit of the data
    baselines: Scores  # metrics of each on the validation targets, in the unit of the data
    best_baseline: str | None
    baseline_tags: dict[str, str]

    @property
    def reference(self) -> float | None:
        """The best baseline's error by the objective."""
        return self.baselines[self.best_baseline][self.config.task.objective] if self.best_baseline else None


def pose(config: SweepConfig, say: Callable[[str], None]) -> Problem:
    """Read the series, cut it, and score the baselines on the validation targets.

    Args:
        config: of the sweep, checked.
        say: is told what cleaning did to the data.

    Raises:
        DataError: the series cannot be used.
    """
    series = data.load(config.data)
    for note in series.notes:
        say(note)
    layout = windows.lay_out(series, config.windows, config.task.horizon, search_space.reach(config))
    layout.fold(config.finals.folds - 1)  # refused now, not after the search
    season, task = config.data.season, config.task
    past = Past(series.values, layout.train_end, layout.validation, task.horizon, season, task)
    scale = naive_scale(series.values[:, 0], layout.train_end, season)
    scored = scores(past, layout.validation, past.actual(layout.validation), task.metrics, scale)
    fit = fit_linear(past) if "linear" in scored else None
    tags = {"linear_window": str(fit.window), "linear_penalty": f"{fit.penalty:g}"} if fit else {}
    made = TASKS[task.kind](task, scale)
    return Problem(config, series, layout, made, past, scale, scored, best(scored, task.objective), tags)
