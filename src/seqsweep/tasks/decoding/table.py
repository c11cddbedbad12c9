"""A source as items with a text each to be said: from a text, or from the numbers of columns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seqsweep.data import SOURCES, Origin, label
from seqsweep.errors import DataError
from seqsweep.schema import DataConfig
from seqsweep.serving.array_types import Float64s, Int64s
from seqsweep.tasks.parts import Rows, numbered
from seqsweep.tasks.reading import (
    check_named,
    filtered_columns,
    fingerprint,
    kept_rows,
    named,
    number_style,
    other_numbers,
    placed,
    read_values,
    written,
)

if TYPE_CHECKING:
    import pandas as pd

Words = NDArray[np.object_]


@dataclass(frozen=True, eq=False)  # equality of arrays has no single truth value: compare `sha256`
class Pairs:
    """Items in the order of their source.

    Args:
        name: of the data.
        target: the column of the texts to be said.
        columns: what they are said from.
        values: (items, columns), in the unit of the data, all finite; without columns where items are texts.
        texts: (items,), cleaned; None: items are numbers.
        targets: (items,), cleaned, none empty.
        groups: (items,), which items belong together; None: nobody said.
        origin: where each item came from.
        numbers: (items,), the row of the source that each is, counted from 0.
        changed: texts that were not clean, as they are read and scored.
        sha256: of the content.
    """

    name: str
    target: str
    columns: tuple[str, ...]
    values: Float64s
    texts: Words | None
    targets: Words
    groups: NDArray[np.str_] | None
    origin: Origin
    numbers: Int64s
    changed: int
    sha256: str

    @cached_property
    def alike(self) -> Int64s:
        """(items,): the same number for items that are said from the same text, or the same values."""
        if self.texts is not None:
            return numbered(self.texts.tolist())
        return np.unique(self.values, axis=0, return_inverse=True)[1].ravel().astype(np.int64)

    @property
    def rows(self) -> Rows:
        """What a way to split may know."""
        return Rows(self.name, self.alike, None, self.groups)

    def __len__(self) -> int:
        """Items."""
        return len(self.targets)

    def place(self, item: int) -> str:
        """Where an item came from: `letters.csv, line 17`."""
        return self.origin.place(int(self.numbers[item]))


def read_pairs(config: DataConfig, is_text: bool) -> Pairs:
    """The items that a config describes.

    Args:
        config: where they are, and which columns are meant.
        is_text: whether they are said from a text; else from numbers.

    Raises:
        DataError: a column is not there, a text is empty, a value is missing or no number; with file, line and column.
    """
    source = SOURCES[config.kind](config)
    check_named(config, source)
    target = str(config.target)
    columns = tuple(config.features) or other_numbers(config, source)
    filtered = filtered_columns(config)
    roles = [name for name in (target, config.group) if name is not None]
    frame, origin = source.read(list(dict.fromkeys([*columns, *roles, *filtered])))
    with placed(origin):
        rows = kept_rows(frame, config, filtered)
        said, changed = _texts(frame[target], rows)
        texts, further = _texts(frame[columns[0]], rows) if is_text else (None, 0)
        read = [] if is_text else [read_values(frame[name], number_style(config)) for name in columns]
        values = np.column_stack(read)[rows] if read else np.empty((len(rows), 0))
        groups = None if config.group is None else named(frame[config.group], number_style(config))[rows]
    if len(set(said.tolist())) == 1 and len(rows):
        told = f"all {len(rows):,} rows have the text {said[0]!r}; there is nothing to learn; give another data.target"
        raise DataError(f"{origin.where}, column {target!r}: {told}")
    return Pairs(
        name=config.name or label(config),
        target=target,
        columns=columns,
        values=values,
        texts=texts,
        targets=said,
        groups=groups,
        origin=origin,
        numbers=rows,
        changed=changed + further,
        sha256=fingerprint(columns, values, texts, said, groups),
    )


def _texts(column: pd.Series[Any], rows: Int64s) -> tuple[Words, int]:
    """Texts as they are read, and how many of them were written otherwise."""
    from seqsweep.serving.pieces import cleaned
    from seqsweep.serving.reading.faults import ReadError

    given = written(column)[rows]
    clean = np.array([cleaned(text) for text in given], object)
    empty = np.array([not text for text in clean], bool)
    if empty.any():
        row = int(rows[int(empty.argmax())])
        raise ReadError("the text is empty; give one, or take the row out", column=str(column.name), row=row)
    return clean, int((clean != given).sum())
