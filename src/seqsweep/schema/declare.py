"""How a field of a config is declared: meaning, unit and bounds beside its type."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import field
from typing import Any, Literal, TypedDict, Unpack

from omegaconf import MISSING

OPEN = MISSING
"""The value of a field that nobody has given yet."""


class Rules(TypedDict, total=False):
    """What may be said of a setting beside its type and its meaning.

    Args:
        unit: what a number is counted or measured in.
        at_least: the least value.
        above: what a value must be greater than.
        at_most: the greatest value.
        below: what a value must be less than.
        choices: the only values.
        catalog: the one that has the values as names, `seqsweep.tuner:TUNERS`, or `task` where each task has its own
            (`Task.names`); who owns it checks them.
        longest: the most characters of a text.
        holds: a name, an address or a mapping, see `hyperparameters.Setting`.
        when: other keys, each with the values at which this one has an effect.
    """

    unit: str
    at_least: float
    above: float
    at_most: float
    below: float
    choices: Collection[Any]
    catalog: str
    longest: int
    holds: Literal["", "name", "address", "mapping"]
    when: Mapping[str, Collection[Any]]


def setting(meaning: str, *, optional: bool = False, **rules: Unpack[Rules]) -> Any:
    """A field of a group.

    Args:
        meaning: one line for the user.
        optional: whether null is a value too, and the one that it has where nothing is said.
        rules: unit, bounds, possible values, and when it has an effect.
    """
    return field(default=None if optional else MISSING, metadata={"meaning": meaning, **rules})
