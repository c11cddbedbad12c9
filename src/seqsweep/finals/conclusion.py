"""What a sweep ends in, as plain values that a file keeps: finalists, winner, test evaluation, audit."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from seqsweep.evidence import Comparison, Interval
from seqsweep.metrics import Metric
from seqsweep.objectives import Objective
from seqsweep.records import Value
from seqsweep.state_files import read_state, write_state
from seqsweep.tasks import Audit, find_metric, find_objective
from seqsweep.words import Standing

CONCLUSION = "conclusion.json"
"""Its file in the sweep's folder."""


@dataclass(frozen=True)
class Finalist:
    """One configuration, trained again.

    Args:
        trial_id: of the trial in the search; `number` and `name` likewise.
        params: all parameters by their plain names.
        last_epoch: the most epochs that its runs were given.
        searched: the search's own score of it, in the unit of the data.
        runs: ids of the final runs, by fold, then seed.
        scores: the objective of each on its validation part; None: it failed.
        mean: of the scores; None: a run failed, and with it the finalist.
        std: sample standard deviation; None with fewer than two runs.
        reasons: why runs failed, a line each: `trial 5: LSTM, 1 × 32 units, seed 2: loss became nan in epoch 3`.
        others: what each run came to by each further objective; None: it failed.
        beyond: the further objectives whose bound it does not keep to, see `Objectives.beyond`.
    """

    trial_id: str
    number: int
    name: str
    layer: str
    params: Mapping[str, Value]
    last_epoch: int
    searched: float
    runs: tuple[str, ...]
    scores: tuple[float | None, ...]
    mean: float | None
    std: float | None
    reasons: tuple[str, ...] = ()
    others: Mapping[str, tuple[float | None, ...]] = field(default_factory=dict)
    beyond: tuple[str, ...] = ()

    @property
    def means(self) -> dict[str, float]:
        """The mean of each further objective, by name; NaN where a run failed."""
        whole = {name: [math.nan if value is None else value for value in row] for name, row in self.others.items()}
        return {name: statistics.fmean(row) for name, row in whole.items()}


@dataclass(frozen=True)
class Difference:
    """The winner's cost minus another finalist's, over pairs of the same seed and fold: below 0 the winner is better.

    A cost is the score where lower is better, else the score with its sign changed.

    Args:
        trial_id: of the other; `name` likewise.
        reason: why it is compared: `runner-up`, or `best lstm`.
        interval: None with fewer than two pairs.
        others: of each further objective how much more of it the winner has, whichever way is better; None likewise.
    """

    trial_id: str
    name: str
    reason: str
    interval: Interval | None
    others: Mapping[str, Interval | None] = field(default_factory=dict)


@dataclass(frozen=True)
class FrontTrial:
    """A trial of the search that no other one beats in all objectives.

    Args:
        trial_id: of the trial; `name` likewise.
        values: what it came to by each objective, on validation; None: it is not known.
    """

    trial_id: str
    name: str
    values: Mapping[str, float | None]


@dataclass(frozen=True)
class TestEvaluation:
    """The one evaluation on the test part.

    Args:
        number: 1 for the first evaluation on this data's test part, by whatever sweep under this directory.
        at: seconds since 1970.
        sha256: of the data.
        run: what was scored, by a name: the id of the final run, or `0005-mean-of-3`.
        networks: ids of the final runs whose networks were scored, as their mean where there are several: those of the
            winner on fold 0, or the one of them with the median score.
        scores: its metrics on the test items, in the unit of the data.
        baselines: those of each baseline, on the same items.
        best_baseline: the best of them on these very items, a choice that favours the baselines; None: there is none.
        skill: of the network's objective over that of the best baseline, see `Metric.skill`.
        comparison: of losses against the best baseline; None: too few items, or no baseline.
        details: what the task adds, of plain values: only the task reads them.
        levels: of the intervals that were wanted, each in (0, 1).
        confidence: that was wanted of the comparison, in (0, 1).
        adaptation: of the intervals, that was wanted.
        intervals: how they are made of quantiles, that was wanted.
        calibration: ids of the final runs that were trained without the end of train, on which the mean of their
            networks shows how far it errs; empty: there are none.
        validation: the objective of the scored network, or of the mean, on validation.
        baseline_validation: that of the best baseline there: how much harder or easier the test part is.
    """

    __test__: ClassVar = False  # of pytest, which would take it for a test by its name

    number: int
    at: float
    sha256: str
    run: str
    networks: tuple[str, ...]
    scores: Mapping[str, float]
    baselines: Mapping[str, Mapping[str, float]]
    best_baseline: str | None
    skill: float | None
    comparison: Comparison | None
    details: Mapping[str, Any]
    levels: tuple[float, ...]
    confidence: float
    validation: float
    baseline_validation: float | None = None
    adaptation: float = 0.0
    intervals: str = "cqr"
    calibration: tuple[str, ...] = ()

    @property
    def mean_of(self) -> str:
        """`mean of 3 networks`; empty where one network was scored."""
        return f"mean of {len(self.networks)} networks" if len(self.networks) > 1 else ""

    def standing(self, metric: Metric) -> Standing:
        """How the network stands against the best baseline by a metric."""
        name = self.best_baseline
        reference = self.baselines[name][metric.name] if name is not None else None
        return Standing(metric, self.scores[metric.name], name, reference, self.skill, self.comparison)


@dataclass(frozen=True)
class Conclusion:
    """All of it.

    Args:
        task: its name.
        objective: a metric of the task, without the part: `mae`.
        finalists: best mean first; those that failed last.
        differences: of the winner against the others worth naming.
        objectives: all of them where there are several, that one first.
        bounds: of the further ones, `registry.bounds`: the winner is the best of those finalists that keep to them.
        front: of the search, in the order of its ranks; empty where there is but one objective.
        completed: trials of the search.
        evaluations: every test evaluation of this sweep; where there is a winner, the last one is of it.
    """

    study: str
    fingerprint: str
    name: str
    task: str
    data: str
    target: str
    sha256: str
    objective: str
    seeds: int
    folds: int
    finalists: tuple[Finalist, ...]
    differences: tuple[Difference, ...]
    evaluations: tuple[TestEvaluation, ...]
    audit: Audit | None
    objectives: tuple[str, ...] = ()
    bounds: Mapping[str, float] = field(default_factory=dict)
    front: tuple[FrontTrial, ...] = ()
    completed: int = 0

    @property
    def further(self) -> list[Objective]:
        """The objectives behind the first."""
        return [find_objective(self.task, name) for name in self.objectives[1:]]

    @property
    def metric(self) -> Metric:
        """The objective, which knows its direction."""
        return find_metric(self.task, self.objective)

    def metrics(self, names: Iterable[str]) -> list[Metric]:
        """Metrics of the task by their names."""
        return [find_metric(self.task, name) for name in names]

    @property
    def winner(self) -> Finalist | None:
        """The finalist with the best mean, of those within the bounds if there are any; None where none finished."""
        first = self.finalists[0] if self.finalists else None
        return first if first is not None and first.mean is not None else None

    @property
    def evaluation(self) -> TestEvaluation | None:
        """The test evaluation of the present winner; None where there is no winner."""
        return self.evaluations[-1] if self.evaluations and self.winner is not None else None


def save(folder: Path, conclusion: Conclusion) -> None:
    """Keep it in the sweep's folder.

    Args:
        folder: of the sweep.
        conclusion: takes the place of the one that is there.

    Raises:
        StateError: the disk refuses.
    """
    write_state(folder / CONCLUSION, conclusion, indent=1)


def load(folder: Path) -> Conclusion | None:
    """The conclusion of the sweep in `folder`; None: it has none yet.

    Raises:
        StateError: the file is truncated or foreign.
    """
    file = folder / CONCLUSION
    return read_state(file, Conclusion) if file.exists() else None
