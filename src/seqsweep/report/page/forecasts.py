"""The winner on the test part: its forecasts with their intervals, and what is left over."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from seqsweep.finals import ForecastInterval, TestEvaluation
from seqsweep.report.page import theme
from seqsweep.report.page.board import test_table
from seqsweep.report.page.markup import Section, note, paragraph, side_by_side, table, text
from seqsweep.report.page.material import Forecasts, Material
from seqsweep.serving.array_types import Float64s
from seqsweep.words import in_words, share, significant

SHOWN = 1500  # targets drawn; more would hide each other
UNREAD = "The test part was not read: there is no winner of finals."
BANDS = ("rgba(86,180,233,0.45)", "rgba(86,180,233,0.22)")  # of the narrower and the wider interval


def forecasts(material: Material) -> Section:
    """What was forecast and what happened, with intervals, and how often they held it."""
    evaluation, seen = material.evaluation, material.forecasts
    title = "Forecast against actual, test part"
    if evaluation is None or seen is None:
        return Section("forecasts", title, [paragraph(UNREAD)])
    steps = _steps(seen.horizon)
    figures = [_forecast(material, evaluation, seen, step) for step in steps]
    blocks = [test_table(material, evaluation), *figures]
    if len(seen.actual) > SHOWN:
        blocks.append(note(f"The last {SHOWN:,} of {len(seen.actual):,} forecasts are drawn; all of them are scored."))
    return Section("forecasts", title, [*blocks, *_coverage(material, evaluation)])


def residuals(material: Material) -> Section:
    """Actual minus forecast: over time, how often, and by step."""
    evaluation, seen = material.evaluation, material.forecasts
    if evaluation is None or seen is None:
        return Section("residuals", "Residuals, test part", [paragraph(UNREAD)])
    left = seen.actual - seen.forecast
    figures = [_over_time(material, seen, left), _histogram(material, left)]
    blocks = [side_by_side(figures)]
    if seen.horizon > 1:
        blocks.append(_by_step(material, evaluation, seen))
    said = f"Residual: actual minus forecast; above 0 the forecast was too low. Mean {significant(left.mean(), 3)}, "
    return Section(
        "residuals", "Residuals, test part", [*blocks, note(f"{said}standard deviation {significant(left.std(), 3)}.")]
    )


def _steps(horizon: int) -> list[int]:
    """The steps ahead (from 1) that are drawn: the first, one in the middle, the last."""
    return sorted({1, (1 + horizon) // 2, horizon}) if horizon > 1 else [1]


def _forecast(material: Material, evaluation: TestEvaluation, seen: Forecasts, step: int) -> str:
    times = seen.times[-SHOWN:, step - 1]
    forecast = seen.forecast[-SHOWN:, step - 1]
    traces = [
        *_bands(evaluation.intervals, times, forecast, step),
        _line(times, seen.actual[-SHOWN:, step - 1], "actual", theme.INK),
    ]
    if seen.baseline is not None and evaluation.best_baseline is not None:
        name = f"best baseline: {in_words(evaluation.best_baseline)}"
        traces.append(_line(times, seen.baseline[-SHOWN:, step - 1], name, theme.GREEN, "dot"))
    winner = material.conclusion.winner if material.conclusion else None
    traces.append(_line(times, forecast, winner.name if winner else "network", theme.VERMILION))
    y = theme.axis(f"{material.outcome.target} (unit of the data)")
    title = "One step ahead" if step == 1 else f"{step} steps ahead"
    return theme.figure(title, traces, theme.axis(_time_title(seen)), y, 420)


def _bands(
    intervals: Sequence[ForecastInterval], times: np.ndarray, forecast: Float64s, step: int
) -> list[theme.Trace]:
    """The widest first, so that the narrower one lies over it."""
    traces: list[theme.Trace] = []
    known = [interval for interval in intervals if math.isfinite(interval.half_widths[step - 1])]
    for place, interval in reversed(list(enumerate(sorted(known, key=lambda interval: interval.level)))):
        half = interval.half_widths[step - 1]
        line = {"width": 0, "shape": "linear"}
        common = {"x": times, "mode": "lines", "line": line, "hoverinfo": "skip"}
        traces.append({**common, "y": forecast - half, "showlegend": False})
        name = f"{share(interval.level)} interval"
        fill = {"fill": "tonexty", "fillcolor": BANDS[min(place, 1)]}
        traces.append({**common, **fill, "y": forecast + half, "name": name})
    return traces


def _coverage(material: Material, evaluation: TestEvaluation) -> list[str]:
    if not evaluation.intervals:
        return []
    rows = [
        [f"{share(interval.level)} interval", share(interval.coverage), _width(interval.width)]
        for interval in evaluation.intervals
    ]
    unit = material.unit("mae")
    said = "Half widths come from residuals on validation (split conformal), and assume that the test part is like it"
    if any(not math.isfinite(interval.width) for interval in evaluation.intervals):
        said += "; a level for which validation has too few residuals has no bounds"
    return [table(["", "held on test", f"mean width ({unit})"], rows), note(f"{said}.")]


def _width(width: float) -> str:
    return significant(width) if math.isfinite(width) else "unbounded"


def _over_time(material: Material, seen: Forecasts, left: Float64s) -> str:
    trace: theme.Trace = {
        "x": seen.times[-SHOWN:, 0],
        "y": left[-SHOWN:, 0],
        "mode": "markers",
        "marker": {"color": theme.BLUE, "size": 6, "opacity": 0.7},
        "hovertemplate": "%{x}: %{y:.4g}<extra></extra>",
    }
    y = theme.axis(f"residual (unit of {material.outcome.target})", zeroline=True, zerolinecolor=theme.INK)
    title = "Over time" if seen.horizon == 1 else "Over time, one step ahead"
    return theme.figure(title, [trace], theme.axis(_time_title(seen)), y, 340, show_legend=False)


def _histogram(material: Material, left: Float64s) -> str:
    counts, edges = np.histogram(left, bins="auto" if np.ptp(left) > 0 and left.size < 100_000 else 60)
    trace: theme.Trace = {
        "type": "bar",
        "x": (edges[1:] + edges[:-1]) / 2,
        "y": counts,
        "width": np.diff(edges),
        "marker": {"color": theme.BLUE, "line": {"color": theme.PAPER, "width": 1}},
        "hovertemplate": "around %{x:.4g}: %{y}<extra></extra>",
    }
    x = theme.axis(f"residual (unit of {material.outcome.target})")
    title = "How often" if left.shape[1] == 1 else "How often, all steps"
    return theme.figure(title, [trace], x, theme.axis("forecasts (count)"), 340, show_legend=False)


def _by_step(material: Material, evaluation: TestEvaluation, seen: Forecasts) -> str:
    steps = np.arange(1, seen.horizon + 1)
    mark = "lines+markers" if seen.horizon <= 40 else "lines"
    entries = [("network", seen.forecast, theme.VERMILION, "solid")]
    if seen.baseline is not None and evaluation.best_baseline is not None:
        entries.append((f"best baseline: {in_words(evaluation.best_baseline)}", seen.baseline, theme.GREEN, "dot"))
    traces = []
    for name, forecast, colour, dash in entries:
        errors = np.abs(seen.actual - forecast).mean(0)
        traces.append({**_line(steps, errors, name, colour, dash), "mode": mark})
    y = theme.axis(f"mae (unit of {material.outcome.target})", rangemode="tozero")
    x = theme.axis("steps ahead (rows)", **({"dtick": 1} if seen.horizon <= 12 else {}))
    return theme.figure("Error by step", traces, x, y, 340)


def _line(x: np.ndarray, y: np.ndarray, name: str, colour: str, dash: str = "solid") -> theme.Trace:
    return {
        "x": x,
        "y": y,
        "name": text(name),
        "mode": "lines" if len(x) > 1 else "markers",
        "line": {"color": colour, "width": 2, "dash": dash},
        "marker": {"color": colour, "size": 7},
        "hovertemplate": "%{x}: %{y:.4g}",
    }


def _time_title(seen: Forecasts) -> str:
    return "time" if seen.times.dtype.kind == "M" else "row of the series, or its own count of time"
