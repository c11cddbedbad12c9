"""The text of a CSV → its chosen columns.

Arrow reads it fast. Where that stumbles, the standard library's reader goes over it again, record by
record: it takes more ways of writing, and names the line of a fault.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import closing
from itertools import chain, islice
from typing import IO

import numpy as np

from seqsweep.data.packed_files import TextFile
from seqsweep.data.table import (
    SAMPLE,
    Choice,
    Origin,
    Record,
    Table,
    choose_by_sample,
    indexed,
    table_of_records,
)
from seqsweep.data.times import MISSING_MARKS
from seqsweep.errors import DataError
from seqsweep.schema import DataConfig

SPELLINGS = sorted({way(mark) for mark in MISSING_MARKS for way in (str, str.upper, str.capitalize)} | {"NaN"})
DAMAGED = (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError)
UNREADABLE = (OSError, RuntimeError)  # the latter: an encrypted zip, or an unknown compression in it


def read_csv(file: TextFile, config: DataConfig) -> Table:
    """The columns that `config` asks for.

    Args:
        file: with a header; may be packed.
        config: encoding, separator and columns are read.

    Raises:
        DataError: there is no header or no row, a column is not there, a record does not fit the header, or a
            value is no number or no time.
    """
    separator = separator_of(config)
    with closing(records(file, config.encoding, separator)) as rows:
        header_line, header = next(rows)
        names = [str(name).strip() for name in header]
        _check_header(file, names, separator, config.target)
        sample = list(islice(rows, SAMPLE))
        if not sample:
            raise DataError(f"{file}: there is no row below the header")
        choice = choose_by_sample(config, str(file), names, sample)
        if (header_line, sample[0][0]) == (1, 2):
            fast = _read_fast(file, config.encoding, separator, names, choice)
            if fast is not None:
                return fast
        return table_of_records(choice, str(file), "line", names, chain(sample, rows))


def _read_fast(file: TextFile, encoding: str, separator: str, names: list[str], choice: Choice) -> Table | None:
    """The same by Arrow, some ten times as fast; None where it finds anything amiss.

    Not by pandas: where a row has more fields than the header, that one lets numbers slip into the next
    column.
    """
    import pyarrow
    from pyarrow import csv as arrow

    # Columns go by their position, because a header may use a name twice.
    kinds = {str(names.index(name)): pyarrow.float64() for name in choice.columns}
    if choice.time is not None:
        kinds[str(names.index(choice.time))] = pyarrow.string()
    positions = [str(position) for position in range(len(names))]
    codec = codecs.lookup(encoding).name
    reading = arrow.ReadOptions(column_names=positions, skip_rows_after_names=1, encoding=codec)
    parsing = arrow.ParseOptions(delimiter=separator, newlines_in_values=True)
    converting = arrow.ConvertOptions(
        include_columns=list(kinds), column_types=kinds, null_values=SPELLINGS, strings_can_be_null=True
    )
    try:
        with file.open() as stream:
            frame = arrow.read_csv(stream, reading, parsing, converting)
    except (pyarrow.ArrowException, UnicodeError, *DAMAGED, *UNREADABLE):
        return None
    values = np.column_stack([frame.column(str(names.index(name))).to_numpy() for name in choice.columns])
    times = () if choice.time is None else frame.column(str(names.index(choice.time))).to_pylist()
    origin = Origin(str(file), np.arange(len(values)), lambda row: _line(file, encoding, separator, int(row)))
    return indexed(origin, choice, values, times)


def _line(file: TextFile, encoding: str, separator: str, row: int) -> str:
    """The line where a row (counted from 0, below the header) begins; a value may hold line breaks."""
    with closing(records(file, encoding, separator)) as rows:
        found = next(islice(rows, row + 1, None), None)
    return f"row {row + 1}" if found is None else f"line {found[0]}"


def separator_of(config: DataConfig) -> str:
    r"""The separator; a tab may be written as `tab`, or as the two signs `\t` that a shell makes of it."""
    return "\t" if config.separator in ("tab", "\\t") else config.separator


def _check_header(file: TextFile, names: list[str], separator: str, target: str | None) -> None:
    """Refuse a first line that is parted by another separator, or looks like data."""
    found = [other for other in (";", "\t", "|", ",") if other in names[0] and other != separator]
    if len(names) == 1 and found:
        shown = "tab" if found[0] == "\t" else found[0]
        raise DataError(
            f"{file}: {separator!r} does not part the header {names[0]!r}; try \"data.separator='{shown}'\""
        )
    if target not in names and not any(map(str.isalpha, "".join(names))):
        line = separator.join(names)[:60]
        raise DataError(f"{file}: the first line must name the columns, and this looks like data: {line}")


def records(file: TextFile, encoding: str, separator: str) -> Generator[Record]:
    """The records of a CSV, header first, each with the line where it begins; blank lines are skipped.

    Args:
        file: may be packed.
        encoding: of the text, as Python names it.
        separator: one character between fields.

    Raises:
        DataError: the bytes do not fit `encoding`, an archive is damaged, or a record has more or fewer
            fields than the header.
    """
    try:
        yield from _decoded(file, encoding, separator)
    except DAMAGED as error:
        raise DataError(f"{file}: the archive is damaged ({error}); download it again?") from error
    except UNREADABLE as error:
        raise DataError(f"{file}: cannot be read: {error}") from error


def _decoded(file: TextFile, encoding: str, separator: str) -> Iterator[Record]:
    try:
        with file.open() as raw, io.TextIOWrapper(raw, encoding=_codec(encoding), newline="") as text:
            yield from _records(file, text, separator)
    except UnicodeError as error:  # not only of decoding: UTF-16 misses its mark by this one
        raise DataError(_encoding_fault(file, encoding)) from error


def _records(file: TextFile, text: IO[str], separator: str) -> Iterator[Record]:
    reader = csv.reader(text, delimiter=separator, skipinitialspace=True)
    width = line = 0
    try:
        for record in reader:
            begins, line = line + 1, reader.line_num
            if not record:
                continue
            width = width or len(record)
            if len(record) != width:
                raise DataError(
                    f"{file}, line {begins}: {len(record)} fields, where the header has {width}; "
                    "a value that holds the separator must stand in quotes"
                )
            yield begins, record
    except csv.Error as error:
        raise DataError(f"{file}, line {line + 1}: {error}; is a quote opened and never closed?") from error
    if not width:
        raise DataError(f"{file}: the file is empty")


def _codec(encoding: str) -> str:
    """`encoding`, but UTF-8 with or without the mark that Excel puts first."""
    name = codecs.lookup(encoding).name
    return "utf-8-sig" if name == "utf-8" else name


def _encoding_fault(file: TextFile, encoding: str) -> str:
    """Which line does not fit `encoding`, and which encoding to try."""
    with file.open() as stream:
        for number, line in enumerate(stream, start=1):
            if number == 1 and line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                return f"{file}: this is not {encoding}; try data.encoding=utf-16"
            bad = _undecodable(line, encoding)
            if bad is not None:
                better = next(e for e in ("utf-8", "cp1252", "latin-1") if _undecodable(line, e) is None)
                # Lines are no lines where a sign takes several bytes throughout.
                at = "" if "16" in encoding or "32" in encoding else f", line {number}"
                return f"{file}{at}: byte {line[bad]:#04x} is not {encoding}; try data.encoding={better}"
    return f"{file}: this is not {encoding}; try data.encoding=utf-8"


def _undecodable(line: bytes, encoding: str) -> int | None:
    """The position of the first byte that does not fit."""
    try:
        line.decode(encoding)
    except UnicodeDecodeError as error:
        return error.start
    return None
