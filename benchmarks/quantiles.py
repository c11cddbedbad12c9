"""Conformal intervals, learnt quantiles, and quantiles that are conformalized: which hold, how wide, at what score.

    python benchmarks/quantiles.py
    python benchmarks/quantiles.py --sweeps 20 --process steady

The process: y[t] = 0.6 y[t-1] + 0.25 y[t-2] + s[t] e[t], e standard normal, 500 rows, of which 75 are validation and 75
test. `steady`: s is 1, so that one width is right for all. `seasonal`: s goes from 0.4 to 1.6 and back in 12 rows, and
the phase is known ahead. The truth: what lies between the true quantiles. A sweep is two small networks with
`task.loss=quantile`, and the finals of the best.

Six sweeps of each with finals.seeds=2, at 80 % and 95 %: share held, and Winkler score by that of the truth.

    seasonal   cqr 79 %, 1.26   quantile 64 %, 1.29   conformal 81 %, 1.39   |   97 %, 1.38   92 %, 1.29   94 %, 1.56
    steady     cqr 79 %, 1.21   quantile 68 %, 1.21   conformal 82 %, 1.17   |   95 %, 1.43   92 %, 1.27   95 %, 1.26

Quantiles as they are, learned from 350 rows, hold too few; moved by what they missed they hold what they say. Where
noise grows and shrinks they score better than one width for all, where it does not, worse.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from calibration import SMALL, Silent
from scipy.stats import norm

from seqsweep import finals, search
from seqsweep.config import compose
from seqsweep.evidence import interval_score
from seqsweep.tasks.forecast.quantile_intervals import Worth, read_compared

ROWS, SEASON = 500, 12
QUANTILE = (
    *("task.loss=quantile", "task.metrics=[mae,pinball]", "search_space.window=12", "data.known_future=[up,across]"),
    *("tuner.max_trials=2", "trial.epochs=40"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sweeps", type=int, default=10)
    parser.add_argument("--process", choices=("steady", "seasonal"), action="append", help="by default both")
    parser.add_argument("overrides", nargs="*", help="Hydra's")
    options = parser.parse_intermixed_args()
    for process in options.process or ("steady", "seasonal"):
        seen = [sweep(process, seed, options.overrides) for seed in range(options.sweeps)]
        report(process, seen)


def scales(process: str) -> np.ndarray:
    """(rows,), the deviation of the noise of each row."""
    phase = np.arange(ROWS + 100) * 2 * np.pi / SEASON
    return np.ones(len(phase)) if process == "steady" else 1 + 0.6 * np.sin(phase)


def sweep(process: str, seed: int, overrides: Sequence[str]) -> list[Worth]:
    """What each kind of interval is worth, and the truth."""
    scale, noise = scales(process), np.random.default_rng(seed).normal(size=ROWS + 100)
    values = np.zeros(len(noise))
    for row in range(2, len(noise)):
        values[row] = 0.6 * values[row - 1] + 0.25 * values[row - 2] + scale[row] * noise[row]
    phase = np.arange(len(noise)) * 2 * np.pi / SEASON
    table = np.column_stack([values, np.sin(phase), np.cos(phase)])[100:]
    with tempfile.TemporaryDirectory() as folder:
        np.savetxt(Path(folder) / "y.csv", table, "%.6f", ",", header="y,up,across", comments="")
        where = [f"data.path={folder}/y.csv", f"tracking.directory={folder}/runs", f"seed={seed}"]
        (config,) = compose("quickstart", [*SMALL, *QUANTILE, *where, *overrides]).jobs
        with search.open_sweep(config, Silent()) as context:
            found = finals.run(context, search.search(context))
            test = context.problem.data.split().test + 1
    assert found is not None and found.evaluation is not None
    return [*read_compared(found.evaluation.details), *truth(scale[100:][test], noise[100:][test])]


def truth(scale: np.ndarray, noise: np.ndarray) -> list[Worth]:
    """What the true quantiles are worth on the same targets, whose means count for nothing."""
    made = []
    for level in (0.8, 0.95):
        end = float(norm.ppf((1 + level) / 2)) * scale
        held = float(np.mean(np.abs(scale * noise) <= end))
        score = interval_score((scale * noise)[:, None], -end[:, None], end[:, None], level)
        made.append(Worth(level, "truth", held, float(2 * end.mean()), score))
    return made


def report(process: str, seen: Sequence[Sequence[Worth]]) -> None:
    """A line a level and kind: means over sweeps, the standard error of the coverage."""
    print(f"{process}, {len(seen)} sweeps")
    for level in (0.8, 0.95):
        for kind in ("cqr", "quantile", "conformal", "truth"):
            of = [one for each in seen for one in each if (one.level, one.kind) == (level, kind)]
            error = statistics.stdev(one.coverage for one in of) / len(of) ** 0.5
            held = f"{statistics.fmean(one.coverage for one in of):.1%} ± {error:.1%}"
            width, score = (statistics.fmean(getattr(one, name) for one in of) for name in ("width", "score"))
            print(f"  {level:.0%} {kind:9}  held {held}  width {width:.3f}  Winkler {score:.3f}", flush=True)


if __name__ == "__main__":
    main()
