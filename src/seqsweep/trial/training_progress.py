"""How far a trial's training is: its best epoch and how long it has waited for a better one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from seqsweep.serving.array_types import Float32s

Weights = list[Float32s]


@dataclass
class TrainingProgress:
    """What early stopping knows. Epochs count from 1, over promotions; 0 is a start that was solved."""

    epoch: int = 0
    best_epoch: int = 0
    best_loss: float = float("inf")  # the validation loss of the best epoch
    best_metrics: Mapping[str, float] = field(default_factory=dict)
    best_weights: Weights = field(default_factory=list)

    def start(self, metrics: Mapping[str, float], weights: Weights) -> None:
        """Take note of a network that is scored before its first epoch.

        Args:
            metrics: as those of an epoch.
            weights: in the order of `model.weights`.
        """
        self.best_loss, self.best_metrics, self.best_weights = metrics["val_loss"], dict(metrics), weights

    def update(self, metrics: Mapping[str, float], weights: Weights) -> None:
        """Take note of an epoch: metrics with `val_loss`, and the weights it ended with.

        Args:
            metrics: by name; `val_loss` decides whether the epoch is the best.
            weights: in the order of `model.weights`; kept where the epoch is the best.
        """
        self.epoch += 1
        if metrics["val_loss"] < self.best_loss:
            self.best_epoch, self.best_loss = self.epoch, metrics["val_loss"]
            self.best_metrics, self.best_weights = dict(metrics), weights

    def stalled(self, patience: int | None) -> bool:
        """Whether `patience` epochs went by without a better validation loss."""
        return patience is not None and self.epoch - self.best_epoch >= patience
