"""When a winner is packaged, and its package brought into the store."""

from __future__ import annotations

import shutil

from seqsweep import finals
from seqsweep.finals import Conclusion
from seqsweep.package.build import ASIDE, MODEL, build, evaluation_of, packaged_evaluation
from seqsweep.package.cost import load_cost
from seqsweep.package.export import load_export
from seqsweep.package.integrity import altered
from seqsweep.package.parity import load_parity
from seqsweep.search import SweepContext


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
    runs = finals.refit_runs(context, conclusion)
    packaged = packaged_evaluation(folder / MODEL) == evaluation_of(conclusion.evaluation, runs is not None)
    packaged = packaged and not (context.problem.config.package.onnx and load_export(folder / MODEL) is None)
    damage = altered(folder / MODEL) if packaged else ""
    if damage:
        context.observer.say(f"{damage}: the winner is packaged again")
    if not packaged or damage:
        context.observer.stage("packaging the winner")
        seen = finals.network(context, conclusion)
        assert seen is not None  # there was an evaluation
        refit = None if runs is None else finals.refitted(context, runs)
        build(folder, context.problem, seen, conclusion, refit=refit)
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
