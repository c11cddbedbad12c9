"""The page as one file: style, plotly.js and every figure inside, so that it opens from disk with no network."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from seqsweep.html.blocks import Section
from seqsweep.html.templates import HERE, environment

# The browser itself then refuses to fetch anything; plotly's parallel coordinates compile their shaders by `eval`.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline' 'unsafe-eval'; img-src data: blob:"


def document(title: str, subtitle: str, head: Sequence[Markup], sections: Sequence[Section]) -> str:
    """The whole page.

    Args:
        title: of the page.
        subtitle: what it answers.
        head: above the first section.
        sections: in order; the page opens with links to them.
    """
    from plotly.offline import get_plotlyjs

    style, script = (Markup((HERE / name).read_text(encoding="utf-8")) for name in ("style.css", "page.js"))
    return (
        environment()
        .get_template("document.html.j2")
        .render(
            policy=Markup(POLICY),  # its quotation marks are part of the language, and it holds nothing of the data
            title=title,
            subtitle=subtitle,
            style=style,
            head=head,
            sections=sections,
            plotly=Markup(get_plotlyjs()),
            script=script,
        )
    )
