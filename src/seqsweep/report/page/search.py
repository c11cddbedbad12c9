"""Figures of the search: the objective over the trials, how the best and the failed learned, all settings at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate

import numpy as np

from seqsweep.html import Markup, Section, note, paragraph, side_by_side, theme
from seqsweep.records import TrialRecord
from seqsweep.report.page.material import Material
from seqsweep.report.page.parameters import Parameter, varying
from seqsweep.words import better_is, counted, in_words, significant

AXES = 8  # of parallel coordinates: more do not fit beside each other


def history(material: Material) -> Section:
    """The objective of each trial in the order of their numbers, and the best so far."""
    outcome = material.outcome
    done = sorted(outcome.ranked, key=lambda record: record.number)
    if not done:
        return Section("history", "Objective over the trials", [paragraph("No trial completed.")])
    scores = [record.metrics[outcome.objective] for record in done]
    numbers = [record.number for record in done]
    traces = _by_layer(material, done)
    best = list(accumulate(scores, lambda *two: min(two, key=material.metric.cost)))
    last = max(record.number for record in outcome.records)
    line = {"shape": "hv", "color": theme.INK, "width": 2}
    traces.append(_line([*numbers, last], [*best, best[-1]], "best so far", line))
    reference = _reference(material)
    if reference is not None:
        name, error = reference
        first = min(record.number for record in outcome.records)
        line = {"color": theme.GREY, "width": 2, "dash": "dash"}
        traces.append(_line([first, max(last, first + 1)], [error, error], f"best baseline: {name}", line))
    if material.pruned:
        traces.append(_pruned(material))
    if material.failed:
        traces.append(_failed(material, max(scores, key=material.metric.cost)))
    drawn = [*scores, reference[1]] if reference else scores
    y = theme.axis(material.axis(part="validation"), **theme.spread(drawn))
    x = theme.axis("trial", **_whole(last))
    figure = theme.figure(f"Score of each trial; {better_is(material.metric)}", traces, x, y)
    return Section("history", "Objective over the trials", [figure])


def curves(material: Material) -> Section:
    """The objective by epoch of the best trials, their losses, and the losses of those that failed."""
    outcome = material.outcome
    best = [record for record in outcome.ranked if record.curve][: outcome.config.report.curves]
    failed = [record for record in material.failed if record.curve][: outcome.config.report.curves]
    figures = []
    if best:
        figures.append(_objectives(material, best))
        figures.append(
            _losses("Loss of the best three: validation solid, training dotted", best[:3], "val_loss", "loss")
        )
    blocks = [side_by_side(figures)] if figures else []
    if failed:
        blocks.append(_losses("Training loss of trials that failed, until they did", failed, "loss", None))
    if not blocks:
        blocks.append(paragraph("No trial came to the end of an epoch."))
    return Section("curves", "Learning curves", blocks)


def parallel(material: Material) -> Section:
    """Each completed trial as a line over its settings and its score."""
    ranked = material.outcome.ranked
    parameters = varying(ranked)
    if not parameters:
        said = "No setting differs between the completed trials, so there is nothing to set side by side."
        return Section("parallel", "All settings at once", [paragraph(said)])
    scores = np.array([record.metrics[material.outcome.objective] for record in ranked])
    # A quarter of the trials share the scale's end, so that the good ones can be told apart. The highest is drawn last.
    order = np.array([material.metric.cost(score) for score in scores])
    good, poor = float(order.min()), float(np.quantile(order, 0.75))
    trace: theme.Trace = {
        "type": "parcoords",
        "dimensions": [*map(_dimension, parameters[:AXES]), _score_dimension(material, scores)],
        "line": {
            "color": -order,
            "colorscale": [list(stop) for stop in theme.SCALE],
            "cmin": -poor if poor > good else -good - 1.0,
            "cmax": -good,
        },
        "labelfont": {"size": 11, "color": theme.INK},
        "tickfont": {"size": 11, "color": theme.INK},
        "rangefont": {"size": 1, "color": "rgba(0,0,0,0)"},  # the ticks say the ends
        "labelangle": -14,  # or else long names meet in a narrow window
    }
    margin = {"l": 80, "r": 50, "t": 64, "b": 20}
    figure = theme.figure("One line a completed trial", [trace], {}, {}, 420, show_legend=False, margin=margin)
    said = f"Red lines have the best {material.axis()}. Drag along an axis to pick trials, or a name to move it."
    if len(parameters) > AXES:
        said += f" {len(parameters) - AXES} more settings differ; MLflow shows them."
    return Section("parallel", "All settings at once", [figure, note(said)])


def _by_layer(material: Material, done: Sequence[TrialRecord]) -> list[theme.Trace]:
    layers = list(dict.fromkeys(str(record.params.get("layer", "trial")) for record in done))
    traces: list[theme.Trace] = []
    for i, layer in enumerate(sorted(layers)):
        own = [record for record in done if str(record.params.get("layer", "trial")) == layer]
        marker = {"color": theme.COLOURS[i % 6], "symbol": theme.SYMBOLS[i % 6], "size": 9, "opacity": 0.85}
        traces.append(
            {
                "x": [record.number for record in own],
                "y": [record.metrics[material.outcome.objective] for record in own],
                "text": [record.name for record in own],
                "name": in_words(layer),
                "mode": "markers",
                "marker": marker,
                "hovertemplate": "%{text}: %{y:.4g}<extra></extra>",
            }
        )
    return traces


def _line(x: Sequence[float], y: Sequence[float], name: str, line: dict[str, object]) -> theme.Trace:
    return {"x": list(x), "y": list(y), "name": name, "mode": "lines", "line": line, "hoverinfo": "skip"}


def _reference(material: Material) -> tuple[str, float] | None:
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
        "name": "failed (at the height of the worst)",
        "mode": "markers",
        "marker": {"color": theme.INK, "symbol": "x-thin", "size": 10, "line": {"color": theme.INK, "width": 2}},
        "hovertemplate": "%{text}<extra></extra>",
    }


def _objectives(material: Material, best: Sequence[TrialRecord]) -> Markup:
    traces, drawn = [], []
    for i, record in enumerate(best):
        points = _points(record, material.outcome.objective)
        traces.append(_curve(record, points, i, "solid" if i < 6 else "dash"))
        drawn += [value for _, value in points]
    reference = _reference(material)
    if reference is not None:
        epochs = [point.epoch for record in best for point in record.curve]
        line = {"color": theme.GREY, "width": 2, "dash": "dash"}
        ends = [min(epochs), max(epochs)]
        traces.append(_line(ends, [reference[1]] * 2, f"best baseline: {reference[0]}", line))
    y = theme.axis(material.axis(part="validation"), **theme.spread(drawn))
    x = theme.axis("epoch", **_whole(max(len(record.curve) for record in best)))
    return theme.figure(f"The best {counted(len(best), 'trial')} by epoch", traces, x, y, 430)


def _losses(title: str, records: Sequence[TrialRecord], solid: str, dotted: str | None) -> Markup:
    traces, drawn = [], []
    for i, record in enumerate(records):
        for name, dash in ((solid, "solid"), (dotted, "dot")):
            points = _points(record, name) if name else []
            if points:
                traces.append(_curve(record, points, i, dash, name == solid))
                drawn += [value for _, value in points]
    y = theme.axis("loss that training lowers (no unit)", **theme.spread(drawn))
    x = theme.axis("epoch", **_whole(max(len(record.curve) for record in records)))
    return theme.figure(title, traces, x, y, 430)


def _points(record: TrialRecord, name: str) -> list[tuple[int, float]]:
    """Epochs and values that a figure can show."""
    points = ((point.epoch, point.metrics.get(name)) for point in record.curve)
    return [(epoch, value) for epoch, value in points if value is not None and math.isfinite(value)]


def _curve(
    record: TrialRecord, points: Sequence[tuple[int, float]], place: int, dash: str, named: bool = True
) -> theme.Trace:
    return {
        "x": [epoch for epoch, _ in points],
        "y": [value for _, value in points],
        "name": record.name,
        "legendgroup": record.trial_id,
        "showlegend": named,
        "mode": "lines" if len(points) > 1 else "markers",
        "line": {"color": theme.COLOURS[place % 6], "width": 2, "dash": dash},
        "hovertemplate": "epoch %{x}: %{y:.4g}",
    }


def _dimension(parameter: Parameter) -> dict[str, object]:
    codes, (at, said) = parameter.codes, parameter.ticks()
    if parameter.categories is not None:  # or else lines through the same values hide each other
        codes = codes + np.random.default_rng(0).uniform(-0.12, 0.12, len(codes))
    ends = [min(float(codes.min()), *at), max(float(codes.max()), *at)]
    return {"label": parameter.label, "values": codes, "tickvals": at, "ticktext": said, "range": ends}


def _score_dimension(material: Material, scores: np.ndarray) -> dict[str, object]:
    own = Parameter(material.metric.name, tuple(scores.tolist()), None, bool(theme.spread(scores.tolist())))
    if np.ptp(own.codes) > 0:
        return _dimension(own)
    value = float(own.codes[0])
    ends = [value - 0.5, value + 0.5]
    return {
        "label": in_words(material.metric.name),
        "values": own.codes,
        "tickvals": [value],
        "ticktext": [significant(value)],
        "range": ends,
    }


def _whole(largest: int) -> dict[str, object]:
    """Ticks at whole numbers alone, where plotly would put halves."""
    return {"dtick": 1} if largest <= 12 else {}
