"""The Pareto front of a sweep with several objectives: what its trials trade, as pictures and as a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate

from seqsweep.html import Markup, Section, link, note, side_by_side, table, theme
from seqsweep.objectives import Objective, Resource, direction_of, limit_of, shown, title_of, value_of
from seqsweep.records import TrialRecord
from seqsweep.report.front import cell, explained
from seqsweep.report.layer_styles import OTHER, layer_style
from seqsweep.report.page.history import best_baseline, line
from seqsweep.report.page.material import Material
from seqsweep.words import counted, in_words

FADED = 0.3  # opacity of a trial that another one beats


def front(material: Material) -> list[Section]:
    """The front; nothing where there is but one objective, or no trial completed."""
    outcome = material.outcome
    if not outcome.front:
        return []
    figures = [_figure(material, other) for other in outcome.objectives.others]
    head = ["trial", "rank", *map(title_of, outcome.objectives), "in the finals"]
    chosen = {finalist.trial_id for finalist in material.conclusion.finalists} if material.conclusion else set()
    rows = [_row(material, record, record.trial_id in chosen) for record in outcome.front]
    best = [place for place, record in enumerate(outcome.front) if record is material.chosen]
    which, *measured = explained(outcome)
    size = f"{len(outcome.front)} of {counted(len(outcome.ranked), 'completed trial')}"
    told = [f"{size} {which}.", *(f"{text[0].upper()}{text[1:]}." for text in measured), *_about_bounds(material)]
    pictures = figures[0] if len(figures) == 1 else side_by_side(figures)
    return [Section("front", "Pareto front", [pictures, table(head, rows, bold=best), *map(note, told)])]


def _row(material: Material, record: TrialRecord, finalist: bool) -> list[object]:
    outcome, pages = material.outcome, material.trial_pages
    named = link(pages[record.trial_id], record.name) if record.trial_id in pages else record.name
    figures = [cell(objective, record) for objective in outcome.objectives]
    return [named, outcome.ranked.index(record) + 1, *figures, "yes" if finalist else ""]


def _figure(material: Material, other: Objective) -> Markup:
    """The first objective over another one: each trial, the front, what the best baseline scores, and the bound."""
    outcome, first = material.outcome, material.outcome.objectives.metric
    known = [record for record in outcome.ranked if math.isfinite(value_of(other, record))]
    front = [record for record in outcome.front if record in known]
    traces = _trials(material, [record for record in known if record not in front], other, FADED)
    traces += _trials(material, front, other, 1.0)
    across = [value_of(other, record) for record in known]
    scores = [value_of(first, record) for record in known]
    if len(outcome.objectives.others) == 1:
        traces.append(_stairs(material, front, other, across))
    reference = best_baseline(material)
    if reference is not None and across:
        dashed = {"color": theme.INK, "width": 1.5, "dash": "dash"}
        name = f"best baseline: {reference[0]}"
        traces.append(line([min(across), max(across)], [reference[1], reference[1]], name, dashed))
        scores = [*scores, reference[1]]
    bound = outcome.objectives.bound_of_one(other)
    shapes = [] if bound is None else [_bound(bound)]
    unit = f" ({other.unit})" if isinstance(other, Resource) and other.unit and other.unit not in other.name else ""
    x = theme.axis(f"{title_of(other)}{unit}, {direction_of(other)}", **theme.spread(across))
    y = theme.axis(material.axis(part="validation"), **theme.spread(scores))
    return theme.figure(f"{in_words(first.name)} and {in_words(other.name)} of each trial", traces, x, y, shapes=shapes)


def _trials(material: Material, records: Sequence[TrialRecord], other: Objective, opacity: float) -> list[theme.Trace]:
    """A trace a layer type; those of the front are named in the legend."""
    layers = sorted({str(record.params.get("layer", OTHER)) for record in records})
    traces: list[theme.Trace] = []
    for layer in layers:
        own = [record for record in records if str(record.params.get("layer", OTHER)) == layer]
        colour, symbol = layer_style(layer)
        bold = [record is material.chosen for record in own]
        marker = {"color": colour, "symbol": symbol, "size": [15 if it else 10 for it in bold], "opacity": opacity}
        marker["line"] = {"color": theme.INK, "width": [2 if it else 0 for it in bold]}
        on_front = opacity == 1.0
        traces.append(
            {
                "x": [value_of(other, record) for record in own],
                "y": [record.metrics[material.outcome.objective] for record in own],
                "text": [record.name for record in own],
                "customdata": [material.trial_pages.get(record.trial_id) for record in own],
                "name": f"{in_words(layer)}, on the front" if on_front else f"{in_words(layer)}, beaten",
                "mode": "markers",
                "marker": marker,
                "hovertemplate": "%{text}: %{y:.4g} at %{x:,.4g}<extra></extra>",
            }
        )
    return traces


def _stairs(material: Material, front: Sequence[TrialRecord], other: Objective, across: Sequence[float]) -> theme.Trace:
    """The edge of what the front beats: the best score that can be had with so much of the other objective."""
    ordered = sorted(front, key=lambda record: other.cost(value_of(other, record)))
    scores = (record.metrics[material.outcome.objective] for record in ordered)
    best = accumulate(scores, lambda *two: min(two, key=material.metric.cost))
    x, y = [value_of(other, record) for record in ordered], list(best)
    end = min(across) if other.higher_is_better else max(across)
    return line([*x, end], [*y, y[-1]], "front", {"shape": "hv", "color": theme.INK, "width": 2})


def _about_bounds(material: Material) -> list[str]:
    """What the dotted lines are, a sentence each."""
    objectives, said = material.outcome.objectives, []
    for other in objectives.others:
        bound = objectives.bound_of_one(other)
        if bound is not None:
            counted_whole = isinstance(other, Resource) and not other.unit
            value = shown(other, float(math.floor(bound)) if counted_whole else bound)
            told = f"The dotted line: registry.bounds allows a {in_words(other.name)} of {value} {limit_of(other)}"
            shared = bound != objectives.bounds[other.name]
            whole = shown(other, float(objectives.bounds[other.name]))
            together = f" for one network, {whole} for the {objectives.networks} whose mean serves" if shared else ""
            said.append(f"{told}{together}.")
    return said


def _bound(value: float) -> dict[str, object]:
    """A line that stands where `registry.bounds` ends."""
    style = {"color": theme.GREY, "width": 2, "dash": "dot"}
    return {"type": "line", "x0": value, "x1": value, "yref": "paper", "y0": 0, "y1": 1, "line": style}
