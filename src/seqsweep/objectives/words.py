"""How objectives and their values read."""

from __future__ import annotations

from seqsweep.objectives.resources import Objective, Resource
from seqsweep.words import better_is, column_title, in_words, significant


def title_of(objective: Objective) -> str:
    """The head of its column: `mae`, `smape %`, `parameter count`, `latency ms`."""
    return in_words(objective.name) if isinstance(objective, Resource) else column_title(objective)


def direction_of(objective: Objective) -> str:
    """Which way is up: in words, as of a metric."""
    return better_is(None if isinstance(objective, Resource) else objective)


def limit_of(objective: Objective) -> str:
    """Which side of a bound is kept to, behind its value: `at most`."""
    return "at least" if objective.higher_is_better else "at most"


def shown(objective: Objective, value: float, digits: int = 4) -> str:
    """A value of an objective: counts are whole.

    Args:
        objective: of the sweep.
        value: of it, or NaN.
        digits: that count, where it is no count.
    """
    counts = isinstance(objective, Resource) and not objective.unit and value.is_integer()
    return f"{value:,.0f}" if counts else significant(value, digits)
