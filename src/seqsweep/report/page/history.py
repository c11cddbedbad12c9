"""The objective over the trials of the search, in the order of their numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate

from seqsweep.html import Section, paragraph, theme
from seqsweep.records import TrialRecord
from seqsweep.report.layer_styles import OTHER, layer_style
from seqsweep.report.page.material import Material
from seqsweep.words import better_is, in_words


def history(material: Material) -> Section:
    """The objective of each trial in the order of their numbers, and the best so far."""
    outcome = material.outcome
    done = sorted(outcome.ranked, key=lambda record: record.number)
    if not done:
        return Section("history", "Score over the trials", [paragraph("No trial completed.")])
    scores = [record.metrics[outcome.objective] for record in done]
    numbers = [record.number for record in done]
    traces = _by_layer(material, done)
    best = list(accumulate(scores, lambda *two: min(two, key=material.metric.cost)))
    last = max(record.number for record in outcome.records)
    stairs = {"shape": "hv", "color": theme.INK, "width": 2}
    traces.append(line([*numbers, last], [*best, best[-1]], "best so far", stairs))
    reference = best_baseline(material)
    if reference is not None:
        name, error = reference
        first = min(record.number for record in outcome.records)
        dashed = {"color": theme.INK, "width": 1.5, "dash": "dash"}
        traces.append(line([first, max(last, first + 1)], [error, error], f"best baseline: {name}", dashed))
    if material.pruned:
        traces.append(_pruned(material))
    if material.failed:
        traces.append(_failed(material, max(scores, key=material.metric.cost)))
    drawn = [*scores, reference[1]] if reference else scores
    y = theme.axis(material.axis(part="validation"), **theme.spread(drawn))
    x = theme.axis("trial", **whole_numbers(last))
    figure = theme.figure(f"Score of each trial; {better_is(material.metric)}", traces, x, y)
    return Section("history", "Score over the trials", [figure])


def _by_layer(material: Material, done: Sequence[TrialRecord]) -> list[theme.Trace]:
    layers = list(dict.fromkeys(str(record.params.get("layer", OTHER)) for record in done))
    traces: list[theme.Trace] = []
    for layer in sorted(layers):
        own = [record for record in done if str(record.params.get("layer", OTHER)) == layer]
        colour, symbol = layer_style(layer)
        bold = [record is material.chosen for record in own]
        marker = {"color": colour, "symbol": symbol, "size": [15 if it else 9 for it in bold], "opacity": 0.9}
        marker["line"] = {"color": theme.INK, "width": [2 if it else 0 for it in bold]}
        traces.append(
            {
                "x": [record.number for record in own],
                "y": [record.metrics[material.outcome.objective] for record in own],
                "text": [record.name for record in own],
                "customdata": [material.trial_pages.get(record.trial_id) for record in own],
                "name": in_words(layer),
                "mode": "markers",
                "marker": marker,
                "hovertemplate": "%{text}: %{y:.4g}<extra></extra>",
            }
        )
    return traces


def line(x: Sequence[float], y: Sequence[float], name: str, style: dict[str, object]) -> theme.Trace:
    """A line that says nothing of its points.

    Args:
        x: its points.
        y: likewise.
        name: in the legend.
        style: as plotly has it.
    """
    return {"x": list(x), "y": list(y), "name": name, "mode": "lines", "line": style, "hoverinfo": "skip"}


def best_baseline(material: Material) -> tuple[str, float] | None:
    """Its name in words and its score on validation; None: there is none that can be drawn."""
    name = material.outcome.best_baseline
    if name is None:
        return None
    error = material.outcome.baselines[name][material.metric.name]
    return (in_words(name), error) if math.isfinite(error) else None


def _pruned(material: Material) -> theme.Trace:
    """Where they stood when they were stopped."""
    own = material.pruned
    return {
        "x": [record.number for record in own],
        "y": [record.metrics[material.outcome.objective] for record in own],
        "text": [record.name for record in own],
        "customdata": [record.epochs for record in own],
        "name": "pruned (at their last epoch)",
        "mode": "markers",
        "marker": {"color": theme.GREY, "symbol": "triangle-down-open", "size": 9},
        "hovertemplate": "%{text}: %{y:.4g}, pruned at epoch %{customdata}<extra></extra>",
    }


def _failed(material: Material, height: float) -> theme.Trace:
    return {
        "x": [record.number for record in material.failed],
        "y": [height for _ in material.failed],
        "text": [f"{record.name}: {record.reason or 'failed'}" for record in material.failed],
        "customdata": [material.trial_pages.get(record.trial_id) for record in material.failed],
        "name": "failed (at the height of the worst)",
        "mode": "markers",
        "marker": {"color": theme.INK, "symbol": "x-thin", "size": 10, "line": {"color": theme.INK, "width": 2}},
        "hovertemplate": "%{text}<extra></extra>",
    }


def whole_numbers(largest: int) -> dict[str, object]:
    """Ticks at whole numbers alone, where plotly would put halves."""
    return {"dtick": 1} if largest <= 12 else {}
