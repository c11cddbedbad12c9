"""A source as documents: texts of which none goes on in another."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seqsweep.data import SOURCES, Origin, check_columns, label
from seqsweep.errors import DataError
from seqsweep.schema import DataConfig

if TYPE_CHECKING:
    import pandas as pd


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
    from seqsweep.serving.reading.filters import columns_of

    source = SOURCES[config.kind](config)
    (column,) = config.features
    filtered = [] if config.where is None else columns_of(config.where)
    check_columns(source, [("features", column), *(("where", name) for name in filtered)])
    frame, origin = source.read(list(dict.fromkeys([column, *filtered])))
    rows = _kept(frame, config, filtered)
    held = frame[column].astype("object").where(frame[column].notna(), "").tolist()
    texts = [_text(str(held[row]), origin, row, column) for row in rows]
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


def _kept(frame: pd.DataFrame, config: DataConfig, filtered: list[str]) -> list[int]:
    """The rows that `data.where` keeps, counted from 0."""
    from seqsweep.serving.reading.filters import matching, numeric_columns
    from seqsweep.serving.reading.numbers import NumberStyle

    if config.where is None:
        return list(range(len(frame)))
    style = NumberStyle(config.decimal, config.thousands, tuple(config.na_values))
    part = frame[filtered]
    return [int(row) for row in matching(part, config.where, numeric_columns(part, style), style)]


def _text(text: str, origin: Origin, row: int, column: str) -> str:
    """A document; of the ways to end a line there is one."""
    if not text.strip():
        raise DataError(f"{origin.place(row, column)}: the text is empty; mend it, or take the row out")
    return text.replace("\r\n", "\n").replace("\r", "\n")
