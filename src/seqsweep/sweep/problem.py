"""What all trials of a sweep are held to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from seqsweep import data, search_space, windows
from seqsweep.baselines import BaselineInput, Scores, best, fit_linear, scores
from seqsweep.data import Series
from seqsweep.metrics import naive_scale
from seqsweep.schema import SweepConfig
from seqsweep.task import TASKS, Task
from seqsweep.windows import Split


@dataclass(frozen=True)
class Problem:
    """The same targets, the same measure, the same baselines for every trial."""

    config: SweepConfig
    series: Series
    split: Split
    task: Task
    past: BaselineInput  # what a baseline may know
    mase_scale: float  # MASE's measure, in the unit of the data
    baselines: Scores  # metrics of each on the validation targets, in the unit of the data
    best_baseline: str | None
    baseline_tags: dict[str, str]

    @property
    def reference(self) -> float | None:
        """The best baseline's error by the objective."""
        return self.baselines[self.best_baseline][self.config.task.objective] if self.best_baseline else None


def build_problem(config: SweepConfig, say: Callable[[str], None]) -> Problem:
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
    split = windows.make_split(series, config.windows, config.task.horizon, search_space.max_lookback(config))
    split.fold(config.finals.folds - 1)  # refused now, not after the search
    season, task = config.data.season, config.task
    past = BaselineInput(series.values, split.train_end, split.validation, task.horizon, season, task)
    mase_scale = naive_scale(series.values[:, 0], split.train_end, season)
    scored = scores(past, split.validation, past.actual(split.validation), task.metrics, mase_scale)
    fit = fit_linear(past) if "linear" in scored else None
    tags = {"linear_window": str(fit.window), "linear_penalty": f"{fit.penalty:g}"} if fit else {}
    made = TASKS[task.kind](task, mase_scale)
    return Problem(config, series, split, made, past, mase_scale, scored, best(scored, task.objective), tags)
