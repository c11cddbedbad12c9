"""Texts as numbers of tokens: the same way in training and in service."""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .subwords import Subwords, learned

if TYPE_CHECKING:
    import keras

Int32s = NDArray[np.int32]

SPECIAL = 2
"""Numbers before those of the vocabulary: 0 is no token, for a text that is shorter; 1 is one that it does not know."""


def cleaned(text: str, tokens: str) -> str:
    """A text as its tokens are taken from it: small letters, one blank between words; of words without punctuation.

    Args:
        text: as it was written.
        tokens: `words`, `letters` or `subwords`.
    """
    plain = unicodedata.normalize("NFC", text).casefold().replace("i\u0307", "i")  # of İ
    if tokens == "words":
        plain = re.sub(r"[^\w\s\u0300-\u036f]|_", " ", re.sub("['\u2019]", "", plain))
    return " ".join(plain.split())


def lengths(texts: Sequence[str], tokens: str, subwords: Subwords | None = None) -> NDArray[np.int64]:
    """How many tokens each text has, (n,), whatever a network reads of them.

    Args:
        texts: as they were written.
        tokens: `words`, `letters` or `subwords`.
        subwords: what makes them, where tokens are these.
    """
    clean = [cleaned(text, tokens) for text in texts]
    pieces = [text.split() for text in clean] if tokens == "words" else clean if subwords is None else subwords(clean)
    return np.array(list(map(len, pieces)), np.int64)


class Tokenizer:
    """The tokens of texts as numbers: words and letters by Keras's TextVectorization, subwords by SentencePiece.

    Args:
        tokens: `words`, `letters` or `subwords`.
        vocabulary: the tokens that have a number, from SPECIAL on.
        longest: tokens of a text that are read, the first ones.
        subwords: what makes them, where tokens are these.
    """

    def __init__(self, tokens: str, vocabulary: Sequence[str], longest: int, subwords: Subwords | None = None) -> None:
        self.tokens, self.vocabulary, self.longest = tokens, tuple(vocabulary), longest
        self._subwords = subwords
        if subwords is None:
            self._layer = _layer(tokens, output_sequence_length=longest, vocabulary=list(vocabulary))

    @classmethod
    def fit(cls, texts: Sequence[str], tokens: str, size: int, longest: int) -> Tokenizer:
        """A tokenizer with the most frequent tokens of these texts.

        Args:
            texts: of train.
            tokens: `words`, `letters` or `subwords`.
            size: of the vocabulary, at most.
            longest: tokens of a text that are read.
        """
        clean = [cleaned(text, tokens) for text in texts]
        if tokens == "subwords":
            made = Subwords(learned(clean, size))
            return cls(tokens, made.pieces, longest, made)
        layer = _layer(tokens, max_tokens=size + SPECIAL)
        layer.adapt(clean)
        return cls(tokens, [str(token) for token in layer.get_vocabulary()[SPECIAL:]], longest)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Tokenizer:
        """The one that `to_json` wrote down."""
        subwords = Subwords(base64.b64decode(told["subwords"])) if told["subwords"] else None
        return cls(told["tokens"], told["vocabulary"], int(told["longest"]), subwords)

    def to_json(self) -> dict[str, Any]:
        """All that makes it, of plain JSON values."""
        model = None if self._subwords is None else base64.b64encode(self._subwords.model).decode()
        vocabulary = list(self.vocabulary)
        return {"tokens": self.tokens, "longest": self.longest, "vocabulary": vocabulary, "subwords": model}

    def __call__(self, texts: Sequence[str]) -> Int32s:
        """(n,) → (n, longest): 0 behind the end of a text."""
        clean = [cleaned(text, self.tokens) for text in texts]
        if self._subwords is None:
            return np.asarray(self._layer(clean)).astype(np.int32)
        numbers = np.zeros((len(clean), self.longest), np.int32)
        for row, pieces in zip(numbers, self._subwords(clean), strict=True):
            row[: len(pieces)] = pieces[: self.longest]
        return numbers


def _layer(tokens: str, **settings: object) -> keras.layers.TextVectorization:
    import keras

    split = "whitespace" if tokens == "words" else "character"
    return keras.layers.TextVectorization(standardize=None, split=split, **settings)
