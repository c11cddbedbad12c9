"""Texts as numbers of pieces, and back to the same texts: in training and in service."""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .subwords import BLANK, Subwords, learned

if TYPE_CHECKING:
    import keras

Int32s = NDArray[np.int32]

UNKNOWN, START, END = 1, 2, 3
"""Numbers that are no piece: one that is not known, and what stands before and behind a text. 0 is behind its end."""

FIRST = 4
"""The number of the first piece."""

MARKS = ("\x02", "\x03")
"""What START and END are called in a vocabulary; no cleaned text holds control characters."""

WORD = re.compile(r" ?\w[\w\u0300-\u036f]*| ?[^\w\s]")


def cleaned(text: str) -> str:
    """A text as it is read and scored: its letters as they are, one blank between words, no control characters."""
    plain = unicodedata.normalize("NFC", text).replace(BLANK, " ")
    return " ".join("".join(" " if unicodedata.category(letter) == "Cc" else letter for letter in plain).split())


def pieces(text: str, kind: str, subwords: Subwords | None = None) -> list[str]:
    """What a text is made of: put together, pieces give the cleaned text back.

    Args:
        text: as it was written.
        kind: `letters`; `words`, which keep the blank before them, and punctuation by itself; or `subwords`.
        subwords: what makes them, where pieces are these.

    Source: Radford et al. (2019), Language Models are Unsupervised Multitask Learners (words with their blank).
    """
    clean = cleaned(text)
    if subwords is not None:
        return subwords.cut(clean)
    return list(clean) if kind == "letters" else [piece.replace(" ", BLANK) for piece in WORD.findall(f" {clean}")]


def lengths(texts: Iterable[str], kind: str, subwords: Subwords | None = None) -> NDArray[np.int64]:
    """How many pieces each text has, (n,).

    Args:
        texts: as they were written.
        kind: `letters`, `words` or `subwords`.
        subwords: what makes them, where pieces are these.
    """
    return np.array([len(pieces(text, kind, subwords)) for text in texts], np.int64)


class Pieces:
    """The pieces of texts as numbers, by Keras's TextVectorization or SentencePiece, and texts from numbers.

    Args:
        kind: `letters`, `words` or `subwords`.
        vocabulary: the pieces that have a number, from FIRST on.
        longest: pieces of a text that are read or written, the first ones.
        subwords: what makes them, where pieces are these.
    """

    def __init__(self, kind: str, vocabulary: Sequence[str], longest: int, subwords: Subwords | None = None) -> None:
        self.kind, self.vocabulary, self.longest, self.subwords = kind, tuple(vocabulary), longest, subwords
        self._layer = _layer(output_sequence_length=longest, vocabulary=[*MARKS, *vocabulary])
        written = ["", "", "", "", *(piece.replace(BLANK, " ") for piece in vocabulary)]
        self._written = np.array(written, object)

    @classmethod
    def fit(cls, texts: Sequence[str], kind: str, size: int, longest: int | None) -> Pieces:
        """The most frequent pieces of these texts.

        Args:
            texts: of train.
            kind: `letters`, `words` or `subwords`.
            size: of the vocabulary, at most.
            longest: pieces of a text that are read or written; None: as many as the longest of these texts has.
        """
        made = Subwords(learned([cleaned(text) for text in texts], size)) if kind == "subwords" else None
        if made is None:
            layer = _layer(max_tokens=size + 2)  # two of its own: none, and unknown
            layer.adapt([_joined(text, kind) for text in texts])
        found = [str(piece) for piece in layer.get_vocabulary()[2:]] if made is None else made.pieces
        return cls(kind, found, longest or max(1, int(lengths(texts, kind, made).max(initial=1))), made)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Pieces:
        """Those that `to_json` wrote down."""
        subwords = Subwords(base64.b64decode(told["subwords"])) if told["subwords"] else None
        return cls(told["tokens"], told["vocabulary"], int(told["longest"]), subwords)

    def to_json(self) -> dict[str, Any]:
        """All that makes them, of plain JSON values."""
        model = None if self.subwords is None else base64.b64encode(self.subwords.model).decode()
        vocabulary = list(self.vocabulary)
        return {"tokens": self.kind, "longest": self.longest, "vocabulary": vocabulary, "subwords": model}

    @property
    def size(self) -> int:
        """Numbers that there are."""
        return FIRST + len(self.vocabulary)

    def read(self, texts: Sequence[str]) -> Int32s:
        """(n,) → (n, longest): 0 behind the end of a text."""
        joined = [_joined(text, self.kind, self.subwords) for text in texts]
        numbers: Int32s = np.asarray(self._layer(joined)).astype(np.int32)
        return numbers

    def targets(self, texts: Sequence[str]) -> Int32s:
        """(n,) → (n, longest + 1): the pieces and END, then 0; of a text that is too long its first pieces alone."""
        numbers = np.zeros((len(texts), self.longest + 1), np.int32)
        numbers[:, :-1] = self.read(texts)
        length = (numbers > 0).sum(axis=1)
        whole = self.fits(texts)
        numbers[np.flatnonzero(whole), length[whole]] = END
        return numbers

    def names(self, numbers: Int32s) -> NDArray[np.str_]:
        """(n, steps) → (n, steps): what each number is called: a piece, a mark, nothing behind the end of a text."""
        called = np.array(["", "\ufffd", "<", "\u23ce", *self.vocabulary], np.str_)
        return called[numbers]

    def fits(self, texts: Sequence[str]) -> NDArray[np.bool_]:
        """(n,), whether all of each text is read or written."""
        return lengths(texts, self.kind, self.subwords) <= self.longest

    def written(self, numbers: Int32s) -> list[str]:
        """(n, steps) → texts: what stands before the first END."""
        ended = np.where((numbers == END).any(axis=1), (numbers == END).argmax(axis=1), numbers.shape[1])
        texts = ["".join(self._written[row[:end]]) for row, end in zip(numbers, ended, strict=True)]
        return texts if self.kind == "letters" else [text.removeprefix(" ") for text in texts]


def prefixes(targets: Int32s) -> Int32s:
    """What was said before each step, (n, steps) → (n, steps): START, and all targets but the last one."""
    before = np.zeros_like(targets)
    before[:, 0] = START
    before[:, 1:] = np.where(targets[:, :-1] == END, 0, targets[:, :-1])
    return before


def _joined(text: str, kind: str, subwords: Subwords | None = None) -> str:
    """Pieces with a blank between them; a letter that is a blank is BLANK."""
    return " ".join(BLANK if piece == " " else piece for piece in pieces(text, kind, subwords))


def _layer(**settings: object) -> keras.layers.TextVectorization:
    import keras

    return keras.layers.TextVectorization(standardize=None, split="whitespace", **settings)
