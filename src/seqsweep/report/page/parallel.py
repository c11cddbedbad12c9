"""All settings at once: a line a completed trial over its settings and its score.

Drawn of plain lines: plotly's own parallel coordinates have lines of one pixel, and need a graphics card.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from seqsweep.html import Section, note, paragraph, theme
from seqsweep.report.page.material import Material
from seqsweep.report.page.parameters import Parameter, varying
from seqsweep.serving.array_types import Float64s
from seqsweep.words import in_words, setting, significant

AXES = 8  # beside that of the score: more do not fit beside each other
ROOM = 95  # pixels an axis needs for its name
STEPS = 6  # colours from the poor to the best
POOREST = 0.75  # a quarter of the trials share the scale's end, so that the good ones can be told apart
MANY = 80  # trials from which on lines are thin, or else they fill the figure
INSIDE = 0.04  # of an axis, free at both ends


def parallel(material: Material) -> Section:
    """Each completed trial as a line, the best drawn last."""
    title, ranked = "All settings at once", material.outcome.ranked
    parameters = varying(ranked)
    if not parameters:
        said = "No setting differs between the completed trials."
        return Section("parallel", title, [paragraph(said)])
    scores = np.array([record.metrics[material.outcome.objective] for record in ranked])
    name = material.metric.name
    score = Parameter(name, tuple(scores.tolist()), None, bool(theme.spread(scores.tolist())))
    axes = [*parameters[:AXES], score]
    places = np.stack([_places(axis) for axis in axes])  # (axes, trials)
    traces = [*_lines(material, axes, places, scores), _scale(material, scores)]
    x = theme.axis("", tickvals=list(range(len(axes))), ticktext=[axis.label for axis in axes], side="top")
    x |= {"showgrid": False, "showline": False, "ticks": "", "range": [-0.25, len(axes) - 0.55], "fixedrange": True}
    y = theme.axis("", range=[-0.02, 1.02], showgrid=False, showticklabels=False, showline=False, ticks="")
    layout: dict[str, Any] = {
        "shapes": [_stroke(i) for i in range(len(axes))],
        "annotations": [entry for i, axis in enumerate(axes) for entry in _ticks(i, axis)],
        "hovermode": "closest",
    }
    figure = theme.figure(
        "A line a completed trial", traces, x, {**y, "fixedrange": True}, 480, wide=ROOM * len(axes), **layout
    )
    said = "The bold line is the winner." if material.conclusion and material.conclusion.winner else ""
    if len(parameters) > AXES:
        said += f" {len(parameters) - AXES} more settings differ; MLflow shows them."
    return Section("parallel", title, [figure, note(said.strip())] if said else [figure])


def _places(axis: Parameter) -> Float64s:
    """(trials,): where a line meets the axis, within 0 and 1; those of one category lie beside each other."""
    codes = axis.codes
    if axis.categories is not None:
        beside = np.random.default_rng(0).uniform(-0.3, 0.3, len(codes)) * min(1.0, 2 / len(axis.categories))
        return (codes + 0.5 + 0.5 * beside) / len(axis.categories)
    return _within(codes, codes)


def _within(values: Float64s, codes: Float64s) -> Float64s:
    low, width = float(codes.min()), float(np.ptp(codes))
    shares = (values - low) / width if width > 0 else np.full(len(values), 0.5)
    return INSIDE + (1 - 2 * INSIDE) * shares


def _lines(material: Material, axes: Sequence[Parameter], places: Float64s, scores: Float64s) -> list[theme.Trace]:
    """A trace a colour, and one for the chosen trial."""
    ranked, chosen = material.outcome.ranked, material.chosen
    steps = _steps(material, scores)
    traces: list[theme.Trace] = []
    for step in range(STEPS):
        own = [i for i in range(len(ranked)) if steps[i] == step and ranked[i] is not chosen]
        if own:
            style = {"color": theme.shade((step + 0.5) / STEPS), "width": 2.2 if len(ranked) <= MANY else 1.0}
            traces.append({**_line(material, axes, places, own), "line": style, "opacity": 0.8})
    place = next((i for i, record in enumerate(ranked) if record is chosen), None)
    if chosen is not None and place is not None:
        bold = {"color": theme.shade((steps[place] + 0.5) / STEPS), "width": 6}
        named = {"name": chosen.name, "showlegend": True}
        traces.append({**_line(material, axes, places, [place]), "line": bold, **named})
    return traces


def _line(material: Material, axes: Sequence[Parameter], places: Float64s, own: Sequence[int]) -> theme.Trace:
    x: list[int | None] = []
    y: list[float | None] = []
    told: list[str] = []
    for i in own:
        name = material.outcome.ranked[i].name
        x += [*range(len(axes)), None]
        y += [*(round(float(place), 4) for place in places[:, i]), None]
        told += [*(f"{name}: {axis.label} {_said(axis, i)}" for axis in axes), ""]
    return {
        "x": x,
        "y": y,
        "text": told,
        "mode": "lines",
        "showlegend": False,
        "hovertemplate": "%{text}<extra></extra>",
    }


def _said(axis: Parameter, trial: int) -> str:
    value = axis.values[trial]
    return significant(value) if isinstance(value, float) else setting(value)


def _steps(material: Material, scores: Float64s) -> list[int]:
    """(trials,): the step of the scale that a score has; that of the best is the highest."""
    good, poor = _ends(material, scores)
    shares = [(poor - material.metric.cost(score)) / (poor - good) if poor > good else 1.0 for score in scores]
    return [min(STEPS - 1, max(0, int(share * STEPS))) for share in shares]


def _ends(material: Material, scores: Float64s) -> tuple[float, float]:
    costs = np.array([material.metric.cost(score) for score in scores])
    return float(costs.min()), float(np.quantile(costs, POOREST))


def _scale(material: Material, scores: Float64s) -> theme.Trace:
    """A point that is not drawn, whose colours say what those of the lines mean."""
    good, poor = (abs(cost) if material.metric.lowest >= 0 else cost for cost in _ends(material, scores))
    steps = [[end / STEPS, theme.shade((step + 0.5) / STEPS)] for step in range(STEPS) for end in (step, step + 1)]
    bar = {
        "title": {"text": material.axis(part="validation"), "side": "top", "font": {"size": 12}},
        "tickvals": [0, 1],
        "ticktext": [f"{significant(poor, 3)} or worse", f"{significant(good, 3)} (best)"],
        "ticklabelposition": "outside",
        "orientation": "h",
        "x": 0.5,
        "y": -0.08,
        "yanchor": "top",
        "len": 0.5,
        "thickness": 12,
    }
    marker = {"color": [0], "cmin": 0, "cmax": 1, "colorscale": steps, "showscale": True, "colorbar": bar}
    return {"x": [None], "y": [None], "mode": "markers", "marker": marker, "showlegend": False, "hoverinfo": "skip"}


def _stroke(place: int) -> dict[str, object]:
    return {"type": "line", "x0": place, "x1": place, "y0": 0, "y1": 1, "line": {"color": theme.GREY, "width": 1.5}}


def _ticks(place: int, axis: Parameter) -> list[dict[str, object]]:
    """What the axis says beside it, above the lines."""
    at, said = axis.ticks() if np.ptp(axis.codes) > 0 else ([float(axis.codes[0])], [_said(axis, 0)])
    if axis.categories is not None:
        heights = (np.array(at) + 0.5) / len(axis.categories)
    else:
        heights = _within(np.array(at), axis.codes)
    return [
        {
            "x": place,
            "y": float(height),
            "xanchor": "left",
            "xshift": 3,
            "text": in_words(text),
            "showarrow": False,
            "bgcolor": theme.PAPER,
            "opacity": 0.85,
            "font": {"size": 11, "color": theme.INK},
            "borderpad": 1,
        }
        for height, text in zip(heights.tolist(), said, strict=True)
    ]
