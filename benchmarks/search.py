"""Which sampler finds good networks soonest: every one on tables of real trials, 50 times over.

    python benchmarks/search.py --kept /tmp/runs                # all tables, all samplers
    python benchmarks/search.py --tables sunspots --runs 10 --samplers random bayesian --kept /tmp/runs
    python benchmarks/search.py --objectives --runs 20 --kept /tmp/runs   # the front of score and weights, fronts.py

A table of benchmarks/tables holds every point of a finite space, trained from one seed or several (train.py there), as
tabular benchmarks do (NAS-Bench, HPOBench): whatever a sampler proposes, by its own interface, was trained. It is told
the score of one seed, drawn anew in each run. A run's regret after n trials is that of the best trial told so far, by
its mean over the seeds: what a lucky seed promised does not count. `found` are the trials, and epochs, until one of the
best 1 % was trained to its end. A run ends where nothing can change any more: the best of all is told. Runs are kept in
the folder `--kept`, and not done again; delete it after a change of a tuner. Optuna's Gaussian process needs PyTorch,
and is left out where that is not installed.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from seqsweep import search_space
from seqsweep.config import compose
from seqsweep.schema import SweepConfig
from seqsweep.tuner import EarlierSweep, Priors, Proposal, keep_priors, make_tuner

TABLES = Path(__file__).parent / "tables"
TRIALS = 80
AFTER = (10, 20, 40, 80)  # trials
EPOCHS = (100, 250, 500, 1000)
COLOURS = ("#999999", "#0072b2", "#56b4e9", "#009e73", "#e69f00", "#d55e00", "#cc79a7", "#000000")

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


def ours(kind: str, pruner: str = "none", *more: str, before: Before | None = None) -> Callable[[Table, int], Run]:
    """A tuner of seqsweep, asked and told as a sweep does; `before` gives it an earlier sweep."""

    def search(table: Table, number: int) -> Run:
        given = [f"tuner={kind}"]
        given += [] if kind == "hyperband" else [f"tuner.max_trials={TRIALS}"]
        given += [] if pruner == "none" else [f"tuner.pruner={pruner}"]
        given += [] if before is None else ["tuner.prior=study"]
        config = _composed(table.name, number, *given, *more)
        run = Run(table, number)
        with tempfile.TemporaryDirectory() as folder:
            if before is not None:
                keep_priors(Path(folder), Priors((before(table, number),)))
            tuner = make_tuner(config, Path(folder))
            while not run.is_over and isinstance(proposal := tuner.ask("one"), Proposal):
                tell(run, tuner, proposal)
        return run

    return search


@cache
def _once(name: str, *given: str) -> SweepConfig:
    return compose(name, given, own=TABLES).jobs[0]


def _composed(name: str, seed: int, *given: str) -> SweepConfig:
    config = copy.deepcopy(_once(name, *given))
    config.seed = seed
    return config


def of_another_seed(table: Table, number: int) -> EarlierSweep:
    """A Bayesian search of the same data from another seed: 40 trials, of which it was told another seed's scores."""
    config = _composed(table.name, 1000 + number, "tuner=bayesian", "tuner.max_trials=40")
    run, values = Run(table, 1000 + number), []
    with tempfile.TemporaryDirectory() as folder:
        tuner = make_tuner(config, Path(folder))
        while isinstance(proposal := tuner.ask("one"), Proposal):
            values.append(search_space.values(config, proposal.params) or {})
            tell(run, tuner, proposal)
    return EarlierSweep("seed", (), tuple(values), tuple(run.curve(point)[-1] for point, _, _ in run.done))


def of_other_data(table: Table, number: int) -> EarlierSweep:  # noqa: ARG001  # as `Before` has it
    """Trials of the same space on other data (train.py --points 20), which is all that is left of a random search."""
    other = read(f"{table.name}_before")
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
    from optuna.samplers import TPESampler

    return TPESampler(seed=seed, multivariate=True, group=True, warn_independent_sampling=False)


def tpe_default(seed: int) -> Any:
    from optuna.samplers import TPESampler

    return TPESampler(seed=seed)


def gp(seed: int) -> Any:
    from optuna.samplers import GPSampler

    return GPSampler(seed=seed, deterministic_objective=False)


SAMPLERS: dict[str, Callable[[Table, int], Run]] = {
    "random": ours("random"),
    "bayesian": ours("bayesian"),
    "hyperband": ours("hyperband", "none", "tuner.sampler=random"),
    "hyperband, four rounds": ours("hyperband", "none", "tuner.sampler=random", "tuner.iterations=4"),
    "hyperband, model": ours("hyperband", "none", "tuner.sampler=bayesian", "tuner.iterations=4"),
    "random, median": ours("random", "median"),
    "random, halving": ours("random", "halving"),
    "bayesian, median": ours("bayesian", "median"),
    "bayesian, halving": ours("bayesian", "halving"),
    "bayesian, prior of a seed": ours("bayesian", before=of_another_seed),
    "bayesian, prior of data": ours("bayesian", before=of_other_data),
    "bayesian, min_gain": ours("bayesian", "none", "tuner.min_gain=0.25"),
    "Optuna TPE": optunas(tpe_default),
    "Optuna TPE, multivariate": optunas(tpe),
    "Optuna GP": optunas(gp),
}


OF_FRONTS = ["random", "bayesian", "Optuna TPE", "Optuna NSGA-II"]
"""Those that search for a front, with --objectives; see fronts.py."""


def regrets(run: Run) -> list[float]:
    """After each trial the regret of the best that ran to its end, by what the run was told."""
    found, best = [], (math.inf, math.nan)
    for point, _, whole in run.done:
        if whole:
            best = min(best, (run.curve(point)[-1], float(run.table.regret[point])))
        found.append(best[1])
    return found


def within(run: Run, epochs: int) -> float:
    told = [regret for regret, (_, spent, _) in zip(regrets(run), run.done, strict=True) if spent <= epochs]
    return told[-1] if told else math.nan


def found(run: Run, best: set[int]) -> tuple[float, float]:
    """Trials and epochs until one of the best was trained to its end; infinite where it never was."""
    for place, (point, spent, whole) in enumerate(run.done, 1):
        if whole and point in best:
            return place, spent
    return math.inf, math.inf


def median(values: list[float], percent: bool = True) -> str:
    """The median and the interval of 95 % of it by the bootstrap."""
    numbers = np.array([math.inf if math.isnan(v) else v for v in values])
    draws = np.random.default_rng(0).choice(numbers, (2000, len(numbers)))
    low, high = np.quantile(np.median(draws, axis=1), [0.025, 0.975], method="nearest")
    shown = [f"{100 * v:.1f}" if percent else f"{v:.0f}" for v in (float(np.median(numbers)), low, high)]
    shown = [text.replace("inf", "-") for text in shown]
    return f"{shown[0]} [{shown[1]}, {shown[2]}]"


def runs_of(table: Table, name: str, count: int, kept: Path) -> list[Run]:
    """The runs of a sampler: those that are kept, and the rest now."""
    file = kept / f"{table.name}, {name}.jsonl"
    lines = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    done = []
    for number in range(count):
        if number < len(lines):
            run = Run(table, number)
            run.done = [(point, spent, whole) for point, spent, whole in lines[number]]
        else:
            run = SAMPLERS[name](table, number)
            with file.open("a") as lasting:
                lasting.write(json.dumps(run.done) + "\n")
        done.append(run)
    return done


def row(table: Table, name: str, runs: list[Run]) -> list[str]:
    """Cells: regret after trials and after epochs, and when one of the best was found."""
    best = table.best()
    by_trials = [median([regrets(run)[min(n, len(run.done)) - 1] for run in runs]) for n in AFTER]
    by_epochs = [median([within(run, n) for run in runs]) for n in EPOCHS]
    tried = [found(run, best) for run in runs]
    return [name, *by_trials, *by_epochs, *(median([t[i] for t in tried], percent=False) for i in (0, 1))]


def picture(path: Path, tables: dict[str, dict[str, list[Run]]]) -> None:
    """The median regret over the epochs of each table, side by side in two columns, as an SVG."""
    names = list(dict.fromkeys(name for lines in tables.values() for name in lines))
    style = {
        name: f'stroke="{COLOURS[i % len(COLOURS)]}" stroke-width="2"'
        + (' stroke-dasharray="5 3"' if "," in name else "")
        for i, name in enumerate(names)
    }
    rows = (len(tables) + 1) // 2
    high = 300 * rows + 30 + 18 * ((len(names) + 3) // 4)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="900" height="{high}" font-family="sans-serif" font-size="12">'
    ]
    parts.append(f'<rect width="900" height="{high}" fill="white"/>')
    for i, (table, lines) in enumerate(tables.items()):
        parts += [f'<g transform="translate({450 * (i % 2)} {300 * (i // 2)})">', *_panel(table, lines, style), "</g>"]
    for i, name in enumerate(names):
        x, y = 20 + 220 * (i % 4), 300 * rows + 20 + 18 * (i // 4)
        parts.append(f'<path d="M{x} {y}h24" {style[name]}/><text x="{x + 30}" y="{y + 4}">{name}</text>')
    path.write_text("\n".join([*parts, "</svg>\n"]))


def _panel(table: str, lines: dict[str, list[Run]], style: dict[str, str]) -> list[str]:
    limits = np.arange(25, 1201, 25)
    curves = {
        name: [float(np.median([within(run, int(e)) for run in runs])) for e in limits] for name, runs in lines.items()
    }
    top = max((v for curve in curves.values() for v in curve[5:] if not math.isnan(v)), default=0.01) or 0.01
    parts = [f'<text x="60" y="24">{table}: regret of the best trial so far, median of the runs</text>']
    for step in range(5):
        y = 250 - 210 * step / 4
        parts.append(f'<path d="M60 {y:.0f}H430" stroke="#ddd"/>')
        parts.append(f'<text x="54" y="{y + 4:.0f}" text-anchor="end">{100 * top * step / 4:.3g} %</text>')
    parts += [
        f'<text x="{60 + 370 * e / 1200:.0f}" y="268" text-anchor="middle">{e}</text>' for e in range(0, 1201, 300)
    ]
    parts.append('<text x="245" y="288" text-anchor="middle">epochs trained</text>')
    for name, curve in curves.items():
        known = [(e, min(v, top)) for e, v in zip(limits, curve, strict=True) if not math.isnan(v)]
        points = " ".join(f"{60 + 370 * e / 1200:.1f},{250 - 210 * v / top:.1f}" for e, v in known)
        parts.append(f'<polyline points="{points}" fill="none" {style[name]}/>')
    return parts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", nargs="*", default=["sunspots", "co2", "pixels", "licence"])
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--samplers", nargs="*", help="all of them if none is named")
    parser.add_argument("--kept", type=Path, required=True, help="a folder for what was run so far")
    parser.add_argument("--picture", type=Path, help="an SVG to write")
    parser.add_argument("--objectives", action="store_true", help="search for a front of score and weights")
    options = parser.parse_args()
    known = OF_FRONTS if options.objectives else list(SAMPLERS)
    options.samplers = options.samplers or known
    if unknown := [name for name in options.samplers if name not in known]:
        parser.error(f"--samplers {', '.join(unknown)}: there are {', '.join(known)}")
    options.kept.mkdir(parents=True, exist_ok=True)
    if options.objectives:
        from fronts import compare  # which reads this file as a module

        compare(options)
        return
    heads = [*(f"{n} trials" for n in AFTER), *(f"{n} epochs" for n in EPOCHS), "found: trials", "epochs"]
    tables: dict[str, dict[str, list[Run]]] = {}
    for table in map(read, options.tables):
        print(f"\n{table.name}: {len(table.regret)} points; regret in %, medians of {options.runs} runs [95 %]\n")
        print(f"| sampler | {' | '.join(heads)} |\n|{'---|' * (1 + len(heads))}")
        for name in options.samplers:
            try:
                runs = runs_of(table, name, options.runs, options.kept)
            except (ImportError, FileNotFoundError) as error:
                print(f"{name} is left out: {error}")
                continue
            tables.setdefault(table.name, {})[name] = runs
            print(f"| {' | '.join(row(table, name, runs))} |", flush=True)
    if options.picture:
        picture(options.picture, tables)


if __name__ == "__main__":
    main()
