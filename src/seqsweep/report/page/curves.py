"""How the best and the failed learned, epoch by epoch: the winner bold, the others grey."""

from __future__ import annotations

import math
from collections.abc import Sequence

from seqsweep.html import Markup, Section, note, paragraph, side_by_side, theme
from seqsweep.records import TrialRecord
from seqsweep.report.layer_styles import OTHER, layer_style
from seqsweep.report.page.history import best_baseline, line, whole_numbers
from seqsweep.report.page.material import Material
from seqsweep.words import in_words

SETTLED = 0.4  # the share of a curve's epochs that only come down from where the network began
CLIPPED = 0.6  # an axis is cut where what is left takes less of it than this
LOSS = "Loss: validation solid, training dotted"
OUTSIDE = "The first epochs lie outside the figure where they are far from the later ones; a double click shows them."

Points = list[tuple[int, float]]


def curves(material: Material) -> Section:
    """The objective by epoch of the best trials, their losses, and the losses of those that failed."""
    outcome = material.outcome
    best = [record for record in outcome.ranked if record.curve][: outcome.config.report.curves]
    chosen = material.chosen
    if chosen is not None and chosen.curve and chosen not in best:
        best.append(chosen)
    failed = [record for record in material.failed if record.curve][: outcome.config.report.curves]
    blocks: list[Markup] = []
    if best:
        losses = {"val_loss": "solid", "loss": "dot"}
        figures = [_objectives(material, best), _losses(LOSS, best, losses, chosen, cut=True)]
        blocks = [side_by_side(figures), *([note(OUTSIDE)] if any('"range":' in figure for figure in figures) else [])]
    if failed:
        title = "Training loss of trials that failed, until they did"
        blocks.append(_losses(title, failed, {"loss": "solid"}, None))
    return Section("curves", "Learning curves", blocks or [paragraph("No trial came to the end of an epoch.")])


def course(record: TrialRecord, objective: str) -> list[Markup]:
    """The curves of one trial alone.

    Args:
        record: of the trial.
        objective: by its name on validation.
    """
    if not record.curve:
        return [paragraph("It did not come to the end of an epoch.")]
    named = f"{in_words(objective.removeprefix('val_'))} on validation"
    score = _losses("Score", [record], {objective: "solid"}, record, axis=named)
    return [side_by_side([score, _losses(LOSS, [record], {"val_loss": "solid", "loss": "dot"}, record)])]


def settled(drawn: Sequence[Points], also: Sequence[float] = ()) -> theme.Axis:
    """Settings of an axis that shows curves where they differ, and not how each came down from where it began.

    Args:
        drawn: the points of each curve.
        also: values that stay within the axis.
    """
    values = [value for points in drawn for _, value in points]
    late = [value for points in drawn for _, value in points[int(len(points) * SETTLED) :]]
    log = theme.spread(late)
    scale = math.log10 if log else float
    if not late or (log and min(values) <= 0):
        return dict(theme.spread(values))
    low, high = min(map(scale, late)), max(map(scale, late))
    near = [scale(value) for value in also if not log or value > 0]
    inside = [value for value in near if low - (high - low) <= value <= high + (high - low)]
    low, high = min([low, *inside]), max([high, *inside])
    whole = max(map(scale, values)) - min(map(scale, values))
    if high - low >= CLIPPED * whole or high == low:
        return dict(log)
    pad = 0.06 * (high - low)
    return {**log, "range": [low - pad, high + pad]}


def _objectives(material: Material, best: Sequence[TrialRecord]) -> Markup:
    drawn = {record.trial_id: _points(record, material.outcome.objective) for record in best}
    reference = best_baseline(material)
    traces = _traces(best, drawn, material.chosen, "solid")
    if reference is not None:
        epochs = [point.epoch for record in best for point in record.curve]
        ends = [min(epochs), max(epochs)]
        dashed = {"color": theme.INK, "width": 1.5, "dash": "dash"}
        traces.append(line(ends, [reference[1]] * 2, f"best baseline: {reference[0]}", dashed))
    y = theme.axis(
        material.axis(part="validation"),
        **settled(list(drawn.values()), [reference[1]] if reference else ()),
    )
    x = theme.axis("epoch", **whole_numbers(max(len(record.curve) for record in best)))
    return theme.figure("Score by epoch, the best trials", traces, x, y, 430)


def _losses(
    title: str,
    records: Sequence[TrialRecord],
    dashes: dict[str, str],
    chosen: TrialRecord | None,
    axis: str = "loss that training lowers (no unit)",
    cut: bool = False,
) -> Markup:
    traces: list[theme.Trace] = []
    every: list[Points] = []
    for name, dash in dashes.items():
        drawn = {record.trial_id: _points(record, name) for record in records}
        every += list(drawn.values())
        traces += _traces(records, drawn, chosen, dash, named=dash == "solid")
    values = [value for points in every for _, value in points]
    y = theme.axis(axis, **(settled(every) if cut else theme.spread(values)))
    x = theme.axis("epoch", **whole_numbers(max(len(record.curve) for record in records)))
    return theme.figure(title, traces, x, y, 430)


def _traces(
    records: Sequence[TrialRecord],
    drawn: dict[str, Points],
    chosen: TrialRecord | None,
    dash: str,
    named: bool = True,
) -> list[theme.Trace]:
    """The chosen one last, so that it lies above the others, which share one entry of the legend."""
    others = [record for record in records if record is not chosen and drawn[record.trial_id]]
    traces = []
    for place, record in enumerate(others):
        grey = {"color": theme.GREY, "width": 1.3, "dash": dash}
        entry = {"name": "other trials", "legendgroup": "others", "showlegend": named and place == 0}
        traces.append({**_curve(record, drawn[record.trial_id], grey), **entry, "opacity": 0.75})
    if chosen is not None and drawn.get(chosen.trial_id):
        colour, _ = layer_style(str(chosen.params.get("layer", OTHER)))
        bold = {"color": colour, "width": 3.5, "dash": dash}
        entry = {"name": chosen.name, "legendgroup": "chosen", "showlegend": named}
        traces.append({**_curve(chosen, drawn[chosen.trial_id], bold), **entry})
    return traces


def _curve(record: TrialRecord, points: Points, style: dict[str, object]) -> theme.Trace:
    return {
        "x": [epoch for epoch, _ in points],
        "y": [value for _, value in points],
        "text": [record.name] * len(points),
        "mode": "lines" if len(points) > 1 else "markers",
        "line": style,
        "marker": {"color": style["color"]},
        "hovertemplate": "%{text}, epoch %{x}: %{y:.4g}<extra></extra>",
    }


def _points(record: TrialRecord, name: str) -> Points:
    """Epochs and values that a figure can show."""
    points = ((point.epoch, point.metrics.get(name)) for point in record.curve)
    return [(epoch, value) for epoch, value in points if value is not None and math.isfinite(value)]
