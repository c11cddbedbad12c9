"""The Pareto front as a table: the trials that no other one beats in all objectives, and what they trade."""

from __future__ import annotations

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from seqsweep.finals import Conclusion, Difference, Finalist
from seqsweep.objectives import Objective, Resource, shown, title_of, value_of
from seqsweep.records import TrialRecord
from seqsweep.search import Outcome
from seqsweep.terminal import with_whole_words
from seqsweep.words import enumerated, in_words, plus_minus

BEYOND = "*"
"""Behind what does not keep to its bound."""


def front_table(outcome: Outcome) -> Group:
    """A row a trial on the front, in the order of the first objective, and what a front is.

    Args:
        outcome: of a search with several objectives.
    """
    table = Table(title="Pareto front, validation part", box=box.SIMPLE_HEAD, title_justify="left")
    table.add_column("#", justify="right", min_width=2)
    table.add_column("trial")
    for objective in outcome.objectives:
        table.add_column(title_of(objective), justify="right")
    for record in outcome.front:
        cells = (cell(objective, record) for objective in outcome.objectives)
        table.add_row(str(outcome.ranked.index(record) + 1), record.name, *cells)
    return Group(with_whole_words(table), Text("\n".join(explained(outcome))))


def explained(outcome: Outcome) -> list[str]:
    """What a front is, and what a figure that was measured is, a sentence each."""
    names = enumerated([in_words(objective.name) for objective in outcome.objectives])
    said = [f"on the front: no other trial is as good in {names}, and better in one of them"]
    for one in outcome.objectives.others:
        if isinstance(one, Resource) and one.spread:
            told = "± the range of the middle half; measured, so that another time it is another figure"
            said.append(f"{in_words(one.name)}: {one.meaning}, {told}")
    return said


def cell(objective: Objective, record: TrialRecord) -> str:
    """What a trial came to: `11.32`, `4,481`, `0.412 ± 0.03`.

    Args:
        objective: of the sweep.
        record: of the trial.
    """
    value = value_of(objective, record)
    if isinstance(objective, Resource) and objective.spread:
        return plus_minus(value, getattr(record, objective.spread))
    return shown(objective, value)


def traded(objective: Objective, finalist: Finalist, difference: Difference | None) -> str:
    """The mean of a further objective, and how much more of it the winner has: `329 (+2,872)`, `1.2 (+0.4 to +0.9)`.

    Args:
        objective: of the sweep.
        finalist: of its finals.
        difference: between the winner and this one; None: it is the winner, or failed.
    """
    mean = shown(objective, finalist.means[objective.name]) + (BEYOND if objective.name in finalist.beyond else "")
    interval = difference.others.get(objective.name) if difference is not None else None
    if interval is None:
        return mean
    if interval.low == interval.high:
        return f"{mean} ({signed(objective, interval.mean)})"
    return f"{mean} ({signed(objective, interval.low)} to {signed(objective, interval.high)})"


def about_trades(conclusion: Conclusion) -> list[str]:
    """What the columns of further objectives hold; nothing where there are none."""
    if not conclusion.objectives:
        return []
    told = ["means over the runs; in brackets how much more of it the winner has, with an interval if it varies"]
    if any(finalist.beyond for finalist in conclusion.finalists):
        told.append(f"{BEYOND} beyond registry.bounds, which are of all networks whose mean serves")
    return told


def signed(objective: Objective, value: float) -> str:
    """A difference with its sign."""
    return f"{'-' if value < 0 else '+'}{shown(objective, abs(value), 3)}"
