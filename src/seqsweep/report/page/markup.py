"""Pieces of HTML: every text that comes from data or a config is escaped here."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """One heading of the page with what stands below it.

    Args:
        key: of its anchor: `leaderboard`.
        title: its heading.
        blocks: HTML.
    """

    key: str
    title: str
    blocks: Sequence[str]


def text(words: object) -> str:
    """As HTML, whatever it holds; also right for labels of figures."""
    return html.escape(str(words), quote=True)


def paragraph(words: str, kind: str = "") -> str:
    """A paragraph of plain text."""
    return f"<p{_class(kind)}>{text(words)}</p>"


def note(words: str) -> str:
    """What a reader should know about the figure or table above."""
    return paragraph(words, "note")


def table(head: Sequence[str], rows: Iterable[Sequence[object]], words: int = 1, marked: Iterable[int] = ()) -> str:
    """A table that scrolls where the window is narrow.

    Args:
        head: of the columns.
        rows: cells as plain values; text that is HTML already does not belong here.
        words: so many columns from the left hold words and stand left; the others hold figures and stand right.
        marked: rows (from 0) that stand out: baselines.
    """
    marks = set(marked)
    sides = ["" if i < words else ' class="figure-cell"' for i in range(len(head))]
    titles = "".join(f"<th{side}>{text(title)}</th>" for title, side in zip(head, sides, strict=True))
    lines = []
    for i, row in enumerate(rows):
        cells = "".join(f"<td{side}>{text(cell)}</td>" for cell, side in zip(row, sides, strict=True))
        lines.append(f"<tr{_class('marked' if i in marks else '')}>{cells}</tr>")
    kind = "scroll wide" if words > 1 else "scroll"
    return f'<div class="{kind}"><table><thead><tr>{titles}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>'


def listed(sentences: Iterable[str]) -> str:
    """Sentences, each with a dot before it."""
    return f"<ul>{''.join(f'<li>{text(sentence)}</li>' for sentence in sentences)}</ul>"


def facts(pairs: Iterable[tuple[str, object]]) -> str:
    """Names and values below each other."""
    lines = "".join(f"<dt>{text(name)}</dt><dd>{text(value)}</dd>" for name, value in pairs)
    return f"<dl>{lines}</dl>"


def tiles(entries: Iterable[tuple[str, str, str]]) -> str:
    """Figures to see first: name, value, what it says."""
    boxes = "".join(
        f'<div class="tile"><span class="name">{text(name)}</span><span class="value">{text(value)}</span>'
        f'<span class="said">{text(said)}</span></div>'
        for name, value, said in entries
    )
    return f'<div class="tiles">{boxes}</div>'


def folded(title: str, body: str, kind: str = "") -> str:
    """A block that opens when its title is clicked."""
    return f"<details{_class(kind)}><summary>{text(title)}</summary>{body}</details>"


def verbatim(words: str) -> str:
    """A text with its own line breaks."""
    return f"<pre>{text(words)}</pre>"


def side_by_side(figures: Iterable[str]) -> str:
    """Figures in one row where there is room."""
    return f'<div class="row">{"".join(figures)}</div>'


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""
