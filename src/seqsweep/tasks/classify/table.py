"""A source as a table of items: numbers in columns, or a text; and a label each."""

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
from seqsweep.tasks.classify.hyperparameters import TEXT
from seqsweep.tasks.parts import numbered
from seqsweep.tasks.reading import (
    Times,
    check_named,
    filtered_columns,
    fingerprint,
    in_order,
    kept_rows,
    named,
    number_style,
    ordering_columns,
    other_numbers,
    placed,
    read_values,
    written,
)

if TYPE_CHECKING:
    import pandas as pd

    from seqsweep.serving.reading.numbers import NumberStyle

Words = NDArray[np.str_]


@dataclass(frozen=True, eq=False)  # equality of arrays has no single truth value: compare `sha256`
class Table:
    """Items in the order of their source.

    Args:
        name: of the data.
        target: the column of labels.
        columns: those of the values.
        values: (items, columns), in the unit of the data, all finite; without columns where items are texts.
        labels: (items,), as they are written.
        groups: (items,), which items belong together; None: nobody said.
        origin: where each item came from.
        numbers: (items,), the row of the source that each is, counted from 0.
        sha256: of the content.
        texts: (items,), as they are written; None: items are numbers.
        window: rows before an item that it is read from, the most of any trial; 0: an item is its own row. With a
            window rows without a label, which is empty then, are there to be read.
        times: what rows were put in order by; None: they are in the order of their source.
    """

    name: str
    target: str
    columns: tuple[str, ...]
    values: Float64s
    labels: Words
    groups: Words | None
    origin: Origin
    numbers: Int64s
    sha256: str
    texts: NDArray[np.object_] | None = None
    window: int = 0
    times: Times | None = None

    @cached_property
    def items(self) -> Int64s:
        """Rows that are learned from and scored: all, or those with a label and a whole window before them."""
        every = np.arange(len(self), dtype=np.int64)
        return every[(self.labels != "") & (every >= self.window)] if self.window else every

    @cached_property
    def alike(self) -> Int64s:
        """(items,): the same number for items whose values, or texts, are the same to the last digit.

        Windows overlap, and no two are taken for the same.
        """
        if self.window:
            return np.arange(len(self), dtype=np.int64)
        if self.texts is not None:
            return numbered(self.texts.tolist())
        return np.unique(self.values, axis=0, return_inverse=True)[1].ravel().astype(np.int64)

    def __len__(self) -> int:
        """Items."""
        return len(self.labels)

    def place(self, item: int) -> str:
        """Where an item came from: `letters.csv, line 17`."""
        return self.origin.place(int(self.numbers[item]))


def read_table(config: DataConfig, tokens: str = "numbers", window: int = 0) -> Table:
    """The table that a config describes.

    Args:
        config: where it is, and which columns are meant.
        tokens: what an item is a sequence of: of a text words or letters, of a series its rows.
        window: rows before an item that it is read from; 0: its own row.

    Raises:
        DataError: a column is not there, a value is missing or no number; with file, line and column.
    """
    source = SOURCES[config.kind](config)
    check_named(config, source)
    is_text = tokens in TEXT
    columns = tuple(config.features) or other_numbers(config, source)
    filtered = filtered_columns(config)
    roles = [name for name in (config.target, config.group) if name is not None]
    frame, origin = source.read(list(dict.fromkeys([*columns, *roles, *filtered, *ordering_columns(config)])))
    with placed(origin):
        rows, times = in_order(frame, kept_rows(frame, config, filtered), config)
        texts = _texts(frame[columns[0]], tokens)[rows] if is_text else None
        read = [] if is_text else [read_values(frame[name], number_style(config)) for name in columns]
        values = np.column_stack(read)[rows] if read else np.empty((len(rows), 0))
        labels = _labels(frame[str(config.target)], number_style(config), rows, gaps=window > 0)
        groups = None if config.group is None else named(frame[config.group], number_style(config))[rows]
    _check_classes(labels[labels != ""], str(config.target), origin.where)
    return Table(
        name=config.name or label(config),
        target=str(config.target),
        columns=columns,
        values=values,
        labels=labels,
        groups=groups,
        origin=origin,
        numbers=rows,
        sha256=fingerprint(columns, values, labels, groups, texts),
        texts=texts,
        window=window,
        times=times,
    )


def _labels(column: pd.Series[Any], style: NumberStyle, rows: Int64s, gaps: bool) -> Words:
    """The labels of rows, (n,); with `gaps` nothing for those that are missing."""
    from seqsweep.serving.reading.numbers import is_missing

    if not gaps:
        return named(column, style)[rows]
    there = ~np.asarray(is_missing(column, style))
    found = named(column[there], style)
    labels = np.zeros(len(column), f"<U{max(found.dtype.itemsize // 4, 1)}")
    labels[there] = found
    return labels[rows]


def _texts(column: pd.Series[Any], tokens: str) -> NDArray[np.object_]:
    """Texts as they are written, each with a token at least."""
    from seqsweep.serving.reading.faults import ReadError
    from seqsweep.serving.texts import cleaned

    texts = written(column)
    empty = np.array([not cleaned(text, tokens) for text in texts])
    if empty.any():
        row = int(empty.argmax())
        held = f"the text {texts[row]!r} holds none of the {tokens}" if texts[row].strip() else "the text is empty"
        raise ReadError(f"{held}; mend it, or take the row out", column=str(column.name), row=row)
    return texts


def _check_classes(labels: Words, target: str, where: str) -> None:
    """Refuse a column that cannot be one of labels."""
    classes = np.unique(labels)
    if len(classes) == 1:
        told = f"all {len(labels):,} rows have the label {str(classes[0])!r}; there is nothing to tell apart"
        raise DataError(f"{where}, column {target!r}: {told}")
    if len(classes) > max(2, len(labels) // 3):
        told = f"{len(classes):,} different labels in {len(labels):,} rows are too many to learn; is data.target right?"
        raise DataError(f"{where}, column {target!r}: {told}")
