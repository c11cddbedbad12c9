"""How fast searches found what they found: the best score so far of each, against trials and against seconds."""

from __future__ import annotations

from collections.abc import Sequence

from seqsweep.html import Markup, theme
from seqsweep.report.page.material import Material
from seqsweep.search.time_limit import busy
from seqsweep.words import better_is


def best_so_far(jobs: Sequence[Material], named: Sequence[str]) -> list[Markup]:
    """Two figures with a line a sweep; nothing where their scores are of different data or units.

    Args:
        jobs: the sweeps.
        named: what each is called.
    """
    known = [(name, job) for name, job in zip(named, jobs, strict=True) if job.outcome.ranked]
    if len(known) < 2 or len({(job.axis(), job.outcome.sha256) for _, job in known}) > 1:
        return []
    curves = [(name, _curve(job)) for name, job in known]
    x = {"trials": "trials that had ended", "time": "seconds in which trials ran"}
    return [_figure(known[0][1], curves, at, what, title) for at, (what, title) in enumerate(x.items())]


def _figure(
    job: Material, curves: Sequence[tuple[str, Sequence[tuple[float, float, float]]]], at: int, what: str, title: str
) -> Markup:
    """One line a sweep.

    Args:
        job: gives metric and unit.
        curves: points by the name of their sweep.
        at: which of the figures of a point is its x.
        what: in the title.
        title: of the axis.
    """
    traces = [
        _line(number, name, [point[at] for point in curve], [point[2] for point in curve])
        for number, (name, curve) in enumerate(curves)
    ]
    y = theme.axis(job.axis(part="validation"), **theme.spread([best for _, curve in curves for _, _, best in curve]))
    return theme.figure(f"Best so far against {what}; {better_is(job.metric)}", traces, theme.axis(title), y)


def _curve(job: Material) -> list[tuple[float, float, float]]:
    """Trials that had ended, seconds, best score until then: from the first score on, a point a trial."""
    metric, objective = job.metric, job.outcome.objective
    ended = sorted(job.outcome.records, key=lambda record: record.ended or 0.0)
    points: list[tuple[float, float, float]] = []
    best: float | None = None
    for count, record in enumerate(ended, 1):
        score = record.metrics.get(objective) if record.status == "COMPLETED" else None
        if score is not None and (best is None or metric.is_better(score, best)):
            best = score
        if best is not None:
            points.append((count, busy(ended[:count]), best))
    return points


def _line(number: int, name: str, x: Sequence[float], y: Sequence[float]) -> theme.Trace:
    dash = theme.DASHES[number // len(theme.COLOURS) % len(theme.DASHES)]
    style = {"shape": "hv", "color": theme.COLOURS[number % len(theme.COLOURS)], "width": 2.5, "dash": dash}
    return {"x": list(x), "y": list(y), "name": name, "mode": "lines", "line": style}
