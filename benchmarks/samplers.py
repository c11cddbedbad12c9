"""What searches are compared on: tables of real trials, and each sampler's way through one. See search.py.

A table of benchmarks/tables holds every point of a finite space, trained from one seed or several (train.py there), as
tabular benchmarks do (NAS-Bench, HPOBench): whatever a sampler proposes, by its own interface, was trained. It is told
the score of one seed, drawn anew in each run.
"""

from __future__ import annotations

import copy
import json
import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from seqsweep import search_space
from seqsweep.config import compose
from seqsweep.schema import SweepConfig
from seqsweep.tuner import EarlierSweep, Priors, Proposal, Tuner
from seqsweep.tuner.catalog import make_oracle

TABLES = Path(__file__).parent / "tables"
TRIALS = 80

Trajectory = list[tuple[int, int, bool]]
"""Of a run, trial by trial: the point, the epochs spent by then, and whether the trial ran to its end."""


Before = Callable[["Table", int], EarlierSweep]


@dataclass(frozen=True)
class Table:
    """Real trials of every point of a space.

    Args:
        name: of its study.
        config: of its study.
        numbers: the point of plain values.
        curves: (point, seed) → what the trial would have scored had it ended after each epoch.
        regret: (points,): mean score over the seeds, over that of the best point, less 1.
    """

    name: str
    config: SweepConfig
    numbers: dict[str, int]
    curves: dict[tuple[int, int], list[float]]
    regret: NDArray[np.float64]

    def best(self, share: float = 0.01) -> set[int]:
        """The best points by their means."""
        return set(np.argsort(self.regret)[: max(1, round(share * len(self.regret)))].tolist())

    def number(self, values: Any) -> int:
        return self.numbers[_key(values)]


@cache
def read(name: str) -> Table:
    config = compose(name, own=TABLES).jobs[0]
    rows = pd.read_parquet(TABLES / f"{name}.parquet")
    rows["point"] = rows["point"].rank(method="dense").astype(int) - 1  # where some alone were trained
    objective = f"val_{config.task.objective}"
    own = [c for c in rows.columns if c not in ("point", "seed", "epoch", "val_loss", objective)]
    curves, numbers = {}, {}
    for (point, seed), trial in rows.groupby(["point", "seed"]):
        best = trial["val_loss"].cummin()
        told = trial[objective].where(trial["val_loss"] == best).ffill()
        curves[int(point), int(seed)] = told[trial["epoch"] > 0].tolist()  # 0: a network that was solved, untrained
        first = trial.iloc[0]
        numbers[_key({n: v for n, v in first[own].items() if not pd.isna(v)})] = int(point)
    seeds = 1 + max(seed for _, seed in curves)
    means = np.array([np.mean([curves[p, s][-1] for s in range(seeds)]) for p in range(len(numbers))])
    return Table(name, config, numbers, curves, means / means.min() - 1)


def _key(values: Any) -> str:
    return json.dumps({name: _plain(value) for name, value in sorted(values.items())})


def _plain(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float | int | np.bool_) else str(value)


class Run:
    """One search: tells it scores and writes down what it did."""

    def __init__(self, table: Table, number: int) -> None:
        self.table = table
        seeds = 1 + max(seed for _, seed in table.curves)
        self._seeds = np.random.default_rng([7, number]).integers(seeds, size=len(table.regret))
        self._lowest = min(self.curve(point)[-1] for point in range(len(table.regret)))
        self._best = table.best()
        self._left = {"found", "lowest"}
        self.spent = 0
        self.done: Trajectory = []

    def curve(self, point: int) -> list[float]:
        return self.table.curves[point, int(self._seeds[point])]

    def note(self, point: int, epochs: int, whole: bool) -> None:
        self.spent += epochs
        self.done.append((point, self.spent, whole))
        if whole:
            self._left -= {"found"} if point in self._best else set()
            self._left -= {"lowest"} if self.curve(point)[-1] == self._lowest else set()

    @property
    def is_over(self) -> bool:
        """Whether no further trial can change a regret."""
        return not self._left


class Unkept(Tuner):
    """A tuner that no kill has to survive: its state goes to no disk, which takes longer than a draw."""

    @classmethod
    def of(cls, config: SweepConfig, priors: Priors | None = None) -> Unkept:
        return cls(config, make_oracle(config, priors), Path("no such folder", "tuner.json"))

    def _save(self, changed: Any = None) -> None:
        pass


def ours(kind: str, pruner: str = "none", *more: str, before: Before | None = None) -> Callable[[Table, int], Run]:
    """A tuner of seqsweep, asked and told as a sweep does; `before` gives it an earlier sweep."""

    def search(table: Table, number: int) -> Run:
        given = [f"tuner={kind}"]
        given += [] if kind == "hyperband" else [f"tuner.max_trials={TRIALS}"]
        given += [] if pruner == "none" else [f"tuner.pruner={pruner}"]
        given += [] if before is None else ["tuner.prior=study"]
        config = composed(table.name, number, *given, *more)
        run = Run(table, number)
        tuner = Unkept.of(config, None if before is None else Priors((before(table, number),)))
        while not run.is_over and isinstance(proposal := tuner.ask("one"), Proposal):
            tell(run, tuner, proposal)
        return run

    return search


@cache
def once(name: str, *given: str) -> SweepConfig:
    return compose(name, given, own=TABLES).jobs[0]


def composed(name: str, seed: int, *given: str) -> SweepConfig:
    config = copy.deepcopy(once(name, *given))
    config.seed = seed
    return config


def of_another_seed(table: Table, number: int) -> EarlierSweep:
    """A Bayesian search of the same data from another seed: 40 trials, of which it was told another seed's scores."""
    config = composed(table.name, 1000 + number, "tuner=bayesian", "tuner.max_trials=40")
    run, values = Run(table, 1000 + number), []
    tuner = Unkept.of(config)
    while isinstance(proposal := tuner.ask("one"), Proposal):
        values.append(search_space.values(config, proposal.params) or {})
        tell(run, tuner, proposal)
    return EarlierSweep("seed", (), tuple(values), tuple(run.curve(point)[-1] for point, _, _ in run.done))


def of_other_data(table: Table, number: int) -> EarlierSweep:  # noqa: ARG001  # as `Before` has it
    """Trials of the same space on other data (train.py --points 20), which is all that is left of a random search."""
    before = f"{table.name}_before"
    if not (TABLES / f"{before}.yaml").exists():
        raise FileNotFoundError(f"there is no table {before}")
    other = read(before)
    every = [json.loads(key) for key in other.numbers]
    points = [_spelt(table.config, point) for point in every]
    return EarlierSweep("data", (), tuple(points), tuple(other.curves[n, 0][-1] for n in other.numbers.values()))


def _spelt(config: SweepConfig, point: dict[str, str]) -> dict[str, Any]:
    """An oracle's values of a point of a table."""
    found = {}
    for dimension in search_space.dimensions(config):
        choices = [c for c in dimension.distribution.choices or () if _plain(c) == point.get(dimension.name)]
        if choices:
            found[dimension.name] = dimension.encode(choices[0])
    return found


def tell(run: Run, tuner: Any, proposal: Proposal) -> None:
    """Replay a trial until its last epoch or its bound."""
    point = run.table.number(proposal.values)
    costs = run.curve(point)[: proposal.last_epoch]
    whole = proposal.last_epoch == run.table.config.trial.epochs
    for epoch, cost in enumerate(costs, 1):
        if epoch < len(costs) and cost > proposal.bounds.get(epoch, math.inf):
            tuner.tell(proposal.trial_id, None, costs=costs[:epoch], pruned=True)
            run.note(point, epoch, whole=False)
            return
    tuner.tell(proposal.trial_id, costs[-1], costs=costs)
    run.note(point, max(0, len(costs) - proposal.first_epoch), whole)


def optunas(make: Callable[[int], Any]) -> Callable[[Table, int], Run]:
    """A sampler of Optuna's: names are categories, and numbers their places in order."""

    def search(table: Table, number: int) -> Run:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        study = optuna.create_study(sampler=make(number))
        run = Run(table, number)
        while not run.is_over and len(run.done) < TRIALS:
            trial = study.ask()
            point = table.number(suggested(trial, table.config))
            curve = run.curve(point)
            study.tell(trial, curve[-1])
            run.note(point, len(curve), whole=True)
        return run

    return search


def suggested(trial: Any, config: SweepConfig) -> dict[str, Any]:
    values: dict[str, Any] = {}
    point: dict[str, Any] = {}
    for dimension in search_space.dimensions(config):
        if not all(point.get(name) in allowed for name, allowed in dimension.when.items()):
            continue
        choices = list(dimension.distribution.choices or ())
        if all(isinstance(choice, int | float) and not isinstance(choice, bool) for choice in choices):
            point[dimension.name] = choices[trial.suggest_int(dimension.name, 0, len(choices) - 1)]
        else:
            point[dimension.name] = choices[trial.suggest_categorical(dimension.name, list(range(len(choices))))]
        values[dimension.name] = point[dimension.name]
    return values


def tpe(seed: int) -> Any:
    from optuna.exceptions import ExperimentalWarning
    from optuna.samplers import TPESampler

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)  # of `group`
        return TPESampler(seed=seed, multivariate=True, group=True)


def tpe_default(seed: int) -> Any:
    from optuna.samplers import TPESampler

    return TPESampler(seed=seed)


def gp(seed: int) -> Any:
    from optuna.samplers import GPSampler

    return GPSampler(seed=seed, deterministic_objective=False)


SAMPLERS: dict[str, Callable[[Table, int], Run]] = {
    "random": ours("random"),
    "random, median": ours("random", "median"),
    "random, halving": ours("random", "halving"),
    "bayesian": ours("bayesian"),
    "bayesian, median": ours("bayesian", "median"),
    "bayesian, halving": ours("bayesian", "halving"),
    "hyperband": ours("hyperband", "none", "tuner.sampler=random"),
    "hyperband, four rounds": ours("hyperband", "none", "tuner.sampler=random", "tuner.iterations=4"),
    "hyperband, model": ours("hyperband", "none", "tuner.sampler=bayesian", "tuner.iterations=4"),
    "bayesian, prior of a seed": ours("bayesian", before=of_another_seed),
    "bayesian, prior of data": ours("bayesian", before=of_other_data),
    "bayesian, min_gain": ours("bayesian", "none", "tuner.min_gain=0.25"),
    "Optuna TPE": optunas(tpe_default),
    "Optuna TPE, multivariate": optunas(tpe),
    "Optuna GP": optunas(gp),
}
