"""What the figures of forecasts have alike: intervals as bands, the axis of time, the name of the best baseline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seqsweep.html import theme
from seqsweep.serving.array_types import Float64s, Index
from seqsweep.tasks.forecast.intervals import ForecastInterval
from seqsweep.tasks.results import Heading
from seqsweep.words import in_words, share

COLOURS = ("rgba(86,180,233,0.45)", "rgba(86,180,233,0.22)")  # of the narrowest interval and of all others

Ends = tuple[ForecastInterval, Float64s, Float64s]
"""An interval with its lower and its upper end at each target (n,), in the unit of the data."""


def bands(ends: Sequence[Ends], times: Any) -> list[theme.Trace]:
    """The area of each interval, the widest first, so that the narrower ones lie over it.

    Args:
        ends: of each level, all finite.
        times: (n,), of the targets.
    """
    traces: list[theme.Trace] = []
    common = {"x": times, "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    for place, (interval, low, high) in reversed(list(enumerate(sorted(ends, key=lambda entry: entry[0].level)))):
        fill = {"fill": "tonexty", "fillcolor": COLOURS[min(place, 1)], "name": f"{share(interval.level)} interval"}
        traces += [{**common, "y": low, "showlegend": False}, {**common, **fill, "y": high}]
    return traces


def time_axis(times: Index) -> theme.Axis:
    """The axis of the index of a series.

    Args:
        times: any of it: `datetime64`, or counts.
    """
    return theme.axis("time" if times.dtype.kind == "M" else "row of the series, or its own count of time")


def baseline_name(heading: Heading) -> str:
    """What the line of the best baseline is called; there is one."""
    return f"best baseline: {in_words(heading.best_baseline or '')}"
