"""What training of a forecast may lower, and what the best constant comes to by it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqsweep.tasks.forecast.quantiles import QUANTILE, mean_pinball

LOSSES = ("mse", "mae", "huber", QUANTILE)
"""What `task.loss` may be."""


def constant_loss(loss: str, targets: NDArray[Any], levels: Sequence[float] = ()) -> float:
    """The loss of the best constant forecast.

    Args:
        loss: one of LOSSES.
        targets: (n, horizon), scaled.
        levels: of the quantiles, where the loss is of quantiles.
    """
    if loss == QUANTILE:
        return mean_pinball(targets, np.quantile(targets, levels), levels)
    if loss == "mae":
        return float(np.abs(targets - np.median(targets)).mean())
    error = targets - targets.mean()
    if loss == "huber":  # Source: Huber (1964), with the threshold 1 that Keras uses
        return float(np.where(np.abs(error) <= 1, error**2 / 2, np.abs(error) - 0.5).mean())
    return float((error**2).mean())
