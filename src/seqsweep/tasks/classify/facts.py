"""What a table of labelled items is: its columns, its classes in each part, items that are alike."""

from __future__ import annotations

import numpy as np

from seqsweep.tasks.classify.split import repeated
from seqsweep.tasks.classify.table import Table
from seqsweep.tasks.facts import Facts, FactTable
from seqsweep.tasks.parts import Parts
from seqsweep.words import counted, counted_share

NAMED = 6  # columns that a line names


def facts(table: Table, parts: Parts, classes: tuple[str, ...], split: str) -> Facts:
    """What a person should know of the items before anything is learned from them.

    Args:
        table: the items.
        parts: of the sweep.
        classes: the labels.
        split: how the items were parted.
    """
    sizes = ", ".join(f"{name} {len(part):,}" for name, part in parts._asdict().items())
    whole = f"{table.name}: {counted(len(table.items), 'item')} of {len(classes)} classes ({table.target})"
    further = len(table.columns) - NAMED
    columns = ", ".join(table.columns[:NAMED]) + (f" and {further} more" if further > 0 else "")
    alike = {name: len(repeated(table, parts.train, getattr(parts, name))) for name in ("validation", "test")}
    data = (
        ("data", table.origin.where),
        ("target", table.target),
        ("read", columns if not table.window else f"{columns}, of up to {counted(table.window, 'row')} before an item"),
        ("parted", split),
        *((f"{name} like one of train", counted(count, "item")) for name, count in alike.items()),
    )
    rows = tuple(
        (name, *(_cell(table, part, name) for part in parts), f"{int((table.labels == name).sum()):,}")
        for name in classes
    )
    head = (table.target, "train", "validation", "test", "all")
    tables = (FactTable("data", "Data", data), FactTable("classes", "Classes", rows, head, words=1))
    return Facts(table.name, (f"{whole}, parted {split}: {sizes}",), tables)


def _cell(table: Table, part: np.ndarray[tuple[int], np.dtype[np.int64]], name: str) -> str:
    count = int((table.labels[part] == name).sum())
    return f"{count:,} ({counted_share(count / max(len(part), 1))})"
