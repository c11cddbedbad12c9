"""What earlier networks of this process left behind, cleared before the next one is built."""

from __future__ import annotations

import time

import keras

SEARCH_EVERY = 2.0
"""Seconds between two searches for garbage: one takes 20 to 30 ms, a tenth of a short trial, and what networks leave
within two seconds is little."""


class _Last:
    """Search of this process, on the monotonic clock."""

    search = -SEARCH_EVERY


def clear_session() -> None:
    """Have Keras forget its networks, or every trial's graph stays in memory; search for garbage where that is due."""
    is_due = time.monotonic() - _Last.search >= SEARCH_EVERY
    keras.utils.clear_session(free_memory=is_due)
    if is_due:
        _Last.search = time.monotonic()
