"""What a person should know of several series before a network learns from them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from seqsweep.data import Series
from seqsweep.html import theme
from seqsweep.schema import SweepConfig
from seqsweep.tasks.facts import Facts, FactTable, Picture
from seqsweep.tasks.forecast.facts import column_tables
from seqsweep.tasks.forecast.moments import at, has_times
from seqsweep.tasks.forecast.panel_split import PanelSplit
from seqsweep.tasks.forecast.picture import line
from seqsweep.words import significant, span

LISTED = 50
"""Series that are told of one by one."""

DRAWN = 6
"""Series that are drawn: more would hide each other."""


def panel_facts(config: SweepConfig, series: Series, parts: PanelSplit) -> Facts:
    """All that is known of the series and their parts.

    Args:
        config: of the sweep.
        series: a panel.
        parts: of it.
    """
    members = series.members
    sizes = [member.rows for member in members]
    lowest, highest = min(sizes), max(sizes)
    count = (
        f"{len(members):,} series of {span(lowest, highest)} rows"
        if len(members) > 1
        else f"1 series of {lowest:,} rows"
    )
    named = "a column each" if config.data.columns else f"named by {', '.join(config.data.series)}"
    told = ", ".join(f"{part} {len(getattr(parts, part)):,}" for part in ("train", "validation", "test"))
    summary = (
        f"{series.name}: {series.target} of {count}, {sum(sizes):,} in all, {named}",
        f"forecasts: {told}; the longest window with its targets takes {parts.max_lookback + parts.horizon:,} rows",
    )
    head = ("series", "first row", "last row", "rows", "mean", "train", "validation", "test")
    tables = [*column_tables(series), FactTable("series", "Series", tuple(_rows(series, parts)), head, 3)]
    return Facts(series.name, summary, tuple(tables), tuple(_pictures(series)))


def _rows(series: Series, parts: PanelSplit) -> Iterator[tuple[str, ...]]:
    pairs = list(zip(series.members, parts.members, strict=True))
    for member, part in pairs[:LISTED]:
        counts = [f"{len(items):,}" for items in (part.train, part.validation, part.test)]
        mean = significant(float(member.values[:, 0].mean()))
        yield (member.name, at(member, 0), at(member, -1), f"{member.rows:,}", mean, *counts)
    if len(pairs) > LISTED:
        yield (f"and {len(pairs) - LISTED:,} more", *[""] * 7)


def _pictures(series: Series) -> Iterator[Picture]:
    members = series.members
    chosen = np.unique(np.linspace(0, len(members) - 1, min(DRAWN, len(members))).astype(int))
    traces = [line(members[number], colour) for number, colour in zip(chosen, theme.COLOURS, strict=False)]
    said = f"{len(chosen)} of {len(members):,} series are drawn." if len(chosen) < len(members) else ""
    x = theme.axis("time" if has_times(series) else "row")
    y = theme.axis(f"{series.target} (unit of the data)")
    yield Picture("The series", traces, x, y, 420, note=said)
