"""A text as a sequence of symbols, and back without loss: letters, words with the blank before them, or subwords."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .subwords import BLANK

if TYPE_CHECKING:
    from .subwords import Subwords

Int32s = NDArray[np.int32]

KINDS = ("letters", "words", "subwords")
"""What a text may be a sequence of."""

BEFORE, UNKNOWN, SPECIAL = 0, 1, 2
"""Numbers before those of the vocabulary: nothing, as before the first symbol of a text; a symbol that is not known."""

SHOWN_UNKNOWN = "\ufffd"
"""What is shown of a symbol that is not known."""

WORD = re.compile(r" ?\w+| ?[^\w\s]+|\s+")
"""A word or a run of signs with the blank before it, or what else is blank: side by side they are the text again.

Where a text is cut between two of them, its parts have the same ones: so a stretch can be read alone.

Source: after the pattern of GPT-2's tokens, Radford et al. (2019), Language Models are Unsupervised Multitask Learners.
"""


def split(text: str, kind: str, subwords: Subwords | None = None) -> Iterator[str]:
    """The symbols of a text, which joined are the text.

    Args:
        text: as it stands.
        kind: one of KINDS.
        subwords: what makes them, where symbols are these.
    """
    if subwords is not None:
        return subwords.split(text)
    return iter(text) if kind == "letters" else (found.group() for found in WORD.finditer(text))


def read_as(text: str, kind: str, fold: bool) -> str:
    """A text as its symbols are taken from it.

    Args:
        text: as it stands.
        kind: one of KINDS. Where subwords are read, the sign that stands for a blank in them becomes a blank.
        fold: whether small and capital letters are one.
    """
    plain = text.casefold() if fold else text
    return plain.replace(BLANK, " ") if kind == "subwords" else plain


class Alphabet:
    """The symbols that have a number, from SPECIAL on.

    Args:
        kind: one of KINDS.
        fold: whether small and capital letters are one.
        vocabulary: the symbols, none twice.
        subwords: what makes them, where symbols are these.
    """

    def __init__(self, kind: str, fold: bool, vocabulary: Sequence[str], subwords: Subwords | None = None) -> None:
        self.kind, self.fold, self.vocabulary, self.subwords = kind, fold, tuple(vocabulary), subwords
        self._numbers = {symbol: number for number, symbol in enumerate(self.vocabulary, SPECIAL)}

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Alphabet:
        """The alphabet that `to_json` wrote down."""
        if content["subwords"] is None:
            return cls(content["kind"], content["fold"], content["vocabulary"])
        from .subwords import Subwords

        subwords = Subwords(base64.b64decode(content["subwords"]))
        return cls(content["kind"], content["fold"], content["vocabulary"], subwords)

    def to_json(self) -> dict[str, Any]:
        """All of it as plain values."""
        model = None if self.subwords is None else base64.b64encode(self.subwords.model).decode()
        return {"kind": self.kind, "fold": self.fold, "vocabulary": list(self.vocabulary), "subwords": model}

    @property
    def classes(self) -> int:
        """What a next symbol may be: one of the vocabulary, or one that is not known. Class c is the number c + 1."""
        return len(self.vocabulary) + 1

    def split(self, text: str) -> Iterator[str]:
        """The symbols of a text, of which some may not be known."""
        return split(read_as(text, self.kind, self.fold), self.kind, self.subwords)

    def numbers(self, text: str) -> Int32s:
        """The number of each symbol of a text, (n,)."""
        return self.numbers_of(self.split(text))

    def numbers_of(self, symbols: Iterable[str]) -> Int32s:
        """The number of each symbol, (n,)."""
        return np.array([self._numbers.get(symbol, UNKNOWN) for symbol in symbols], np.int32)

    def symbol(self, number: int) -> str:
        """The symbol with a number: nothing before the text, SHOWN_UNKNOWN for one that is not known."""
        return self.vocabulary[number - SPECIAL] if number >= SPECIAL else SHOWN_UNKNOWN if number else ""

    def text(self, numbers: Iterable[int]) -> str:
        """The text that symbols make."""
        return "".join(self.symbol(int(number)) for number in numbers)
