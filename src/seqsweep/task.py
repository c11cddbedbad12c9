"""What is predicted from a window: how many numbers, which loss trains it, which metrics judge it.

A task knows nothing of networks or tuners. Its metrics are in the unit of the data and carry the bare name (`mae`);
whoever reports them says on which part they were taken (`val_mae`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from seqsweep.catalog import Catalog
from seqsweep.errors import Fault
from seqsweep.hyperparameters import Hyperparameter
from seqsweep.metrics import METRICS, can_rank
from seqsweep.schema import SweepConfig, TaskConfig
from seqsweep.serving.array_types import Float64s
from seqsweep.spelling import nearest
from seqsweep.windows import ANCHORS, SCALERS


class Task(Protocol):
    """What a trial asks of a task."""

    @property
    def outputs(self) -> int:
        """Numbers that the network puts out for one window."""

    @property
    def loss(self) -> str:
        """What training lowers: `mse`, `mae` or `huber`, on scaled targets."""

    def score(self, actual: Float64s, forecast: Float64s) -> dict[str, float]:
        """The metrics of forecasts (n, horizon) in the unit of the data, by name."""


@dataclass(frozen=True)
class Forecast:
    """The next `horizon` rows of the target, all at once: many to one for 1, many to many (direct) for more.

    Args:
        config: horizon, loss and metrics.
        mase_scale: mean absolute error of the seasonal naive forecast on train, in the unit of the data.
    """

    config: TaskConfig
    mase_scale: float

    @property
    def outputs(self) -> int:
        """One number a row ahead."""
        return self.config.horizon

    @property
    def loss(self) -> str:
        """The config's."""
        return self.config.loss

    def score(self, actual: Float64s, forecast: Float64s) -> dict[str, float]:
        """The config's metrics over all targets and steps: both (n, horizon), in the unit of the data."""
        return {name: METRICS[name](actual, forecast, self.mase_scale) for name in self.config.metrics}


class TaskFactory(Protocol):
    """What an entry of TASKS is."""

    def __call__(self, config: TaskConfig, mase_scale: float) -> Task:
        """A task.

        Args:
            config: horizon, loss and metrics.
            mase_scale: mean absolute error of the seasonal naive forecast on train, in the unit of the data.
        """


TASKS: Catalog[TaskFactory] = Catalog("task", like=TaskFactory)


HYPERPARAMETERS = (
    Hyperparameter(
        "window",
        int,
        at_least=1,
        default=24,
        section="input",
        unit="rows",
        meaning="rows up to the last known one that a forecast sees",
    ),
    Hyperparameter(
        "linear_skip",
        bool,
        default=False,
        section="head",
        meaning="a linear path from window to output beside the recurrent one",
    ),
    Hyperparameter(
        "anchor",
        str,
        choices=ANCHORS,
        follows="windows.anchor",
        section="preprocessing",
        meaning="level that is taken off each window and its targets",
    ),
    Hyperparameter(
        "scaler",
        str,
        choices=SCALERS,
        follows="windows.scaler",
        section="preprocessing",
        meaning="how values are scaled, by what train alone shows",
    ),
    Hyperparameter(
        "clip_quantile",
        float,
        above=0.5,
        below=1,
        optional=True,
        follows="data.clip_quantile",
        section="preprocessing",
        meaning="quantile q: the target is clipped to train's quantiles 1 - q and q; null does not clip",
    ),
    Hyperparameter(
        "log1p", bool, follows="data.log1p", section="preprocessing", meaning="whether training sees log(1 + target)"
    ),
    Hyperparameter(
        "difference",
        int,
        at_least=0,
        at_most=2,
        follows="data.difference",
        section="preprocessing",
        unit="times",
        meaning="how often the target is differenced",
    ),
    Hyperparameter(
        "seasonal_difference",
        int,
        at_least=0,
        at_most=1,
        follows="data.seasonal_difference",
        section="preprocessing",
        unit="times",
        meaning="how often the target is differenced by data.season rows",
    ),
)


@TASKS.register(hyperparameters=HYPERPARAMETERS)
def forecast(config: TaskConfig, mase_scale: float) -> Task:
    """Forecast the rows that follow a window."""
    return Forecast(config, mase_scale)


def constant_loss(loss: str, targets: NDArray[np.float32]) -> float:
    """The loss of the best constant forecast of scaled targets (n, horizon): what a diverged trial is held against."""
    if loss == "mae":
        return float(np.abs(targets - np.median(targets)).mean())
    error = targets - targets.mean()
    if loss == "huber":  # Source: Huber (1964), with the threshold 1 that Keras uses
        return float(np.where(np.abs(error) <= 1, error**2 / 2, np.abs(error) - 0.5).mean())
    return float((error**2).mean())


def faults(config: SweepConfig) -> list[Fault]:
    """What is wrong with the config of the task."""
    task = config.task
    found = TASKS.fault("task.kind", task.kind)
    for name in task.metrics:
        found += METRICS.fault("task.metrics", name)
    if task.objective not in task.metrics:
        told = f"task.objective={task.objective}: this is not among task.metrics{nearest(task.objective, task.metrics)}"
        found.append(Fault("task.objective", told, also=("task.metrics",)))
    elif task.objective in METRICS and not can_rank(task.objective):
        told = f"task.objective={task.objective}: lower is not better by this metric; rank by mae or rmse"
        found.append(Fault("task.objective", told))
    return found


def with_prefix(prefix: str, metrics: Mapping[str, float]) -> dict[str, float]:
    """The same metrics under the name of the part that they were taken on: `mae` → `val_mae`."""
    return {f"{prefix}_{name}": value for name, value in metrics.items()}
