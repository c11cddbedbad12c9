"""Forecasts over the whole horizon, each from one origin: of the test part, and behind the last row."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqsweep.html import Markup, Section, note, paragraph, theme
from seqsweep.serving.array_types import Float64s, Index, Int64s
from seqsweep.serving.quantiles import point_of
from seqsweep.tasks.forecast.by_series import SeriesScore, middle
from seqsweep.tasks.forecast.choices import Choice, figure_of
from seqsweep.tasks.forecast.dataset import SeriesDataset
from seqsweep.tasks.forecast.interval_words import short_of
from seqsweep.tasks.forecast.intervals import ForecastInterval
from seqsweep.tasks.forecast.moments import short
from seqsweep.tasks.forecast.panel_dataset import PanelDataset
from seqsweep.tasks.forecast.traces import Ends, bands, baseline_name, time_axis
from seqsweep.tasks.results import Heading, TestPredictions
from seqsweep.words import counted

BEFORE = (30, 200)
"""Rows before an origin that are drawn: three horizons, and so many at least and at most."""

DRAWN = 1500
"""Origins whose errors are drawn; more would hide each other."""


def drawn_arrays(data: SeriesDataset | PanelDataset) -> dict[str, NDArray[Any]]:
    """The target and its times; of several series where each begins, its size, and which each item of test is of.

    Args:
        data: that was evaluated on.
    """
    series = data.series
    arrays: dict[str, NDArray[Any]] = {"index": series.clock, "target": series.values[:, 0]}
    if isinstance(data, PanelDataset):
        arrays |= {"owners": data.parts.owners(data.parts.test), "starts": data.parts.starts, "sizes": data.sizes}
    return arrays


@dataclass(frozen=True)
class _Told:
    """What both kinds of forecast are drawn with.

    Args:
        heading: who is who.
        intervals: around forecasts, in units of the size of a series.
        each: scores by series; none of one series without a name.
        target: (rows,), of all series.
        times: (rows,), of the same rows.
        starts: (series,), the first row of each; 0 of one.
        sizes: (series,), what widths of intervals are multiplied by.
    """

    heading: Heading
    intervals: Sequence[ForecastInterval]
    each: Sequence[SeriesScore]
    target: Float64s
    times: Index
    starts: Int64s
    sizes: Float64s

    @classmethod
    def of(
        cls,
        heading: Heading,
        intervals: Sequence[ForecastInterval],
        each: Sequence[SeriesScore],
        seen: TestPredictions,
    ) -> _Told:
        more = seen.more
        starts, sizes = more.get("starts", np.zeros(1, np.int64)), more.get("sizes", np.ones(1))
        return cls(heading, intervals, each, more["target"], more["index"], starts, sizes)

    def rows_of(self, number: int) -> slice:
        ends = [*self.starts[1:].tolist(), len(self.target)]
        return slice(int(self.starts[number]), ends[number])

    def intervals_of(self, number: int) -> list[ForecastInterval]:
        return [interval.scaled(float(self.sizes[number])) for interval in self.intervals]

    def before(self, first: int, origin: int, horizon: int) -> slice:
        """The rows that are drawn up to an origin."""
        count = min(max(3 * horizon, BEFORE[0]), BEFORE[1])
        return slice(max(first, origin + 1 - count), origin + 1)

    @property
    def axes(self) -> tuple[theme.Axis, theme.Axis]:
        return time_axis(self.times), theme.axis(f"{self.heading.target} (unit of the data)")


def origin_section(
    heading: Heading,
    intervals: Sequence[ForecastInterval],
    each: Sequence[SeriesScore],
    seen: TestPredictions,
) -> Iterator[Section]:
    """The best, the median and the worst forecast of the test part, and how errors went over its origins.

    Args:
        heading: who is who.
        intervals: around forecasts.
        each: scores by series; none of one series without a name.
        seen: what was forecast. A single step, or without the values of the target, has no section.
    """
    horizon = seen.test_actual.shape[1]
    if horizon == 1 or "target" not in seen.more:
        return
    told = _Told.of(heading, intervals, each, seen)
    choices = [choice for number, name in _shown(each) for choice in _origins(told, seen, number, name)]
    title = f"From one origin, all {horizon} steps ahead"
    blocks = [figure_of(title, choices, *told.axes, first=1), *_errors(told, seen)]
    said = "The best, the median and the worst origin by the mean absolute error of all steps"
    blocks.insert(1, note(f"{said}{', of the best, the middle and the worst series' if len(each) > 1 else ''}."))
    yield Section("origins", "Forecasts from single origins, test part", blocks)


def next_section(
    heading: Heading,
    intervals: Sequence[ForecastInterval],
    each: Sequence[SeriesScore],
    seen: TestPredictions,
    following: Mapping[str, Any],
) -> Iterator[Section]:
    """The forecast behind the last row, of each series.

    Args:
        heading: who is who.
        intervals: around forecasts.
        each: scores by series.
        seen: has the values before.
        following: see `ahead.next_forecasts`.
    """
    if "missing" in following:
        said = f"None could be made: {following['missing']}."
        mend = (
            "Rows behind the last one, blank in the target, say what is known ahead; `seqsweep predict` takes them too."
        )
        yield Section("next", "The next forecast", [paragraph(f"{said} {mend}")], unfolded=True)
        return
    if not following or "target" not in seen.more:
        return
    told = _Told.of(heading, intervals, each, seen)
    names = {score.name: score.number for score in each}
    known = [entry for entry in following["series"] if not each or entry["name"] in names]
    choices = [Choice(entry["name"], _next_traces(told, entry, names.get(entry["name"], 0))) for entry in known]
    if not choices:
        return
    count = counted(len(known[0]["forecast"]), "step")
    title = f"{count} behind the last row"
    said = "By the network that was tested, which has learned from train alone."
    blocks = [figure_of(title, choices, *told.axes), note(said), *map(note, short_of(intervals))]
    yield Section("next", "The next forecast", blocks, unfolded=True)


def _shown(each: Sequence[SeriesScore]) -> list[tuple[int, str]]:
    """The series whose forecasts are drawn, with a name where there are several."""
    if len(each) < 2:
        return [(each[0].number if each else 0, "")]
    ordered = sorted(each, key=lambda score: score.network)
    chosen = [ordered[0], middle(each), ordered[-1]]
    return list(dict.fromkeys((score.number, f"{score.name}, ") for score in chosen))


def _origins(told: _Told, seen: TestPredictions, number: int, name: str) -> Iterator[Choice]:
    """The best, the median and the worst origin of a series."""
    places = np.flatnonzero(seen.more["owners"] == number) if "owners" in seen.more else np.arange(len(seen.test_items))
    costs = np.abs(seen.test_actual[places] - point_of(seen.test_predicted[places])).mean(axis=1)
    ordered = places[np.argsort(costs, kind="stable")]
    for label, place in (("best", ordered[0]), ("median", ordered[len(ordered) // 2]), ("worst", ordered[-1])):
        origin = int(seen.test_items[place])
        yield Choice(f"{name}{label}: from {_when(told.times[origin])}", _origin_traces(told, seen, int(place), number))


def _origin_traces(told: _Told, seen: TestPredictions, place: int, number: int) -> list[theme.Trace]:
    origin, horizon = int(seen.test_items[place]), seen.test_actual.shape[1]
    before = told.before(told.rows_of(number).start, origin, horizon)
    times = told.times[origin + 1 : origin + 1 + horizon]
    shown = slice(before.start, origin + 1 + horizon)
    traces = [
        *bands(_ends(told.intervals_of(number), seen.test_predicted[place]), times),
        theme.line(told.times[shown], told.target[shown], "actual", theme.INK),
    ]
    if seen.test_baseline is not None:
        name = baseline_name(told.heading)
        traces.append(theme.line(times, seen.test_baseline[place], name, theme.GREY, "dot"))
    forecast = point_of(seen.test_predicted[place][None])[0]
    traces.append(theme.line(times, forecast, told.heading.winner, told.heading.colour))
    return [*traces, _seen_last(told.times[origin], told.target[shown])]


def _next_traces(told: _Told, entry: Mapping[str, Any], number: int) -> list[theme.Trace]:
    rows = told.rows_of(number)
    forecast = np.array(entry["forecast"])
    before = told.before(rows.start, rows.stop - 1, len(forecast))
    past: Any = told.times[before]
    last = [str(past[-1]) if past.dtype.kind == "M" else past[-1].item()]  # as `entry` has times
    times: Any = [*last, *entry["times"]]
    value = told.target[before][-1]  # lines and bands begin there, or else a single step would have none
    ends = _ends(told.intervals_of(number), np.array(entry.get("quantiles", entry["forecast"])))
    fan = [{**band, "y": [value, *band["y"]]} for band in bands(ends, times)]
    return [
        *fan,
        theme.line(past, told.target[before], "actual", theme.INK),
        theme.line(times, np.array([value, *forecast]), told.heading.winner, told.heading.colour),
    ]


def _errors(told: _Told, seen: TestPredictions) -> Iterator[Markup]:
    """The mean absolute error over all steps at each origin; of several series their mean, in units of their sizes."""
    several = len(told.sizes) > 1
    sizes = told.sizes[seen.more["owners"]][:, None] if several else np.ones((1, 1))
    entries = [(told.heading.winner, point_of(seen.test_predicted), told.heading.colour, "solid")]
    if seen.test_baseline is not None:
        name = baseline_name(told.heading)
        entries.append((name, seen.test_baseline, theme.GREY, "dot"))
    moments, group = np.unique(told.times[seen.test_items], return_inverse=True)
    traces = []
    for name, forecast, colour, dash in entries:
        costs = (np.abs(seen.test_actual - forecast) / sizes).mean(axis=1)
        means = np.bincount(group, costs) / np.bincount(group)
        traces.append(theme.line(moments[-DRAWN:], means[-DRAWN:], name, colour, dash))
    unit = "size of each series = 1" if several else f"unit of {told.heading.target}"
    x, y = told.axes[0], theme.axis(f"mae ({unit})", rangemode="tozero")
    yield theme.figure("Error by origin, mean of all steps", traces, x, y, 340)
    if len(moments) > DRAWN:
        yield note(f"The last {DRAWN:,} of {counted(len(moments), 'origin')} are drawn.")


def _ends(intervals: Sequence[ForecastInterval], predicted: Float64s) -> list[Ends]:
    """The intervals that have bounds at all steps, with their ends around a forecast (horizon,) or its quantiles."""
    known = [interval for interval in intervals if all(map(math.isfinite, interval.half_widths))]
    found = [(interval, *interval.ends(predicted[None])) for interval in known]
    return [(interval, low[0], high[0]) for interval, low, high in found]


def _seen_last(time: Any, values: Float64s) -> theme.Trace:
    """A line where the past ends."""
    ends = [float(values.min()), float(values.max())]
    line = {"color": theme.GREY, "width": 1, "dash": "dash"}
    return {"x": [time, time], "y": ends, "mode": "lines", "line": line, "name": "last row seen", "hoverinfo": "skip"}


def _when(time: Any) -> str:
    """The time of a row, or its number as people count."""
    from seqsweep.serving.reading.rows import shown

    return short(shown(time)) if time.dtype.kind == "M" else f"row {int(time) + 1:,}"
