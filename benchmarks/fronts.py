"""How much of a front is found how soon: `python benchmarks/search.py --objectives`, on the tables that it has.

The second objective is the number of weights, which is known of each point without training: its network is built. A
run is told the score of one seed and the logarithm of that count. What its trials so far leave unbeaten by what they
were told is taken by mean scores over the seeds, and its hypervolume held against that of the front of all points: the
share that is lacking is shown. The reference lies a tenth of the whole front's range behind its worst of each.
"""

from __future__ import annotations

import json
import math
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from samplers import TRIALS, Run, Table, Unkept, composed, read, suggested
from search import AFTER, median
from tables.train import points

from seqsweep import search_space
from seqsweep.events import TrialSpec
from seqsweep.objectives import fronts
from seqsweep.objectives.fronts import hypervolume
from seqsweep.tasks import make_task, objectives_of
from seqsweep.trial import Trial, warm
from seqsweep.tuner import Proposal


@dataclass(frozen=True)
class Traded:
    """A table with two costs a point.

    Args:
        table: has the scores.
        sizes: (points,), logarithms of the numbers of weights.
        means: (points, 2), the mean cost over the seeds, and the size.
        reference: (2,), behind the front of all points.
        whole: the hypervolume of that front.
    """

    table: Table
    sizes: NDArray[np.float64]
    means: NDArray[np.float64]
    reference: tuple[float, float]
    whole: float

    def told(self, run: Run, point: int) -> tuple[float, float]:
        """The costs that a run is told."""
        return self.cost(run.curve(point)[-1]), float(self.sizes[point])

    def cost(self, score: float) -> float:
        return objectives_of(self.table.config).metric.cost(score)

    def lacking(self, run: Run, tried: Sequence[int]) -> float:
        """The share of the whole hypervolume that the trials so far do not have."""
        front = fronts([self.told(run, point) for point in tried])[0]
        return 1 - hypervolume([self.means[tried[place]] for place in front], self.reference) / self.whole


def traded(table: Table, kept: Path) -> Traded:
    """The table with the sizes of its networks, which are counted once."""
    file = kept / f"{table.name}, weights.json"
    if not file.exists():
        file.write_text(json.dumps(weights(table)))
    sizes = np.log(np.array(json.loads(file.read_text()), float))
    seeds = 1 + max(seed for _, seed in table.curves)
    cost = objectives_of(table.config).metric.cost
    scores = [np.mean([cost(table.curves[point, seed][-1]) for seed in range(seeds)]) for point in range(len(sizes))]
    means = np.column_stack([scores, sizes])
    front = means[fronts(means.tolist())[0]]
    low, high = front.min(axis=0), front.max(axis=0)
    reference = tuple((high + 0.1 * (high - low)).tolist())
    return Traded(table, sizes, means, reference, hypervolume(front.tolist(), reference))


def weights(table: Table) -> list[int]:
    """Of the network of each point, which is built and not trained."""
    warm(1)
    task = make_task(table.config)
    job = Trial(task, task.load(search_space.Space(table.config), lambda _: None))
    found = [0] * len(table.numbers)
    for proposal in points(table.config):
        spec = TrialSpec("1", proposal.params, 0, 0, 1)
        found[table.number(proposal.values)] = int(job.model(spec, job.view(spec)).count_params())
    return found


def ours(kind: str) -> Callable[[Traded, int], list[int]]:
    def search(front: Traded, number: int) -> list[int]:
        config = composed(front.table.name, number, f"tuner={kind}", f"tuner.max_trials={TRIALS}")
        config.task.objectives = [config.task.objective, "parameter_count"]
        run, tried = Run(front.table, number), []
        tuner = Unkept.of(config)
        while isinstance(proposal := tuner.ask("one"), Proposal):
            point = front.table.number(proposal.values)
            costs = front.told(run, point)
            tuner.tell(proposal.trial_id, costs[0], objectives=costs)
            tried.append(point)
        return tried

    return search


def optunas(make: Callable[[int], Any]) -> Callable[[Traded, int], list[int]]:
    def search(front: Traded, number: int) -> list[int]:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        study = optuna.create_study(sampler=make(number), directions=["minimize", "minimize"])
        run, tried = Run(front.table, number), []
        for _ in range(TRIALS):
            trial = study.ask()
            tried.append(front.table.number(suggested(trial, front.table.config)))
            study.tell(trial, front.told(run, tried[-1]))
        return tried

    return search


def tpe(seed: int) -> Any:
    from optuna.samplers import TPESampler

    return TPESampler(seed=seed)


def nsga2(seed: int) -> Any:
    from optuna.samplers import NSGAIISampler

    return NSGAIISampler(seed=seed, population_size=10)  # of its own 50 there would be no second generation


SAMPLERS: dict[str, Callable[[Traded, int], list[int]]] = {
    "random": ours("random"),
    "bayesian": ours("bayesian"),
    "Optuna TPE": optunas(tpe),
    "Optuna NSGA-II": optunas(nsga2),
}


def compare(options: Namespace) -> None:
    """Print a table of tables.

    Args:
        options: of benchmarks/search.py.
    """
    for table in map(read, options.tables):
        front = traded(table, options.kept)
        size = len(fronts(front.means.tolist())[0])
        told = f"{size} of {len(front.sizes)} points on the front, {math.exp(front.sizes.min()):,.0f} to"
        print(f"\n{table.name}: {told} {math.exp(front.sizes.max()):,.0f} weights")
        print(f"hypervolume that is lacking in %, medians of {options.runs} runs [95 %]\n")
        print(f"| sampler | {' | '.join(f'{n} trials' for n in AFTER)} |\n|{'---|' * (1 + len(AFTER))}")
        for name in options.samplers:
            try:
                runs = _runs(front, name, options.runs, options.kept)
            except ImportError as error:
                print(f"{name} is left out: {error}")
                continue
            cells = [median([front.lacking(Run(table, i), tried[:n]) for i, tried in enumerate(runs)]) for n in AFTER]
            print(f"| {' | '.join([name, *cells])} |", flush=True)


def _runs(front: Traded, name: str, count: int, kept: Path) -> list[list[int]]:
    """The points that a sampler tried, run by run: those that are kept, and the rest now."""
    file = kept / f"{front.table.name}, front, {name}.jsonl"
    done: list[list[int]] = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    for number in range(len(done), count):
        done.append(SAMPLERS[name](front, number))
        with file.open("a") as lasting:
            lasting.write(json.dumps(done[-1]) + "\n")
    return done[:count]
