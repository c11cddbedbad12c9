"""What a terminal sees of a registry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich import box
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from seqsweep.registry.gate import Condition
from seqsweep.registry.ledger import LedgerEntry, champions
from seqsweep.terminal import console
from seqsweep.words import in_words, one_line, percent, significant

if TYPE_CHECKING:
    import pandas as pd


SHOWN = 8  # columns of an answer: all that a forecast has


def show(table: Table, whole: bool = False) -> None:
    """Print it, as wide as the terminal is.

    Args:
        table: to show.
        whole: where it is read by a pipe, as wide as it needs to be, so that no figure is cut.
    """
    shown = console()
    if whole and not shown.is_terminal:
        shown = console(
            width=max(shown.width, Measurement.get(shown, shown.options.update(width=10_000), table).maximum)
        )
    shown.print(table)


def gate_table(conditions: Sequence[Condition]) -> Table:
    """A row a condition: whether it holds, what was found, and what would satisfy it."""
    table = Table(title="The gate", title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("condition", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("what was found", overflow="fold")
    for condition in conditions:
        mark = Text("passed", style="green") if condition.passed else Text("FAILED", style="bold red")
        mend = f"\n→ {condition.mend}" if condition.mend else ""
        table.add_row(condition.name, mark, Text(condition.found + mend))
    return table


def history_table(name: str, entries: Sequence[LedgerEntry], aliases: Mapping[str, str]) -> Table:
    """A row a change of the champion, the oldest first.

    Args:
        name: of the registered model.
        entries: of its ledger, the oldest first.
        aliases: version numbers by alias, as the store has them now.
    """
    stack = champions(entries)
    present = aliases.get("champion")
    below = f"champion: {f'version {present}' if present else 'none'}"
    if "previous" in aliases:
        below += f", previous: version {aliases['previous']}"
    if stack and present != stack[-1]:
        below += f"\nthe alias was moved by other means: the ledger's champion is version {stack[-1]}"
    table = Table(
        title=f"{name}: who was champion when",
        caption=below,
        title_justify="left",
        caption_justify="left",
        box=box.SIMPLE_HEAD,
    )
    table.add_column("#", justify="right", no_wrap=True)
    for column in ("champion", "when (UTC)", "by", "sweep"):
        table.add_column(column, no_wrap=True)
    table.add_column("what and why", overflow="fold")
    for entry in entries:
        change = f"{entry.before} → {entry.version}" if entry.before else entry.version
        cells = [str(entry.number), change, entry.at[:16].replace("T", " "), entry.by, entry.sweep[:6], _what(entry)]
        table.add_row(*(Text(cell) for cell in cells))
    return table


def answers_table(title: str, answers: pd.DataFrame) -> Table:
    """A row a step ahead, or an item; of many columns the first ones, which say the most.

    Args:
        title: above the table.
        answers: a packaged model's, a column each.
    """
    shown, beyond = answers.columns[:SHOWN], len(answers.columns) - SHOWN
    more = f"{beyond} further columns: --output FILE.csv writes them all" if beyond > 0 else None
    table = Table(title=title, title_justify="left", caption=more, caption_justify="left", box=box.SIMPLE_HEAD)
    for name in shown:
        table.add_column(in_words(str(name)), justify="right", no_wrap=True)
    columns = [_cells(answers[name]) for name in shown]
    for row in zip(*columns, strict=True):
        table.add_row(*map(Text, row))
    return table


def _cells(column: pd.Series[Any]) -> list[str]:
    """Values as a person reads them: figures of five digits, days without the time of midnight."""
    if not hasattr(column, "dt"):
        return [significant(value, 5) if isinstance(value, float) else one_line(str(value)) for value in column]
    days = all(moment == moment.normalize() for moment in column)
    return [str(moment.date()) if days else moment.isoformat(" ") for moment in column]


def _what(entry: LedgerEntry) -> str:
    """What was done, the score on the test part that counts most, and the user's own words; the rest is in the tags."""
    figures = [f"{in_words(name)} {significant(value)}" for name, value in entry.scores.items() if name != "skill"][:1]
    figures += [f"skill {percent(entry.scores['skill'])}"] if "skill" in entry.scores else []
    text = f"{entry.event}: test {', '.join(figures)}" if figures else entry.event
    if entry.forced:
        return f"{text}; FORCED over {', '.join(entry.failed) or 'nothing'}: {entry.forced}"
    return f"{text}; {entry.why}" if entry.event == "rollback" and entry.why else text
