"""Finished sweeps side by side, and what their final runs say about which of them does better.

Two sweeps can be compared where they were scored on the same items by the same measure: the same data, task, split and
objective. Their winners were trained from the same seeds, so they are compared in pairs of seed and fold.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from seqsweep.errors import ConfigError, StateError, UserError
from seqsweep.evidence import Interval, paired_interval
from seqsweep.finals import Conclusion, Finalist, load
from seqsweep.metrics import Metric
from seqsweep.search import Outcome, folders, load_outcome, read_identity
from seqsweep.spelling import nearest

FEW = 4  # sweeps of which every pair is compared: six sentences


@dataclass(frozen=True)
class FinishedSweep:
    """A finished sweep."""

    outcome: Outcome
    conclusion: Conclusion | None

    @property
    def winner(self) -> Finalist | None:
        """Of its finals; None: it had none, or none finished."""
        return self.conclusion.winner if self.conclusion is not None else None

    @property
    def label(self) -> str:
        """The layer type where the sweep searched one alone, else the name of its run."""
        layers = {record.params["layer"] for record in self.outcome.records}
        return str(layers.pop()) if len(layers) == 1 else self.outcome.name


@dataclass(frozen=True)
class PairedComparison:
    """A sweep's winner against one of a worse mean: the mean of its cost minus the other's; below 0 it is better."""

    better: FinishedSweep
    other: FinishedSweep
    interval: Interval | None  # None: fewer than two pairs


@dataclass(frozen=True)
class ComparableGroup:
    """Sweeps that can be compared, best mean of the winner first.

    Args:
        entries: two or more.
        comparisons: each pair where sweeps are few, or a question of two of them would stay open because a third one
            won; else the best against each other one.
    """

    entries: tuple[FinishedSweep, ...]
    comparisons: tuple[PairedComparison, ...]


def finished(directory: Path, names: Sequence[str], say: Callable[[str], None]) -> list[FinishedSweep]:
    """The finished sweeps under `directory`, in the order in which their last trials ended.

    Args:
        directory: `tracking.directory` of the sweeps.
        names: studies, run names or the first digits of fingerprints; none: all.
        say: is told which sweep is left out because a file of it is damaged.

    Raises:
        ConfigError: there is no finished sweep of a name.
        UserError: there is none at all.
        StateError: a file of a sweep that was named is damaged, or of all there are.
    """
    found, damaged = [], []
    for folder in folders(directory):
        try:
            read_identity(folder)
            outcome = load_outcome(folder)
            if outcome is not None:
                found.append(FinishedSweep(outcome, load(folder)))
        except StateError as error:
            if any(_means(name, folder) for name in names):
                raise
            damaged.append(error)
    if damaged and not found:
        raise damaged[0]
    for damage in damaged:
        say(f"{damage}; left out until then")
    if not found:
        raise UserError(f"there is no finished sweep under {directory}; seqsweep sweep quickstart makes one")
    found.sort(key=lambda entry: max((record.ended or 0.0 for record in entry.outcome.records), default=0.0))
    known = sorted({entry.outcome.config.study for entry in found} | {entry.outcome.name for entry in found})
    wrong = [name for name in names if not any(_called(entry, name) for entry in found)]
    if wrong:
        raise ConfigError(
            [f"{name}: there is no such finished sweep under {directory}{nearest(name, known)}" for name in wrong]
        )
    return [entry for entry in found if not names or any(_called(entry, name) for name in names)]


def comparable_groups(entries: Sequence[FinishedSweep]) -> list[ComparableGroup]:
    """The groups of two or more sweeps that can be compared."""
    groups: dict[str, list[FinishedSweep]] = {}
    for entry in entries:
        if entry.winner is not None:
            groups.setdefault(_measure(entry), []).append(entry)
    return [_comparable_group(group) for group in groups.values() if len(group) > 1]


def _comparable_group(group: list[FinishedSweep]) -> ComparableGroup:
    metric = ranked_by(group[0])
    ranked = sorted(group, key=lambda sweep: metric.cost(_mean(sweep)))
    confidence = ranked[0].outcome.config.finals.confidence
    pairs = combinations(ranked, 2) if len(ranked) <= FEW else ((ranked[0], other) for other in ranked[1:])
    comparisons = [
        PairedComparison(one, other, paired_interval(_costs(one), _costs(other), confidence)) for one, other in pairs
    ]
    return ComparableGroup(tuple(ranked), tuple(comparisons))


def _mean(entry: FinishedSweep) -> float:
    assert entry.winner is not None
    assert entry.winner.mean is not None  # or it would be no winner
    return entry.winner.mean


def ranked_by(sweep: FinishedSweep) -> Metric:
    """The metric that ranks its trials."""
    return sweep.outcome.metric


def _costs(sweep: FinishedSweep) -> list[float]:
    assert sweep.winner is not None
    metric = ranked_by(sweep)
    return [math.nan if score is None else metric.cost(score) for score in sweep.winner.scores]


def _measure(sweep: FinishedSweep) -> str:
    """What the scores of a sweep are scores of."""
    conclusion = sweep.conclusion
    assert conclusion is not None
    runs = (sweep.outcome.config.seed, conclusion.seeds, conclusion.folds)
    return repr((conclusion.sha256, sweep.outcome.measure, conclusion.objective, runs))


def _means(name: str, folder: Path) -> bool:
    """Whether a user who says `name` means the sweep in `folder`, of which not all can be read."""
    study = ""
    with suppress(StateError):
        study = read_identity(folder).study
    return name == study or (len(name) >= 4 and folder.name.startswith(name))


def _called(entry: FinishedSweep, name: str) -> bool:
    outcome = entry.outcome
    return name in (outcome.config.study, outcome.name) or (len(name) >= 4 and outcome.fingerprint.startswith(name))
