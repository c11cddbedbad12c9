"""What texts are: their parts, their symbols, what is not known and what is repeated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from seqsweep.serving.symbols import SPECIAL, UNKNOWN
from seqsweep.tasks.facts import Facts, FactTable
from seqsweep.tasks.next_symbol.settings import own
from seqsweep.words import counted, counted_share, one_line

if TYPE_CHECKING:
    from seqsweep.tasks.next_symbol.dataset import Texts

LISTED = 20  # symbols, the most frequent
PARTS = ("train", "validation", "test")


def facts(data: Texts) -> Facts:
    """What a person should know of texts before anything is learned from them.

    Args:
        data: the documents, their blocks and parts.
    """
    kind, task = data.alphabet.kind, own(data.config)
    places = {name: data.blocks.places(getattr(data.parts, name)) for name in PARTS}
    sizes = ", ".join(f"{name} {len(found):,}" for name, found in places.items())
    whole = f"{data.name}: {data.rows:,} {kind} in {counted(len(data.corpus.texts), 'document')}"
    known = f"{len(data.alphabet.vocabulary):,} {kind}"
    about = (
        ("data", data.corpus.where),
        ("column", data.corpus.column),
        ("symbols", f"{kind}{', small and capital letters alike' if task.fold else ''}"),
        ("known", f"{known}, the most frequent of train, {task.vocabulary:,} at most"),
        ("block", f"{counted(task.block, 'symbol')}: an item"),
        ("parted", data.config.windows.split),
    )
    rows = tuple(
        (name, f"{len(found):,}", f"{len(getattr(data.parts, name)):,}", counted_share(_unknown(data, found)),
         f"{len(data.repeated[name]):,}" if name in data.repeated else "")
        for name, found in places.items()
    )  # fmt: skip
    head = ("part", kind, "blocks", "not known", "blocks that train holds too")
    tables = (
        FactTable("data", "Data", about),
        FactTable("parts", "Parts", rows, head, words=1),
        FactTable("symbols", f"Most frequent {kind}", _frequent(data), (kind.removesuffix("s"), *PARTS), words=1),
    )
    return Facts(data.name, (f"{whole}: {sizes}; {known} are known.",), tables)


def notes(data: Texts) -> Iterator[str]:
    """What a reader should know of the texts, a sentence each."""
    for name, items in data.repeated.items():
        every = len(getattr(data.parts, name))
        if len(items) == every:
            yield f"train holds the whole text of {name} too: what is asked is whether a network knows it by heart"
        elif len(items):
            yield f"train holds the text of {len(items):,} of the {every:,} blocks of {name} too, to the last sign"
    for name in ("validation", "test"):
        if unknown := data.unknown(getattr(data.parts, name)):
            kind = data.alphabet.kind
            yield f"{counted_share(unknown)} of the {kind} of {name} are not known: all of them are one symbol"


def _unknown(data: Texts, places: np.ndarray[tuple[int], np.dtype[np.int32]]) -> float:
    return float((data.numbers[places] == UNKNOWN).mean())


def _frequent(data: Texts) -> tuple[tuple[str, ...], ...]:
    size = data.alphabet.classes + 1
    found = [data.blocks.places(getattr(data.parts, name)) for name in PARTS]
    counts = [np.bincount(data.numbers[places], minlength=size) / max(len(places), 1) for places in found]
    symbols = data.alphabet.vocabulary[:LISTED]
    return tuple(
        (one_line(symbol), *(counted_share(float(part[number])) for part in counts))
        for number, symbol in enumerate(symbols, SPECIAL)
    )
