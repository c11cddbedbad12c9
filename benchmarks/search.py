"""Which sampler finds good networks soonest: every one on tables of real trials, 50 times over.

    python benchmarks/search.py                                 # tables and picture of all runs; lacking ones are run
    python benchmarks/search.py --tables sunspots --runs 10 --samplers random bayesian
    python benchmarks/search.py --again bayesian "bayesian, median"       # after a change of that tuner
    python benchmarks/search.py --objectives --runs 20 --kept /tmp/runs   # the front of score and weights, fronts.py

A run's regret after n trials is that of the best trial told so far, by its mean over the seeds: what a lucky seed
promised does not count. `found` are the trials, and epochs, until one of the best 1 % was trained to its end. A run
ends where nothing can change any more: the best of all is told.

What each run came to is part of the project, benchmarks/tables/runs/TABLE.parquet: a row a trial with the sampler, the
run, the point, the epochs that it trained and whether it ran to its end. A run that is there is not done again, and a
benchmark that was killed goes on. So after a change of a tuner its rows must go: those of every sampler below that
asks it, with `--again`; after a change of a table its whole file. Optuna's Gaussian process needs PyTorch, and is left
out where that is not installed, but for the runs that are kept.
"""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
from samplers import SAMPLERS, TABLES, Run, Table, Trajectory, read

from seqsweep.trial import warm

AFTER = (10, 20, 40, 80)  # trials
EPOCHS = (100, 250, 500, 1000)
AT_ONCE = 10  # runs between two writes
COLOURS = ("#999999", "#0072b2", "#56b4e9", "#009e73", "#e69f00", "#d55e00", "#cc79a7", "#000000")

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


def regret_after(run: Run, trials: int) -> float:
    return regrets(run)[min(trials, len(run.done)) - 1]


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


class Kept:
    """The runs of a table that are kept beside it.

    Args:
        table: its name.
    """

    def __init__(self, table: str) -> None:
        self.file = TABLES / "runs" / f"{table}.parquet"
        columns = {"sampler": str, "run": int, "point": int, "epochs": int, "whole": bool}
        self.rows = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})
        if self.file.exists():
            self.rows = pd.read_parquet(self.file).astype(columns)

    def of(self, sampler: str) -> dict[int, Trajectory]:
        """Its runs, by number."""
        found: dict[int, Trajectory] = {}
        for number, run in self.rows[self.rows["sampler"] == sampler].groupby("run"):
            columns = run["point"], run["epochs"].cumsum(), run["whole"]
            found[int(str(number))] = list(zip(*(column.tolist() for column in columns), strict=True))
        return found

    def add(self, sampler: str, runs: dict[int, Trajectory]) -> None:
        for number, run in runs.items():
            epochs = np.diff([spent for _, spent, _ in run], prepend=0)
            columns = {"point": [point for point, _, _ in run], "epochs": epochs, "whole": [whole for *_, whole in run]}
            self.rows = pd.concat([self.rows, pd.DataFrame({"sampler": sampler, "run": number, **columns})])
        self._write()

    def drop(self, sampler: str) -> None:
        self.rows = self.rows[self.rows["sampler"] != sampler]
        self._write()

    def _write(self) -> None:
        self.file.parent.mkdir(exist_ok=True)
        order = self.rows["sampler"].map({name: place for place, name in enumerate(SAMPLERS)})
        self.rows = self.rows.assign(order=order).sort_values(["order", "run"], kind="stable").drop(columns="order")
        small = {"sampler": "category", "run": "uint16", "point": "uint16", "epochs": "uint16"}
        partial = self.file.with_suffix(".partial")
        self.rows.astype(small).to_parquet(partial, index=False, compression="zstd")
        partial.replace(self.file)


def runs_of(table: Table, name: str, count: int, kept: Kept, pool: Executor) -> list[Run]:
    """The runs of a sampler: those that are kept, and the rest now; fewer where it cannot be run here."""
    lacking = [number for number in range(count) if number not in kept.of(name)]
    try:
        for start in range(0, len(lacking), AT_ONCE):
            numbers = lacking[start : start + AT_ONCE]
            args = ([table.name] * len(numbers), [name] * len(numbers), numbers)
            kept.add(name, dict(zip(numbers, pool.map(search_once, *args), strict=True)))
    except (ImportError, FileNotFoundError) as error:
        print(f"{name} was not run: {error}")
    return [_known(table, number, done) for number, done in sorted(kept.of(name).items()) if number < count]


def search_once(table: str, sampler: str, number: int) -> Trajectory:
    return SAMPLERS[sampler](read(table), number).done


def _known(table: Table, number: int, done: Trajectory) -> Run:
    run = Run(table, number)
    run.done = done
    return run


def row(table: Table, name: str, runs: list[Run]) -> list[str]:
    """Cells: regret after trials and after epochs, and when one of the best was found."""
    best = table.best()
    by_trials = [median([regret_after(run, n) for run in runs]) for n in AFTER]
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


def summary(tables: dict[str, dict[str, list[Run]]]) -> Iterator[str]:
    """The tables of decision 9: a column a table of trials; N is the number of runs."""
    names = [name for name in SAMPLERS if any(name in lines for lines in tables.values())]
    best = {table: read(table).best() for table in tables}
    titles = ("found: trials", "found: epochs", f"regret in % after {', '.join(map(str, AFTER))} trials")
    for part, title in enumerate(titles):
        yield f"\n| {title} | {' | '.join(tables)} |\n|{'---|' * (1 + len(tables))}"
        for name in names:
            cells = [_cell(part, lines.get(name, []), best[table]) for table, lines in tables.items()]
            yield f"| {name} | {' | '.join(cells)} |"


def _cell(part: int, runs: list[Run], best: set[int]) -> str:
    if not runs:
        return ""
    if part == 2:
        medians = [float(np.median([regret_after(run, n) for run in runs])) for n in AFTER]
        return " ".join("-" if not math.isfinite(m) else f"{100 * m:.1f}" for m in medians)
    return median([found(run, best)[part] for run in runs], percent=False) + (f", N={len(runs)}" if part == 0 else "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", nargs="*", default=["sunspots", "co2", "pixels", "licence"])
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--samplers", nargs="*", help="all of them if none is named")
    parser.add_argument("--again", nargs="*", default=[], help="samplers whose kept runs are deleted first")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="runs at once; one a core")
    parser.add_argument("--picture", type=Path, help="an SVG to write")
    parser.add_argument("--objectives", action="store_true", help="search for a front of score and weights")
    parser.add_argument("--kept", type=Path, help="a folder for what was run so far, with --objectives")
    options = parser.parse_args()
    known = OF_FRONTS if options.objectives else list(SAMPLERS)
    options.samplers = options.samplers or known
    if unknown := [name for name in [*options.samplers, *options.again] if name not in known]:
        parser.error(f"{', '.join(unknown)}: there are {', '.join(known)}")
    if options.objectives:
        from fronts import compare  # which reads this file as a module

        if options.kept is None:
            parser.error("--objectives needs --kept")
        options.kept.mkdir(parents=True, exist_ok=True)
        compare(options)
        return
    os.environ["OMP_NUM_THREADS"] = "1"  # of the processes, of which there is one a core
    tables: dict[str, dict[str, list[Run]]] = {}
    with ProcessPoolExecutor(options.processes, get_context("spawn"), warm, (1,)) as pool:
        for table in map(read, options.tables):
            tables[table.name] = compared(table, options, pool)
    print("\n".join(summary(tables)))
    if options.picture:
        picture(options.picture, tables)


def compared(table: Table, options: argparse.Namespace, pool: Executor) -> dict[str, list[Run]]:
    """The runs of each sampler, which are printed as they are there."""
    kept = Kept(table.name)
    heads = [*(f"{n} trials" for n in AFTER), *(f"{n} epochs" for n in EPOCHS), "found: trials", "epochs"]
    print(f"\n{table.name}: {len(table.regret)} points; regret in %, medians of {options.runs} runs [95 %]\n")
    print(f"| sampler | {' | '.join(heads)} |\n|{'---|' * (1 + len(heads))}")
    lines = {}
    for name in options.again:
        kept.drop(name)
    for name in options.samplers:
        if runs := runs_of(table, name, options.runs, kept, pool):
            lines[name] = runs
            print(f"| {' | '.join(row(table, name, runs))} |", flush=True)
    return lines


if __name__ == "__main__":
    main()
