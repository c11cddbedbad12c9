"""How the learning rate of a trial changes from epoch to epoch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from seqsweep.catalog import Catalog

FACTOR = 0.5
"""By which `plateau` multiplies the rate."""

PATIENCE = 5
"""Epochs that `plateau` waits where `trial.patience` is null; else it waits half of that."""


@dataclass(frozen=True)
class BetweenEpochs:
    """Where a trial's training stands after an epoch; all that a schedule may depend on.

    A checkpoint keeps all of it, so that a continued trial has the rates of one that never stopped.

    Args:
        first_rate: the learning rate of the first epoch.
        rate: that of the epoch that ended.
        epoch: epochs that are behind, over promotions; 1 or more.
        waited: how many of them came after the one with the best validation loss.
        epochs: `trial.epochs`, which no trial goes beyond.
        patience: `trial.patience`.
    """

    first_rate: float
    rate: float
    epoch: int
    waited: int
    epochs: int
    patience: int | None


class Schedule(Protocol):
    """What an entry of SCHEDULES is."""

    def __call__(self, now: BetweenEpochs) -> float:
        """The learning rate of the next epoch, the same within the epoch."""


SCHEDULES: Catalog[Schedule] = Catalog("schedule", like=Schedule)
"""What `search_space.schedule` may name."""


@SCHEDULES.register
def constant(now: BetweenEpochs) -> float:
    """The same in every epoch."""
    return now.rate


@SCHEDULES.register
def cosine(now: BetweenEpochs) -> float:
    """Half a wave from the first rate to 0 over `trial.epochs`.

    A trial of Hyperband that ends before that goes down no faster: whoever is promoted goes on along the same wave.

    Source: Loshchilov and Hutter, 2017, SGDR, equation 5 with a lowest rate of 0 and without restarts.
    """
    return now.first_rate * (1 + math.cos(math.pi * min(now.epoch / now.epochs, 1))) / 2


@SCHEDULES.register
def plateau(now: BetweenEpochs) -> float:
    """Half as much whenever half of `trial.patience` went by without a better validation loss.

    Source: `keras.callbacks.ReduceLROnPlateau` with `min_delta` 0, no cooldown and a lowest rate of 0.
    """
    patience = PATIENCE if now.patience is None else max(now.patience // 2, 1)
    return now.rate * FACTOR if now.waited and now.waited % patience == 0 else now.rate
