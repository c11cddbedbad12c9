"""Documents as codes: a number for each different symbol, in the order in which symbols appear.

A million symbols as texts would take some sixty megabytes; as codes they take four.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Int32s = NDArray[np.int32]

_PIECE = 10_000  # symbols that are joined at a time


class Coded(NamedTuple):
    """Documents as codes.

    Args:
        documents: (symbols,) each, codes from 0 on.
        symbols: by their codes.
    """

    documents: list[Int32s]
    symbols: list[str]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(documents,), symbols of each."""
        return np.array(list(map(len, self.documents)), np.int64)

    def texts(self) -> tuple[str, ...]:
        """The documents as texts."""
        return tuple("".join(self._pieces(codes)) for codes in self.documents)

    def _pieces(self, codes: Int32s) -> Iterator[str]:
        """A text, some symbols at a time: of a million codes that are no longer arrays each takes forty bytes."""
        for start in range(0, len(codes), _PIECE):
            yield "".join(map(self.symbols.__getitem__, codes[start : start + _PIECE].tolist()))

    def signs(self, document: int, count: int) -> int:
        """How many signs the first symbols of a document have together.

        Args:
            document: its place.
            count: of symbols.
        """
        widths = np.array(list(map(len, self.symbols)), np.int64)
        return int(widths[self.documents[document][:count]].sum())


def coded(documents: Iterable[Iterable[str]]) -> Coded:
    """Documents as codes, whose symbols may come one after the other."""
    known: defaultdict[str, int] = defaultdict()
    known.default_factory = known.__len__
    found = [np.fromiter((known[symbol] for symbol in symbols), np.int32) for symbols in documents]
    return Coded(found, list(known))
