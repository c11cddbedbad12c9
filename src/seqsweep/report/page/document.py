"""The page as one file: style, plotly.js and every figure inside, so that it opens from disk with no network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from seqsweep.report.page.markup import Section, text

HERE = Path(__file__).parent

# The browser itself then refuses to fetch anything; plotly's parallel coordinates compile their shaders by `eval`.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline' 'unsafe-eval'; img-src data: blob:"


def document(title: str, subtitle: str, head: Sequence[str], sections: Sequence[Section]) -> str:
    """The whole page.

    Args:
        title: of the page.
        subtitle: what it answers.
        head: HTML blocks above the first section.
        sections: in order; the page opens with links to them.
    """
    from plotly.offline import get_plotlyjs

    links = "".join(f'<a href="#{section.key}">{text(section.title)}</a>' for section in sections)
    style, script = ((HERE / name).read_text(encoding="utf-8") for name in ("style.css", "page.js"))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n"
        f"<header><h1>{text(title)}</h1><p>{text(subtitle)}</p></header>\n{_joined(head)}<nav>{links}</nav>\n"
        f"{_joined(map(rendered, sections))}</main>\n<script>{get_plotlyjs()}</script>\n<script>\n{script}</script>\n"
        "</body>\n</html>\n"
    )


def rendered(section: Section) -> str:
    """A section as HTML."""
    return f'<section id="{section.key}">\n<h2>{text(section.title)}</h2>\n{_joined(section.blocks)}</section>'


def _joined(blocks: object) -> str:
    return "".join(f"{block}\n" for block in blocks)  # type: ignore[attr-defined]
