"""When a winner is packaged, and its package brought into the store."""

from __future__ import annotations

import shutil
from pathlib import Path

from seqsweep import finals
from seqsweep.finals import Conclusion
from seqsweep.package.build import ASIDE, MODEL, build, evaluation_of, packaged_evaluation
from seqsweep.package.cost import load_cost
from seqsweep.package.export import load_export
from seqsweep.package.integrity import altered
from seqsweep.package.parity import load_parity
from seqsweep.search import Problem, SweepContext
from seqsweep.tracking.reaching import load_mlflow


def prepare(context: SweepContext) -> None:
    """Have MLflow imported where a winner will be packaged, beside the finals, unless one is there."""
    if context.config.finals.trials and not (context.state.folder / MODEL).exists():
        context.calls.begin(load_mlflow)


def keep(context: SweepContext, conclusion: Conclusion) -> None:
    """Package the present winner in the sweep's folder and log it with the sweep's run, unless that was done.

    The run says whether parity holds.

    Args:
        context: of the open sweep.
        conclusion: of its finals; without a test evaluation nothing is packaged.

    Raises:
        StateError: the disk refuses.
    """
    folder = context.state.folder
    for left in folder.glob(f"{ASIDE}*"):  # by a process that was killed while it packaged
        shutil.rmtree(left, ignore_errors=True)
    if conclusion.evaluation is None:
        return
    runs = finals.refit_runs(context, conclusion.evaluation.networks)
    packaged = packaged_evaluation(folder / MODEL) == evaluation_of(conclusion, runs is not None)
    packaged = packaged and not (context.problem.config.package.onnx and load_export(folder / MODEL) is None)
    damage = altered(folder / MODEL) if packaged else ""
    if damage:
        context.observer.say(f"{damage}: the winner is packaged again")
    if not packaged or damage:
        context.observer.stage("packaging the winner")
        finalists, seen = finals.scored(context, conclusion)
        refitted = None if runs is None else runs.refitted(context)
        known = (finalists,) if runs is None else (finalists, runs)
        finals.call(context, known, build_winner, folder, context.problem, conclusion, seen, refitted)
        context.observer.say(f"packaged: {load_cost(folder / MODEL).said}")
        if (made := load_export(folder / MODEL)) is not None:
            context.observer.say(made.said)
    parity = load_parity(folder / MODEL)
    cost, exported = load_cost(folder / MODEL), load_export(folder / MODEL)
    metrics = {"package_bytes": cost.size, "package_seconds": cost.seconds}
    tags = {"parity": "passed" if parity and parity.passed else "failed", **_learned(runs)}
    if exported is not None:
        metrics |= exported.metrics
        tags["onnx"] = exported.fault or "passed"
    context.tracker.log_sweep(metrics, tags)
    assert conclusion.winner is not None  # who was evaluated
    context.tracker.log_model(folder / MODEL, conclusion.winner.params)


def build_winner(
    folder: Path, problem: Problem, conclusion: Conclusion, scored: finals.Trained, refitted: finals.Refitted | None
) -> None:
    """Package the winner; to be called where TensorFlow is.

    Args:
        folder: of the sweep, on this machine.
        problem: of the sweep.
        conclusion: of its finals; it has a test evaluation.
        scored: what was evaluated.
        refitted: what serves; None: what was evaluated.

    Raises:
        StateError: the disk refuses.
        WeightsError: those of a network cannot be used.
    """
    network = scored.network(problem)
    build(folder, problem, network, conclusion, refit=None if refitted is None else refitted.restored(problem))


def _learned(runs: finals.RefitRuns | None) -> dict[str, str]:
    """Tags of what the packaged model has learned from."""
    if runs is None or runs.whole is None:
        return {"refit": "train"}
    epochs = ", ".join(str(runs.ended[run].epochs) for run in runs.runs)
    return {
        "refit": finals.ALL,
        "refit_data": runs.whole.extent(),
        "refit_runs": ", ".join(runs.runs),
        "refit_epochs": epochs,
    }
