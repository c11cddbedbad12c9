"""The forecasts of the test part with their intervals, and what is left over."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seqsweep.html import Markup, Section, note, paragraph, side_by_side, table, theme
from seqsweep.serving.array_types import Float64s, Index
from seqsweep.serving.quantiles import point_of
from seqsweep.tasks.forecast.diagnosis import diagnosis
from seqsweep.tasks.forecast.interval_words import called, errors, short_of
from seqsweep.tasks.forecast.intervals import ForecastInterval
from seqsweep.tasks.forecast.traces import Ends, bands, baseline_name, time_axis
from seqsweep.tasks.results import Heading, TestPredictions
from seqsweep.words import counted, share, significant

SHOWN = 1500  # targets drawn; more would hide each other
GONE = "The file of these forecasts is gone; the command of the sweep makes them again."


@dataclass(frozen=True)
class _Drawn:
    """What every figure here needs.

    Args:
        heading: who is who.
        intervals: around the forecasts.
        times: (n, horizon), the index of each target.
        actual: (n, horizon), in the unit of the data; likewise below.
        predicted: of the network, (n, horizon), or quantiles (n, horizon, quantiles).
        baseline: of the best baseline; None: there is none.
    """

    heading: Heading
    intervals: Sequence[ForecastInterval]
    times: Index
    actual: Float64s
    predicted: Float64s
    baseline: Float64s | None

    @property
    def forecast(self) -> Float64s:
        return point_of(self.predicted)

    @property
    def horizon(self) -> int:
        return int(self.actual.shape[1])

    @property
    def unit(self) -> str:
        return f"unit of {self.heading.target}"

    @property
    def baseline_name(self) -> str:
        return baseline_name(self.heading)


def sections(heading: Heading, intervals: Sequence[ForecastInterval], seen: TestPredictions | None) -> list[Section]:
    """What was forecast and what happened, and the residuals.

    Args:
        heading: who is who.
        intervals: around the forecasts.
        seen: what was forecast; None: that is gone.
    """
    title = "Forecast against actual, test part"
    if seen is None:
        return [Section("forecasts", title, [paragraph(GONE)])]
    drawn = _Drawn(heading, intervals, target_times(seen), seen.test_actual, seen.test_predicted, seen.test_baseline)
    figures = [_forecast(drawn, step) for step in _steps(drawn.horizon)]
    order = np.argsort(drawn.times[:, 0], kind="stable")
    told = [*diagnosis((drawn.actual - drawn.forecast)[order], drawn.unit), *short_of(intervals)]
    blocks = [*figures, *_coverage(drawn), *map(paragraph, told)]
    if len(drawn.actual) > SHOWN:
        said = f"The last {SHOWN:,} of {counted(len(drawn.actual), 'forecast')} are drawn; all of them are scored."
        blocks.insert(len(figures), note(said))
    return [Section("forecasts", title, blocks), _residuals(drawn)]


def target_times(seen: TestPredictions) -> Index:
    """The index of each test target, (n, horizon)."""
    steps = np.arange(1, seen.test_actual.shape[1] + 1)  # from origin t the rows t+1 … t+horizon are forecast
    return seen.more["index"][seen.test_items[:, None] + steps]


def _residuals(drawn: _Drawn) -> Section:
    """Actual minus forecast: over time, how often, and by step."""
    left = drawn.actual - drawn.forecast
    blocks = [side_by_side([_over_time(drawn, left), _histogram(drawn, left)])]
    if drawn.horizon > 1:
        blocks.append(_by_step(drawn))
    mean, std = significant(float(left.mean()), 3), significant(float(left.std()), 3)
    said = "Residual: actual minus forecast; above 0 the forecast was too low."
    drawn_of = f" Over time the last {SHOWN:,} of {len(left):,} are drawn." if len(left) > SHOWN else ""
    blocks.append(note(f"{said} Mean {mean}, standard deviation {std}.{drawn_of}"))
    return Section("residuals", "Residuals, test part", blocks)


def _steps(horizon: int) -> list[int]:
    """The steps ahead (from 1) that are drawn: the first, one in the middle, the last."""
    return sorted({1, (1 + horizon) // 2, horizon}) if horizon > 1 else [1]


def _forecast(drawn: _Drawn, step: int) -> Markup:
    times = drawn.times[-SHOWN:, step - 1]
    forecast = drawn.forecast[-SHOWN:, step - 1]
    traces = [
        *bands(_ends(drawn.intervals, drawn.predicted[-SHOWN:], step), times),
        theme.line(times, drawn.actual[-SHOWN:, step - 1], "actual", theme.INK),
    ]
    if drawn.baseline is not None:
        traces.append(theme.line(times, drawn.baseline[-SHOWN:, step - 1], drawn.baseline_name, theme.GREY, "dot"))
    traces.append(theme.line(times, forecast, drawn.heading.winner, drawn.heading.colour))
    y = theme.axis(f"{drawn.heading.target} (unit of the data)")
    title = "One step ahead" if step == 1 else f"{step} steps ahead"
    return theme.figure(title, traces, time_axis(drawn.times), y, 420)


def _ends(intervals: Sequence[ForecastInterval], predicted: Float64s, step: int) -> list[Ends]:
    """The intervals that have bounds at this step, with their ends around forecasts (n, horizon) or their quantiles."""
    known = [interval for interval in intervals if math.isfinite(interval.half_widths[step - 1])]
    found = [(interval, *interval.ends(predicted)) for interval in known]
    return [(interval, low[:, step - 1], high[:, step - 1]) for interval, low, high in found]


def _coverage(drawn: _Drawn) -> list[Markup]:
    intervals = drawn.intervals
    if not intervals:
        return []
    rows = [[f"{share(i.level)} interval", share(i.coverage), _width(i.width)] for i in intervals]
    made = f"{called(intervals[0])}, from {errors(intervals[0])}"
    said = f"{made}; they hold where the test part is like what these are of"
    if any(not math.isfinite(interval.width) for interval in intervals):
        said += "; a level for which there are too few of them has no bounds"
    return [table(["", "held on test", f"mean width ({drawn.unit})"], rows), note(f"{said}.")]


def _width(width: float) -> str:
    return significant(width) if math.isfinite(width) else "unbounded"


def _over_time(drawn: _Drawn, left: Float64s) -> Markup:
    trace: theme.Trace = {
        "x": drawn.times[-SHOWN:, 0],
        "y": left[-SHOWN:, 0],
        "mode": "markers",
        "marker": {"color": theme.PLAIN, "size": 6, "opacity": 0.7},
        "hovertemplate": "%{x}: %{y:.4g}<extra></extra>",
    }
    y = theme.axis(f"residual ({drawn.unit})", zeroline=True, zerolinecolor=theme.INK)
    title = "Over time" if drawn.horizon == 1 else "Over time, one step ahead"
    return theme.figure(title, [trace], time_axis(drawn.times), y, 340, show_legend=False)


def _histogram(drawn: _Drawn, left: Float64s) -> Markup:
    counts, edges = np.histogram(left, bins="auto" if np.ptp(left) > 0 and left.size < 100_000 else 60)
    trace: theme.Trace = {
        "type": "bar",
        "x": (edges[1:] + edges[:-1]) / 2,
        "y": counts,
        "width": np.diff(edges),
        "marker": {"color": theme.PLAIN, "line": {"color": theme.PAPER, "width": 1}},
        "hovertemplate": "around %{x:.4g}: %{y}<extra></extra>",
    }
    x = theme.axis(f"residual ({drawn.unit})")
    title = "How often" if left.shape[1] == 1 else "How often, all steps"
    return theme.figure(title, [trace], x, theme.axis("forecasts (count)"), 340, show_legend=False)


def _by_step(drawn: _Drawn) -> Markup:
    steps = np.arange(1, drawn.horizon + 1)
    mark = "lines+markers" if drawn.horizon <= 40 else "lines"
    entries = [("network", drawn.forecast, drawn.heading.colour, "solid")]
    if drawn.baseline is not None:
        entries.append((drawn.baseline_name, drawn.baseline, theme.GREY, "dot"))
    traces = []
    for name, forecast, colour, dash in entries:
        errors = np.abs(drawn.actual - forecast).mean(0)
        traces.append({**theme.line(steps, errors, name, colour, dash), "mode": mark})
    y = theme.axis(f"mae ({drawn.unit})", rangemode="tozero")
    x = theme.axis("steps ahead (rows)", **({"dtick": 1} if drawn.horizon <= 12 else {}))
    return theme.figure("Error by step", traces, x, y, 340)
