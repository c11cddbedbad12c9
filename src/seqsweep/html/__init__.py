"""Pages: blocks of HTML, figures, and a document that opens with no network. It knows nothing of sweeps.

`templates` opens Jinja2 with autoescape, so that a text of the data is escaped in one place, whoever prints it;
`blocks` are the pieces of a page, `theme` gives every figure its style, `document` puts all together, and `script` is
what draws: one file for the pages of a folder, or inside a page. A block is `Markup`: HTML already, which no other
block escapes again.
"""

from markupsafe import Markup

from seqsweep.html.blocks import (
    Section,
    detail,
    facts,
    folded,
    joined,
    link,
    listed,
    note,
    paragraph,
    rendered,
    short_facts,
    side_by_side,
    summary,
    table,
    verbatim,
)
from seqsweep.html.document import document
from seqsweep.html.markdown import code, markdown_table
from seqsweep.html.script import SCRIPT, plotly_script, shared_script, standalone
from seqsweep.html.templates import environment

__all__ = [
    "SCRIPT",
    "Markup",
    "Section",
    "code",
    "detail",
    "document",
    "environment",
    "facts",
    "folded",
    "joined",
    "link",
    "listed",
    "markdown_table",
    "note",
    "paragraph",
    "plotly_script",
    "rendered",
    "shared_script",
    "short_facts",
    "side_by_side",
    "standalone",
    "summary",
    "table",
    "verbatim",
]
