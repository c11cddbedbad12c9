"""What a person should know of a data set before anything is learned from it, as plain values that a file can hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class FactTable:
    """Facts below one heading.

    Args:
        key: of its anchor on a page: `columns`.
        title: the heading.
        rows: a text a column each.
        head: of the columns; empty: a row is a label and what it says.
        words: so many columns from the left hold words; the others hold figures.
        needed: columns that are shown first where there is little room, counted from 0.
    """

    key: str
    title: str
    rows: tuple[tuple[str, ...], ...]
    head: tuple[str, ...] = ()
    words: int = 2
    needed: tuple[int, ...] = ()


@dataclass(frozen=True)
class Picture:
    """A figure as `html.theme.figure` takes it.

    Args:
        title: what it shows, in words.
        traces: as plotly names them; their values are numbers and texts.
        x: an axis.
        y: an axis.
        height: pixels.
        layout: more of plotly's settings.
        note: what its reader should know; may be empty.
    """

    title: str
    traces: Sequence[dict[str, Any]]
    x: dict[str, Any]
    y: dict[str, Any]
    height: int = 380
    layout: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True)
class Facts:
    """What a data set is.

    Args:
        name: of the data.
        summary: two sentences at most, for those who want no more.
        tables: all of it.
        pictures: of the data with its parts.
        notes: what reading did to the data, a sentence each; whoever reads it adds them.
    """

    name: str
    summary: tuple[str, ...]
    tables: tuple[FactTable, ...]
    pictures: tuple[Picture, ...] = ()
    notes: tuple[str, ...] = ()
