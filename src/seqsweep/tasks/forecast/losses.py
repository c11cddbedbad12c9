"""What training of a forecast may lower, and what the best constant comes to by it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

LOSSES = ("mse", "mae", "huber")
"""What `task.loss` may be."""


def constant_loss(loss: str, targets: NDArray[Any]) -> float:
    """The loss of the best constant forecast.

    Args:
        loss: one of LOSSES.
        targets: (n, horizon), scaled.
    """
    if loss == "mae":
        return float(np.abs(targets - np.median(targets)).mean())
    error = targets - targets.mean()
    if loss == "huber":  # Source: Huber (1964), with the threshold 1 that Keras uses
        return float(np.where(np.abs(error) <= 1, error**2 / 2, np.abs(error) - 0.5).mean())
    return float((error**2).mean())
