"""Subwords of texts that go on, learned from train alone.

Where train ends is counted in subwords, and which there are is learned from train: so they are learned from a part of
it that is sure to lie in train, whatever they turn out to be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from seqsweep.errors import DataError
from seqsweep.serving.array_types import Int64s
from seqsweep.serving.subwords import SEPARATE, Subwords, learned
from seqsweep.serving.symbols import split
from seqsweep.tasks.next_symbol.blocks import Blocks
from seqsweep.tasks.next_symbol.codes import Coded, coded
from seqsweep.tasks.parts import Parts

LINE = 1 << 16
"""Signs that are learned from at once: SentencePiece passes over what is too long."""

Parted = Callable[[Int64s], tuple[Blocks, Parts]]
"""The symbols of each document → blocks and parts."""


def subwords_of_train(name: str, texts: Sequence[str], size: int, parted: Parted) -> tuple[Subwords, tuple[int, ...]]:
    """What makes subwords, and how many signs of each text it was learned from; all of them lie in train.

    A first guess of train is made by words. What lies outside the train of its own subwords is taken off, until
    nothing does.

    Args:
        name: of the data.
        texts: as they are read.
        size: of the vocabulary, at most.
        parted: see `Parted`.

    Raises:
        DataError: the vocabulary cannot hold the letters of train.
    """
    read = coded(split(text, "words") for text in texts)
    ends = _ends(read, *parted(read.lengths))
    while True:
        made = from_beginnings(name, texts, ends, size)
        read = coded(map(made.split, texts))
        now = _ends(read, *parted(read.lengths))
        if all(least <= most for least, most in zip(ends, now, strict=True)):
            return made, ends
        ends = tuple(map(min, ends, now))


def from_beginnings(name: str, texts: Sequence[str], ends: Sequence[int], size: int) -> Subwords:
    """What the beginnings of texts alone determine.

    Args:
        name: of the data.
        texts: as they are read.
        ends: signs of each that count.
        size: of the vocabulary, at most.

    Raises:
        DataError: it cannot hold their letters.
    """
    lines = [line for text, end in zip(texts, ends, strict=True) for line in _lines(text[:end])]
    letters = set(SEPARATE).union(*lines)
    if size < len(letters):
        told = f"subwords know each of the {len(letters):,} letters of train; give some hundred more than that"
        raise DataError(f"{name}: task.vocabulary={size}: {told}, or task.tokens=words")
    return Subwords(learned(lines, size, exact=True))


def _lines(text: str) -> Iterator[str]:
    for line in text.replace(SEPARATE[1], SEPARATE[0]).split(SEPARATE[0]):
        yield from (line[start : start + LINE] for start in range(0, len(line), LINE))


def _ends(read: Coded, blocks: Blocks, parts: Parts) -> tuple[int, ...]:
    """The signs of each document that lie in train, from its beginning on: no way to part takes an end alone."""
    ends = [0] * len(read.documents)
    for start, end in blocks.stretches(parts.train):
        document = blocks.document_at(start)
        begin = int(blocks.begins[document])
        if start == begin:
            ends[document] = read.signs(document, end - begin)
    return tuple(ends)
