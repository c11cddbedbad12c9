"""Finished sweeps side by side, and what their final runs say about which of them does better.

Two sweeps can be compared where they were scored on the same items by the same measure: the same data, task, split and
objective. Their winners were trained from the same seeds, so they are compared in pairs of seed and fold.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path

from seqsweep.errors import ConfigError, StateError, UserError
from seqsweep.evidence import Interval, paired_interval
from seqsweep.finals import Conclusion, Finalist, load
from seqsweep.metrics import Metric
from seqsweep.search import Outcome, folders, load_outcome, read_identity
from seqsweep.search.time_limit import busy
from seqsweep.spelling import nearest
from seqsweep.words import setting

BY_VALUE = ("study", "data", "tuner", "layer")
"""Settings whose values say by themselves what they are."""

FEW = 4  # sweeps of which every pair is compared: six sentences


@dataclass(frozen=True)
class Budget:
    """What a search took: trials, epochs that they trained, seconds in which any of them ran."""

    trials: int
    epochs: int
    seconds: float


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
    def budget(self) -> Budget:
        """What its search took, over all of its launches."""
        records = self.outcome.records
        return Budget(len(records), sum(len(record.curve) for record in records), busy(records))


@dataclass(frozen=True)
class Labels:
    """What sweeps are called beside each other.

    Args:
        names: by the identity of each.
        keys: of the settings that the names say.
    """

    names: Mapping[int, str]
    keys: tuple[str, ...]

    def __getitem__(self, sweep: FinishedSweep) -> str:
        """The name of one of them."""
        return self.names[id(sweep)]

    @property
    def kind(self) -> str:
        """What the sweeps differ in, where that is one thing: `tuner`, `layer type`; else `sweep`."""
        kinds = {"tuner": "tuner", "layer": "layer type", "study": "study", "data": "data set", "seed": "seed"}
        return kinds.get(self.keys[0], "setting") if len(self.keys) == 1 else "sweep"


@dataclass(frozen=True)
class PairedComparison:
    """A sweep's winner against one of a worse mean: the mean of its cost minus the other's; below 0 it is better."""

    better: FinishedSweep
    other: FinishedSweep
    interval: Interval | None  # None: fewer than two pairs

    @property
    def same_network(self) -> bool:
        """Whether both searches found the same settings, which came to the same scores."""
        one, two = self.better.winner, self.other.winner
        return one is not None and two is not None and (one.params, one.scores) == (two.params, two.scores)


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
        raise UserError(
            f"there is no finished sweep under {Path(directory).resolve()}; "
            "seqsweep sweep quickstart makes one, and --directory names another folder"
        )
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


def labels(entries: Sequence[FinishedSweep]) -> Labels:
    """A name for each sweep: the fewest settings that tell all of them apart, and nothing that all share.

    Args:
        entries: in any order.
    """
    told = [_settings(entry) for entry in entries]
    keys: list[str] = []
    for key in dict.fromkeys(key for own in told for key in own):
        if len(_classes(told, [*keys, key])) > len(_classes(told, keys)):
            keys.append(key)
    names = [" ".join(_said(key, own.get(key)) for key in keys) for own in told]
    twice = {name for name in names if names.count(name) > 1 or not name}
    unique = [
        f"{name} {entry.outcome.fingerprint[:6]}".strip() if name in twice else name
        for name, entry in zip(names, entries, strict=True)
    ]
    if len(entries) == 1:
        unique = [entries[0].outcome.name]
    return Labels(dict(zip(map(id, entries), unique, strict=True)), tuple(keys))


def _classes(told: Sequence[Mapping[str, object]], keys: Sequence[str]) -> set[str]:
    return {repr([own.get(key) for key in keys]) for own in told}


def _said(key: str, value: object) -> str:
    """`random` for a tuner, `horizon=2` for what does not say by its value what it is."""
    last = key.rpartition(".")[2]
    alone = value[0] if isinstance(value, list) and len(value) == 1 else value
    said = setting(alone).replace(" ", "_") if not isinstance(alone, list | dict) else str(alone).replace("'", "")
    return said if key in BY_VALUE else f"{last}={said}"


def _settings(sweep: FinishedSweep) -> dict[str, object]:
    """The settings that may tell two sweeps apart, the plainest first: `tuner` for `tuner.kind`."""
    outcome, whole = sweep.outcome, asdict(sweep.outcome.config)
    groups = ("search_space", "tuner", "model", "trial", "task", "windows", "finals")
    inner = {f"{group}.{name}".removesuffix(".kind"): v for group in groups for name, v in whole[group].items()}
    layers = list(dict.fromkeys(str(record.params["layer"]) for record in outcome.records))
    layer = layers if len(layers) == 1 else inner.pop("search_space.layer", None)
    inner.pop("search_space.layer", None)
    first = {"study": outcome.config.study, "data": outcome.data, "tuner": whole["tuner"]["kind"], "layer": layer}
    return {**first, "seed": outcome.config.seed, **inner}


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
