"""A series with its three parts, drawn with as many points as a screen can show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from seqsweep.data import Series
from seqsweep.html import theme
from seqsweep.serving.array_types import Float64s, Int64s
from seqsweep.tasks.facts import Picture
from seqsweep.tasks.forecast.moments import has_times
from seqsweep.tasks.forecast.split import Split
from seqsweep.words import counted

STRETCHES = 1_000
"""Of a long series, as many as a figure has pixels: of each the least and the greatest value are drawn."""

SHADES = {"train": "rgba(86,180,233,0.16)", "validation": "rgba(230,159,0,0.22)", "test": "rgba(0,158,115,0.22)"}

HOLE = 0.005
"""Of the whole span: where rows lie further apart, and further than usual, the line is broken."""


def pictures(series: Series, parts: Split) -> Iterator[Picture]:
    """The target over time; values that were filled are marked.

    Args:
        series: complete and in order.
        parts: of it.
    """
    rows = thinned(series.values[:, 0], STRETCHES)
    traces = [_line(series, rows), *_filled(series, rows), *_legend()]
    said = ""
    if len(rows) < series.rows:
        of_each = f"Of each {counted(-(-series.rows // STRETCHES), 'row')} the least and the greatest value"
        said = f"{of_each} are drawn: {len(rows):,} of {series.rows:,}."
    yield Picture(
        title="The series and its parts",
        traces=traces,
        x=theme.axis("time" if has_times(series) else "row"),
        y=theme.axis(f"{series.target} (unit of the data)"),
        height=420,
        layout={"shapes": list(_shades(series, parts))},
        note=said,
    )


def thinned(values: Float64s, stretches: int) -> Int64s:
    """The rows to draw, in their order: all of a short series, else the least and the greatest of each stretch.

    Args:
        values: (rows,).
        stretches: of equal length, into which a longer series is cut.
    """
    rows = len(values)
    if rows <= 2 * stretches:
        return np.arange(rows, dtype=np.int64)
    width = -(-rows // stretches)
    whole = rows // width
    blocks = values[: whole * width].reshape(whole, width)
    begins = np.arange(whole) * width
    found = [blocks.argmin(axis=1) + begins, blocks.argmax(axis=1) + begins]
    if rest := rows - whole * width:
        last = values[-rest:]
        found.append(np.array([last.argmin(), last.argmax()]) + rows - rest)
    return np.unique(np.concatenate([*found, [0, rows - 1]])).astype(np.int64)


def _line(series: Series, rows: Int64s) -> dict[str, Any]:
    """Broken where rows are absent for so long that it shows."""
    index = series.index[rows].astype(np.int64).astype(np.float64)  # three centuries of nanoseconds overflow
    steps = np.diff(index)
    is_hole = (steps > HOLE * (index[-1] - index[0])) & (steps > 3 * np.median(steps)) if len(steps) else steps > 0
    x, y = _times(series, rows), _values(series, rows)
    for row in np.flatnonzero(is_hole)[::-1]:
        x.insert(int(row) + 1, x[row])
        y.insert(int(row) + 1, None)
    line = {"color": theme.INK, "width": 1.5 if len(rows) < 500 else 1}
    return {"x": x, "y": y, "name": series.target, "mode": "lines", "line": line, "hovertemplate": "%{x}: %{y:.4g}"}


def line(series: Series, colour: str) -> dict[str, Any]:
    """One of several series.

    Args:
        series: complete and in order.
        colour: of the line.
    """
    drawn = _line(series, thinned(series.values[:, 0], STRETCHES // 4))
    return {**drawn, "name": series.name, "line": {"color": colour, "width": 1}}


def _filled(series: Series, rows: Int64s) -> Iterator[dict[str, Any]]:
    """The values that had no row of their own."""
    if series.observed is None:
        return
    filled = rows[~series.observed[rows]]
    marker = {"color": theme.VERMILION, "size": 5}
    common = {"name": "filled", "mode": "markers", "marker": marker, "hovertemplate": "%{x}: %{y:.4g}, filled"}
    yield {"x": _times(series, filled), "y": _values(series, filled), **common}


def _legend() -> Iterator[dict[str, Any]]:
    """A square of each part's shade: labels in the figure would lie over each other where a part is short."""
    for part, shade in SHADES.items():
        marker = {"color": shade, "size": 12, "symbol": "square", "line": {"color": theme.GREY, "width": 1}}
        yield {"x": [None], "y": [None], "name": part, "mode": "markers", "marker": marker, "hoverinfo": "skip"}


def _shades(series: Series, parts: Split) -> Iterator[dict[str, Any]]:
    """Each part from its first row to that of the next one."""
    begins = _times(series, np.array([0, parts.train_end, parts.validation_end, parts.rows - 1], np.int64))
    for part, begin, end in zip(SHADES, begins, begins[1:], strict=False):
        shape = {"type": "rect", "xref": "x", "yref": "paper", "y0": 0, "y1": 1, "layer": "below", "line": {"width": 0}}
        yield {**shape, "x0": begin, "x1": end, "fillcolor": SHADES[part]}


def _times(series: Series, rows: Int64s) -> list[Any]:
    """What the clock of the zone shows, as plotly reads it; or counts."""
    times = series.clock_at(rows)
    if times.dtype.kind != "M":
        return list((times if has_times(series) else times + 1).tolist())
    texts = np.datetime_as_string(times.astype("datetime64[ms]")).tolist()
    return [text.removesuffix(".000").removesuffix("T00:00:00") for text in texts]


def _values(series: Series, rows: Int64s) -> list[Any]:
    """As many digits as can be seen."""
    return [float(f"{value:.6g}") for value in series.values[rows, 0].tolist()]
