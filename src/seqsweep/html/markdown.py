"""Pieces of Markdown, which takes HTML: texts of the data are escaped here too."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from markupsafe import Markup


def code(text: object) -> Markup:
    """A code span, in which nothing is markup; its fence is longer than any in the text."""
    words = " ".join(str(text).split())
    fence = "`" * (1 + max(map(len, re.findall("`+", words)), default=0))
    space = " " if "`" in words else ""
    return Markup(f"{fence}{space}{words}{space}{fence}")


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Markup:
    """A table; cells that are no `Markup` are escaped.

    Args:
        head: a title a column.
        rows: a cell a column each.
    """
    cells = [head, [Markup("---")] * len(head), *rows]
    return Markup("\n").join(Markup("| {} |").format(Markup(" | ").join(row)) for row in cells)
