"""Real hourly series, one to seven days ahead: is a sweep's winner at or below the ridge on test?

    python benchmarks/hourly.py ../shared/data/nyc_weather.csv.zip
    python benchmarks/hourly.py ../shared/data/nyc_weather.csv.zip --targets temp --horizons 24 168 trial.epochs=2

Temperature, dew point (°F) and wind speed (mph) at the three airports of New York in 2013, 24, 48 and 168 hours ahead
from each hour: nine sweeps of the study `hourly`, one after the other, each of one network for three airports. What is
finished is kept in `--directory`: the same command goes on after an interruption. All parts are in order of time: the
winner is chosen on September and October, and is tested on November and December. Each sweep is the whole study, with
intervals, networks that learn from all of the data, runs in MLflow and its page.

RMSE and MAE on test, winner and ridge, the change of RMSE; the mean difference of squared errors with its interval of
95 % and p (Diebold and Mariano, of the three airports at once), what that proves, the best of the other baselines, and
seconds of the processors.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

from seqsweep import search_space
from seqsweep.api.result import result
from seqsweep.config import compose
from seqsweep.evidence import Comparison
from seqsweep.finals.evaluation import load_test_predictions
from seqsweep.tasks import make_task
from seqsweep.words.results import PROVEN, Standing

TARGETS, HORIZONS = ("temp", "dewp", "wind_speed"), (24, 48, 168)
GRACE = 0.003
"""By which share a winner's RMSE may lie above the ridge's and count as at it."""

COLUMNS = (
    *("target", "ahead", "winner, RMSE", "ridge", "change", "winner, MAE", "ridge", "squared errors", "p", "winner is"),
    *("best other", "CPU"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weather", type=Path, help="nyc_weather.csv.zip")
    parser.add_argument("--targets", nargs="+", choices=TARGETS, default=TARGETS)
    parser.add_argument("--horizons", nargs="+", type=int, default=HORIZONS, help="hours")
    parser.add_argument("--directory", type=Path, default=Path("hourly"), help="where sweeps are kept")
    parser.add_argument("overrides", nargs="*", help="Hydra's")
    options = parser.parse_intermixed_args()
    print(f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|", sep="\n", flush=True)
    above = []
    for horizon in options.horizons:
        for target in options.targets:
            folder = options.directory / f"{target}_{horizon}"
            given = [f"data.path={options.weather.resolve()}", f"data.target={target}", f"task.horizon={horizon}"]
            row = swept([*given, *options.overrides], folder)
            print(line(target, horizon, row), flush=True)
            if row["change"] > GRACE:
                above.append(f"{target}, {horizon} h")
    print(f"above the ridge by more than {GRACE:.1%}: {'; '.join(above) or 'none'}")


def swept(overrides: list[str], folder: Path) -> dict[str, float | str]:
    """What a sweep came to, from its file where it has ended with these settings."""
    file = folder / "row.json"
    if file.exists() and (row := json.loads(file.read_text()))["overrides"] == overrides:
        return row
    folder.mkdir(parents=True, exist_ok=True)
    began, before = time.time(), seconds_of_children()
    command = [sys.executable, "-m", "seqsweep.cli", "sweep", "hourly", *overrides]
    ran = subprocess.run(
        [*command, f"tracking.directory={folder.resolve()}"], capture_output=True, text=True, check=False
    )
    if ran.returncode:
        sys.exit(ran.stderr[-4000:] + ran.stdout[-4000:])
    row = {"overrides": overrides, "wall": time.time() - began, "cpu": seconds_of_children() - before}
    row |= against_ridge(overrides, folder)
    file.write_text(json.dumps(row, indent=1))
    return row


def against_ridge(overrides: list[str], folder: Path) -> dict[str, float | str]:
    """The winner's test scores beside the ridge's, which need not be the best baseline."""
    swept = result(directory=folder)
    evaluation, seen = swept.evaluation, load_test_predictions(swept.folder)
    (config,) = compose("hourly", overrides).jobs
    task = make_task(config)
    data, metric = task.load(search_space.Space(config), lambda _: None), task.metrics["rmse"]
    ridge, items = evaluation.baselines["linear"], seen.test_items
    reference = data.baselines(items)["linear"]
    compared = task.compare_on(data, items, seen.test_actual, seen.test_predicted, reference, config.finals.confidence)
    own, others = evaluation.scores, {k: v["rmse"] for k, v in evaluation.baselines.items() if k != "linear"}
    best = min(others, key=others.get)
    skill = metric.skill(own["rmse"], ridge["rmse"])
    standing = Standing(metric, own["rmse"], "linear", ridge["rmse"], skill, compared)
    return {
        **{"rmse": own["rmse"], "ridge_rmse": ridge["rmse"], "mae": own["mae"], "ridge_mae": ridge["mae"]},
        **{"change": own["rmse"] / ridge["rmse"] - 1, "squared": interval(compared), "p": compared.p_value},
        **{"verdict": PROVEN[standing.verdict], "other": f"{best} {others[best]:.3f}", "said": swept.verdict},
        **{"winner": {name: swept.winner[name] for name in ("head", "learning_rate")}},
    }


def interval(compared: Comparison) -> str:
    difference = compared.difference
    return f"{difference.mean:+.2f} [{difference.low:+.2f}, {difference.high:+.2f}]"


def line(target: str, horizon: int, row: dict) -> str:
    figures = (f"{row['rmse']:.3f}", f"{row['ridge_rmse']:.3f}", f"{row['change']:+.2%}")
    errors = (f"{row['mae']:.3f}", f"{row['ridge_mae']:.3f}", row["squared"], f"{row['p']:.2f}")
    cells = (target, f"{horizon} h", *figures, *errors, row["verdict"], row["other"], f"{row['cpu']:.0f} s")
    return f"| {' | '.join(cells)} |"


def seconds_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
