"""The facts of a data set in the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console, Group, RenderableType
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from seqsweep.tasks import Facts, FactTable
from seqsweep.terminal import console
from seqsweep.words import counted

WIDEST = 120  # characters a line, however wide the terminal
ROWS = 20  # of a table; the page has all
LONG = 28  # characters of a cell, where columns need the room


def show_facts(shown: Console, facts: Facts) -> None:
    """All facts, and each note once.

    Args:
        shown: to print on.
        facts: of a data set.
    """
    width = min(shown.width, WIDEST)
    for sentence in facts.summary:
        shown.print(sentence, width=width)
    for table in facts.tables:
        shown.print()
        shown.print(fact_table(table, width), width=width)
    if facts.notes:
        shown.print("\nNotes", style="bold")
        shown.print(_list(facts.notes), width=width)


def fact_table(facts: FactTable, width: int) -> RenderableType:
    """A heading with what stands below it: columns are left out where there is no room, and told.

    Args:
        facts: of one heading.
        width: characters a line.
    """
    title = Text(facts.title, style="bold")
    if not facts.head:
        return Group(title, _labels(facts.rows))
    shown, table = list(range(len(facts.head))), _table(facts, range(len(facts.head)))
    leavable = [column for column in shown if column not in facts.needed][::-1] if facts.needed else []
    while leavable and _width(table) > width:
        shown.remove(leavable.pop(0))
        table = _table(facts, shown)
    left_out = []
    if len(shown) < len(facts.head):
        left_out.append(f"{counted(len(facts.head) - len(shown), 'further column')}")
    if len(facts.rows) > ROWS:
        left_out.append(f"{counted(len(facts.rows) - ROWS, 'further row')}")
    below = [Text(f"  {' and '.join(left_out)} on the page", style="dim")] if left_out else []
    return Group(title, table, *below)


def _table(facts: FactTable, shown: Sequence[int]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False)
    for column in shown:
        head, is_words = facts.head[column], column < facts.words
        table.add_column(head, justify="left" if is_words else "right", overflow="ellipsis", no_wrap=True)
    for row in facts.rows[:ROWS]:
        table.add_row(*(_short(row[column]) for column in shown))
    return table


def _labels(rows: Sequence[Sequence[str]]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="cyan")
    table.add_column()
    for row in rows:
        table.add_row(f"  {row[0]}", *row[1:])
    return table


def _list(sentences: Sequence[str]) -> Table:
    table = Table.grid(padding=(0, 1))
    for sentence in sentences:
        table.add_row("  -", Text(sentence, style="yellow"))
    return table


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= LONG else f"{plain[: LONG - 1]}…"


def _width(table: Table) -> int:
    endless = console(width=10_000)
    return Measurement.get(endless, endless.options, table).maximum
