"""What no network of a sweep can read or say of its items, told before any is trained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from seqsweep.errors import DataError
from seqsweep.tasks.decoding.dataset import PairedItems
from seqsweep.tasks.decoding.table import Words
from seqsweep.words import counted, counted_share

if TYPE_CHECKING:
    from seqsweep.serving.subwords import Subwords


def cut(
    column: str,
    texts: Words,
    data: PairedItems,
    kind: str,
    key: str,
    limits: Sequence[int | None],
    subwords: Subwords | None = None,
) -> Iterator[str]:
    """Which texts of a column are longer than what is read or said of them.

    Args:
        column: its name.
        texts: (items,).
        data: that they are of.
        kind: of their tokens.
        key: the hyperparameter that limits them.
        limits: its values in the space; None: the longest text of train.
        subwords: what makes them, where tokens are these.
    """
    from seqsweep.serving.pieces import lengths

    found = lengths(texts.tolist(), kind, subwords)
    longest = int(found[data.parts.train].max())
    least = min(longest if limit is None else limit for limit in limits)
    if count := int((found > least).sum()):
        of = "the longest of train" if None in limits and least == longest else f"search_space.{key}"
        whole = f"{counted(count, 'text')} of {len(texts):,} in {column} ({counted_share(count / len(texts))})"
        yield f"{whole}: longer than {least} {kind}, {of}, and cut there; the longest has {found.max():,}"


def subwords_of(texts: Words, data: PairedItems, key: str, sizes: Sequence[int]) -> Subwords:
    """Those of the smallest vocabulary in the space, which cuts a text into the most.

    Args:
        texts: (items,), cleaned.
        data: that they are of.
        key: the hyperparameter that says how many there are.
        sizes: its values in the space.

    Raises:
        DataError: it cannot hold the letters of train, of which subwords are made.
    """
    from seqsweep.serving.subwords import Subwords, learned

    train = [str(texts[item]) for item in data.parts.train]
    letters = {" "}.union(*train)
    if min(sizes) < len(letters):
        told = f"subwords know each of the {len(letters):,} letters of train; give some hundred more than that"
        raise DataError(f"search_space.{key}={min(sizes)}: {told}, or words")
    return Subwords(learned(train, min(sizes)))


def unknown(data: PairedItems, kind: str, size: int, subwords: Subwords | None = None) -> Iterator[str]:
    """Which texts outside train no network can say, as train does not hold a token of them.

    Args:
        data: of the sweep.
        kind: of their tokens.
        size: of the largest vocabulary in the space.
        subwords: what makes them, where tokens are these: a letter alone may not be known.
    """
    from seqsweep.serving.pieces import pieces

    table, others = data.table, np.concatenate([data.parts.validation, data.parts.test])
    counts = Counter(piece for item in data.parts.train for piece in pieces(str(table.targets[item]), kind, subwords))
    known = {piece for piece, _ in counts.most_common(size)} if subwords is None else set(subwords.pieces)
    if count := sum(not known.issuperset(pieces(str(table.targets[item]), kind, subwords)) for item in others):
        whole = f"{counted(count, 'text')} of {len(others):,} in {table.target} outside train"
        told = f"{whole} ({counted_share(count / len(others))}) cannot be said: one of their {kind}"
        yield f"{told} is not among the {len(known):,} that a network learns from train"
