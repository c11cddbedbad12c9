"""Train every point of a finite space from several seeds, once, and keep what each epoch came to as a table.

    nice -n 19 python benchmarks/tables/train.py sunspots --seeds 3

A study of benchmarks/tables/NAME.yaml → benchmarks/tables/NAME.parquet: one row an epoch, with the point's number and
values, the seed, and `val_loss` and the objective after it. What was trained before a kill is kept in NAME.jsonl.
"""

from __future__ import annotations

import argparse
import json
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="of a study in this folder")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    config = compose(options.name, own=HERE).jobs[0]
    kept = HERE / f"{options.name}.jsonl"
    train(config, options.seeds, kept)
    rows = [row for line in kept.read_text().splitlines() for row in json.loads(line)]
    pd.DataFrame(rows).to_parquet(HERE / f"{options.name}.parquet", index=False, compression="zstd")
    kept.unlink()


def train(config: SweepConfig, seeds: int, kept: Path) -> None:
    """Append a line a trial to `kept`, but for those that it holds."""
    warm(1)
    task = make_task(config)
    job = Trial(task, task.load(search_space.Space(config), print))
    done = kept.read_text().count("\n") if kept.exists() else 0
    every = [(seed, number, proposal) for seed in range(seeds) for number, proposal in enumerate(points(config))]
    with kept.open("a") as file:
        for seed, number, proposal in every[done:]:
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
