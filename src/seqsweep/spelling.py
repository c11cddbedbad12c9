"""Misspelt names, and what was most likely meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def closest(name: str, names: Iterable[str]) -> str | None:
    """The one of `names` that `name` was most likely meant to be; None where none is near.

    Args:
        name: as it was written.
        names: that are possible.
    """
    return next(iter(difflib.get_close_matches(name, list(names), n=1, cutoff=0.6)), None)


def nearest(name: str, names: Iterable[str]) -> str:
    """`; did you mean 'lstm'?` where one of `names` is near to `name`, else the list of all that are possible.

    Args:
        name: as it was written.
        names: that are possible.
    """
    names = list(names)
    match = closest(name, names)
    if match is not None:
        return f"; did you mean {match!r}?"
    return f"; possible: {', '.join(names)}" if names else ""
