"""Pieces of words, by SentencePiece: learned from texts, the same in training and in service."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from typing import Any

NEEDED = "subwords are made by the library sentencepiece, which is not installed"

INSTALL = "pip install 'sentencepiece>=0.2'"

BLANK = "\u2581"
"""Stands for a blank in a piece; a text that holds this sign itself is read as if it were a blank."""

SEPARATE = ("\n", "\t")
"""Pieces by themselves where texts are to come back exactly: no other piece holds them."""


class Subwords:
    """Texts as numbers of pieces: 0 is none, 1 a letter that was not seen, the others as in `pieces`.

    Args:
        model: what `learned` gave.

    Raises:
        ImportError: the library is not there; the text says how to get it.
    """

    def __init__(self, model: bytes) -> None:
        self.model = model
        self._processor: Any = _library().SentencePieceProcessor(model_proto=model)

    @property
    def pieces(self) -> list[str]:
        """Those that have a number, from 2 on; a word begins with `\u2581`."""
        return [self._processor.id_to_piece(number) for number in range(2, self._processor.get_piece_size())]

    def __call__(self, texts: Sequence[str]) -> list[list[int]]:
        """The numbers of each text's pieces."""
        numbers: list[list[int]] = self._processor.encode(list(texts), out_type=int, num_threads=1)
        return numbers

    def cut(self, text: str) -> list[str]:
        """The pieces of a text, a letter that was not seen as it is; a word begins with BLANK."""
        found: list[str] = self._processor.encode(text, out_type=str, num_threads=1)
        return found

    def split(self, text: str) -> Iterator[str]:
        """The pieces of a text, which put together are the text; of one that `learned` made exact.

        Cut between two pieces, both parts have the same ones: no pair of pieces was ever joined across the cut.
        """
        for line in re.findall(r"[^\n]*\n|[^\n]+", text):
            for piece in self.cut(line):
                yield piece.replace(BLANK, " ")

    def __reduce__(self) -> tuple[type[Subwords], tuple[bytes]]:
        """Workers make it anew."""
        return Subwords, (self.model,)


_EXACT: dict[str, Any] = {
    "add_dummy_prefix": False,
    "remove_extra_whitespaces": False,
    "allow_whitespace_only_pieces": True,
    "user_defined_symbols": list(SEPARATE),
}


def learned(texts: Sequence[str], size: int, *, exact: bool = False) -> bytes:
    """The model of the pairs of pieces that stand together most often in these texts; the same texts give the same one.

    Args:
        texts: clean ones; each of their letters is a piece.
        size: pieces, at most.
        exact: whether pieces put together give the very text: blanks are kept as they are, none is put before the
            first word, and SEPARATE stand by themselves. Else a text is read as words with one blank between them.

    Raises:
        ImportError: the library is not there.
        RuntimeError: there are more letters than pieces.

    Source: Sennrich, Haddow and Birch (2016), Neural Machine Translation of Rare Words with Subword Units.
    """
    model = io.BytesIO()
    _library().SentencePieceTrainer.train(
        sentence_iterator=iter(texts),
        model_writer=model,
        model_type="bpe",
        vocab_size=size + 2,
        hard_vocab_limit=False,  # few texts have few pieces
        character_coverage=1.0,
        normalization_rule_name="identity",  # texts are clean
        max_sentence_length=2**20,  # longer ones would be passed over
        num_threads=1,
        pad_id=0,
        unk_id=1,
        bos_id=-1,
        eos_id=-1,
        minloglevel=2,
        **(_EXACT if exact else {}),
    )
    return model.getvalue()


def _library() -> Any:
    try:
        import sentencepiece
    except ImportError as error:
        raise ImportError(f"{NEEDED}: {INSTALL}") from error
    return sentencepiece
