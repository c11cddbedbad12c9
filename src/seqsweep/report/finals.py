"""The finals as tables: who was trained again, and how the winner does on the test part beside every baseline."""

from __future__ import annotations

from rich import box
from rich.console import RenderableType
from rich.table import Table

from seqsweep.finals import Conclusion, TestEvaluation
from seqsweep.objectives import title_of
from seqsweep.report.facts import fact_table
from seqsweep.report.front import about_trades, traded
from seqsweep.report.heading import heading
from seqsweep.tasks import TASKS
from seqsweep.terminal import with_whole_words
from seqsweep.words import bounds, column_title, counted, in_words, ranking, share, significant


def finals_table(conclusion: Conclusion, wanted: int | None = None) -> Table:
    """A row a finalist: its score in the search, over the final runs, and the winner's lead.

    Args:
        conclusion: of the finals.
        wanted: `finals.trials`: where there are more finalists, the table says why.
    """
    runs = f"{counted(conclusion.seeds, 'seed')}" + (f" on {conclusion.folds} folds" if conclusion.folds > 1 else "")
    chosen = "front" if conclusion.objectives else "best"
    table = Table(
        title=f"Finals: the {chosen} again, {runs}, {in_words(conclusion.objective)} on validation",
        title_justify="left",
        caption="\n".join(_notes(conclusion, wanted)) or None,
        caption_justify="left",
        box=box.SIMPLE_HEAD,
    )
    table.add_column("#", justify="right", min_width=2)
    table.add_column("finalist")  # wraps where names are long, so that no figure is cut
    for name in ("search", "mean", "std"):
        table.add_column(name, justify="right", no_wrap=True)
    level = next((d.interval.level for d in conclusion.differences if d.interval is not None), 0.95)
    table.add_column(f"winner's lead, {share(level)} interval", justify="right", no_wrap=True)
    others = conclusion.further
    for other in others:
        table.add_column(title_of(other), justify="right", no_wrap=True)
    leads = {difference.trial_id: difference for difference in conclusion.differences}
    for place, finalist in enumerate(conclusion.finalists, 1):
        mean = "failed" if finalist.mean is None else significant(finalist.mean)
        std = "" if finalist.std is None else significant(finalist.std, 2)
        difference = leads.get(finalist.trial_id)
        lead = bounds(difference.interval if difference is not None else None, sign=-1)
        cells = [mean, std, lead, *(traded(other, finalist, difference) for other in others)]
        style = "bold green" if finalist is conclusion.winner else None
        table.add_row(str(place), finalist.name, significant(finalist.searched), *cells, style=style)
    return with_whole_words(table) if others else table  # without them names alone have to give way


def _notes(conclusion: Conclusion, wanted: int | None) -> list[str]:
    notes = [f"failed: {reason}" for finalist in conclusion.finalists for reason in finalist.reasons]
    notes += about_trades(conclusion)
    if wanted is not None and len(conclusion.finalists) > wanted:
        notes.append(f"finals.trials={wanted}, and beside them the best of each other layer type")
    return notes


def task_tables(conclusion: Conclusion, width: int) -> list[RenderableType]:
    """What the task has to show of the test evaluation beside its scores.

    Args:
        conclusion: of the finals.
        width: characters a line.
    """
    evaluation = conclusion.evaluation
    made = [] if evaluation is None else TASKS[conclusion.task].tables(evaluation.details)
    return [fact_table(table, width) for table in made]


def test_table(conclusion: Conclusion, evaluation: TestEvaluation) -> Table:
    """The winner and every baseline on the same items of the test part.

    Args:
        conclusion: of the finals; gives the metrics.
        evaluation: one of its own.
    """
    title = "Test part, read once" if evaluation.number == 1 else f"Test part, evaluation {evaluation.number}"
    if evaluation.mean_of:
        title += f"; {heading(conclusion, evaluation).winner} is the {evaluation.mean_of}"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("network or baseline")
    metrics = conclusion.metrics(evaluation.scores)
    for name in (*map(column_title, metrics), "skill"):
        table.add_column(name, justify="right")
    ranked = ranking(
        heading(conclusion, evaluation).winner,
        evaluation.scores,
        evaluation.baselines,
        evaluation.best_baseline,
        conclusion.metric,
        metrics,
    )
    for who, own, cells in ranked:
        table.add_row(who, *cells, style="bold green" if own else "cyan")
    return with_whole_words(table)
