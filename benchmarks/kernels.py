"""How fast the recurrent layers train beside plain Keras and PyTorch, and how exact they are.

    python benchmarks/kernels.py
    python benchmarks/kernels.py --torch-python PATH    # a Python that has torch, of another environment perhaps
    python benchmarks/kernels.py --lengths texts --batches 32 128 --shapes 1x32x20 1x32x71 2x32x200

A step is forward, backward and Adam on one batch. What is compared runs by turns in one session, so that a busy machine
slows all of it alike: read the ratios. Ours and Keras start from the same weights; a difference is the largest one of
any tensor, relative to the largest number of that tensor. `ready` is the time until the end of the first step.
With `--lengths`, tokens are embedded and the steps behind each row's end are masked: rows have `any` length up to the
window's, or those of `texts`, a fifth of the window on average and seldom all of it; `full` rows fill their window.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}
RATIOS = {"keras": "Keras / ours", "torch": "PyTorch / ours"}


@dataclass(frozen=True)
class Case:
    """A network of equal layers, on windows of one column."""

    layer: str
    batch: int
    depth: int
    units: int
    window: int
    lengths: str | None = None
    bidirectional: bool = False

    @property
    def dropout(self) -> float:
        return 0.2 if self.depth > 1 else 0.0


def main() -> None:
    options = arguments()
    if options.serve_torch:
        serve_torch(options)
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf
    from rich.console import Console

    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(options.threads)
    console = Console(width=130)
    results = []
    for case in cases(options):
        results.append(measure(case, options))
        ratios = ", ".join(f"{RATIOS[name]} {ratio:.2f}" for name, ratio in results[-1]["ratios"].items())
        console.print(f"{case.layer} {case.depth} x {case.units}, window {case.window}, batch {case.batch}: {ratios}")
    console.print(table(results, options))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--torch-python", help="an interpreter that can import torch; none: PyTorch is left out")
    parser.add_argument("--threads", type=int, default=1, help="of a step; a trial of a sweep has one")
    parser.add_argument("--rounds", type=int, default=9, help="turns of each; the median counts")
    parser.add_argument("--steps", type=int, default=5, help="of a turn")
    parser.add_argument("--clock", choices=CLOCKS, default="wall", help="cpu: steadier on a busy machine")
    parser.add_argument("--layers", nargs="+", default=["simple_rnn", "lstm", "gru"])
    parser.add_argument("--batches", nargs="+", type=int, default=[32, 256])
    parser.add_argument("--shapes", nargs="+", default=["4x50x100", "1x64x24"], help="depth x units x window")
    parser.add_argument("--lengths", choices=("any", "texts", "full"), help="of rows under a mask; without: no mask")
    parser.add_argument("--bidirectional", action="store_true")
    parser.add_argument("--serve-torch", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def cases(options: argparse.Namespace) -> Iterator[Case]:
    for shape in options.shapes:
        depth, units, window = map(int, shape.split("x"))
        for layer in options.layers:
            for batch in options.batches:
                yield Case(layer, batch, depth, units, window, options.lengths, options.bidirectional)


def measure(case: Case, options: argparse.Namespace) -> dict[str, Any]:
    """Medians of milliseconds and of ratios, seconds to be ready, and differences."""
    import keras

    keras.backend.clear_session()
    ours, plain = networks(case)
    result: dict[str, Any] = {"case": case, "differences": differences(ours, plain, case), "ready": {}}
    runs: dict[str, Callable[[int], float]] = {}
    for name, model in (("ours", ours), ("keras", plain)):
        result["ready"][name], runs[name] = trainer(model, case, options)
    server = None
    if options.torch_python:
        server = subprocess.Popen(
            [
                options.torch_python,
                __file__,
                "--serve-torch",
                f"--threads={options.threads}",
                f"--clock={options.clock}",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        result["ready"]["torch"] = ask(server, asdict(case))
        runs["torch"] = lambda steps: ask(server, steps)
    turns: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(options.rounds):
        for name, run in runs.items():
            turns[name].append(run(options.steps))
    if server is not None:
        server.communicate()  # closes its input, which ends it
    result["milliseconds"] = {name: statistics.median(found) for name, found in turns.items()}
    result["ratios"] = {
        name: statistics.median(theirs / own for theirs, own in zip(turns[name], turns["ours"], strict=True))
        for name in RATIOS
        if name in turns
    }
    return result


def networks(case: Case) -> tuple[Any, Any]:
    """The network with our layers, and the same in plain Keras layers."""
    import keras

    from seqsweep.events import TrialParams
    from seqsweep.layers import body, to_keras

    params = TrialParams(
        layer=case.layer,
        units=(case.units,) * case.depth,
        dropout=(case.dropout,) * case.depth,
        activation="tanh",
        use_bias=True,
        bidirectional=case.bidirectional,
        recurrent_dropout=0.0,
        batch_size=case.batch,
    )
    inputs = window = keras.Input((case.window, 1))
    if case.lengths:
        inputs = keras.Input((case.window,), dtype="int32")
        window = keras.layers.Embedding(1000, case.units, mask_zero=True)(inputs)
    model = keras.Model(inputs, keras.layers.Dense(1)(body(window, params, kernels="fast", seed=0)))
    return model, to_keras(model)


def batch_of(case: Case) -> tuple[Any, Any]:
    import numpy as np

    random = np.random.default_rng(0)
    if case.lengths:
        longest = {
            "any": random.integers(1, case.window + 1, case.batch),
            "texts": np.clip(random.gamma(2, case.window / 10, case.batch).astype(int), 1, case.window),
            "full": np.full(case.batch, case.window),
        }[case.lengths]
        tokens = random.integers(1, 1000, (case.batch, case.window)).astype("int32")
        return np.where(np.arange(case.window) < longest[:, None], tokens, 0), longest[:, None].astype("float32")
    windows = random.normal(size=(case.batch, case.window, 1)).astype("float32")
    return windows, windows.mean(axis=1)


def differences(ours: Any, plain: Any, case: Case) -> dict[str, float]:
    """The largest relative ones of outputs and of gradients, without dropout."""
    import tensorflow as tf

    windows, targets = (tf.constant(array) for array in batch_of(case))

    def found(model: Any) -> tuple[Any, list[Any]]:
        with tf.GradientTape() as tape:
            outputs = model(windows, training=False)
            loss = tf.reduce_mean((outputs - targets) ** 2)
        return outputs, list(map(tf.convert_to_tensor, tape.gradient(loss, model.trainable_variables)))

    (output, gradients), (plain_output, plain_gradients) = found(ours), found(plain)

    def difference(a: Any, b: Any) -> float:
        return float(tf.reduce_max(abs(a - b)) / tf.reduce_max(abs(b)))

    return {
        "outputs": difference(output, plain_output),
        "gradients": max(map(difference, gradients, plain_gradients)),
    }


def trainer(model: Any, case: Case, options: argparse.Namespace) -> tuple[float, Callable[[int], float]]:
    """Seconds until the first step is done, and a function from a number of steps to milliseconds a step."""
    import keras
    import tensorflow as tf

    windows, targets = (tf.constant(array) for array in batch_of(case))
    optimizer = keras.optimizers.Adam(1e-3)
    optimizer.build(model.trainable_variables)

    @tf.function(
        input_signature=[tf.TensorSpec([None, *t.shape[1:]], t.dtype) for t in (windows, targets)], autograph=False
    )
    def step(windows: Any, targets: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((model(windows, training=True) - targets) ** 2)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return loss

    return timed(lambda: float(step(windows, targets)), options)


def timed(step: Callable[[], float], options: argparse.Namespace) -> tuple[float, Callable[[int], float]]:
    clock = CLOCKS[options.clock]

    def run(steps: int) -> float:
        start = clock()
        for _ in range(steps):
            step()
        return 1e3 * (clock() - start) / steps

    return run(1) / 1e3, run


def ask(server: Any, question: Any) -> Any:
    server.stdin.write(json.dumps(question) + "\n")
    server.stdin.flush()
    return json.loads(server.stdout.readline())


def serve_torch(options: argparse.Namespace) -> None:
    """Answer lines: first a case with the seconds until ready, then numbers of steps with milliseconds a step."""
    import torch

    torch.set_num_threads(options.threads)
    case = Case(**json.loads(input()))
    torch.manual_seed(0)
    cell = {"simple_rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[case.layer]
    layers = cell(1, case.units, num_layers=case.depth, batch_first=True, dropout=case.dropout)
    dropout, head = torch.nn.Dropout(case.dropout), torch.nn.Linear(case.units, 1)
    optimizer = torch.optim.Adam([*layers.parameters(), *head.parameters()], lr=1e-3)
    windows = torch.randn(case.batch, case.window, 1)
    targets = windows.mean(dim=1)

    def step() -> float:
        optimizer.zero_grad()
        states, _ = layers(windows)
        loss = torch.nn.functional.mse_loss(head(dropout(states[:, -1])), targets)
        loss.backward()
        optimizer.step()
        return float(loss.detach())

    ready, run = timed(step, options)
    print(json.dumps(ready), flush=True)
    try:
        while True:
            print(json.dumps(run(json.loads(input()))), flush=True)
    except EOFError:
        return


def table(results: list[dict[str, Any]], options: argparse.Namespace) -> Any:
    from rich.table import Table

    threads = f"{options.threads} thread{'s' if options.threads > 1 else ''}"
    found = Table(title=f"One training step in ms ({options.clock} time, {threads}, medians of {options.rounds} turns)")
    for heading in ("layer", "batch", "layers", "window"):
        found.add_column(heading, justify="left" if heading == "layer" else "right", no_wrap=True)
    names = ["ours", "keras"] + (["torch"] if options.torch_python else [])
    titles = {"ours": "ours", "keras": "Keras", "torch": "PyTorch"}
    for heading in [*(titles[n] for n in names), *(RATIOS[n] for n in names[1:])]:
        found.add_column(heading, justify="right")
    for heading in ("ready: ours", "Keras", "outputs differ", "gradients differ"):
        found.add_column(heading, justify="right")
    for r in results:
        case = r["case"]
        found.add_row(
            case.layer,
            str(case.batch),
            f"{case.depth} x {case.units}",
            str(case.window),
            *(f"{r['milliseconds'][name]:.1f}" for name in names),
            *(f"{r['ratios'][name]:.2f}" for name in names[1:]),
            *(f"{r['ready'][name]:.1f} s" for name in ("ours", "keras")),
            *(f"{r['differences'][name]:.0e}" for name in ("outputs", "gradients")),
        )
    return found


if __name__ == "__main__":
    main()
