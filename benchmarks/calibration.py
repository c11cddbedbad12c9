"""Do intervals hold what they say, and does a sweep call equals equal: many sweeps of series of a known process.

    python benchmarks/calibration.py
    python benchmarks/calibration.py --sweeps 20 finals.calibration=validation

The process: y[t] = 0.6 y[t-1] + 0.25 y[t-2] + e[t], e standard normal, 500 rows, of which 75 are validation and 75
test. No forecast is better than the linear one, so that a network can equal the ridge and not beat it, and no interval
is right but `± 1.28` for 80 % and `± 1.96` for 95 %: the width of the true process. A sweep is four small networks and
the finals of the best.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

import numpy as np

from seqsweep import finals, search
from seqsweep.config import compose
from seqsweep.tasks.forecast.intervals import read_intervals

ROWS = 500
TRUE = {0.8: 2 * 1.2816, 0.95: 2 * 1.9600}
SMALL = (
    *("tracking=none", "executor=inline", "data=csv", "data.target=y", "windows.validation=0.15", "windows.test=0.15"),
    *(
        "search_space.layer=[simple_rnn,gru]",
        "search_space.units=[4,8]",
        "search_space.depth=1",
        "search_space.dropout=0",
    ),
    *(
        "search_space.window=6",
        "search_space.learning_rate=[0.01,0.02]",
        "search_space.batch_size=32",
        "trial.epochs=25",
    ),
    *("tuner.max_trials=4", "finals.trials=1", "task.baselines=[linear]", "task.ridge_windows=[6]", "data.season=null"),
)


class Silent:
    """An observer that shows nothing."""

    def say(self, *_: object) -> None: ...

    describe = begin = stage = started = epoch = ended = finish = say


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sweeps", type=int, default=50)
    parser.add_argument("--first", type=int, default=0, help="seed of the first series")
    parser.add_argument("overrides", nargs="*", help="Hydra's")
    options = parser.parse_intermixed_args()
    seen = []
    for seed in range(options.first, options.first + options.sweeps):
        seen.append(sweep(seed, options.overrides))
        told = ", ".join(
            f"{i.level:.0%}: {i.coverage:.1%} width {i.width:.3g}" for i in read_intervals(seen[-1].details)
        )
        print(f"{seed}: {told}, {called(seen[-1])}", flush=True)
    report(seen)


def series(seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=ROWS + 100)
    values = np.zeros(ROWS + 100)
    for row in range(2, len(values)):
        values[row] = 0.6 * values[row - 1] + 0.25 * values[row - 2] + noise[row]
    return values[100:]


def sweep(seed: int, overrides: list[str]) -> finals.TestEvaluation:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "y.csv").write_text("y\n" + "\n".join(f"{value:.6f}" for value in series(seed)) + "\n")
        where = [f"data.path={folder}/y.csv", f"tracking.directory={folder}/runs", f"seed={seed}"]
        (config,) = compose("quickstart", [*SMALL, *where, *overrides]).jobs
        with search.open_sweep(config, Silent()) as context:
            found = finals.run(context, search.search(context))
    assert found is not None and found.evaluation is not None
    return found.evaluation


def called(evaluation: finals.TestEvaluation) -> str:
    """What the sweep says of the network against the ridge."""
    test = evaluation.comparison
    if test is None or test.difference.holds_zero:
        return "equal"
    return "worse" if test.difference.mean > 0 else "better"


def report(seen: list[finals.TestEvaluation]) -> None:
    for level, width in TRUE.items():
        of = [interval for each in seen for interval in read_intervals(each.details) if interval.level == level]
        shares, widths = [interval.coverage for interval in of], [interval.width / width for interval in of]
        error = statistics.stdev(shares) / len(shares) ** 0.5
        covered = f"{level:.0%} intervals cover {statistics.fmean(shares):.1%} ± {error:.1%} (standard error)"
        print(f"{covered}; their width is {statistics.fmean(widths):.3f} of the true process's")
    for verdict in ("better", "worse"):
        count = sum(called(each) == verdict for each in seen)
        print(f"called {verdict} than the ridge: {count} of {len(seen)}, {count / len(seen):.0%}")
    print(f"skill over the ridge: {statistics.fmean(each.skill or 0 for each in seen):+.1%}")


if __name__ == "__main__":
    main()
