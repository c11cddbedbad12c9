"""How fast searches found what they found: the best score so far of each, against trials, epochs and seconds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any, TypeAlias

from seqsweep.html import Markup, side_by_side, theme
from seqsweep.report.layer_styles import OTHER, layer_style
from seqsweep.report.page.history import whole_numbers
from seqsweep.report.page.material import Material
from seqsweep.search.time_limit import busy
from seqsweep.words import better_is

BEGINNING = 0.1  # of a line: what trials of few epochs score first would flatten all that follows

_Point: TypeAlias = tuple[float, float, float, float]
"""Trials that had ended, their epochs, seconds, the best score until then."""


def best_so_far(jobs: Sequence[Material], named: Sequence[str]) -> list[Markup]:
    """Three figures with a line a sweep; nothing where their scores are of different data or units.

    Args:
        jobs: the sweeps.
        named: what each is called.
    """
    known = [(name, job) for name, job in zip(named, jobs, strict=True) if job.outcome.ranked]
    if len(known) < 2 or len({(job.axis(), job.outcome.sha256) for _, job in known}) > 1:
        return []
    curves = [(name, _curve(job)) for name, job in known]
    x = {
        "trials": "trials that had ended",
        "epochs": "epochs that they had trained",
        "time": "seconds in which trials ran",
    }
    styles = _styles([job for _, job in known])
    drawn = [_figure(known[0][1], curves, styles, at, what, title) for at, (what, title) in enumerate(x.items())]
    return [side_by_side(drawn)]


def _figure(
    job: Material,
    curves: Sequence[tuple[str, Sequence[_Point]]],
    styles: Sequence[dict[str, str]],
    at: int,
    what: str,
    title: str,
) -> Markup:
    """One line a sweep.

    Args:
        job: gives metric and unit.
        curves: points by the name of their sweep.
        styles: of their lines.
        at: which of the figures of a point is its x.
        what: in the title.
        title: of the axis.
    """
    traces = [
        _line(name, style, [point[at] for point in curve], [point[-1] for point in curve])
        for (name, curve), style in zip(curves, styles, strict=True)
    ]
    last = max(int(curve[-1][0]) for _, curve in curves)
    x = theme.axis(title, **(whole_numbers(last) if at == 0 else {}))
    y = theme.axis(job.axis(part="validation"), **_scores([[best for *_, best in curve] for _, curve in curves]))
    return theme.figure(f"Best so far against {what}; {better_is(job.metric)}", traces, x, y)


def _scores(lines: Sequence[Sequence[float]]) -> Mapping[str, Any]:
    """Settings of the axis of scores: wide enough for what each line shows behind its beginning.

    Args:
        lines: the best so far of each sweep.
    """
    seen = [score for line in lines for score in line[int(BEGINNING * len(line)) :]]
    low, high = min(seen), max(seen)
    settings = theme.spread(seen)
    if settings or low == high:
        return settings
    gap = 0.05 * (high - low)
    return {"range": [low - gap, high + gap]}


def _curve(job: Material) -> list[_Point]:
    """From the first score on, a point a trial."""
    metric, objective = job.metric, job.outcome.objective
    ended = sorted(job.outcome.records, key=lambda record: record.ended or 0.0)
    points: list[_Point] = []
    best: float | None = None
    epochs = 0
    for count, record in enumerate(ended, 1):
        epochs += len(record.curve)
        score = record.metrics.get(objective) if record.status == "COMPLETED" else None
        if score is not None and (best is None or metric.is_better(score, best)):
            best = score
        if best is not None:
            points.append((count, epochs, busy(ended[:count]), best))
    return points


def _line(name: str, style: dict[str, str], x: Sequence[float], y: Sequence[float]) -> theme.Trace:
    stairs = {"shape": "hv", "width": 2.5, **style}
    return {"x": list(x), "y": list(y), "name": name, "mode": "lines", "line": stairs}


def _styles(jobs: Sequence[Material]) -> list[dict[str, str]]:
    """A colour and a dash a sweep: the colour of its layer type where it searched one alone, or else one of none."""
    plain = cycle((theme.INK, theme.PLAIN, theme.GREY))
    used: Counter[str] = Counter()
    styles = []
    for job in jobs:
        layers = {str(record.params.get("layer", OTHER)) for record in job.outcome.records}
        colour = layer_style(layers.pop())[0] if len(layers) == 1 else next(plain)
        styles.append({"color": colour, "dash": theme.DASHES[used[colour] % len(theme.DASHES)]})
        used[colour] += 1
    return styles
