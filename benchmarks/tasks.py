"""A training step of each task's networks, as a trial runs it, beside plain Keras of the same networks.

    python benchmarks/tasks.py                       # the shipped studies that need no file
    python benchmarks/tasks.py digits quickstart --batches 32
    python benchmarks/tasks.py sentiment data.path=sentences.csv.zip
    python benchmarks/tasks.py --memory 1000000      # of `seqsweep sweep text`, letters and words

The networks are the first that random search draws from a study's own space, one for each kind of layer (and for one
direction and both, where the study has both). Ours takes its steps as a trial does: stretches of an epoch in one call,
items gathered in the graph. Plain Keras has the same layers on its own kernels, its own optimizer of the same name, and
the train step that `fit` compiles, given batches that are ready: neither `fit`'s own work between steps nor the
making of windows counts against it. Both see the same items; what is compared runs by turns, so read the ratios.

Wide networks gain least: in a step of `text` with an LSTM of 192, batch 32, half of the time goes to bare products of
matrices, which plain Keras must do too: 1.6 times its speed, and 1.4 times at batch 128.

Memory is measured of whole sweeps in processes of their own: one trial of one epoch, one final run, the test part,
package and page, of so many tokens of English and code, drawn from Python's documentation and standard library. What
counts is the most that the command held at once, and the most that its worker held, as the kernel counted it (VmHWM).
Quickstart stands beside them, as nearly all of it is TensorFlow, MLflow and pandas.
"""

from __future__ import annotations

import argparse
import itertools
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}
ONCE = ("tuner.max_trials=1", "trial.epochs=1", "finals.seeds=1", "task.vocabulary=2000", "search_space.units=32",
        "search_space.batch_size=128")  # fmt: skip
"""A sweep as short as it can be: what a network takes is the same for any number of tokens."""

STUDIES = ("quickstart", "digits", "letters", "text", "caption", "dates")


def main() -> None:
    from rich.console import Console

    from seqsweep.errors import SeqsweepError
    from seqsweep.trial import warm

    options, console, rows = arguments(), Console(width=130), []
    if options.memory:
        console.print(memory(options.memory))
        return
    warm(options.threads)
    for study in options.studies:
        try:
            for row in measured(study, options):
                console.print("  ".join(row))
                rows.append(row)
        except SeqsweepError as error:
            console.print(f"{study}: {error}")
    console.print(table(rows, options))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("studies", nargs="*", help="names, and Hydra's overrides for all of them")
    parser.add_argument("--batches", nargs="+", type=int, default=[32, 128])
    parser.add_argument("--threads", type=int, default=1, help="of a step; a trial of a sweep has one")
    parser.add_argument("--rounds", type=int, default=7, help="turns of each; the median counts")
    parser.add_argument("--steps", type=int, default=20, help="of a turn")
    parser.add_argument("--clock", choices=CLOCKS, default="wall", help="cpu: steadier on a busy machine")
    parser.add_argument("--memory", type=int, default=0, metavar="TOKENS", help="measure memory instead of time")
    options = parser.parse_intermixed_args()
    options.overrides = [word for word in options.studies if "=" in word]
    options.studies = [word for word in options.studies if "=" not in word] or STUDIES
    return options


def measured(study: str, options: argparse.Namespace) -> Iterator[list[str]]:
    """The cells of a row for each network of a study."""
    from seqsweep import search_space
    from seqsweep.tasks import make_task

    data, notes = None, []  # what reading did is not asked for here
    for params, config in networks(study, options):
        task = make_task(config)
        data = data or task.load(search_space.Space(config), notes.append)
        ours, keras, kernels = compare(task, data, params, options)
        ratio = statistics.median(theirs / own for own, theirs in zip(ours, keras, strict=True))
        medians = [f"{statistics.median(found):.2f}" for found in (ours, keras)]
        both = "both ways " if params.get("bidirectional", False) else ""
        units = ", ".join(map(str, params.units))
        yield [study, f"{both}{params.layer} {units}", str(params.batch_size), kernels, *medians, f"{ratio:.2f}"]


def networks(study: str, options: argparse.Namespace) -> Iterator[tuple[Any, Any]]:
    """The first point that random search draws for each kind of layer, and the config that it is of."""
    from seqsweep.config import compose
    from seqsweep.search_space.dimensions import distributions
    from seqsweep.tuner import make_tuner

    whole = distributions(compose(study, options.overrides).jobs[0])
    fixed = {name: whole[name].choices for name in ("layer", "bidirectional") if name in whole and whole[name].choices}
    for values in itertools.product(*fixed.values(), options.batches):
        named = zip([*fixed, "batch_size"], values, strict=True)
        chosen = [f"search_space.{name}={str(value).lower()}" for name, value in named]
        config = compose(study, [*options.overrides, *chosen, "search_space.warm_start=[]", "tuner=random"]).jobs[0]
        with tempfile.TemporaryDirectory() as folder:
            yield make_tuner(config, Path(folder)).ask("one").params, config


def compare(task: Any, data: Any, params: Any, options: argparse.Namespace) -> tuple[list[float], list[float], str]:
    """Milliseconds a step of each turn, ours and plain Keras's, and what runs our layers."""
    import numpy as np

    from seqsweep.events import TrialSpec
    from seqsweep.layers import kernels_of, to_keras
    from seqsweep.trial.learner import Learner
    from seqsweep.trial.run import Trial

    job, spec = Trial(task, data), TrialSpec("1", params, 1, 0, 1)
    view = job.view(spec)
    model = job.model(spec, view)
    plain = to_keras(model)  # before training: the same weights
    learner = Learner(model, view, params.batch_size)
    step = plain_step(plain, params, task)
    items = np.random.default_rng(0).choice(view.split.train, options.steps * params.batch_size)
    batches = list(batches_of(view, items, params.batch_size))

    def theirs() -> None:
        for batch in batches:
            loss = step(batch)
        float(loss)

    runs: list[Callable[[], Any]] = [lambda: learner.train(items), theirs]
    times: list[list[float]] = [[], []]
    for number in range(options.rounds + 1):
        for run, found in zip(runs, times, strict=True):
            started = CLOCKS[options.clock]()
            run()
            if number:  # the first turn traces
                found.append(1e3 * (CLOCKS[options.clock]() - started) / options.steps)
    return times[0], times[1], kernels_of(model)


def plain_step(model: Any, params: Any, task: Any) -> Callable[[Any], Any]:
    """The train step that Keras's `fit` compiles, without XLA, which is slower here."""
    import keras
    import tensorflow as tf

    optimizers = {"adam": keras.optimizers.Adam, "adamw": keras.optimizers.AdamW, "nadam": keras.optimizers.Nadam,
                  "rmsprop": keras.optimizers.RMSprop, "sgd": keras.optimizers.SGD}  # fmt: skip
    model.compile(optimizers[params.optimizer](params.learning_rate), task.loss, jit_compile=False)
    model.optimizer.build(model.trainable_variables)
    return tf.function(lambda batch: model.train_step(batch)["loss"], reduce_retracing=True)


def batches_of(view: Any, items: Any, size: int) -> Iterator[tuple[Any, Any]]:
    """Inputs and targets as tensors."""
    import numpy as np
    import tensorflow as tf

    for part in np.split(items, len(items) // size):
        inputs = [tf.constant(gather.numpy(part)) for gather in view.inputs]
        yield (inputs[0] if len(inputs) == 1 else inputs), tf.constant(view.targets.numpy(part))


def table(rows: list[list[str]], options: argparse.Namespace) -> Any:
    from rich.table import Table

    threads = f"{options.threads} thread{'s' if options.threads > 1 else ''}"
    found = Table(title=f"One training step in ms ({options.clock} time, {threads}, medians of {options.rounds} turns)")
    for heading in ("study", "network", "batch", "kernels", "ours", "Keras", "Keras / ours"):
        found.add_column(heading, justify="left" if heading in ("study", "network", "kernels") else "right")
    for row in rows:
        found.add_row(*row)
    return found


def memory(tokens: int) -> Any:
    """The most memory that sweeps of so many tokens take, as a table."""
    from rich.table import Table

    found = Table(title=f"Most memory at once, in MB, of a sweep of {tokens:,} tokens")
    for heading in ("sweep", "command", "largest other process", "all together"):
        found.add_column(heading, justify="left" if heading == "sweep" else "right")
    with tempfile.TemporaryDirectory() as folder:
        for kind, pattern in (("letters", r"(?s)."), ("words", r" ?\w+| ?[^\w\s]+|\s+")):
            text = "".join(itertools.islice((token.group() for token in re.finditer(pattern, english())), tokens))
            (Path(folder) / f"{kind}.txt").write_text(text, encoding="utf-8")
            most = peaks(folder, "text", f"data.path={kind}.txt", f"task.tokens={kind}", *ONCE)
            found.add_row(f"text, {kind}", *most)
        found.add_row("quickstart", *peaks(folder, "quickstart"))
    return found


def english() -> str:
    """Python's documentation, and its standard library again and again."""
    import sysconfig
    from pydoc_data.topics import topics

    library = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
    return "".join([*topics.values(), *(file.read_text("utf-8", errors="ignore") for file in library)] * 2)


def peaks(folder: str, *arguments: str) -> tuple[str, ...]:
    """What the command, the largest process that it started, and all of them together held at most, in MB."""
    import psutil

    command = [sys.executable, "-m", "seqsweep.cli", "sweep", *arguments, "executor.workers=1"]
    process = psutil.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    most = [0, 0, 0]
    while process.poll() is None:
        others = [child.pid for child in process.children(recursive=True)]
        now = (
            held(
                process.pid, "status", "VmHWM"
            ),  # the kernel keeps the peak: what is missed is that of the last moment
            max((held(child, "status", "VmHWM") for child in others), default=0),
            sum(held(one, "smaps_rollup", "Pss:") for one in (process.pid, *others)),
        )
        most = list(map(max, most, now))
        time.sleep(0.2)
    return tuple(f"{peak / 1e3:,.0f}" for peak in most) if not process.returncode else ("failed", "", "")


def held(process: int, file: str, name: str) -> int:
    """A figure of a process, in kB; 0 where it is gone."""
    with suppress(OSError):
        lines = Path(f"/proc/{process}/{file}").read_text().splitlines()
        return next((round(int(line.split()[1]) * 1.024) for line in lines if line.startswith(name)), 0)
    return 0


if __name__ == "__main__":
    main()
