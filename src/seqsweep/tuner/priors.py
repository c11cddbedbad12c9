"""Trials of earlier sweeps that a Bayesian search begins with, as they lie beside its state."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqsweep.state_files import read_state, to_json, write_state

PRIORS_FILE = "priors.json"


@dataclass(frozen=True)
class EarlierSweep:
    """What one earlier sweep gives.

    Args:
        fingerprint: its own.
        differs: the settings in which it differs from the sweep that begins with it, by dotted keys.
        points: the oracle's values of its completed trials, in the space of the sweep that begins.
        costs: what each of them came to, of which lower is better, in whatever unit.
        outside: completed trials that lie outside that space, and are left out.
    """

    fingerprint: str
    differs: tuple[str, ...]
    points: tuple[Mapping[str, Any], ...]
    costs: tuple[float, ...]
    outside: int = 0


@dataclass(frozen=True)
class Priors:
    """What a search begins with: read once, then kept.

    Args:
        sweeps: the oldest first.
    """

    sweeps: tuple[EarlierSweep, ...] = ()

    @property
    def trials(self) -> int:
        """All trials."""
        return sum(len(sweep.points) for sweep in self.sweeps)

    @property
    def digest(self) -> str:
        """Of all that proposals depend on."""
        content = [(sweep.points, sweep.costs) for sweep in self.sweeps]
        return hashlib.sha256(to_json(content).encode()).hexdigest()[:12]


def keep_priors(directory: Path, priors: Priors) -> None:
    """Write them down.

    Args:
        directory: of the tuner's state.
        priors: to keep.

    Raises:
        StateError: the disk refuses.
    """
    write_state(directory / PRIORS_FILE, priors)


def read_priors(directory: Path) -> Priors | None:
    """What `keep_priors` kept in the directory of the tuner's state; None: nothing.

    Raises:
        StateError: the file is truncated or foreign.
    """
    file = directory / PRIORS_FILE
    return read_state(file, Priors) if file.exists() else None
