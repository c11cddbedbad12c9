"""How probable a symbol is after the last few: counts of train, smoothed by those of shorter contexts.

Interpolated Kneser-Ney: a discount is taken off each count, and what it leaves goes to the next shorter context, where
a symbol counts by how many different symbols it followed. Contexts and n-grams are numbers in sorted arrays, and of all
lengths only two are held at a time, so that a million symbols take seconds and little memory.

Source: Kneser & Ney (1995), Improved backing-off for m-gram language modeling, ICASSP; interpolated, with three
discounts, as in Chen & Goodman (1999), An empirical study of smoothing techniques for language modeling, Computer
Speech and Language 13(4), section 3.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqsweep.serving.array_types import Float64s, Int64s

Int32s = NDArray[np.int32]

DISCOUNT = 0.5
"""Of every count, where too few of them are small to estimate discounts."""


class Said(NamedTuple):
    """What a model says at positions.

    Args:
        probability: (n,), of what stands there.
        best: (n,), the most probable class.
        best_probability: (n,), of that one.
    """

    probability: Float64s
    best: Int32s
    best_probability: Float64s


@dataclass(frozen=True, eq=False)
class Grams:
    """The different n-grams of one length, smoothed; those of a context lie side by side, contexts in order.

    Args:
        probability: (grams,), of the last symbol after its context.
        left: (contexts,), what each leaves to the shorter context.
        best: (contexts,), the most probable class after each.
        best_probability: (contexts,), of that one.
    """

    probability: Float64s
    left: Float64s
    best: Int32s
    best_probability: Float64s

    def at(self, gram: Int64s, context: Int64s, shorter: Said) -> Said:
        """What is said at positions.

        Args:
            gram: (n,), the n-gram there; -1: train has none such.
            context: (n,), likewise.
            shorter: what the shorter context says there.
        """
        probability = np.where(context < 0, 1.0, self.left[context]) * shorter.probability
        probability = np.where(gram < 0, probability, self.probability[gram])
        best = np.where(context < 0, shorter.best, self.best[context])
        return Said(probability, best, np.where(context < 0, shorter.best_probability, self.best_probability[context]))


def kneser_ney(numbers: Int32s, train: Int32s, wanted: Int32s, classes: int, longest: int) -> Iterator[Said]:
    """What models of contexts of 0, 1, … symbols say at positions, each learned from train alone.

    Args:
        numbers: of symbols, from 0 on; before each text at least `longest` times 0.
        train: (m,), positions.
        wanted: (n,), positions; what stands there has a number of 1 or more.
        classes: numbers from 1 on that there may be.
        longest: symbols of the longest context.
    """
    # Numbers of contexts, classes and counts take four bytes, keys of contexts and classes eight, and what is used no
    # longer is let go at once: of a million symbols each array counts.
    heres, lefts = numbers[train] - 1, numbers[wanted].astype(np.int64) - 1
    context, asked = np.zeros(len(train), np.int32), np.zeros(len(wanted), np.int64)
    uniform = np.full(classes, 1 / classes)
    shorter_grams, parent = uniform, np.zeros(1, np.int32)  # of each gram of the last length: its smoothed probability
    shorter_best = (np.zeros(1, np.int32), np.full(1, 1 / classes))
    said = Said(np.full(len(wanted), 1 / classes), np.zeros(len(wanted), np.int32), np.full(len(wanted), 1 / classes))
    keys, counts = _counted(heres.astype(np.int64))
    below = (keys % classes).astype(np.int32)  # the place of each gram's own shorter one among those of the last length
    for length in range(longest + 1):
        whole = _smoothed(keys, counts, classes, shorter_grams[below], parent, shorter_best)
        gram = _places(keys, asked * classes + lefts, asked >= 0)
        told = whole.at(gram, asked, said)
        del whole
        yield told
        del told
        if length == longest:
            return
        # One symbol more: contexts and n-grams of the next length, and how many of them end in each of this one.
        known, longer = _numbered(context * np.int64(classes + 1) + numbers[train - (length + 1)])
        context = longer
        more, counts = _counted(longer * np.int64(classes) + heres)
        parent_of = (known // (classes + 1)).astype(np.int32)
        own = parent_of[more // classes] * np.int64(classes) + more % classes
        ends = np.searchsorted(keys, own).astype(np.int32)
        del own, longer
        followed = np.bincount(ends, minlength=len(keys)).astype(np.int32)
        lower = _smoothed(keys, followed, classes, shorter_grams[below], parent, shorter_best)
        said = lower.at(gram, asked, said)
        del followed, gram
        asked = _places(known, asked * (classes + 1) + numbers[wanted - length - 1], asked >= 0)
        shorter_grams, shorter_best = lower.probability, (lower.best, lower.best_probability)
        parent, keys, below = parent_of, more, ends
        del lower, more, known, parent_of


def _smoothed(
    keys: Int64s, counts: Int32s, classes: int, lower: Float64s, parent: Int32s, shorter: tuple[Int32s, Float64s]
) -> Grams:
    """Grams of one length.

    Args:
        keys: (grams,), ascending: context · classes + class.
        counts: (grams,), how often each one counts.
        classes: how many there are.
        lower: (grams,), the probability of each one's symbol after the shorter context; it is written over.
        parent: (contexts,), the shorter context of each.
        shorter: the most probable class after each shorter context, and its probability.
    """
    context = (keys // classes).astype(np.int32)
    first = np.flatnonzero(np.diff(context, prepend=np.int32(-1))).astype(np.int32)
    probability = _discounts(counts)[np.minimum(counts, 3)]  # what is taken off each count
    sums = np.add.reduceat(counts, first)
    left = np.add.reduceat(probability, first) / sums
    np.subtract(counts, probability, out=probability)
    probability /= sums[context]
    lower *= left[context]
    probability += lower
    most = np.maximum.reduceat(probability, first)
    best = _first_best(keys, probability == most[context], context, classes)
    other, other_probability = shorter[0][parent], left * shorter[1][parent]
    return Grams(
        probability, left, np.where(most >= other_probability, best, other), np.maximum(most, other_probability)
    )


def _first_best(keys: Int64s, is_best: NDArray[np.bool_], context: Int32s, classes: int) -> Int32s:
    """The class of each context's first most probable gram, (contexts,).

    Args:
        keys: (grams,), ascending.
        is_best: (grams,), at least one of each context.
        context: (grams,).
        classes: how many there are.
    """
    places = np.flatnonzero(is_best).astype(np.int32)
    first = np.diff(context[places], prepend=np.int32(-1)) > 0
    best: Int32s = (keys[places[first]] % classes).astype(np.int32)
    return best


def _discounts(counts: Int32s) -> Float64s:
    """What is taken off counts of 0, 1, 2, and 3 or more: (4,)."""
    n = np.bincount(np.minimum(counts, 5), minlength=6)[1:5].astype(np.float64)
    if not n.all():
        return np.array([0, DISCOUNT, DISCOUNT, DISCOUNT])
    share = n[0] / (n[0] + 2 * n[1])
    taken = np.arange(1, 4) - np.arange(2, 5) * share * n[1:] / n[:3]
    return np.concatenate([[0.0], np.clip(taken, 0.05, [0.95, 1.9, 2.85])])


def _numbered(values: Int64s) -> tuple[Int64s, Int32s]:
    """The different values, ascending, and the place among them of each."""
    order = np.argsort(values, kind="stable").astype(np.int32)
    values = values[order]
    first = _firsts(values)
    place, ranks = np.empty(len(values), np.int32), np.cumsum(first, dtype=np.int32)
    ranks -= 1
    place[order] = ranks
    return values[first], place


def _counted(values: Int64s) -> tuple[Int64s, Int32s]:
    """The different values, ascending, and how often each stands there; the array given is sorted in place."""
    values.sort(kind="stable")
    first = np.flatnonzero(_firsts(values)).astype(np.int32)
    return values[first], np.diff(first, append=np.int32(len(values)))


def _firsts(values: Int64s) -> NDArray[np.bool_]:
    """(n,), whether a sorted value is the first of its kind."""
    first = np.empty(len(values), bool)
    first[:1], first[1:] = True, values[1:] != values[:-1]
    return first


def _places(keys: Int64s, wanted: Int64s, known: NDArray[np.bool_]) -> Int64s:
    """The place of each in sorted keys, -1 where it is not there or nothing is known of it."""
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    found: Int64s = np.where(known & (keys[place] == wanted), place, -1)
    return found
