"""What a packaged model costs who serves it: bytes on disk, and seconds an answer."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from seqsweep.package.loaded import Loaded
from seqsweep.state_files import read_state, write_state
from seqsweep.words import duration, megabytes

COST = "cost.json"

ASKED = 5  # times; the first answer, which traces the network, comes before them


@dataclass(frozen=True)
class Cost:
    """Of a packaged model.

    Args:
        size: of its folder, in bytes.
        seconds: that an answer to its input example takes, the median of some, on the machine that packaged it.
        networks: that it is the mean of.
    """

    size: int
    seconds: float
    networks: int

    @property
    def said(self) -> str:
        """In words: `mean of 3 networks, 0.3 MB; an answer to the input example takes 6 ms`."""
        what = ("a baseline", "one network", f"mean of {self.networks} networks")[min(self.networks, 2)]
        takes = f"{1000 * self.seconds:.3g} ms" if self.seconds < 1 else duration(self.seconds)
        return f"{what}, {megabytes(self.size)}; an answer to the input example takes {takes}"


def measure(model: Path, loaded: Loaded) -> Cost:
    """Ask it some times.

    Args:
        model: the folder of the packaged model.
        loaded: from this very folder.
    """
    return Cost(
        sum(file.stat().st_size for file in model.rglob("*") if file.is_file()),
        median_seconds(lambda: loaded.ask(loaded.example), ASKED),
        len(loaded.spec["lineage"]["networks"]),
    )


def save_cost(model: Path, cost: Cost) -> None:
    """Keep it with the model.

    Args:
        model: the folder of the packaged model.
        cost: takes the place of the one that is there.

    Raises:
        StateError: the disk refuses.
    """
    write_state(model / COST, cost)


def load_cost(model: Path) -> Cost:
    """What a packaged model costs.

    Raises:
        StateError: the file is truncated or foreign, or gone.
    """
    return read_state(model / COST, Cost, f"remove {model} to package it again")


def median_seconds(ask: Callable[[], object], times: int) -> float:
    """How long something takes, the median of some times; the first, which makes ready, comes before them.

    Args:
        ask: does it once.
        times: that count, 1 or more.
    """
    ask()
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        ask()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)
