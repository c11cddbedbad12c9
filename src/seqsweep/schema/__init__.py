"""The typed shape of a config, one dataclass a group; values live in `conf/`.

A field has no value but MISSING or None, so that the YAML alone says what a sweep does. `setting` puts meaning, unit
and bounds beside the type; `settings` gives them all as `hyperparameters.Setting`, which checks values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from typing import Any, get_type_hints

from seqsweep.hyperparameters import Setting, Unless
from seqsweep.schema.data import DataConfig as DataConfig
from seqsweep.schema.declare import OPEN as OPEN
from seqsweep.schema.declare import setting
from seqsweep.schema.executor import ExecutorConfig as ExecutorConfig
from seqsweep.schema.package import PackageConfig as PackageConfig
from seqsweep.schema.registry import RegistryConfig as RegistryConfig

MLFLOW = {"tracking.kind": ("mlflow",)}
FINALS = {"finals.trials": Unless((0,))}
BAYESIAN = {"tuner.kind": ("bayesian",)}
HYPERBAND = {"tuner.kind": ("hyperband",)}
LIMITS = ("max_trials", "max_epochs", "time_limit", "patience", "min_gain", "max_consecutive_failures")
"""Those settings of `tuner` at which a search stops: changed, the same search goes on."""

PRUNER = {"tuner.pruner": ("median", "halving")}


@dataclass
class WindowsConfig:
    """How the series becomes windows and targets."""

    split: str = setting("how train, validation and test are told apart", catalog="task")
    validation: Any = setting("the validation part: its share of the series, its count of rows, or its first date")
    test: Any = setting("the test part, likewise; train is what lies before both")
    train_on_filled: bool = setting("whether train keeps forecasts of values that were filled")
    scaler: str = setting("how values are scaled, by what train alone shows", catalog="task")
    anchor: str = setting("the level that is taken off each window and its targets", catalog="task")
    scope: str = setting(
        "of several series: each is scaled by its own train part, or all by that of all of them",
        choices=("series", "all"),
    )
    short_series: str = setting(
        "of several series those that are too short for the longest window with its targets: left_out, or scaling, "
        "where their train rows say how they and all of them are scaled, and nothing else is learned from them",
        choices=("left_out", "scaling"),
    )


@dataclass
class TaskConfig:
    """What is predicted, and how a prediction is scored: the keys of every task; one with more has a subclass."""

    kind: str = setting("what is predicted", catalog="seqsweep.tasks:TASKS")
    loss: str = setting("what training lowers", catalog="task")
    metrics: list[str] = setting("what predictions are judged by", catalog="task")
    objective: str = setting(
        "one of task.metrics: the validation score that trials are ranked by", when={"task.objectives": (None,)}
    )
    objectives: list[str] | None = setting(
        "several of them, task.objective first: of task.metrics, parameter_count, and latency_ms, which is measured. "
        "The first ranks; what no trial beats in all of them is the front, from which finalists come",
        optional=True,
    )
    baselines: list[str] = setting("what a network must beat", catalog="task")

    def __post_init__(self) -> None:
        """The first of several objectives is the one that ranks."""
        if self.objectives:
            self.objective = self.objectives[0]


@dataclass
class ModelConfig:
    """What all networks of a sweep share."""

    kernels: str = setting(
        "what runs the recurrent layers; auto: the fast kernels wherever they are exact",
        choices=("auto", "fast", "keras"),
    )
    clip_norm: float | None = setting(
        "greatest norm of the gradients of all weights together; null does not clip", above=0, optional=True
    )


@dataclass
class TrialConfig:
    """How one configuration is trained."""

    epochs: int = setting("epochs of a trial, at most", unit="epochs", at_least=1)
    max_samples: int | None = setting(
        "items that all epochs of a trial train on, at most: trial.epochs falls to what that allows, 1 at least; "
        "null: no limit",
        unit="items",
        at_least=1,
        optional=True,
    )
    patience: int | None = setting(
        "epochs without a better val_loss after which a trial stops; null: never",
        unit="epochs",
        at_least=1,
        optional=True,
    )
    divergence_factor: float = setting(
        "a loss this many times that of a constant forecast ends a trial as diverged", unit="times", above=1
    )


@dataclass
class TunerConfig:
    """Who chooses the configurations, and how many."""

    kind: str = setting("who proposes the trials", catalog="seqsweep.tuner:TUNERS")
    max_trials: int | None = setting(
        "trials after which a search ends; null: when the space or the plan is exhausted",
        unit="trials",
        at_least=1,
        when={"tuner.kind": ("random", "grid", "bayesian")},
        optional=True,
    )
    max_epochs: int | None = setting(
        "epochs of all trials together, as many as each may train, after which no further one starts; null: no limit",
        unit="epochs",
        at_least=1,
        optional=True,
    )
    time_limit: str | None = setting(
        "time after which no further trial starts, over all launches of the sweep: 90s, 30m, 2h; null: none",
        optional=True,
    )
    patience: int | None = setting(
        "trials in a row without a better one, after which a search ends; null: never",
        unit="trials",
        at_least=1,
        when={"tuner.kind": ("random", "grid", "bayesian")},
        optional=True,
    )
    min_gain: float | None = setting(
        "what the model must expect a proposal to gain: a search ends where five in a row fall short; null: never",
        unit="deviations between seeds",
        above=0,
        when=BAYESIAN,
        optional=True,
    )
    max_consecutive_failures: int = setting(
        "crashes in a row that end a sweep; divergences are none", unit="trials", at_least=1
    )
    initial_points: int | None = setting(
        "spread trials before the model; null: one a dimension and one, but at most a third of tuner.max_trials",
        unit="trials",
        at_least=1,
        when=BAYESIAN,
        optional=True,
    )
    prior: str | None = setting(
        "earlier sweeps whose trials the model begins with: study, for all of this study in tracking.directory that "
        "came to an end, or the fingerprint of one; what was read is kept, and a resume goes on with it; null: none",
        when=BAYESIAN,
        optional=True,
    )
    factor: int | None = setting(
        "one in so many of a round trains on", unit="trials", at_least=2, when=HYPERBAND, optional=True
    )
    iterations: int | None = setting(
        "how often the whole plan is run", unit="times", at_least=1, when=HYPERBAND, optional=True
    )
    sampler: str | None = setting(
        "who proposes new points: random, or a model", choices=("random", "bayesian"), when=HYPERBAND, optional=True
    )
    pruner: str = setting(
        "which trials stop early because others did better at the same epoch; hyperband has rounds instead",
        choices=("none", "median", "halving"),
        when={"tuner.kind": ("random", "grid", "bayesian")},
    )
    startup_trials: int = setting("trials that end before any is pruned", unit="trials", at_least=1, when=PRUNER)
    warmup_epochs: int | None = setting(
        "epochs that every trial trains before it may be pruned; null: a ninth of trial.epochs",
        unit="epochs",
        at_least=1,
        when=PRUNER,
        optional=True,
    )
    reduction_factor: int = setting(
        "of the trials that came as far, the best one in so many trains on",
        unit="trials",
        at_least=2,
        when={"tuner.pruner": ("halving",)},
    )


@dataclass
class TrackingConfig:
    """Where runs are kept."""

    kind: str = setting("where runs are kept", catalog="seqsweep.tracking:TRACKERS")
    directory: str = setting("the folder of all that runs leave behind")
    uri: str | None = setting(
        "the MLflow store; null: SQLite in tracking.directory", holds="address", when=MLFLOW, optional=True
    )


@dataclass
class FinalsConfig:
    """How the winner is found among the best trials, and what is said of it."""

    trials: int = setting(
        "trials of the search, the best, that are trained again; 0: no finals and no winner", unit="trials", at_least=0
    )
    seeds: int = setting(
        "times each of them is trained, from other initial weights", unit="times", at_least=1, when=FINALS
    )
    folds: int = setting(
        "rolling origins that each is validated on; 1: the sweep's own validation part alone",
        unit="folds",
        at_least=1,
        when=FINALS,
    )
    levels: list[float] = setting(
        "shares of the targets that forecast intervals are to hold", above=0, below=1, when=FINALS
    )
    confidence: float = setting("level of the confidence intervals of differences", above=0, below=1, when=FINALS)
    ensemble: bool = setting(
        "whether what is tested and packaged is the mean of the winner's networks, one of each seed; false: the one of "
        "the median score",
        when=FINALS,
    )
    calibration: str = setting(
        "what errors say how wide forecast intervals are: those on the end of `train`, by further networks of the "
        "winner that have not learned from it; or those on `validation`, which chose the winner: narrow",
        choices=("train", "validation"),
        when=FINALS,
    )
    adaptation: float = setting(
        "by how much the level of a forecast interval moves after a target that it missed, so that in the long run as "
        "many are held as it says: 0.005 where errors change slowly, 0.05 where they change fast; 0: it stays",
        at_least=0,
        below=1,
        when=FINALS,
    )

    intervals: str = setting(
        "with task.loss=quantile what forecast intervals are: cqr, between the network's quantiles, moved by what "
        "those missed on the part that finals.calibration names; quantile, the quantiles as they are; conformal, the "
        "median and its errors. All three are compared on test",
        choices=("cqr", "quantile", "conformal"),
        when={**FINALS, "task.loss": ("quantile",)},
    )


@dataclass
class ReportConfig:
    """What the page of a sweep shows."""

    kind: str = setting("the report of a sweep", choices=("html", "none"))
    curves: int = setting("trials whose learning curves are drawn", unit="trials", at_least=1)
    importance_trials: int = setting(
        "completed trials below which no importance of hyperparameters is estimated", unit="trials", at_least=5
    )
    single_file: bool = setting(
        "whether a page holds the script that draws its figures (4.8 MB), so that it can be sent as one file; else the "
        "pages of `tracking.directory` share it"
    )


@dataclass
class SweepConfig:
    """One sweep."""

    study: str = setting("the name of the study, and of its experiment in MLflow", holds="name")
    question: str | None = setting("what the study asks, in one sentence; null: made of task and data", optional=True)
    seed: int = setting("from which the seeds of all trials follow", at_least=0)
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
    package: PackageConfig = field(default_factory=PackageConfig)
    registry: RegistryConfig = field(default_factory=RegistryConfig)


def groups() -> tuple[str, ...]:
    """The config groups, in the order of the data's way."""
    hints = get_type_hints(SweepConfig).items()
    return tuple(name for name, kind in hints if is_dataclass(kind) or name == "search_space")


@cache
def settings() -> Mapping[str, Setting]:
    """What each key may be, by its dotted name; those of a search space and of single tasks are declared elsewhere."""
    found = settings_of(SweepConfig, "")
    for group in groups():
        section: type[Any] = get_type_hints(SweepConfig)[group]
        found |= settings_of(section, group) if is_dataclass(section) else {}
    return found


def settings_of(section: type[Any], group: str) -> dict[str, Setting]:
    """What the fields of a dataclass declare, by dotted key.

    Args:
        section: its fields are made by `setting`; others are left out.
        group: what stands before the dot; empty for none.
    """
    kinds, found = get_type_hints(section), {}
    for inner in fields(section):
        if inner.metadata:
            key = f"{group}.{inner.name}" if group else inner.name
            found[key] = Setting.of_field(key, kinds[inner.name], inner.metadata, default=inner.default)
    return found
