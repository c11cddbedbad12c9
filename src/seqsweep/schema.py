"""The typed shape of a config, one dataclass a group: types, units and bounds live here, values live in `conf/`.

A field has no value but MISSING or None, so that the YAML alone says what a sweep does. `setting` puts the bounds
beside the type; the package `config` checks them all and reports every fault together.
"""

from __future__ import annotations

from dataclasses import dataclass, field, is_dataclass
from typing import Any, get_type_hints

from omegaconf import MISSING

OPEN = MISSING
"""The value of a field that nobody has given yet."""


def setting(
    *,
    at_least: float | None = None,
    above: float | None = None,
    at_most: float | None = None,
    below: float | None = None,
    one_of: tuple[str, ...] | None = None,
    optional: bool = False,
) -> Any:
    """A field with bounds: `at_least` and `at_most` are inclusive, `above` and `below` are not; None is unbounded."""
    bounds = {"at_least": at_least, "above": above, "at_most": at_most, "below": below, "one_of": one_of}
    return field(
        default=None if optional else MISSING,
        metadata={key: bound for key, bound in bounds.items() if bound is not None},
    )


@dataclass
class DataConfig:
    """Where the series comes from, and how it is cleaned before anything is learned from it."""

    kind: str = MISSING  # an entry of data.SOURCES
    name: str | None = None  # of a bundled series; elsewhere a label
    path: str | None = None  # csv, parquet, kaggle: the file, or a zip that holds it
    file: str | None = None  # the member of a zip or of a Kaggle data set
    url: str | None = None  # sql: a SQLAlchemy URL
    query: str | None = None  # sql: a SELECT
    dataset: str | None = None  # kaggle: owner/name
    encoding: str = MISSING  # csv
    separator: str = MISSING  # csv
    target: str | None = None  # the column to forecast; None: the only number column
    features: list[str] = MISSING  # further input columns
    time: str | None = None  # the column of times; None: rows are in order
    sort: bool = MISSING  # put rows in the order of `time`
    missing: str = MISSING  # an entry of data.MISSING_VALUES
    frequency: str | None = None  # resample to this pandas frequency: h, D, W, MS
    aggregate: str = setting(one_of=("mean", "sum", "min", "max", "median", "first", "last"))
    season: int | None = setting(at_least=2, optional=True)  # rows a season: 12 for months, 24 for hours
    clip_quantile: float | None = setting(above=0.5, below=1, optional=True)  # clip the target to train's [1-q, q]
    log1p: bool = MISSING  # train on log(1 + target)
    difference: int = setting(at_least=0, at_most=2)  # times the target is differenced
    seasonal_difference: int = setting(at_least=0, at_most=1)  # times it is differenced at lag `season`


@dataclass
class WindowsConfig:
    """How the series becomes windows and targets."""

    split: str = MISSING  # an entry of windows.SPLITS
    validation: Any = MISSING  # its fraction of the series in (0, 1), its count of rows, or its first date
    test: Any = MISSING  # likewise; train is what lies before
    scaler: str = MISSING  # an entry of windows.SCALERS, fitted on train alone
    anchor: str = MISSING  # an entry of windows.ANCHORS, taken off each window and its targets


@dataclass
class TaskConfig:
    """What is predicted from a window, and how a prediction is scored."""

    kind: str = MISSING  # an entry of task.TASKS
    horizon: int = setting(at_least=1)  # rows ahead, all predicted at once
    loss: str = setting(one_of=("mse", "mae", "huber"))  # what training lowers, on scaled targets
    metrics: list[str] = MISSING  # entries of metrics.METRICS, in the unit of the target
    objective: str = MISSING  # one of `metrics`: the validation score that trials are ranked by
    baselines: list[str] = MISSING  # entries of baselines.BASELINES
    moving_average: int = setting(at_least=2)  # rows of the moving average
    ridge_windows: list[int] = MISSING  # windows that the baseline `linear` chooses from, on validation
    ridge_penalties: list[float] = MISSING  # penalties that it chooses from, on validation


@dataclass
class ModelConfig:
    """What all networks of a sweep share."""

    kernels: str = setting(one_of=("auto", "fast", "keras"))
    clip_norm: float | None = setting(above=0, optional=True)  # of the gradients of all weights together


@dataclass
class TrialConfig:
    """How one configuration is trained."""

    epochs: int = setting(at_least=1)  # at most
    patience: int | None = setting(at_least=1, optional=True)  # epochs without a better val_loss; None: never stop
    divergence_factor: float = setting(above=1)  # times the loss of a constant forecast


@dataclass
class TunerConfig:
    """Who chooses the configurations, and how many."""

    kind: str = MISSING  # an entry of tuner.TUNERS
    max_trials: int | None = setting(at_least=1, optional=True)  # hyperband: follows from trial.epochs
    max_consecutive_failures: int = setting(at_least=1)
    initial_points: int | None = setting(at_least=1, optional=True)  # bayesian: random first; None: 3 a dimension
    beta: float | None = setting(at_least=0, optional=True)  # bayesian: standard deviations
    alpha: float | None = setting(above=0, optional=True)  # bayesian: of a score, in units of all their variance
    factor: int | None = setting(at_least=2, optional=True)  # hyperband: one in `factor` goes on
    iterations: int | None = setting(at_least=1, optional=True)  # hyperband: times the whole plan is run


@dataclass
class ExecutorConfig:
    """Where trials run."""

    kind: str = MISSING  # an entry of executor.EXECUTORS
    workers: int | None = setting(at_least=1, optional=True)  # trials at once; None: as many as the cores allow
    threads: int = setting(at_least=1)  # a trial; part of what a figure depends on
    order: str = setting(one_of=("asynchronous", "synchronous"))
    max_trials_per_worker: int = setting(at_least=1)  # trials of a worker: TensorFlow keeps some memory of each
    time_limit: float | None = setting(above=0, optional=True)  # seconds a trial
    max_retries: int = setting(at_least=0)  # times a trial may lose its worker before it counts as failed


@dataclass
class TrackingConfig:
    """Where runs are kept."""

    kind: str = MISSING  # an entry of tracking.TRACKERS
    directory: str = MISSING  # of all that runs leave behind
    uri: str | None = None  # of the MLflow store; None: SQLite in `directory`


@dataclass
class FinalsConfig:
    """How the winner is found among the best trials, and what is said of it."""

    trials: int = setting(at_least=0)  # the best of the search that are trained again; 0: no finals
    seeds: int = setting(at_least=1)  # times each is trained, from other initial weights
    folds: int = setting(at_least=1)  # rolling origins; 1: the sweep's own validation part alone
    levels: list[float] = MISSING  # of forecast intervals, each in (0, 1)
    confidence: float = setting(above=0, below=1)  # of the intervals of differences


@dataclass
class ReportConfig:
    """What the page of a sweep shows."""

    kind: str = setting(one_of=("html", "none"))
    curves: int = setting(at_least=1)  # trials whose learning curves are drawn
    importance_trials: int = setting(at_least=5)  # completed trials below which no importance is estimated


@dataclass
class RegistryConfig:
    """When a winner may become the champion."""

    model: str | None = None  # the registered model's name; None: that of the series
    min_skill: float = setting(at_least=0, below=1)  # over the best baseline on the test part


@dataclass
class SweepConfig:
    """One sweep."""

    study: str = MISSING  # its name; an MLflow experiment
    question: str = MISSING  # what it asks, in one sentence
    seed: int = setting(at_least=0)
    data: DataConfig = field(default_factory=DataConfig)
    windows: WindowsConfig = field(default_factory=WindowsConfig)
    task: TaskConfig = field(default_factory=TaskConfig)
    search_space: dict[str, Any] = field(default_factory=dict)  # see seqsweep.search_space
    model: ModelConfig = field(default_factory=ModelConfig)
    trial: TrialConfig = field(default_factory=TrialConfig)
    tuner: TunerConfig = field(default_factory=TunerConfig)
    executor: ExecutorConfig = field(default_factory=ExecutorConfig)
    tracking: TrackingConfig = field(default_factory=TrackingConfig)
    finals: FinalsConfig = field(default_factory=FinalsConfig)
    report: ReportConfig = field(default_factory=ReportConfig)
    registry: RegistryConfig = field(default_factory=RegistryConfig)


def groups() -> tuple[str, ...]:
    """The config groups, in the order of the data's way."""
    hints = get_type_hints(SweepConfig).items()
    return tuple(name for name, kind in hints if is_dataclass(kind) or name == "search_space")
