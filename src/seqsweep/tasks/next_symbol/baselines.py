"""What a network must beat: counts of what followed what, for exactly the symbols that it is scored on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from seqsweep.catalog import Catalog
from seqsweep.serving.array_types import Int64s
from seqsweep.serving.symbols import BEFORE
from seqsweep.serving.writing import SAID
from seqsweep.tasks.next_symbol.metrics import METRICS, Said
from seqsweep.tasks.next_symbol.ngram import Said as Counted
from seqsweep.tasks.next_symbol.ngram import kneser_ney

Int32s = NDArray[np.int32]


@dataclass(frozen=True, eq=False)  # hashed by identity, so that a fit can be kept for it
class Known:
    """What a baseline may know of a text.

    Args:
        numbers: of all symbols, one array, see `blocks.Blocks`; those of test are not to be learned from.
        train: places of the symbols that it may learn from.
        validation: items by which it may choose between its own settings.
        block: symbols of an item.
        classes: what a symbol may be.
        objective: the metric by which it chooses.
        longest: symbols before one that an n-gram may look at.
    """

    numbers: Int32s
    train: Int32s
    validation: Int64s
    block: int
    classes: int
    objective: str
    longest: int

    def actual(self, items: Int64s) -> Said:
        """What stands at items, (n, block)."""
        said = np.zeros((len(items), self.block), SAID)
        said["symbol"] = self._at(items)
        return said

    def said(self, items: Int64s, made: Counted) -> Said:
        """What counts say at the symbols of items, (n, block).

        Args:
            items: (n,).
            made: of each symbol of these, in their order.
        """
        said = np.zeros((len(items), self.block), SAID)
        stands = self._at(items) != BEFORE
        said["symbol"][stands] = made.best + 1
        said["nll"][stands] = -np.log(made.probability)
        said["best"][stands] = -np.log(made.best_probability)
        return said

    def counted(self, items: Int64s, longest: int) -> Iterator[Counted]:
        """What n-grams of contexts of 0, 1, … symbols say at the symbols of items."""
        places = self._places(items)[self._at(items) != BEFORE]
        return kneser_ney(self.numbers, self.train, places, self.classes, longest)

    def _at(self, items: Int64s) -> Int32s:
        """(n, block), the numbers there; a document's last block is followed by nothing."""
        found: Int32s = self.numbers[self._places(items)]
        return found

    def _places(self, items: Int64s) -> Int32s:
        """(n, block)."""
        places: Int32s = items.astype(np.int32)[:, None] + np.arange(self.block).astype(np.int32)
        return places


class Baseline(Protocol):
    """What an entry of BASELINES is."""

    def __call__(self, known: Known, items: Int64s) -> Said:
        """(n, block).

        Args:
            known: of the text.
            items: (n,), of validation or test.
        """


BASELINES: Catalog[Baseline] = Catalog("baseline", like=Baseline)


@BASELINES.register
def most_frequent(known: Known, items: Int64s) -> Said:
    """The shares of the symbols in train, whatever stands before: the most frequent one is said to come."""
    return known.said(items, next(known.counted(items, 0)))


@BASELINES.register
def ngram(known: Known, items: Int64s) -> Said:
    """Interpolated Kneser-Ney over the last few symbols, as many as do best on validation."""
    for said in known.counted(items, order(known)):
        last = said  # alone: those of all lengths would take more memory than the text
    return known.said(items, last)


@lru_cache(maxsize=4)
def order(known: Known) -> int:
    """How many symbols the n-gram looks at: of 0 to `longest` what does best on validation, by the objective."""
    metric, actual = METRICS[known.objective], known.actual(known.validation)
    made = known.counted(known.validation, known.longest)
    costs = [metric.cost(metric(actual, known.said(known.validation, each))) for each in made]
    return int(np.argmin(costs))
