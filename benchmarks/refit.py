"""Does it help to learn from all rows before serving: the next rows, forecast by what was scored and by what serves.

    python benchmarks/refit.py
    python benchmarks/refit.py --sweeps 3 sunspots tuner.max_trials=4

The last rows of a series are taken away, as many as its test part has. A sweep on what is left scores its winner by the
split, and trains it once more on all of the rows that it has. Both forecast the rows that were taken away.
`process` is the series of benchmarks/calibration.py, where nothing changes in time and there is the least to gain.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from calibration import SMALL, Silent, series

from seqsweep import finals, search
from seqsweep.config import compose
from seqsweep.schema import SweepConfig
from seqsweep.trial import Network

FEW = ("tracking=none", "tuner.max_trials=3", "finals.trials=1", "finals.calibration=validation", "trial.epochs=40")
DATA = {
    "sunspots": (),
    "co2": ("data=co2", "data.frequency=MS", "data.season=12", "windows.anchor=last"),
    "process": (),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sweeps", type=int, default=5, help="a series, each of another seed")
    parser.add_argument("overrides", nargs="*", help="names of series, and overrides of Hydra's")
    options = parser.parse_intermixed_args()
    named = [text for text in options.overrides if text in DATA]
    overrides = [text for text in options.overrides if text not in DATA]
    for name in named or DATA:
        ratios = []
        for seed in range(options.sweeps):
            scored, serves, baseline = sweep(name, seed, overrides)
            ratios.append(serves / scored)
            told = f"mae of the next rows {scored:.4g} as scored, {serves:.4g} refitted ({ratios[-1] - 1:+.1%})"
            print(f"{name} {seed}: {told}, linear as scored {baseline:.4g}", flush=True)
        error = statistics.stdev(ratios) / len(ratios) ** 0.5 if len(ratios) > 1 else 0.0
        print(f"{name}: {statistics.fmean(ratios) - 1:+.1%} ± {error:.1%} (standard error)", flush=True)


def sweep(name: str, seed: int, overrides: list[str]) -> tuple[float, float, float]:
    """Mean absolute errors of the rows behind the sweep's: of what was scored, of what serves, of the ridge."""
    with tempfile.TemporaryDirectory() as folder:
        given = [*FEW, *DATA[name], f"seed={seed}", f"tracking.directory={folder}/runs"]
        if name == "process":
            (Path(folder) / "y.csv").write_text(_table(series(seed)))
            given = [*SMALL, f"data.path={folder}/y.csv", *given]
        (config,) = compose("quickstart", [*given, *overrides]).jobs
        _, long = search.load_data(config, lambda _: None)
        ahead = long.series.rows - long.parts.validation_end
        (Path(folder) / "short.csv").write_text(_table(long.series.values[:-ahead, 0]))
        short = [
            "data=csv",
            f"data.path={folder}/short.csv",
            "data.target=y",
            f"data.season={config.data.season or 'null'}",
        ]
        own = [text for text in given if not text.startswith("data")]
        (config,) = compose("quickstart", [*own, *short, *overrides]).jobs
        return errors(config, long.series.values[:, :1], ahead)


def errors(config: SweepConfig, values: np.ndarray, ahead: int) -> tuple[float, float, float]:
    with search.open_sweep(config, Silent()) as context:
        found = finals.run(context, search.search(context))
        runs = finals.refit_runs(context, found)
        items = np.arange(len(values) - ahead - 1, len(values) - 1)
        actual, data = values[items + 1], context.problem.data
        past = replace(data.past, values=values)
        from seqsweep.tasks.forecast.ridge import fit_linear

        fit = fit_linear(past)
        made = [_forecast(finals.scored(context, found)[1].network(context.problem), values, items)]
        made += [
            _forecast(runs.refitted(context).restored(context.problem).network, values, items),
            fit.after(values, items, fit.intercept.size),
        ]
        return tuple(float(np.abs(each - actual).mean()) for each in made)


def _forecast(network: Network, values: np.ndarray, items: np.ndarray) -> np.ndarray:
    return network.predict(items, replace(network.view, values=values))


def _table(values: np.ndarray) -> str:
    return "y\n" + "\n".join(f"{value:.6f}" for value in values) + "\n"


if __name__ == "__main__":
    main()
