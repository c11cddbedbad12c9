"""Texts as numbers of tokens: the same way in training and in service."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import keras

Int32s = NDArray[np.int32]

SPECIAL = 2
"""Numbers before those of the vocabulary: 0 is no token, for a text that is shorter; 1 is one that it does not know."""


def cleaned(text: str, tokens: str) -> str:
    """A text as its tokens are taken from it: small letters, one blank between words; of words without punctuation.

    Args:
        text: as it was written.
        tokens: `words` or `letters`.
    """
    plain = unicodedata.normalize("NFC", text).casefold().replace("i\u0307", "i")  # of İ
    if tokens == "words":
        plain = re.sub(r"[^\w\s\u0300-\u036f]|_", " ", re.sub("['\u2019]", "", plain))
    return " ".join(plain.split())


def lengths(texts: Sequence[str], tokens: str) -> NDArray[np.int64]:
    """How many tokens each text has, (n,).

    Args:
        texts: as they were written.
        tokens: `words` or `letters`.
    """
    clean = [cleaned(text, tokens) for text in texts]
    return np.array([len(text.split()) if tokens == "words" else len(text) for text in clean], np.int64)


class Tokenizer:
    """The tokens of texts as numbers, by Keras's TextVectorization.

    Args:
        tokens: `words` or `letters`.
        vocabulary: the tokens that have a number, from SPECIAL on.
        longest: tokens of a text that are read, the first ones.
    """

    def __init__(self, tokens: str, vocabulary: Sequence[str], longest: int) -> None:
        self.tokens, self.vocabulary, self.longest = tokens, tuple(vocabulary), longest
        self._layer = _layer(tokens, output_sequence_length=longest, vocabulary=list(vocabulary))

    @classmethod
    def fit(cls, texts: Sequence[str], tokens: str, size: int, longest: int) -> Tokenizer:
        """A tokenizer with the most frequent tokens of these texts.

        Args:
            texts: of train.
            tokens: `words` or `letters`.
            size: of the vocabulary, at most.
            longest: tokens of a text that are read.
        """
        layer = _layer(tokens, max_tokens=size + SPECIAL)
        layer.adapt([cleaned(text, tokens) for text in texts])
        return cls(tokens, [str(token) for token in layer.get_vocabulary()[SPECIAL:]], longest)

    def __call__(self, texts: Sequence[str]) -> Int32s:
        """(n,) → (n, longest): 0 behind the end of a text."""
        numbers: Int32s = np.asarray(self._layer([cleaned(text, self.tokens) for text in texts])).astype(np.int32)
        return numbers


def _layer(tokens: str, **settings: object) -> keras.layers.TextVectorization:
    import keras

    split = "whitespace" if tokens == "words" else "character"
    return keras.layers.TextVectorization(standardize=None, split=split, **settings)
