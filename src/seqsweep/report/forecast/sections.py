"""The forecasts of the test part with their intervals, and what is left over."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seqsweep.finals import ForecastInterval, TestEvaluation
from seqsweep.html import Markup, Section, note, paragraph, side_by_side, table, theme
from seqsweep.report.forecast.arrays import Forecasts
from seqsweep.serving.array_types import Float64s
from seqsweep.words import counted, in_words, share, significant

SHOWN = 1500  # targets drawn; more would hide each other
GONE = "The file of these forecasts is gone; the command of the sweep makes them again."
BANDS = ("rgba(86,180,233,0.45)", "rgba(86,180,233,0.22)")  # of the narrower and the wider interval


@dataclass(frozen=True)
class _Drawn:
    """What every figure here needs: the evaluation, its arrays, and how the target and the network are called."""

    evaluation: TestEvaluation
    seen: Forecasts
    target: str
    network: str

    @property
    def unit(self) -> str:
        return f"unit of {self.target}"

    @property
    def baseline(self) -> str:
        return f"best baseline: {in_words(self.evaluation.best_baseline or '')}"


def sections(evaluation: TestEvaluation, seen: Forecasts | None, target: str, network: str) -> list[Section]:
    """What was forecast and what happened, and the residuals.

    Args:
        evaluation: of the network.
        seen: what it forecast; None: that is gone.
        target: the column that was forecast.
        network: its name.
    """
    title = "Forecast against actual, test part"
    if seen is None:
        return [Section("forecasts", title, [paragraph(GONE)])]
    drawn = _Drawn(evaluation, seen, target, network)
    figures = [_forecast(drawn, step) for step in _steps(seen.horizon)]
    blocks = [*figures, *_coverage(drawn)]
    if len(seen.actual) > SHOWN:
        said = f"The last {SHOWN:,} of {counted(len(seen.actual), 'forecast')} are drawn; all of them are scored."
        blocks.insert(len(figures), note(said))
    return [Section("forecasts", title, blocks), _residuals(drawn)]


def _residuals(drawn: _Drawn) -> Section:
    """Actual minus forecast: over time, how often, and by step."""
    left = drawn.seen.actual - drawn.seen.forecast
    blocks = [side_by_side([_over_time(drawn, left), _histogram(drawn, left)])]
    if drawn.seen.horizon > 1:
        blocks.append(_by_step(drawn))
    mean, std = significant(float(left.mean()), 3), significant(float(left.std()), 3)
    said = "Residual: actual minus forecast; above 0 the forecast was too low."
    blocks.append(note(f"{said} Mean {mean}, standard deviation {std}."))
    return Section("residuals", "Residuals, test part", blocks)


def _steps(horizon: int) -> list[int]:
    """The steps ahead (from 1) that are drawn: the first, one in the middle, the last."""
    return sorted({1, (1 + horizon) // 2, horizon}) if horizon > 1 else [1]


def _forecast(drawn: _Drawn, step: int) -> Markup:
    seen = drawn.seen
    times = seen.times[-SHOWN:, step - 1]
    forecast = seen.forecast[-SHOWN:, step - 1]
    traces = [
        *_bands(drawn.evaluation.intervals, times, forecast, step),
        _line(times, seen.actual[-SHOWN:, step - 1], "actual", theme.INK),
    ]
    if seen.baseline is not None:
        traces.append(_line(times, seen.baseline[-SHOWN:, step - 1], drawn.baseline, theme.GREEN, "dot"))
    traces.append(_line(times, forecast, drawn.network, theme.VERMILION))
    y = theme.axis(f"{drawn.target} (unit of the data)")
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


def _coverage(drawn: _Drawn) -> list[Markup]:
    intervals = drawn.evaluation.intervals
    if not intervals:
        return []
    rows = [[f"{share(i.level)} interval", share(i.coverage), _width(i.width)] for i in intervals]
    said = "Half widths come from residuals on validation (split conformal), and assume that the test part is like it"
    if any(not math.isfinite(interval.width) for interval in intervals):
        said += "; a level for which validation has too few residuals has no bounds"
    return [table(["", "held on test", f"mean width ({drawn.unit})"], rows), note(f"{said}.")]


def _width(width: float) -> str:
    return significant(width) if math.isfinite(width) else "unbounded"


def _over_time(drawn: _Drawn, left: Float64s) -> Markup:
    seen = drawn.seen
    trace: theme.Trace = {
        "x": seen.times[-SHOWN:, 0],
        "y": left[-SHOWN:, 0],
        "mode": "markers",
        "marker": {"color": theme.BLUE, "size": 6, "opacity": 0.7},
        "hovertemplate": "%{x}: %{y:.4g}<extra></extra>",
    }
    y = theme.axis(f"residual ({drawn.unit})", zeroline=True, zerolinecolor=theme.INK)
    title = "Over time" if seen.horizon == 1 else "Over time, one step ahead"
    return theme.figure(title, [trace], theme.axis(_time_title(seen)), y, 340, show_legend=False)


def _histogram(drawn: _Drawn, left: Float64s) -> Markup:
    counts, edges = np.histogram(left, bins="auto" if np.ptp(left) > 0 and left.size < 100_000 else 60)
    trace: theme.Trace = {
        "type": "bar",
        "x": (edges[1:] + edges[:-1]) / 2,
        "y": counts,
        "width": np.diff(edges),
        "marker": {"color": theme.BLUE, "line": {"color": theme.PAPER, "width": 1}},
        "hovertemplate": "around %{x:.4g}: %{y}<extra></extra>",
    }
    x = theme.axis(f"residual ({drawn.unit})")
    title = "How often" if left.shape[1] == 1 else "How often, all steps"
    return theme.figure(title, [trace], x, theme.axis("forecasts (count)"), 340, show_legend=False)


def _by_step(drawn: _Drawn) -> Markup:
    seen = drawn.seen
    steps = np.arange(1, seen.horizon + 1)
    mark = "lines+markers" if seen.horizon <= 40 else "lines"
    entries = [("network", seen.forecast, theme.VERMILION, "solid")]
    if seen.baseline is not None:
        entries.append((drawn.baseline, seen.baseline, theme.GREEN, "dot"))
    traces = []
    for name, forecast, colour, dash in entries:
        errors = np.abs(seen.actual - forecast).mean(0)
        traces.append({**_line(steps, errors, name, colour, dash), "mode": mark})
    y = theme.axis(f"mae ({drawn.unit})", rangemode="tozero")
    x = theme.axis("steps ahead (rows)", **({"dtick": 1} if seen.horizon <= 12 else {}))
    return theme.figure("Error by step", traces, x, y, 340)


def _line(x: np.ndarray, y: np.ndarray, name: str, colour: str, dash: str = "solid") -> theme.Trace:
    return {
        "x": x,
        "y": y,
        "name": name,
        "mode": "lines" if len(x) > 1 else "markers",
        "line": {"color": colour, "width": 2, "dash": dash},
        "marker": {"color": colour, "size": 7},
        "hovertemplate": "%{x}: %{y:.4g}",
    }


def _time_title(seen: Forecasts) -> str:
    return "time" if seen.times.dtype.kind == "M" else "row of the series, or its own count of time"
