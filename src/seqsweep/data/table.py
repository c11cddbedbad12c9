"""Chosen columns of a source as numbers, with the place of each row for messages."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqsweep.data.packed_files import near, some
from seqsweep.data.series import Index
from seqsweep.data.times import MISSING_MARKS, read_times
from seqsweep.errors import DataError
from seqsweep.schema import DataConfig
from seqsweep.serving.array_types import Float64s, Int64s

SAMPLE = 1000  # rows that decide which columns hold numbers
BLOCK = 512  # records converted at a time


Record = tuple[int, Sequence[object]]
"""The line where a record begins, or its row, counted from 1; and its fields."""


@dataclass(frozen=True)
class Origin:
    """Where rows came from: for each row its number in the source, and what `label` makes of a number."""

    where: str
    numbers: Index
    label: Callable[[Any], str] = "row {}".format

    def place(self, row: int, column: str | None = None) -> str:
        """`sales.csv, line 17, column 'price'`: what a message begins with.

        Args:
            row: of the table, counted from 0.
            column: its name; None: the whole row is meant.
        """
        at = f"{self.where}, {self.label(self.numbers[row])}"
        return at if column is None else f"{at}, column {column!r}"


@dataclass(frozen=True)
class Table:
    """Target and features as read: `values` (time, columns), NaN where missing, and `index` (time,)."""

    origin: Origin
    columns: tuple[str, ...]
    values: Float64s
    index: Index
    time: str | None = None  # the column that `index` came from

    def take(self, rows: Int64s) -> Table:
        """The table of these rows."""
        origin = replace(self.origin, numbers=self.origin.numbers[rows])
        return replace(self, origin=origin, values=self.values[rows], index=self.index[rows])


@dataclass(frozen=True)
class Choice:
    """The columns that a config asks for, the target first."""

    columns: tuple[str, ...]
    time: str | None


def number(value: object) -> float:
    """`value` as a float, NaN where it is missing.

    Raises:
        ValueError: it is something else.
    """
    if value is None:
        return math.nan
    try:
        result = float(value)  # type: ignore[arg-type]  # whatever has no float raises TypeError
    except (TypeError, OverflowError) as error:
        raise ValueError(str(error)) from error
    except ValueError:
        if isinstance(value, str) and value.strip().casefold() in MISSING_MARKS:
            return math.nan
        raise
    if isinstance(value, str) and "_" in value:  # Python reads 1_000 as a number, nobody else does
        raise ValueError(value)
    return result


def choose(config: DataConfig, where: str, names: Sequence[str], numeric: Callable[[], list[str]]) -> Choice:
    """The columns that `config` asks for among `names`.

    Args:
        config: target, features and time; a target of None is the only number column beside the others.
        where: the source, for messages.
        names: its columns.
        numeric: those that hold numbers, asked only where no target is given.

    Raises:
        DataError: one is not there, is there twice, or no target follows.
    """
    features = [("features", name) for name in config.features]
    for key, name in [("time", config.time), *features, ("target", config.target)]:
        if name is not None and name not in names:
            raise DataError(f"data.{key}={name}: {where} has no such column{near(name, names)}")
        if name is not None and list(names).count(name) > 1:
            raise DataError(f"data.{key}={name}: {where} has several columns of this name; rename them")
    target = config.target
    if target is None:
        others = [name for name in numeric() if name != config.time and name not in config.features]
        if len(others) != 1:
            held = f"several number columns: {some(others)}" if others else f"no numbers in {some(names)}"
            raise DataError(f"data.target: {where} has {held}; give data.target=COLUMN")
        target = others[0]
    return Choice((target, *config.features), config.time)


def choose_by_sample(config: DataConfig, where: str, names: Sequence[str], sample: list[Record]) -> Choice:
    """The columns that `config` asks for; those that hold numbers are known by the first records.

    Args:
        config: names the target, the features and the time; or leaves them open.
        where: the source, for messages.
        names: of all columns, in the order of the fields.
        sample: the first records, at least one.
    """
    return choose(config, where, names, lambda: _numeric(names, [fields for _, fields in sample]))


def table_of_records(choice: Choice, where: str, word: str, names: Sequence[str], rows: Iterator[Record]) -> Table:
    """The chosen columns of a stream of records, read once and kept as plain arrays.

    Args:
        choice: the columns to keep.
        where: the source, for messages.
        word: what messages call the place of a record: `line`, `row`.
        names: of all columns, in the order of the fields.
        rows: each with its number in the source, at least one.

    Raises:
        DataError: a value is no number or no time.
    """
    positions = {name: names.index(name) for name in (*choice.columns, choice.time) if name is not None}
    columns = {name: array("d") for name in choice.columns}
    times: list[object] = []
    numbers = array("q")
    label = f"{word} {{}}".format
    while block := list(islice(rows, BLOCK)):
        origin = Origin(where, np.array([row for row, _ in block], dtype=np.int64), label)
        numbers.extend(row for row, _ in block)
        for name, column in columns.items():
            column.extend(numbers_of([fields[positions[name]] for _, fields in block], origin, name))
        if choice.time is not None:
            times += [fields[positions[choice.time]] for _, fields in block]
    values = np.column_stack([np.frombuffer(column, dtype=np.float64) for column in columns.values()])
    return indexed(Origin(where, np.frombuffer(numbers, dtype=np.int64), label), choice, values, times)


def indexed(origin: Origin, choice: Choice, values: Float64s, times: Sequence[object] | NDArray[np.generic]) -> Table:
    """A table whose index is `times` read as times; where the choice has no time, the row numbers from 0.

    Args:
        origin: of the rows, for messages.
        choice: the columns, and which one holds times.
        values: (time, columns), in the order of the choice.
        times: one a row, in whatever form the source has them; not read where the choice has no time.

    Raises:
        DataError: a time is missing or cannot be read.
    """
    column = choice.time
    if column is None:
        return Table(origin, choice.columns, values, np.arange(len(values), dtype=np.int64))
    index = read_times(times, lambda row: origin.place(row, column))
    return Table(origin, choice.columns, values, index, column)


def numbers_of(values: Sequence[object], origin: Origin, column: str) -> array[float]:
    """A column of anything as floats, NaN where one is missing.

    Args:
        values: of the column, one a row.
        origin: of the rows, for messages.
        column: its name.

    Raises:
        DataError: one is no number.
    """
    with suppress(TypeError, ValueError):  # the common case at the speed of C: text, nothing missing
        if "_" not in "".join(values):  # type: ignore[arg-type]  # what is no text raises TypeError
            return array("d", map(float, values))  # type: ignore[arg-type]  # the same
    floats = array("d")
    for row, value in enumerate(values):
        try:
            floats.append(number(value))
        except ValueError:
            raise DataError(f"{origin.place(row, column)}: {_not_a_number(value)}") from None
    return floats


def _numeric(names: Sequence[str], sample: list[Sequence[object]]) -> list[str]:
    """The columns that hold numbers and missing values alone, and at least one number."""
    return [name for position, name in enumerate(names) if _holds_numbers([fields[position] for fields in sample])]


def _holds_numbers(values: list[object]) -> bool:
    if any(isinstance(value, bool) for value in values):
        return False
    try:
        return not all(math.isnan(number(value)) for value in values)
    except ValueError:
        return False


def _not_a_number(value: object) -> str:
    text = str(value)
    shown = repr(text if len(text) <= 40 else f"{text[:40]}…")
    comma = "; write 1234.5, not 1,234.5 or 1234,5" if "," in text and any(map(str.isdigit, text)) else ""
    return f"{shown} is not a number{comma}"
