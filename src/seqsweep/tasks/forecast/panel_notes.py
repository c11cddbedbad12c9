"""What is told of several series before any is learned from: which make no forecasts, what baselines leave out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seqsweep.data import Series
from seqsweep.schema import SweepConfig
from seqsweep.tasks.forecast import smoothing
from seqsweep.tasks.forecast.panel_split import PanelSplit

SHOWN = 3
"""Series that a note names."""


def panel_notes(config: SweepConfig, series: Series, parts: PanelSplit) -> Iterator[str]:
    """A sentence each.

    Args:
        config: of the sweep.
        series: a panel.
        parts: of it.
    """
    yield from _left_out(series, parts, config.windows.short_series)
    ends = [part.train_end for part in parts.members if len(part.train)]
    limits = [smoothing.told(config.task.baselines, end, config.data.season) for end in (min(ends), max(ends))]
    yield from dict.fromkeys(text for told in limits for text in told)


def _left_out(series: Series, parts: PanelSplit, short_series: str) -> Iterator[str]:
    """What no forecast is made of."""
    members = list(zip(series.members, parts.members, strict=True))
    needs = parts.max_lookback + parts.horizon
    short = [member.name for member, part in members if part.train_end < needs]
    if short:
        how = "left out" if short_series == "left_out" else "kept for scaling alone"
        yield (
            f"{len(short):,} of {len(members):,} series {how}, with fewer than {needs} rows of train "
            f"for the longest window and its targets: {_some(short)}"
        )
    ended = [member.name for member, part in members if part.train_end >= needs and not len(part.test)]
    if ended:
        yield f"{len(ended):,} of {len(members):,} series without a forecast in test: {_some(ended)}"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return ", ".join(repr(name) for name in names[:SHOWN]) + more
