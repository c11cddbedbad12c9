"""One whole sweep as seqsweep runs it, against the plain way: a KerasTuner oracle, Keras layers, `fit`, one process.

    python benchmarks/sweep.py
    python benchmarks/sweep.py --study airbnb_tutorial --pairs 1 data.path=FILE trial.epochs=2 tuner.max_trials=4

Both run the same trials for the same epochs with the same early stopping, as whole processes by turns, so that a busy
machine slows both alike: read the ratio. Both count from the start of the interpreter to its end, imports included. The
plain way starts other weights and shuffles otherwise, so scores agree within the noise of seeds: the mean of the paired
differences is printed with its standard error. `tracking` is the share of seqsweep's wall time that MLflow took.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np


def main() -> None:
    options = arguments()
    if options.plain:
        plain(options)
        return
    from rich.console import Console
    from rich.table import Table

    console = Console(width=110)
    rows = []
    for _ in range(options.pairs):
        with tempfile.TemporaryDirectory() as folder, console.status("seqsweep, then the plain way"):
            ours, scores, tracking = timed_seqsweep(options, Path(folder))
            theirs, plain_scores = timed_plain(options, Path(folder))
        rows.append((ours, theirs, tracking))
    table = Table(title=f"{options.study} {' '.join(options.overrides)}: {len(scores)} trials, {os.cpu_count()} cores")
    for name in ("pair", "seqsweep, s", "plain, s", "plain / seqsweep", "tracking"):
        table.add_column(name, justify="right")
    for number, (ours, theirs, tracking) in enumerate(rows, 1):
        table.add_row(str(number), f"{ours:.1f}", f"{theirs:.1f}", f"{theirs / ours:.2f}", f"{tracking:.1%}")
    console.print(table)
    console.print(f"median of plain / seqsweep: {statistics.median(theirs / ours for ours, theirs, _ in rows):.2f}")
    both = sorted(scores.keys() & plain_scores.keys())
    difference = np.array([scores[trial] - plain_scores[trial] for trial in both])
    console.print(
        f"score, mean over {len(both)} trials: seqsweep {np.mean([scores[t] for t in both]):.4g}, "
        f"plain {np.mean([plain_scores[t] for t in both]):.4g}; "
        f"difference {difference.mean():+.3g} ± {difference.std(ddof=1) / len(both) ** 0.5:.2g} (standard error)"
    )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--study", default="quickstart")
    parser.add_argument("--pairs", type=int, default=3, help="times that both are run")
    parser.add_argument("--plain", metavar="FILE", help=argparse.SUPPRESS)
    parser.add_argument("overrides", nargs="*", help="Hydra's, for both")
    return parser.parse_intermixed_args()


def timed_seqsweep(options: argparse.Namespace, folder: Path) -> tuple[float, dict[str, float], float]:
    """Wall seconds, the score of each trial, and the share of the time that tracking took."""
    command = [sys.executable, "-m", "seqsweep.cli", "sweep", options.study, *options.overrides]
    started = time.perf_counter()
    without = ["finals=none", f"tracking.directory={folder}"]  # the plain way trains nothing again over seeds
    subprocess.run([*command, *without], check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - started
    records = [json.loads(file.read_text()) for file in folder.glob("sweeps/*/trials/*.json")]
    objective = f"val_{config_of(options).task.objective}"
    scores = {record["trial_id"]: record["metrics"][objective] for record in records if record["status"] == "COMPLETED"}
    return seconds, scores, tracking_seconds(folder) / seconds


def tracking_seconds(folder: Path) -> float:
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{folder}/mlflow.db")
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    (run,) = client.search_runs(experiments, "tags.kind = 'sweep'")
    return float(run.data.metrics["seconds_tracking"])


def timed_plain(options: argparse.Namespace, folder: Path) -> tuple[float, dict[str, float]]:
    """Wall seconds and the score of each trial."""
    answer = folder / "plain.json"
    command = [sys.executable, __file__, "--study", options.study, "--plain", str(answer), *options.overrides]
    started = time.perf_counter()
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started, json.loads(answer.read_text())


def config_of(options: argparse.Namespace):
    from seqsweep.config import compose

    return compose(options.study, options.overrides).jobs[0]


def plain(options: argparse.Namespace) -> None:
    """Ask an oracle, build with Keras layers, `fit` on arrays of windows, tell; as in KerasTuner's own loop."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras

    from seqsweep import search_space
    from seqsweep.tasks import make_task
    from seqsweep.trial import derive_seed
    from seqsweep.tuner import Proposal, make_tuner

    config = config_of(options)
    data = make_task(config).load(search_space.Space(config), print)
    split = data.split()
    scores = {}
    with tempfile.TemporaryDirectory() as folder:
        tuner = make_tuner(config, Path(folder))
        while isinstance(proposal := tuner.ask("one"), Proposal):
            keras.backend.clear_session()
            keras.utils.set_random_seed(derive_seed(config.seed, proposal.trial_id))
            seen = data.view(proposal.params)
            model = keras_model(proposal.params, seen.input_shapes[0][1], config)
            model.fit(
                seen.inputs[0].numpy(split.train),
                seen.targets.numpy(split.train),
                validation_data=(seen.inputs[0].numpy(split.validation), seen.targets.numpy(split.validation)),
                batch_size=proposal.params.batch_size,
                epochs=proposal.last_epoch,
                callbacks=[keras.callbacks.EarlyStopping(patience=config.trial.patience, restore_best_weights=True)],
                verbose=0,
            )
            outputs = model.predict(seen.inputs[0].numpy(split.validation), verbose=0)
            forecast = seen.inverse_transform(split.validation, outputs)
            found = data.score(data.actual(split.validation), forecast)
            scores[proposal.trial_id] = found[config.task.objective]
            tuner.tell(proposal.trial_id, scores[proposal.trial_id])
    Path(options.plain).write_text(json.dumps(scores))


def keras_model(params, columns: int, config):
    """The same network as seqsweep's `model.build`, in Keras's own layers."""
    import keras

    layers = {"simple_rnn": keras.layers.SimpleRNN, "lstm": keras.layers.LSTM, "gru": keras.layers.GRU}
    window = state = keras.Input((params.window, columns))
    for number, (units, dropout) in enumerate(zip(params.units, params.dropout, strict=True), 1):
        state = layers[params.layer](
            units,
            activation=params.activation,
            use_bias=params.use_bias,
            return_sequences=number < params.depth,
        )(state)
        state = keras.layers.Dropout(dropout)(state)
    output = keras.layers.Dense(config.task.horizon)(state)
    if params.linear_skip == "true":
        skip = keras.layers.Dense(config.task.horizon, use_bias=False)(keras.layers.Flatten()(window))
        output = keras.layers.Add()([output, skip])
    model = keras.Model(window, output)
    optimizer = {"adam": keras.optimizers.Adam, "adamw": keras.optimizers.AdamW, "nadam": keras.optimizers.Nadam,
                 "rmsprop": keras.optimizers.RMSprop, "sgd": keras.optimizers.SGD}[params.optimizer]  # fmt: skip
    model.compile(optimizer(params.learning_rate), config.task.loss)
    return model


if __name__ == "__main__":
    main()
