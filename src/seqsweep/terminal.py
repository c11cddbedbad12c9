"""The terminal as rich shows it: whatever stands in square brackets or between colons is text.

A column of a user's data may be called `flow [/min]`, `speed [km/h]` or `a:on:b`, where rich would read styles and
emoji. So every console is made here, and no caller can forget it.
"""

from __future__ import annotations

from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table


def console(**settings: Any) -> Console:
    """A console that shows every text as it is.

    Args:
        settings: rich's own, such as `width` or `stderr`.
    """
    return Console(**settings, markup=False, emoji=False, highlight=False)


def with_whole_words(table: Table) -> Table:
    """A table whose cells and heads go on in a further line where it is too wide, so that no figure and no name is cut.

    Args:
        table: has its rows, all of them texts; it is changed.
    """
    for column in table.columns:
        column.no_wrap = False
        words = [word for text in (column.header, *column.cells) for word in str(text).split()]
        column.min_width = max([column.min_width or 1, *map(cell_len, words)])
    return table
