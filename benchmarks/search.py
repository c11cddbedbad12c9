"""Which sampler finds good networks soonest: every one on tables of real trials, 50 times over.

    python benchmarks/search.py                        # benchmarks/tables/sunspots.parquet, all samplers
    python benchmarks/search.py --runs 10 --samplers random bayesian --picture search.svg

A table holds every point of a finite space, trained from several seeds (benchmarks/tables/train.py), as tabular
benchmarks do (NAS-Bench, HPOBench): whatever a sampler proposes, by its own interface, was trained. It is told the
score of one seed, drawn anew in each run. A run's regret after n trials is that of the best trial told so far, by its
mean over the seeds: what a lucky seed promised does not count. `found` are the trials, and epochs, until one of the
best 1 % was trained to its end. Optuna's Gaussian process needs PyTorch, and is left out where that is not installed.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from seqsweep import search_space
from seqsweep.config import compose
from seqsweep.schema import SweepConfig
from seqsweep.tuner import Proposal, make_tuner

TABLES = Path(__file__).parent / "tables"
TRIALS = 80
AFTER = (10, 20, 40, 80)  # trials
EPOCHS = (100, 250, 500, 1000)
COLOURS = ("#999999", "#0072b2", "#56b4e9", "#009e73", "#e69f00", "#d55e00", "#cc79a7", "#000000")

Trajectory = list[tuple[int, int, bool]]
"""Of a run, trial by trial: the point, the epochs spent by then, and whether the trial ran to its end."""


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
    objective = f"val_{config.task.objective}"
    own = [c for c in rows.columns if c not in ("point", "seed", "epoch", "val_loss", objective)]
    curves, numbers = {}, {}
    for (point, seed), trial in rows.groupby(["point", "seed"]):
        best = trial["val_loss"].cummin()
        curves[int(point), int(seed)] = trial[objective].where(trial["val_loss"] == best).ffill().tolist()
        first = trial.iloc[0]
        numbers[_key({n: v for n, v in first[own].items() if not (isinstance(v, float) and math.isnan(v))})] = int(
            point
        )
    seeds = 1 + max(seed for _, seed in curves)
    means = np.array([np.mean([curves[p, s][-1] for s in range(seeds)]) for p in range(len(numbers))])
    return Table(name, config, numbers, curves, means / means.min() - 1)


def _key(values: Any) -> str:
    return json.dumps(
        {name: f"{v:.6g}" if isinstance(v, float | int) else str(v) for name, v in sorted(values.items())}
    )


class Run:
    """One search: tells it scores and writes down what it did."""

    def __init__(self, table: Table, number: int) -> None:
        self.table = table
        seeds = 1 + max(seed for _, seed in table.curves)
        self._seeds = np.random.default_rng([7, number]).integers(seeds, size=len(table.regret))
        self.spent = 0
        self.done: Trajectory = []

    def curve(self, point: int) -> list[float]:
        return self.table.curves[point, int(self._seeds[point])]

    def note(self, point: int, epochs: int, whole: bool) -> None:
        self.spent += epochs
        self.done.append((point, self.spent, whole))


def ours(kind: str, pruner: str = "none", *more: str) -> Callable[[Table, int], Run]:
    """A tuner of seqsweep, asked and told as a sweep does."""

    def search(table: Table, number: int) -> Run:
        given = [f"tuner={kind}", f"seed={number}"]
        given += [] if kind == "hyperband" else [f"tuner.max_trials={TRIALS}"]
        given += [] if pruner == "none" else [f"tuner.pruner={pruner}"]
        config = compose(table.name, [*given, *more], own=TABLES).jobs[0]
        run = Run(table, number)
        with tempfile.TemporaryDirectory() as folder:
            tuner = make_tuner(config, Path(folder))
            while isinstance(proposal := tuner.ask("one"), Proposal):
                tell(run, tuner, proposal)
        return run

    return search


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
        for _ in range(TRIALS):
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
    "hyperband": ours("hyperband"),
    "random, median": ours("random", "median"),
    "random, halving": ours("random", "halving"),
    "bayesian, median": ours("bayesian", "median"),
    "bayesian, halving": ours("bayesian", "halving"),
    "bayesian, min_gain": ours("bayesian", "none", "tuner.min_gain=0.25"),
    "Optuna TPE": optunas(tpe_default),
    "Optuna TPE, multivariate": optunas(tpe),
    "Optuna GP": optunas(gp),
}


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


def rows(
    table: Table, names: list[str], runs: int, say: Callable[[str], None]
) -> Iterator[tuple[list[str], list[Run]]]:
    best = table.best()
    for name in names:
        try:
            done = [SAMPLERS[name](table, number) for number in range(runs)]
        except ImportError as error:
            say(f"{name} is left out: {error}")
            continue
        by_trials = [median([regrets(run)[min(n, len(run.done)) - 1] for run in done]) for n in AFTER]
        by_epochs = [median([within(run, n) for run in done]) for n in EPOCHS]
        tried = [found(run, best) for run in done]
        ends = [median([t[i] for t in tried], percent=False) for i in (0, 1)]
        yield [name, *by_trials, *by_epochs, *ends], done


def picture(path: Path, lines: dict[str, list[Run]]) -> None:
    """The median regret over the epochs as an SVG."""
    limits = np.arange(25, 1501, 25)
    curves = {
        name: [float(np.median([within(run, int(e)) for run in runs])) for e in limits] for name, runs in lines.items()
    }
    top = max(value for curve in curves.values() for value in curve[3:] if not math.isnan(value))
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" width="820" height="420" font-family="sans-serif" font-size="12">'
    ]
    parts.append('<rect width="820" height="420" fill="white"/>')
    for step in range(6):
        y = 370 - 330 * step / 5
        parts.append(f'<path d="M60 {y:.0f}H600" stroke="#ddd"/>')
        parts.append(f'<text x="54" y="{y + 4:.0f}" text-anchor="end">{100 * top * step / 5:.0f} %</text>')
    parts += [
        f'<text x="{60 + 540 * e / 1500:.0f}" y="388" text-anchor="middle">{e}</text>' for e in range(0, 1501, 250)
    ]
    parts.append('<text x="330" y="410" text-anchor="middle">epochs trained</text>')
    parts.append('<text x="60" y="24">regret of the best trial so far, median of the runs</text>')
    for i, (name, curve) in enumerate(curves.items()):
        known = [(e, min(v, top)) for e, v in zip(limits, curve, strict=True) if not math.isnan(v)]
        points = " ".join(f"{60 + 540 * e / 1500:.1f},{370 - 330 * v / top:.1f}" for e, v in known)
        line = f'stroke="{COLOURS[i % len(COLOURS)]}" stroke-width="2"' + (
            ' stroke-dasharray="5 3"' if "," in name else ""
        )
        parts.append(f'<polyline points="{points}" fill="none" {line}/>')
        parts.append(f'<path d="M615 {44 + 20 * i}h24" {line}/><text x="645" y="{48 + 20 * i}">{name}</text>')
    path.write_text("\n".join([*parts, "</svg>\n"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", default="sunspots")
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--samplers", nargs="*", default=list(SAMPLERS), choices=list(SAMPLERS))
    parser.add_argument("--picture", type=Path, help="an SVG to write")
    options = parser.parse_args()
    from rich.console import Console
    from rich.table import Table as Shown

    console = Console(width=200)
    table = read(options.table)
    shown = Shown(title=f"{table.name}: {len(table.regret)} points, {options.runs} runs; regret in %, medians [95 %]")
    for head in (
        "sampler",
        *(f"{n} trials" for n in AFTER),
        *(f"{n} epochs" for n in EPOCHS),
        "found: trials",
        "epochs",
    ):
        shown.add_column(head, justify="left" if head == "sampler" else "right", no_wrap=True)
    lines = {}
    for row, runs in rows(table, options.samplers, options.runs, console.print):
        shown.add_row(*row)
        lines[row[0]] = runs
        console.print("  ".join(row))
    console.print(shown)
    if options.picture:
        picture(options.picture, lines)


if __name__ == "__main__":
    main()
