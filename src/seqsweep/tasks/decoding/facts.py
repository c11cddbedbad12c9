"""What a table of texts to be said is: its columns, lengths, texts that occur in several parts, a few items."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from seqsweep.serving.array_types import Int64s
from seqsweep.tasks.decoding.table import Pairs, Words
from seqsweep.tasks.facts import Facts, FactTable
from seqsweep.tasks.parts import Parts, repeated
from seqsweep.words import counted, counted_share

NAMED = 6  # columns that a line names
SHOWN = 5  # items that are shown


def facts(table: Pairs, parts: Parts, split: str) -> Facts:
    """What a person should know of the items before anything is learned from them.

    Args:
        table: the items.
        parts: of the sweep.
        split: how the items were parted.
    """
    further = len(table.columns) - NAMED
    columns = ", ".join(table.columns[:NAMED]) + (f" and {further} more" if further > 0 else "")
    sizes = ", ".join(f"{name} {len(part):,}" for name, part in parts._asdict().items())
    whole = f"{table.name}: {counted(len(table), 'item')}, {columns} → {table.target}, parted {split}: {sizes}"
    data = (("data", table.origin.where), ("read", columns), ("said", table.target), ("parted", split))
    head = ("part", "items", "read differently", "said differently", "said in train too")
    some = tuple((_told(table, item), str(table.targets[item])) for item in parts.train[:SHOWN])
    tables = (
        FactTable("data", "Data", data),
        FactTable("parts", "Parts", tuple(_parts(table, parts)), head, words=1),
        FactTable("lengths", "Lengths", tuple(_lengths(table)), ("letters", "least", "half up to", "most"), words=1),
        FactTable("items", "Items of train", some, (columns, table.target)),
    )
    return Facts(table.name, (whole,), tables)


def notes(table: Pairs, parts: Parts, split: str) -> Iterator[str]:
    """What a reader should know of the items, a sentence each.

    Args:
        table: the items.
        parts: of the sweep.
        split: how the items were parted.
    """
    what = "values" if table.texts is None else "text"
    if table.changed:
        told = "blanks folded, control characters left out, letters in Unicode's NFC"
        yield f"{counted(table.changed, 'text')} read and scored cleaned: {told}"
    alike = len(table) - len(np.unique(table.alike))
    if alike and split == "shuffled":
        yield f"the {what} of {counted(alike, 'item')} is that of another one; those that are alike are in one part"
    for name in ("validation", "test"):
        if twice := len(repeated(table.alike, parts.train, getattr(parts, name))):
            yield f"train holds the {what} of {counted(twice, 'item')} of {name} too: the scores may flatter"


def _parts(table: Pairs, parts: Parts) -> Iterator[tuple[str, ...]]:
    said = set(table.targets[parts.train].tolist())
    for name, part in parts._asdict().items():
        known = sum(text in said for text in table.targets[part])
        told = "" if name == "train" else f"{known:,} ({counted_share(known / max(len(part), 1))})"
        read = len(np.unique(table.alike[part]))
        yield name, f"{len(part):,}", f"{read:,}", f"{len(set(table.targets[part].tolist())):,}", told


def _lengths(table: Pairs) -> Iterator[tuple[str, ...]]:
    columns = [] if table.texts is None else [(table.columns[0], table.texts)]
    for name, texts in [*columns, (table.target, table.targets)]:
        found = _letters(texts)
        yield name, f"{found.min():,}", f"{int(np.median(found)):,}", f"{found.max():,}"


def _letters(texts: Words) -> Int64s:
    return np.array([len(text) for text in texts], np.int64)


def _told(table: Pairs, item: int) -> str:
    if table.texts is not None:
        return str(table.texts[item])
    values = ", ".join(f"{value:g}" for value in table.values[item, :NAMED])
    return values + (", …" if len(table.columns) > NAMED else "")
