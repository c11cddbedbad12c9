"""What a panel costs beside one series of as many rows: seconds an epoch and memory, of 1 and of 1,000 series.

    python benchmarks/panel.py [--rows 1000000] [--series 1000] [--pairs 3]

Each runs in a process of its own: the data set is made, a small LSTM trains for some epochs, validation is scored. Both
are to lie within 10 % of each other, and below 2 GB. They take turns, and the least of each counts: what else a machine
does can only add to it. Seconds are of the clock and, where it does much else, of its processors.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time
from typing import Any

import numpy as np

BATCH, EPOCHS = 1024, 3


def measure(rows: int, count: int) -> tuple[float, float, float, float]:
    """The least seconds of an epoch, of the processors and of a validation, and the most memory held, in MB.

    Args:
        rows: of all series.
        count: of series.
    """
    from seqsweep.config import compose
    from seqsweep.model import build
    from seqsweep.search_space import complete
    from seqsweep.tasks.forecast import Forecast
    from seqsweep.trial import warm

    warm(2)
    (config,) = compose("quickstart", ["data.season=null", "task.baselines=[last_value]"], []).jobs
    params = complete(config, {"layer": "lstm", "depth": 1, "units": 8, "window": 12, "batch_size": BATCH})
    data = panel(config, rows, count)
    view = data.view(params)
    from seqsweep.trial.learner import Learner

    learner = Learner(build(Forecast(config), view, params, 1), view, BATCH)
    learner.train(view.split.train[:BATCH])  # traced
    items = view.split.validation
    epochs, processors, validations = [], [], []
    for _ in range(EPOCHS):
        begun, busy = time.perf_counter(), time.process_time()
        learner.train(view.split.train)
        trained = time.perf_counter()
        processors.append(time.process_time() - busy)
        data.score(data.actual(items), learner.evaluate(items)[1], ["mae"], items)
        epochs.append(trained - begun)
        validations.append(time.perf_counter() - trained)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return min(epochs), min(processors), min(validations), most


def panel(config: Any, rows: int, count: int) -> Any:
    """Random walks.

    Args:
        config: of a sweep.
        rows: of all of them.
        count: of series.
    """
    from seqsweep.data import Series, fingerprint
    from seqsweep.tasks.forecast.panel_dataset import PanelDataset

    each, columns = rows // count, ("y",)
    values = np.random.default_rng(0).normal(size=(each * count, 1)).cumsum(axis=0)
    index, starts = np.tile(np.arange(each), count), np.arange(count, dtype=np.int64) * each
    names = tuple((f"{number}",) for number in range(count))
    sha256 = fingerprint(values, columns, index, names=names, starts=starts)
    return PanelDataset.of(config, Series("walks", values, columns, index, sha256, names=names, starts=starts), 24)


def main() -> None:
    """Print a line for each, and how they compare."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--series", type=int, default=1000)
    parser.add_argument("--pairs", type=int, default=3)
    given = parser.parse_args()
    counts = (1, given.series)
    found: dict[int, list[tuple[float, float, float, float]]] = {count: [] for count in counts}
    for pair in range(given.pairs):
        for count in counts[:: 1 if pair % 2 == 0 else -1]:
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                found[count].append(pool.apply(measure, (given.rows, count)))
    for count in counts:
        epoch, busy, validation = (min(run[place] for run in found[count]) for place in range(3))
        memory = max(run[3] for run in found[count])
        shape = f"{count:,} x {given.rows // count:,}"
        took = f"epoch {epoch:6.2f} s ({busy:.2f} s of processors), validation {validation:5.2f} s"
        print(f"{shape:>15}: {took}, {memory:6,.0f} MB", flush=True)
    for place, what in enumerate(("clock", "processors")):
        one, many = (min(run[place] for run in found[count]) for count in counts)
        print(f"seconds an epoch, {what}: {100 * (many / one - 1):+.1f} %")


if __name__ == "__main__":
    main()
