"""How fast the recurrent layers train beside plain Keras and PyTorch, and how exact they are.

    python benchmarks/kernels.py
    python benchmarks/kernels.py --torch-python PATH    # a Python that has torch; it may be another environment's

A step is forward, backward and Adam on one batch. What is compared runs by turns in one session, so that a busy machine
slows all of it alike: read the ratios. Ours and Keras have the same weights; "difference" is the largest one of outputs
and gradients, relative to the largest number of the tensor. "ready" is the time to the end of the first step.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}


@dataclass(frozen=True)
class Case:
    """A network of equal layers on windows of one feature."""

    layer: str
    batch: int
    depth: int
    units: int
    window: int

    @property
    def dropout(self) -> float:
        return 0.2 if self.depth > 1 else 0.0


@dataclass
class Runner:
    """Something that trains: `run(n)` gives the milliseconds of a step, as a mean over n."""

    ready: float  # seconds
    run: Callable[[int], float]


def main() -> None:
    options = arguments()
    if options.torch_server:
        serve_torch(options)
        return
    limit_threads(options.threads)
    from rich.console import Console

    console = Console(width=120)
    rows = []
    for case in cases(options):
        rows.append(measure(case, options))
        console.print(table(rows[-1:]) if len(rows) == 1 and not options.torch_python else summary(rows[-1]))
    console.print(table(rows))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--torch-python", help="interpreter that can import torch; without it PyTorch is left out")
    parser.add_argument("--threads", type=int, default=1, help="of a step; a trial of a sweep has one")
    parser.add_argument("--rounds", type=int, default=9, help="turns of each; the median counts")
    parser.add_argument("--milliseconds", type=float, default=300, help="of a turn")
    parser.add_argument("--clock", choices=CLOCKS, default="wall", help="cpu is steadier on a busy machine")
    parser.add_argument("--layers", nargs="+", default=["simple_rnn", "lstm", "gru"])
    parser.add_argument("--batches", nargs="+", type=int, default=[32, 256])
    parser.add_argument("--shapes", nargs="+", default=["4x50x100", "1x64x24"], help="depth x units x window")
    parser.add_argument("--torch-server", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def cases(options: argparse.Namespace) -> Iterator[Case]:
    for shape in options.shapes:
        depth, units, window = map(int, shape.split("x"))
        for layer in options.layers:
            for batch in options.batches:
                yield Case(layer, batch, depth, units, window)
