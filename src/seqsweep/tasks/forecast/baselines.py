"""What a network must beat: simple forecasts of exactly the targets that the network is scored on.

Each is made from raw values, without scaler or clipping.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from seqsweep.catalog import Catalog
from seqsweep.errors import Fault
from seqsweep.serving.array_types import Float64s, Int64s
from seqsweep.serving.baselines.recursive import Drift, after
from seqsweep.serving.baselines.simple import Constant, MovingAverage, Repeat
from seqsweep.tasks.forecast.baseline_input import BaselineInput
from seqsweep.tasks.forecast.boosting import boosting_forecasts
from seqsweep.tasks.forecast.ridge import fit_linear
from seqsweep.tasks.forecast.smoothing import ets_forecasts, theta_forecasts

if TYPE_CHECKING:
    from seqsweep.schema import SweepConfig


class Baseline(Protocol):
    """What an entry of BASELINES is."""

    def __call__(self, past: BaselineInput, origins: Int64s) -> Float64s | None:
        """(forecasts, horizon), the rows after each origin in the unit of the data.

        None where the series does not allow this baseline.

        Args:
            past: of it, only rows up to an origin, the train part and a choice on validation may be used.
            origins: (forecasts,), the last row that each forecast may see; none before the last row of train.
        """


BASELINES: Catalog[Baseline] = Catalog("baseline", like=Baseline)


LEARNED = ("ets", "theta", "boosting")
"""Baselines that take seconds: none of the default, and how long they took is told."""


@dataclass
class Clock:
    """How long the baselines of LEARNED took, in seconds."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Add what goes on within it to the time of a baseline."""
        started = time.perf_counter()
        yield
        if name in LEARNED:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - started

    def tags(self) -> dict[str, str]:
        """`ets_seconds` and so on."""
        return {f"{name}_seconds": f"{seconds:.2g}" for name, seconds in self.seconds.items()}


def forecasts(past: BaselineInput, origins: Int64s, clock: Clock) -> dict[str, Float64s]:
    """The forecasts (n, horizon) of each baseline in `past.settings.baselines`; one that cannot be made is left out.

    Args:
        past: the series and the settings.
        origins: (n,), the last row that each forecast may see.
        clock: is told how long they took.
    """
    made = {}
    for name in past.settings.baselines:
        with clock.timed(name):
            made[name] = BASELINES[name](past, origins)
    return {name: said for name, said in made.items() if said is not None}


def faults(config: SweepConfig) -> list[Fault]:
    """What is wrong with the settings of the baselines: unknown names, impossible windows and penalties."""
    task = config.task
    found = [fault for name in task.baselines for fault in BASELINES.fault("task.baselines", name)]
    if "linear" in task.baselines:
        found += [
            Fault(
                f"task.{key}",
                f"task.{key}=[]: the baseline 'linear' has nothing to choose from; name one, or drop 'linear'",
                also=("task.baselines",),
            )
            for key in ("ridge_windows", "ridge_penalties")
            if not getattr(task, key)
        ]
    return found


@BASELINES.register
def last_value(past: BaselineInput, origins: Int64s) -> Float64s | None:
    """The value at the origin, for every row ahead."""
    return Repeat(1).after(past.values, origins, past.horizon)


@BASELINES.register
def seasonal_naive(past: BaselineInput, origins: Int64s) -> Float64s | None:
    """The last full season up to the origin, repeated; None without a season, or where none lies before.

    Source: https://otexts.com/fpp3/simple-methods.html
    """
    if past.season is None or origins.min() + 1 < past.season:
        return None
    return Repeat(past.season).after(past.values, origins, past.horizon)


@BASELINES.register
def train_mean(past: BaselineInput, origins: Int64s) -> Float64s | None:
    """The mean of the train part: the constant that a squared error likes best."""
    return mean_of(past).after(past.values, origins, past.horizon)


@BASELINES.register
def train_median(past: BaselineInput, origins: Int64s) -> Float64s | None:
    """The median of the train part: the constant that an absolute error likes best."""
    return median_of(past).after(past.values, origins, past.horizon)


@BASELINES.register
def moving_average(past: BaselineInput, origins: Int64s) -> Float64s | None:
    """The mean of the last `moving_average` rows up to the origin, or of as many as there are."""
    return MovingAverage(past.settings.moving_average).after(past.values, origins, past.horizon)


@BASELINES.register
def drift(past: BaselineInput, origins: Int64s) -> Float64s | None:
    """The straight line from the first row through the origin.

    Source: https://otexts.com/fpp3/simple-methods.html
    """
    return after(Drift(float(past.target[0])), past.target, origins, past.horizon)


@BASELINES.register
def linear(past: BaselineInput, origins: Int64s) -> Float64s | None:
    """The ridge regression that `fit_linear` chooses; None where no window fits."""
    fit = fit_linear(past)
    if fit is None or origins.min() + 1 < fit.window:
        return None
    return fit.after(past.values, origins, past.horizon)


@BASELINES.register
def ets(past: BaselineInput, origins: Int64s) -> Float64s | None:
    """Additive exponential smoothing, of the trend and the season that train speaks for; see `smoothing`."""
    return ets_forecasts(past, origins)


@BASELINES.register
def theta(past: BaselineInput, origins: Int64s) -> Float64s | None:
    """The method Theta; see `smoothing`."""
    return theta_forecasts(past, origins)


@BASELINES.register
def boosting(past: BaselineInput, origins: Int64s) -> Float64s | None:
    """Gradient boosting on the last rows and on what is known ahead; see the file of its name."""
    return boosting_forecasts(past, origins)


def mean_of(past: BaselineInput) -> Constant:
    """The mean of the train part."""
    return Constant(float(past.target[: past.train_end].mean()))


def median_of(past: BaselineInput) -> Constant:
    """The median of the train part."""
    return Constant(float(np.median(past.target[: past.train_end])))
