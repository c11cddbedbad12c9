"""Pieces of HTML; `blocks.html.j2` holds what they look like."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from seqsweep.html.templates import environment


@dataclass(frozen=True)
class Section:
    """One heading of the page with what stands below it.

    Args:
        key: of its anchor: `leaderboard`.
        title: its heading.
        blocks: in order.
        unfolded: of a task's sections: a reader needs it at once, and not among the details.
    """

    key: str
    title: str
    blocks: Sequence[Markup]
    unfolded: bool = False

    @property
    def empty(self) -> bool:
        """Whether it says in one line that there is nothing to show."""
        return len(self.blocks) == 1 and self.blocks[0].startswith("<p>")


def paragraph(words: str, kind: str = "") -> Markup:
    """A paragraph of plain text.

    Args:
        words: the text.
        kind: its class in the style sheet; may be empty.
    """
    return _block("paragraph", words, kind)


def note(words: str) -> Markup:
    """What a reader should know about the figure or table above."""
    return paragraph(words, "note")


def summary(sentences: Iterable[str]) -> Markup:
    """Sentences to read first, a paragraph each."""
    return _block("summary", list(sentences))


def link(address: str, words: str) -> Markup:
    """Words that lead elsewhere.

    Args:
        address: where to.
        words: that are clicked.
    """
    return _block("link", address, words)


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[object]],
    words: int = 1,
    marked: Iterable[int] = (),
    bold: Iterable[int] = (),
) -> Markup:
    """A table that scrolls where the window is narrow.

    Args:
        head: of the columns.
        rows: a cell for each column.
        words: so many columns from the left hold words and stand left; the others hold figures and stand right.
        marked: rows (from 0) that are shaded: baselines.
        bold: rows that stand out: the winner's.

    Raises:
        ValueError: a row has more or fewer cells than there are columns.
    """
    cells = [list(row) for row in rows]
    if any(len(row) != len(head) for row in cells):
        raise ValueError(f"a table of {len(head)} columns received rows of {sorted({len(row) for row in cells})} cells")
    kinds = {**dict.fromkeys(marked, "marked"), **dict.fromkeys(bold, "winner")}
    return _block("table", head, cells, words, kinds)


def listed(sentences: Iterable[str]) -> Markup:
    """Sentences, each with a dot before it."""
    return _block("listed", list(sentences))


def facts(pairs: Iterable[tuple[str, object]]) -> Markup:
    """Names and values below each other."""
    return _block("facts", list(pairs))


def short_facts(pairs: Iterable[tuple[str, object]]) -> Markup:
    """Names and values of a few words, in as many columns as there is room for."""
    return _block("short_facts", list(pairs))


def folded(title: str, body: Markup, kind: str = "") -> Markup:
    """A block that opens when its title is clicked.

    Args:
        title: that is always shown.
        body: what opens.
        kind: its class in the style sheet; may be empty.
    """
    return _block("folded", title, body, kind)


def verbatim(words: str) -> Markup:
    """A text with its own line breaks."""
    return _block("verbatim", words)


def side_by_side(figures: Iterable[Markup]) -> Markup:
    """Figures in one row where there is room."""
    return _block("side_by_side", list(figures))


def plot(title: str, height: int, data: Markup, wide: int = 0) -> Markup:
    """A figure that page.js draws.

    Args:
        title: above it.
        height: pixels.
        data: plotly's JSON without `<`.
        wide: pixels below which it scrolls sideways; 0: it never does.
    """
    return _block("figure", title, height, data, wide)


def rendered(section: Section) -> Markup:
    """A section as HTML."""
    return _block("section", section)


def detail(section: Section) -> Markup:
    """A section that opens when its title is clicked; one line where it has nothing to show."""
    return _block("section" if section.empty else "detail", section)


def joined(blocks: Iterable[Markup]) -> Markup:
    """Blocks below each other."""
    return Markup("\n").join(blocks)


def _block(name: str, *values: object) -> Markup:
    block: Markup = getattr(environment().get_template("blocks.html.j2").module, name)(*values)
    return block
