"""A source as documents: texts of which none goes on in another."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from seqsweep.data import SOURCES, Origin, label
from seqsweep.errors import DataError
from seqsweep.schema import DataConfig
from seqsweep.tasks.reading import check_named, filtered_columns, kept_rows, placed, written


@dataclass(frozen=True, eq=False)
class Corpus:
    """Documents in the order of their source.

    Args:
        name: of the data.
        column: that held the texts.
        texts: as they are written.
        where: what messages call the source.
        places: where each document came from, in words.
        sha256: of the texts.
    """

    name: str
    column: str
    texts: tuple[str, ...]
    where: str
    places: tuple[str, ...]
    sha256: str


def read_corpus(config: DataConfig) -> Corpus:
    """The documents that a config describes.

    Args:
        config: where they are, and which column is meant.

    Raises:
        DataError: the column is not there, or a text is empty; with file and line.
    """
    source = SOURCES[config.kind](config)
    check_named(config, source)
    (column,), filtered = config.features, filtered_columns(config)
    frame, origin = source.read(list(dict.fromkeys([column, *filtered])))
    with placed(origin):
        rows = kept_rows(frame, config, filtered).tolist()
    held = written(frame[column])
    texts = [_text(held[row], origin, row, column) for row in rows]
    if not texts:
        raise DataError(f"{origin.where}: there is no document; does data.where keep any?")
    return Corpus(
        name=config.name or label(config),
        column=column,
        texts=tuple(texts),
        where=origin.where,
        places=tuple(origin.place(row).rpartition(", ")[2] for row in rows),
        sha256=hashlib.sha256(json.dumps(texts).encode()).hexdigest(),
    )


def _text(text: str, origin: Origin, row: int, column: str) -> str:
    """A document; of the ways to end a line there is one."""
    if not text.strip():
        raise DataError(f"{origin.place(row, column)}: the text is empty; mend it, or take the row out")
    return text.replace("\r\n", "\n").replace("\r", "\n")
