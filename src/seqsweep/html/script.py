"""plotly.js, which draws the figures: once for all pages of a folder, or inside a page that stands alone."""

from __future__ import annotations

import os
import re
from pathlib import Path

from markupsafe import Markup, escape

from seqsweep.errors import StateError
from seqsweep.state_files import write_text

SCRIPT = "plotly.js"
"""Where a server has it, beside its pages."""

ADDRESS = re.compile(r'<script src="[^"]*plotly-[\d.]+\.min\.js"></script>')


def shared_script(folder: Path, page: Path) -> str:
    """The address of plotly.js in `folder`, where it is put unless it is there; empty: the disk refuses.

    Its name holds its version, so that a page keeps the script that it was made for.

    Args:
        folder: whose pages share it.
        page: that asks for it; it lies in `folder` or below.
    """
    from plotly.offline import get_plotlyjs_version

    file = folder / f"plotly-{get_plotlyjs_version()}.min.js"
    script = plotly_script()
    try:
        if not file.exists() or file.stat().st_size != len(script.encode()):
            write_text(file, script)
    except (OSError, StateError):
        return ""
    return Path(os.path.relpath(file, page.parent)).as_posix()


def script_element(address: str) -> Markup:
    """What loads plotly.js into a page.

    Args:
        address: of the file, relative to the page; empty: the page holds the script itself.
    """
    if address:
        return Markup(f'<script src="{escape(address)}"></script>')
    return Markup(f"<script>{plotly_script()}</script>")


def standalone(page: str) -> str:
    """A page that holds plotly.js itself, for whoever shows it without the folder that it lies in.

    Args:
        page: as `document` made it.
    """
    return ADDRESS.sub(lambda _: script_element(""), page, count=1)


def plotly_script() -> str:
    """The script itself."""
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs())
