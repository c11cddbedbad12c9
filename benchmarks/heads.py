"""Heads of a forecast over a day of hours, with each window's own level and without it, against the ridge.

    python benchmarks/heads.py ../shared/data/nyc_weather.csv.zip
    python benchmarks/heads.py ../shared/data/nyc_weather.csv.zip --anchors none search_space.linear_skip=ridge

Temperature at JFK in 2013, each hour (°F; 24 ahead from each hour; the hour of the day is known ahead), parts in order
of time: 70 %, 15 %, 15 %. Every network is a GRU of 32 units on 48 hours, trained on MSE with the same seeds. A row is
a kind: RMSE on test, mean over seeds, its change against the direct head of the same anchor, seed by seed, with the
standard error of the mean of these changes, seconds of training an epoch, and which kernels ran.

Two busy cores; the ridge has 6.265:

| direct | none | 6.577 |  | 2.15 s | fast |
| recursive | none | 6.802 | +3.4% ± 1.0% | 5.13 s | mixed |
| decoder | none | 6.521 | -0.8% ± 0.4% | 4.24 s | fast |
| direct | standard | 6.871 |  | 3.39 s | fast |
| recursive | standard | 7.044 | +2.5% ± 0.7% | 10.34 s | mixed |
| decoder | standard | 6.860 | -0.2% ± 0.7% | 4.17 s | fast |

and with `search_space.linear_skip=ridge`

| direct | none | 6.246 |  | 2.57 s | fast |
| recursive | none | 6.237 | -0.1% ± 0.2% | 5.86 s | mixed |
| decoder | none | 6.215 | -0.5% ± 0.2% | 2.99 s | fast |
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from seqsweep import search_space
from seqsweep.config import compose
from seqsweep.events import Done, TrialSpec
from seqsweep.tasks import TASKS
from seqsweep.trial import Trial, restore, warm

GIVEN = (
    *("data=csv", "data.target=temp", "data.time=time_hour", "data.frequency=h", "data.missing=interpolate"),
    *("data.season=24", "data.calendar=[hour]", "windows=fraction", "windows.validation=0.15", "windows.test=0.15"),
    *("task.horizon=24", "task.objective=rmse", "task.loss=mse", "task.baselines=[linear]", "tracking=none"),
    *("search_space.layer=gru", "search_space.units=32", "search_space.depth=1", "search_space.dropout=0"),
    *("search_space.window=48", "search_space.learning_rate=0.003", "search_space.batch_size=128"),
    *("search_space.linear_skip=false", "trial.epochs=10", "trial.patience=null"),
)
HEADS = ("direct", "recursive", "decoder")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weather", type=Path, help="nyc_weather.csv.zip")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--anchors", default="none,standard", help="apart by commas")
    parser.add_argument("overrides", nargs="*", help="Hydra's")
    options = parser.parse_intermixed_args()
    warm(2)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "jfk.csv"
        table = pd.read_csv(options.weather)
        table[table["origin"] == "JFK"][["time_hour", "temp"]].to_csv(path, index=False)
        job, point = trial([f"data.path={path}", *options.overrides])
        items = job.data.split().test
        actual = job.data.actual(items)
        print(f"ridge: {rmse(actual, job.data.baselines(items)['linear']):.3f}", flush=True)
        for anchor in options.anchors.split(","):
            direct: list[float] = []
            for head in HEADS:
                params = point.replace(anchor=anchor, head=head)
                runs = [run(job, params, seed, actual, items) for seed in range(options.seeds)]
                scores = [score for score, _, _ in runs]
                direct = direct or scores
                seconds = statistics.fmean(seconds for _, seconds, _ in runs)
                print(line(head, anchor, scores, direct, seconds, runs[0][2]), flush=True)


def trial(overrides: list[str]):
    """The job of a sweep, and the one point of its space."""
    (config,) = compose("quickstart", [*GIVEN, *overrides]).jobs
    task = TASKS[config.task.kind](config)
    data = task.load(search_space.Space(config), lambda _: None)
    return Trial(task, data), search_space.params(config, {})


def run(job: Trial, params, seed: int, actual: np.ndarray, items: np.ndarray) -> tuple[float, float, str]:
    """RMSE on test, seconds an epoch, kernels."""
    spec = TrialSpec("1", params, seed, 0, job.config.trial.epochs, network=True)
    *_, done = job(spec)
    assert isinstance(done, Done)
    result = done.result
    predicted = restore(job, spec, done.network).predict(items)
    return rmse(actual, predicted), result.seconds["training"] / result.epochs, result.kernels


def rmse(actual: np.ndarray, predicted: np.ndarray) -> float:
    return float(np.sqrt(np.mean((predicted - actual) ** 2)))


def line(head: str, anchor: str, scores: list[float], direct: list[float], seconds: float, kernels: str) -> str:
    changes = [score / other - 1 for score, other in zip(scores, direct, strict=True)]
    error = statistics.stdev(changes) / len(changes) ** 0.5
    change = "" if scores == direct else f"{statistics.fmean(changes):+.1%} ± {error:.1%}"
    return f"| {head} | {anchor} | {statistics.fmean(scores):.3f} | {change} | {seconds:.2f} s | {kernels} |"


if __name__ == "__main__":
    main()
