"""The terminal as rich shows it: whatever stands in square brackets or between colons is text.

A column of a user's data may be called `flow [/min]`, `speed [km/h]` or `a:on:b`, where rich would read styles and
emoji. So every console is made here, and no caller can forget it.
"""

from __future__ import annotations

import sys
from typing import Any

from rich.console import Console


def console(**settings: Any) -> Console:
    """A console that shows every text as it is.

    Args:
        settings: rich's own, such as `width` or `stderr`.
    """
    return Console(**settings, markup=False, emoji=False, highlight=False)


def beside() -> Console:
    """A console for what is said beside a result: standard error, or the notebook that this runs in.

    A notebook without ipywidgets cannot redraw what it shows: there it is text, like that of a file.
    """
    from importlib.util import find_spec

    shown = console(stderr=True)
    if shown.is_jupyter:
        return console() if find_spec("ipywidgets") else console(force_jupyter=False, file=sys.stdout, width=100)
    return shown
