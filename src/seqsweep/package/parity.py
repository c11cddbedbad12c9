"""Whether a packaged model predicts as the network of its trial did."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seqsweep.serving.array_types import Int64s
from seqsweep.state_files import read_state, write_state
from seqsweep.tasks import Items, Predictions
from seqsweep.words import counted

PARITY = "parity.json"
TOLERANCE = 1e-5
TIES = 1e-4  # the share of whole numbers that may differ
SAMPLE = 2000  # items that are asked


@dataclass(frozen=True)
class Parity:
    """The verdict.

    Args:
        items: of the test part that were asked.
        largest: the largest difference of two predictions, as a share of the trial's own; where that is smaller than
            the mean size of them all, as a share of the mean. Of predictions with several fields the largest of these.
            Infinite where one is not finite, or where words differ.
        of: items of the test part, over which those that were asked are spread; None: all were asked.
    """

    items: int
    largest: float
    of: int | None = None

    @property
    def passed(self) -> bool:
        """Whether they are the same predictions, but for rounding."""
        return self.largest <= TOLERANCE

    @property
    def asked(self) -> str:
        """Of how many predictions it speaks: `2,000 of 29,977 test predictions, evenly spread,`."""
        if self.of is None:
            return counted(self.items, "test prediction")
        return f"{self.items:,} of {counted(self.of, 'test prediction')}, evenly spread,"


def sample(items: Items) -> Int64s:
    """The places of those that are asked, the first and the last among them; all where there are few.

    A request is read anew for each: of tens of thousands the last ones show nothing that the others did not.

    Args:
        items: (n,), in their order.
    """
    return np.unique(np.linspace(0, len(items) - 1, min(len(items), SAMPLE)).round().astype(np.int64))


def compare(served: Predictions, own: Predictions, least: float = 0.0) -> Parity:
    """How far the answers of the packaged model lie from the network's own.

    Args:
        served: (n, …), in the unit of the data.
        own: (n, …), for the same items.
        least: that a difference is a share of, however small the predictions are.
    """
    if own.dtype.names is not None:  # several things are said of an item: words, and nats or counts of them
        # Where a network is all but sure, nats are as small as the rounding of a probability near 1.
        found = [
            (_whole_numbers if own.dtype[name].kind in "iu" else _measured)(served[name], own[name])
            for name in own.dtype.names
        ]
        return max(found, key=lambda parity: parity.largest)
    if own.dtype.kind not in "biuf":  # words: there is no being near
        return Parity(len(own), 0.0 if np.array_equal(served, own) else float("inf"))
    if not (np.isfinite(served).all() and np.isfinite(own).all()):
        return Parity(len(own), float("inf"))
    size = np.maximum(np.abs(own), max(float(np.abs(own).mean()), least))
    differences = np.abs(np.asarray(served, np.float64) - own)
    shares = np.divide(differences, size, out=np.zeros_like(differences), where=differences > 0)
    return Parity(len(own), float(shares.max()))


def _measured(served: Predictions, own: Predictions) -> Parity:
    """A field of predictions that have several, words or figures."""
    return compare(served, own, 1.0)


def _whole_numbers(served: Predictions, own: Predictions) -> Parity:
    """Counts, and numbers of what was most probable: between two that are as good as equal rounding may choose."""
    return Parity(len(own), 0.0 if (served != own).mean() <= TIES else float("inf"))


def save_parity(model: Path, parity: Parity) -> None:
    """Keep it with the model.

    Args:
        model: the folder of the packaged model.
        parity: takes the place of the one that is there.

    Raises:
        StateError: the disk refuses.
    """
    write_state(model / PARITY, parity)


def load_parity(model: Path) -> Parity | None:
    """The verdict on a packaged model; None: it was never compared.

    Raises:
        StateError: the file is truncated or foreign.
    """
    file = model / PARITY
    return read_state(file, Parity, f"remove {model} to package it again") if file.exists() else None
