"""How long a network takes for a single forecast, on the machine and beside whatever else runs there."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from seqsweep.objectives import RESOURCES
from seqsweep.tasks import Task, View

if TYPE_CHECKING:
    from seqsweep.events import TrialParams
    from seqsweep.trial.learner import Learner

LATENCY = "latency_ms"
"""The objective that asks for it."""

WARM_UP = 5  # forecasts before the first that counts; the first traces the network
REPEATS = 51  # forecasts of which the median is taken
LONGEST = 2.0  # seconds after which fewer of them will do: a text is decoded step by step
FEWEST = 5


def latency(task: Task, learner: Learner, view: View, params: TrialParams) -> dict[str, float]:
    """The median of single forecasts in milliseconds, and the range of their middle half; nothing if nobody asked.

    A forecast is what `Task.predict` makes of one item: its inputs gathered, the network called, its outputs in the
    unit of the data. The figure is measured: it differs from time to time, and with what else runs on the machine.

    Args:
        task: says what a forecast is.
        learner: has the network, trained.
        view: what the trial saw.
        params: of the trial.
    """
    if LATENCY not in (task.config.task.objectives or ()):
        return {}
    items = view.split.validation[:1]
    return median_latency(lambda: task.predict(view, params, learner.call, items))


def median_latency(ask: Callable[[], object]) -> dict[str, float]:
    """The median of single forecasts in milliseconds, and the range of their middle half.

    Args:
        ask: makes a single one.
    """

    def milliseconds() -> float:
        began = time.perf_counter()
        ask()
        return 1000 * (time.perf_counter() - began)

    for _ in range(WARM_UP):
        milliseconds()
    taken: list[float] = []
    until = time.perf_counter() + LONGEST
    while len(taken) < REPEATS and (len(taken) < FEWEST or time.perf_counter() < until):
        taken.append(milliseconds())
    low, median, high = np.quantile(taken, (0.25, 0.5, 0.75)).tolist()
    return {LATENCY: median, RESOURCES[LATENCY].spread: high - low}
