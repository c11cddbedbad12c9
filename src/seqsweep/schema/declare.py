"""How a field of a config is declared: meaning, unit and bounds beside its type."""

from __future__ import annotations

from dataclasses import field
from typing import Any, Unpack

from omegaconf import MISSING

from seqsweep.hyperparameters import Rules

OPEN = MISSING
"""The value of a field that nobody has given yet."""


def setting(meaning: str, *, optional: bool = False, **rules: Unpack[Rules]) -> Any:
    """A field of a group.

    Args:
        meaning: one line for the user.
        optional: whether null is a value too, and the one that it has where nothing is said.
        rules: unit, bounds, possible values, and when it has an effect.
    """
    return field(default=None if optional else MISSING, metadata={"meaning": meaning, **rules})
