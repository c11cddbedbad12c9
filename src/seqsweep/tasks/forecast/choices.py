"""A figure that shows one of several things at a time: buttons, or a list where there are many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seqsweep.html import Markup, theme

BUTTONS = 3
"""More choices are a list that opens: they would not lie side by side on a narrow page."""

LABEL, BUTTON = "#1b1f24", "#e4e9ee"
"""Of a button: plotly lights one up in a pale colour of its own, on which text must be dark in every scheme."""


@dataclass(frozen=True)
class Choice:
    """One of the things.

    Args:
        label: of its button.
        traces: as plotly names them.
    """

    label: str
    traces: Sequence[theme.Trace]


def figure_of(
    title: str, choices: Sequence[Choice], x: theme.Axis, y: theme.Axis, height: int = 440, first: int = 0
) -> Markup:
    """The figure; of a single choice there is no button.

    Args:
        title: what it shows, in words.
        choices: at least one.
        x: from `theme.axis`.
        y: likewise.
        height: pixels.
        first: which one is shown before anything is clicked.
    """
    owners = [number for number, choice in enumerate(choices) for _ in choice.traces]
    drawn = [trace for choice in choices for trace in choice.traces]
    traces = [{**trace, "visible": owner == first} for trace, owner in zip(drawn, owners, strict=True)]
    if len(choices) == 1:
        return theme.figure(title, traces, x, y, height)
    buttons = [
        {"label": choice.label, "method": "restyle", "args": [{"visible": [owner == number for owner in owners]}]}
        for number, choice in enumerate(choices)
    ]
    few = len(choices) <= BUTTONS
    menu = {
        "type": "buttons" if few else "dropdown",
        "direction": "right" if few else "down",
        "active": first,
        "buttons": buttons,
        "x": 0,
        "xanchor": "left",
        "y": 1.03,
        "yanchor": "bottom",
        "pad": {"b": 6},
        "bgcolor": BUTTON,
        "bordercolor": theme.GREY,
        "font": {"color": LABEL, "size": 12},
    }
    margin = {"l": 12, "r": 12, "t": 56, "b": 12}
    return theme.figure(title, traces, x, y, height, updatemenus=[menu], margin=margin)
