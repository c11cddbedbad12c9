"""The mean of the seeds' networks against single ones, on validation and on the test part.

    python benchmarks/ensemble.py
    python benchmarks/ensemble.py --study window_length --sweeps 3 tuner.max_trials=3

A row is a sweep with its finals from another seed: on validation, then on test, the mean score of the winner's networks
each alone, the score of their mean, which is packaged, and the change; below 0 the mean is better.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from dataclasses import replace

from seqsweep import finals, search
from seqsweep.config import compose


class Silent:
    """An observer that shows nothing."""

    def say(self, *_: object) -> None: ...

    describe = begin = stage = started = epoch = ended = finish = say


def main() -> None:
    options = arguments()
    rows = []
    for seed in range(options.sweeps):
        rows.append(sweep(options, seed))
        print(line(str(seed), *rows[-1]), flush=True)
    for name, column in (("validation", 1), ("test", 4)):
        changes = [row[column + 1] / row[column] - 1 for row in rows]
        better = f"better in {sum(change < 0 for change in changes)} of {len(rows)}"
        error = statistics.stdev(changes) / len(changes) ** 0.5
        print(f"{name}: {statistics.fmean(changes):+.1%} ± {error:.1%} (standard error), {better}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--study", default="quickstart")
    parser.add_argument("--sweeps", type=int, default=10, help="from the seeds 0, 1, …")
    parser.add_argument("overrides", nargs="*", default=["tuner.max_trials=4"], help="Hydra's")
    return parser.parse_intermixed_args()


def sweep(options: argparse.Namespace, seed: int) -> tuple[str, float, float, str, float, float]:
    """The winner's name, single and mean on validation; then likewise on test."""
    with tempfile.TemporaryDirectory() as folder:
        given = ["tracking=none", "executor=inline", f"tracking.directory={folder}", f"seed={seed}", *options.overrides]
        (config,) = compose(options.study, given).jobs
        with search.open_sweep(config, Silent()) as context:
            found = finals.run(context, search.search(context))
            assert found is not None and found.winner is not None and found.evaluation is not None
            scores = [part_scores(context, found, run) for run in found.evaluation.networks]
    validation, test = (statistics.fmean(column) for column in zip(*scores, strict=True))
    evaluation, objective = found.evaluation, found.objective
    return found.winner.name, validation, evaluation.validation, "", test, evaluation.scores[objective]


def part_scores(context: search.SweepContext, found: finals.Conclusion, run: str) -> tuple[float, float]:
    """Of the network of one final run alone, on validation and on test."""
    alone = replace(found, evaluations=(replace(found.evaluation, networks=(run,)),))
    network, data = finals.scored(context, alone)[1].network(context.problem), context.problem.data
    parts = data.split()
    return tuple(
        data.score(data.actual(items), network.predict(items))[found.objective]
        for items in (parts.validation, parts.test)
    )


def line(seed: str, winner: str, single: float, mean: float, _: str, test_single: float, test_mean: float) -> str:
    on_validation = f"{single:.4g} | {mean:.4g} | {mean / single - 1:+.1%}"
    on_test = f"{test_single:.4g} | {test_mean:.4g} | {test_mean / test_single - 1:+.1%}"
    return f"| {seed} | {winner} | {on_validation} | {on_test} |"


if __name__ == "__main__":
    main()
