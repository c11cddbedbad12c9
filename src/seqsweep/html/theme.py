"""How every figure of the page looks: colours that colour-blind readers can tell apart, units, room for labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from markupsafe import Markup, escape

from seqsweep.html.blocks import plot

# Source: Okabe & Ito (2008), https://jfly.uni-koeln.de/color/; yellow is left out, it vanishes on white.
BLUE, VERMILION, GREEN, ORANGE, SKY, PURPLE = "#0072B2", "#D55E00", "#009E73", "#E69F00", "#56B4E9", "#CC79A7"
COLOURS = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY)
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "pentagon", "star")
DASHES = ("solid", "dash", "dot")
GREY = "#8a8f98"

PLAIN = SKY
"""Of marks that stand for no layer type."""

# Stand-ins that page.js replaces by the style sheet's colours, so that figures follow light and dark.
INK, GRID, PAPER = "#010101", "#020202", "#030303"

# From the poor to the best, which stands out on white and on black, and to colour-blind readers.
SCALE = ((0.0, "#a9b4bf"), (0.7, ORANGE), (1.0, VERMILION))

WORDS = ("text", "name", "label", "ticktext", "x", "y")  # keys whose texts plotly draws; x and y of categories

WIDE_SPAN = 30.0  # largest over smallest value from which on an axis is logarithmic

Trace = dict[str, Any]
Axis = dict[str, Any]


def axis(title: str, **settings: Any) -> Axis:
    """An axis; the title names the unit.

    Args:
        title: of the axis, in words, with the unit.
        settings: of Plotly's axis, which go before those of the theme.
    """
    return {
        "title": {"text": title, "standoff": 10, "font": {"size": 13}},
        "gridcolor": GRID,
        "linecolor": GREY,
        "zeroline": False,
        "automargin": True,
        "ticks": "outside",
        "tickcolor": GREY,
        **settings,
    }


def figure(
    title: str,
    traces: Sequence[Trace],
    x: Axis,
    y: Axis,
    height: int = 380,
    show_legend: bool = True,
    wide: int = 0,
    **layout: Any,
) -> Markup:
    """A figure as HTML: its title, its place, and its data, which page.js draws.

    Args:
        title: what it shows, in words.
        traces: as plotly names them.
        x: from `axis`.
        y: likewise.
        height: pixels.
        show_legend: below the figure, where no label is in its way.
        wide: pixels below which it scrolls sideways, since it would be illegible.
        layout: more of plotly's settings.
    """
    import plotly.graph_objects as go

    settings = {
        "template": "none",
        "height": height,
        "margin": {"l": 12, "r": 12, "t": 12, "b": 12},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif", "size": 13, "color": INK},
        "hoverlabel": {"bgcolor": PAPER, "bordercolor": GREY, "font": {"color": INK, "size": 13}},
        "showlegend": show_legend,
        "legend": {"orientation": "h", "x": 0, "yref": "container", "y": 0, "yanchor": "bottom", "font": {"size": 12}},
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": GREY, "activecolor": INK},
        "xaxis": x,
        "yaxis": y,
        **layout,
    }
    drawn = go.Figure(data=_escaped(list(traces)), layout=_escaped(settings)).to_json()
    return plot(title, height, Markup(drawn), wide)  # plotly writes `<` as \u003c, so that no text can end the script


def line(x: Any, y: Any, name: str, colour: str, dash: str = "solid") -> Trace:
    """Values one behind the other; a single one is a point.

    Args:
        x: an array (n,).
        y: likewise.
        name: in the legend.
        colour: of line and points.
        dash: of DASHES.
    """
    return {
        "x": x,
        "y": y,
        "name": name,
        "mode": "lines" if len(x) > 1 else "markers",
        "line": {"color": colour, "width": 2.5 if dash == "solid" else 2, "dash": dash},
        "marker": {"color": colour, "size": 7},
        "hovertemplate": "%{x}: %{y:.4g}",
    }


def bars(lengths: Sequence[float], names: Sequence[str], colour: str | Sequence[str], hover: str) -> Trace:
    """Horizontal bars, one a name.

    Args:
        lengths: (n,).
        names: (n,), beside each.
        colour: of all, or of each.
        hover: what is told of one: `%{y}` is its name, `%{x}` its length.
    """
    marker = {"color": colour if isinstance(colour, str) else list(colour)}
    told = f"{hover}<extra></extra>"
    return {"type": "bar", "orientation": "h", "x": list(lengths), "y": list(names), "marker": marker,
            "hovertemplate": told}  # fmt: skip


def shade(share: float) -> str:
    """A colour of SCALE.

    Args:
        share: from 0, the poor, to 1, the best.
    """
    for (low, first), (high, last) in pairwise(SCALE):
        if share <= high:
            part = (share - low) / (high - low)
            ends = ([int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in (first, last))
            return "#" + "".join(f"{round(a + part * (b - a)):02x}" for a, b in zip(*ends, strict=True))
    return SCALE[-1][1]


def spread(values: Sequence[float]) -> Mapping[str, Any]:
    """A logarithmic axis for positive values that span more than WIDE_SPAN, else a linear one."""
    if values and min(values) > 0 and max(values) / min(values) > WIDE_SPAN:
        return {"type": "log", "dtick": 1 if max(values) / min(values) > 1000 else "D2"}
    return {}


def _escaped(value: Any, key: str = "") -> Any:
    """The same with every text of the data escaped, for plotly takes some HTML in what it draws."""
    if isinstance(value, Mapping):
        return {name: _escaped(entry, name) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_escaped(entry, key) for entry in value]
    return str(escape(value)) if isinstance(value, str) and key in WORDS else value
