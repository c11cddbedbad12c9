"""Documents as one array of symbols, cut into blocks: what an item is, and which are train, validation and test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqsweep.catalog import Catalog
from seqsweep.errors import DataError
from seqsweep.schema import WindowsConfig
from seqsweep.serving.array_types import Int64s
from seqsweep.tasks.parts import Cut, Parts, Rows, chronological, make_parts, shuffled
from seqsweep.words import counted

SPLITS: Catalog[Cut] = Catalog("way to split", like=Cut)
SPLITS.add("chronological", chronological, chronological)
SPLITS.add("shuffled", shuffled, shuffled)

Int32s = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Blocks:
    """Where the blocks of documents lie in an array that holds them all, with nothing before, between and behind them.

    An item is the place of a block's first symbol.

    Args:
        lengths: (documents,), symbols of each.
        block: symbols of an item; the last one of a document may have fewer.
        apart: places without a symbol before each document: no block and no window reaches over them.
    """

    lengths: Int64s
    block: int
    apart: int

    @cached_property
    def begins(self) -> Int64s:
        """(documents,), the place of each one's first symbol."""
        steps = self.lengths + self.apart
        begins: Int64s = np.cumsum(steps) - steps + self.apart
        return begins

    @property
    def size(self) -> int:
        """Of the array."""
        return int(self.lengths.sum()) + self.apart * (len(self.lengths) + 1)

    @cached_property
    def items(self) -> Int64s:
        """Those of all documents, ascending."""
        parts = [begin + np.arange(0, length, self.block) for begin, length in zip(*self._each, strict=True)]
        return np.concatenate(parts)

    @cached_property
    def document(self) -> Int64s:
        """(items,), the document of each."""
        return np.repeat(np.arange(len(self.lengths)), -(-self.lengths // self.block))

    def spread(self, documents: Sequence[NDArray[Any]], nothing: Any) -> NDArray[Any]:
        """One array of all documents.

        Args:
            documents: a value for each symbol of each.
            nothing: where no symbol is.
        """
        whole = np.full(self.size, nothing, documents[0].dtype)
        for begin, document in zip(self.begins, documents, strict=True):
            whole[begin : begin + len(document)] = document
        return whole

    def end(self, item: int) -> int:
        """The place behind an item's last symbol."""
        document = self.document_at(item)
        return min(item + self.block, int(self.begins[document] + self.lengths[document]))

    def document_at(self, place: int) -> int:
        """The document that a place belongs to."""
        return int(np.searchsorted(self.begins, place, "right")) - 1

    def stretches(self, items: Int64s) -> list[tuple[int, int]]:
        """Where items of one document that follow each other begin and end, as places.

        Args:
            items: (n,), ascending.
        """
        ends = np.array([self.end(int(item)) for item in items], np.int64)
        cuts = np.flatnonzero(items[1:] != ends[:-1]) + 1
        return [(int(part[0]), self.end(int(part[-1]))) for part in np.split(items, cuts)]

    def places(self, items: Int64s) -> Int32s:
        """The places of all symbols of items, in their order; in four bytes, as in a graph."""
        each: Int32s = items.astype(np.int32)[:, None] + np.arange(self.block).astype(np.int32)
        document = np.searchsorted(self.begins, items, "right") - 1
        ends = (self.begins[document] + self.lengths[document]).astype(np.int32)
        return each[each < ends[:, None]]

    @property
    def _each(self) -> tuple[Int64s, Int64s]:
        return self.begins, self.lengths

    def parts(self, name: str, windows: WindowsConfig, seed: int, fold: int = 0) -> Parts:
        """Items of each part: in the order of the source, or whole documents at random.

        Args:
            name: of the data.
            windows: how.
            seed: of the sweep.
            fold: 0 or more, see `tasks.parts.make_parts`.

        Raises:
            DataError: a part would be empty.
        """
        cut = SPLITS[windows.split]
        documents, count = len(self.lengths), len(self.items)
        if cut is shuffled and documents < 3:
            told = f"windows={windows.split} parts whole documents, of which three are needed: here {documents}"
            raise DataError(f"{name}: {told}; take windows=chronological, which parts one text by its places")
        if count < 3:
            told = f"there are {counted(int(self.lengths.sum()), 'symbol')}, {counted(count, 'block')} of {self.block}"
            raise DataError(
                f"{name}: {told}, and three parts need a block each; give more text, or a smaller task.block"
            )
        rows = Rows(name, self.document if cut is shuffled else np.arange(count))
        return Parts(*(self.items[part] for part in make_parts(rows, cut, windows, seed, fold)))
