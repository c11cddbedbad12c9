"""Pages: blocks of HTML, figures, and a document that opens with no network. It knows nothing of sweeps.

`templates` opens Jinja2 with autoescape, so that a text of the data is escaped in one place, whoever prints it;
`blocks` are the pieces of a page, `theme` gives every figure its style, `document` puts all together, and `script` is
what draws: one file for the pages of a folder, or inside a page. A block is `Markup`: HTML already, which no other
block escapes again.
"""

from markupsafe import Markup

from seqsweep.html.blocks import (
    Section,
    facts,
    folded,
    joined,
    listed,
    note,
    paragraph,
    rendered,
    side_by_side,
    summary,
    table,
    tiles,
    verbatim,
)
from seqsweep.html.document import document
from seqsweep.html.markdown import code, markdown_table
from seqsweep.html.script import shared_script, standalone
from seqsweep.html.templates import environment

__all__ = [
    "Markup",
    "Section",
    "code",
    "document",
    "environment",
    "facts",
    "folded",
    "joined",
    "listed",
    "markdown_table",
    "note",
    "paragraph",
    "rendered",
    "shared_script",
    "side_by_side",
    "standalone",
    "summary",
    "table",
    "tiles",
    "verbatim",
]
