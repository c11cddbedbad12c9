"""Train every point of a finite space from several seeds, once, and keep what each epoch came to as a table.

    nice python benchmarks/tables/train.py sunspots co2 --seeds 2 --kept /tmp/tables

Of each study of benchmarks/tables/NAME.yaml → NAME.parquet beside it: one row an epoch, with the point's number and
values, the seed, and `val_loss` and the objective after it. All studies are trained from one seed before the next, and
the table is written after each. What was trained stays in NAME.jsonl of the folder `--kept`, where a killed run goes
on.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from seqsweep import search_space
from seqsweep.config import compose
from seqsweep.events import Epoch, TrialSpec
from seqsweep.executor.protocol import whole_trial
from seqsweep.schema import SweepConfig
from seqsweep.tasks import make_task
from seqsweep.trial import Trial, derive_seed, warm
from seqsweep.tuner import Proposal, make_tuner

HERE = Path(__file__).parent
AT_ONCE = 100  # trials of one process: TensorFlow keeps some of the memory of each


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+", help="of studies in this folder")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--points", type=int, help="train so many, drawn at random, and not every one")
    parser.add_argument("--kept", type=Path, required=True, help="a folder for what was trained so far")
    options = parser.parse_args()
    options.kept.mkdir(parents=True, exist_ok=True)
    for seed in range(options.seeds):
        for name in options.names:
            kept = options.kept / f"{name}.jsonl"
            process = multiprocessing.get_context("spawn").Process
            while _count(kept) < (seed + 1) * len(chosen(_config(name), options.points)):
                worker = process(target=train, args=(name, seed, kept, options.points))
                worker.start()
                worker.join()
                if worker.exitcode:
                    raise SystemExit(f"{name}: training ended with {worker.exitcode}; {kept} holds what was trained")
            write(kept, name)


def chosen(config: SweepConfig, count: int | None) -> list[int]:
    """The numbers of the points that are trained."""
    every = range(int(search_space.size(config)))
    return sorted(random.Random(0).sample(every, count)) if count else list(every)


def _count(kept: Path) -> int:
    return kept.read_text().count("\n") if kept.exists() else 0


def _config(name: str) -> SweepConfig:
    return compose(name, own=HERE).jobs[0]


def write(kept: Path, name: str) -> None:
    """The table of what was trained."""
    rows = [row for line in kept.read_text().splitlines() for row in json.loads(line)]
    frame = pd.DataFrame(rows)
    scores = ["val_loss", f"val_{_config(name).task.objective}"]
    frame = frame[[column for column in frame if column not in scores] + scores].astype(
        dict.fromkeys(scores, "float32")
    )
    frame.to_parquet(HERE / f"{name}.parquet", index=False, compression="zstd")


def train(name: str, seed: int, kept: Path, count: int | None) -> None:
    """Append a line a trial to `kept` for those of this seed that it lacks, but for more than so many at once."""
    warm(1)
    config = _config(name)
    task = make_task(config)
    job = Trial(task, task.load(search_space.Space(config), lambda _: None))
    every, numbers = list(points(config)), chosen(config, count)
    done = _count(kept) - seed * len(numbers)
    with kept.open("a") as file:
        for number, proposal in [(n, every[n]) for n in numbers[done : done + AT_ONCE]]:
            file.write(json.dumps(list(rows_of(job, seed, number, proposal))) + "\n")
            file.flush()


def points(config: SweepConfig) -> Iterator[Proposal]:
    """Every point of the space once."""
    with tempfile.TemporaryDirectory() as folder:
        tuner = make_tuner(config, Path(folder))
        while isinstance(proposal := tuner.ask("one"), Proposal):
            yield proposal
            tuner.tell(proposal.trial_id, 0.0)


def rows_of(job: Trial, seed: int, number: int, proposal: Proposal) -> Iterator[dict[str, Any]]:
    """A row an epoch."""
    config = job.config
    own = {"point": number, "seed": seed, **proposal.values}
    spec = TrialSpec("1", proposal.params, derive_seed(seed, str(number)), 0, config.trial.epochs)
    for event in whole_trial(job, spec):
        if isinstance(event, Epoch):
            scores = {name: event.metrics[name] for name in ("val_loss", f"val_{config.task.objective}")}
            yield {**own, "epoch": event.epoch, **scores}


if __name__ == "__main__":
    main()
