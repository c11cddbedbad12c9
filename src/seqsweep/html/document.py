"""The page as a document that needs no network: style and figures inside, plotly.js inside or in the same folder."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from seqsweep.html.blocks import Section
from seqsweep.html.script import script_element
from seqsweep.html.templates import HERE, environment

# The browser itself then refuses to fetch anything but a script beside the page; `self` is no file in every browser.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'self' file: 'unsafe-inline'; img-src data: blob:"


def document(
    title: str,
    subtitle: str,
    head: Sequence[Markup],
    sections: Sequence[Section],
    script: str = "",
    stamp: str = "",
) -> str:
    """The whole page.

    Args:
        title: of the page.
        subtitle: what it answers.
        head: above the first section.
        sections: in order; the page opens with links to them.
        script: the address of plotly.js, as `shared_script` has it; empty: the page holds it.
        stamp: of what the page is made from, where a server tells the newest; empty: the page stays as it is.
    """
    style, own, live = (Markup(_file(name)) for name in ("style.css", "page.js", "live.js"))
    return (
        environment()
        .get_template("document.html.j2")
        .render(
            # Its quotation marks are part of the language, and it holds nothing of the data.
            policy=Markup(POLICY + ("; connect-src 'self'" if stamp else "")),
            title=title,
            subtitle=subtitle,
            style=style,
            head=head,
            sections=sections,
            address=script,
            plotly=script_element(script),
            script=own,
            stamp=stamp,
            live=live,
        )
    )


def _file(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")
