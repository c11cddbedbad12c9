"""The terminal as rich shows it: whatever stands in square brackets or between colons is text.

A column of a user's data may be called `flow [/min]`, `speed [km/h]` or `a:on:b`, where rich would read styles and
emoji. So every console is made here, and no caller can forget it.
"""

from __future__ import annotations

from typing import Any

from rich.console import Console


def console(**settings: Any) -> Console:
    """A console that shows every text as it is.

    Args:
        settings: rich's own, such as `width` or `stderr`.
    """
    return Console(**settings, markup=False, emoji=False, highlight=False)
