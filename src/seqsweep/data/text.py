"""The text of a CSV → a source whose columns are text.

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
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import IO, TYPE_CHECKING

import numpy as np

from seqsweep.data.packed_files import TextFile
from seqsweep.data.source import SAMPLE, Origin, Source
from seqsweep.errors import DataError
from seqsweep.words import counted

if TYPE_CHECKING:
    import pandas as pd

Record = tuple[int, Sequence[str]]
"""The line where a record begins, counted from 1; and its fields."""

DAMAGED = (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError)
LONGEST = 1 << 24  # signs of a field: a book of 3,000 pages, where the csv module's own limit is an essay

UNREADABLE = (OSError, RuntimeError)  # the latter: an encrypted zip, or an unknown compression in it


@dataclass(frozen=True)
class TextStyle:
    """How a text is written.

    Args:
        encoding: as Python names it.
        separator: one character between fields.
        skip_rows: lines above the header.
    """

    encoding: str = "utf-8"
    separator: str = ","
    skip_rows: int = 0


def csv_source(file: TextFile, style: TextStyle, target: str | None = None) -> Source:
    """A CSV with a header.

    Args:
        file: may be packed.
        style: how it is written.
        target: a column that the header is expected to name; None: any.

    Raises:
        DataError: there is no header or no row, or a record of the sample does not fit the header. Reading its columns
            raises it for later records.
    """
    import pandas as pd

    with closing(records(file, style)) as rows:
        header_line, header = next(rows)
        names = tuple(name.strip() for name in header)
        _check_header(file, names, style.separator, target)
        sample = list(islice(rows, SAMPLE))
    if not sample:
        raise DataError(f"{file}: there is no row below the header; add rows, or give another file")
    is_plain = header_line == style.skip_rows + 1 and sample[0][0] == header_line + 1

    def read(wanted: Sequence[str]) -> tuple[pd.DataFrame, Origin]:
        fast = _read_fast(file, style, names, wanted) if is_plain and not _has_odd_quotes(file) else None
        return _read_slowly(file, style, names, wanted) if fast is None else fast

    frame = pd.DataFrame([fields for _, fields in sample], columns=list(names), dtype="str")
    return Source(str(file), names, frame, read)


def _has_odd_quotes(file: TextFile) -> bool:
    """Whether a quote may be open at the end of the file: all rows behind it would be one text, and Arrow takes it."""
    try:
        with file.open() as stream:
            return sum(chunk.count(b'"') for chunk in iter(lambda: stream.read(1 << 20), b"")) % 2 == 1
    except (*DAMAGED, *UNREADABLE):
        return True  # who reads it record by record says what is wrong


def _read_fast(
    file: TextFile, style: TextStyle, names: Sequence[str], wanted: Sequence[str]
) -> tuple[pd.DataFrame, Origin] | None:
    """Columns by Arrow; None where it finds anything amiss.

    Not by pandas: where a row has more fields than the header, that one lets values slip into the next column.
    """
    import pyarrow
    from pyarrow import compute
    from pyarrow import csv as arrow

    # Columns go by their position, because a header may use a name twice.
    positions = [str(names.index(name)) for name in wanted]
    codec = codecs.lookup(style.encoding).name
    every = [str(position) for position in range(len(names))]
    reading = arrow.ReadOptions(column_names=every, skip_rows=style.skip_rows, skip_rows_after_names=1, encoding=codec)
    parsing = arrow.ParseOptions(delimiter=style.separator, newlines_in_values=True)
    converting = arrow.ConvertOptions(
        include_columns=positions, column_types=dict.fromkeys(positions, pyarrow.string()), strings_can_be_null=False
    )
    try:
        with file.open() as stream:
            table = arrow.read_csv(stream, reading, parsing, converting)
    except (pyarrow.ArrowException, UnicodeError, *DAMAGED, *UNREADABLE):
        return None
    # A quote behind a blank is no quote to Arrow.
    if any(compute.any(compute.match_substring_regex(column, r'^\s+"')).as_py() for column in table.columns):
        return None
    frame = table.to_pandas()
    frame.columns = list(wanted)
    return frame, Origin(str(file), np.arange(len(frame)), lambda row: _line(file, style, int(row)), is_text=True)


def _read_slowly(
    file: TextFile, style: TextStyle, names: Sequence[str], wanted: Sequence[str]
) -> tuple[pd.DataFrame, Origin]:
    """The same, record by record.

    Raises:
        DataError: see `records`.
    """
    import pandas as pd

    positions = [names.index(name) for name in wanted]
    columns: list[list[str]] = [[] for _ in wanted]
    lines: list[int] = []
    with closing(records(file, style)) as rows:
        next(rows)
        for line, fields in rows:
            lines.append(line)
            for column, position in zip(columns, positions, strict=True):
                column.append(fields[position])
    frame = pd.DataFrame({number: pd.Series(column, dtype="str") for number, column in enumerate(columns)})
    frame.columns = list(wanted)
    return frame, Origin(str(file), np.array(lines, np.int64), "line {}".format, is_text=True)


def _line(file: TextFile, style: TextStyle, row: int) -> str:
    """The line where a row (counted from 0, below the header) begins; a value may hold line breaks."""
    with closing(records(file, style)) as rows:
        found = next(islice(rows, row + 1, None), None)
    return f"row {row + 1}" if found is None else f"line {found[0]}"


def _check_header(file: TextFile, names: Sequence[str], separator: str, target: str | None) -> None:
    """Refuse a first line that is parted by another separator, or looks like data."""
    found = [other for other in (";", "\t", "|", ",") if other in names[0] and other != separator]
    if len(names) == 1 and found:
        shown = "tab" if found[0] == "\t" else found[0]
        raise DataError(
            f"{file}: {separator!r} does not part the header {names[0]!r}; try \"data.separator='{shown}'\""
        )
    if target not in names and not any(map(str.isalpha, "".join(names))):
        line = separator.join(names)[:60]
        raise DataError(
            f"{file}: the first line must name the columns, and this looks like data: {line}; "
            "where the header stands further down, data.skip_rows says how many lines are above it"
        )


def records(file: TextFile, style: TextStyle) -> Generator[Record]:
    """The records of a CSV, header first, each with the line where it begins; blank lines are skipped.

    Args:
        file: may be packed.
        style: how it is written.

    Raises:
        DataError: the bytes do not fit the encoding, an archive is damaged, or a record has more or fewer
            fields than the header.
    """
    try:
        yield from _decoded(file, style)
    except DAMAGED as error:
        raise DataError(f"{file}: the archive is damaged ({error}); download it again?") from error
    except UNREADABLE as error:
        raise DataError(f"{file}: cannot be read: {error}") from error


def _decoded(file: TextFile, style: TextStyle) -> Iterator[Record]:
    try:
        with file.open() as raw, io.TextIOWrapper(raw, encoding=codec(style.encoding), newline="") as text:
            yield from _records(file, text, style)
    except UnicodeError as error:  # not only of decoding: UTF-16 misses its mark by this one
        raise DataError(encoding_fault(file, style.encoding)) from error


def _records(file: TextFile, text: IO[str], style: TextStyle) -> Iterator[Record]:
    for _ in range(style.skip_rows):
        text.readline()
    csv.field_size_limit(LONGEST)
    lines: list[str] = []  # of the record that is read
    reader = csv.reader(_kept(text, lines), delimiter=style.separator, skipinitialspace=True)
    width, line, begins, last = 0, style.skip_rows, 0, lines
    try:
        for record in reader:
            begins, line = line + 1, style.skip_rows + reader.line_num
            last = lines[:]
            lines.clear()
            if not record:
                continue
            width = width or len(record)
            if len(record) != width:
                mend = "a value that holds the separator must stand in quotes"
                if width == 1:
                    mend = "where the header stands further down, data.skip_rows says how many lines are above it"
                told = f"{file}, line {begins}: {len(record)} fields, where the header has {width}; {mend}"
                raise DataError(told)
            yield begins, record
    except csv.Error as error:
        raise DataError(f"{file}, line {line + 1}: {error}; is a quote opened and never closed?") from error
    if len(last) > 1 and _is_open(last, style.separator):
        told = f"a quote is opened here and never closed: it takes {counted(len(last) - 1, 'more line')} with it"
        raise DataError(f"{file}, line {begins}: {told}; close it, or double each quote that belongs to a text")
    if not width:
        skipped = f"data.skip_rows={style.skip_rows} leaves none of its lines; lower it" if style.skip_rows else ""
        raise DataError(f"{file}: {skipped or 'the file is empty; give one with a header and rows'}")


def _kept(text: IO[str], lines: list[str]) -> Iterator[str]:
    """The lines of a text, each added to `lines`."""
    for line in text:
        lines.append(line)
        yield line


def _is_open(record: Sequence[str], separator: str) -> bool:
    """Whether a quote is open at the end of a record, whose lines these are."""
    try:
        list(csv.reader(record, delimiter=separator, skipinitialspace=True, strict=True))
    except csv.Error as error:
        return "unexpected end" in str(error)
    return False


def codec(encoding: str) -> str:
    """`encoding`, but UTF-8 with or without the mark that Excel puts first."""
    name = codecs.lookup(encoding).name
    return "utf-8-sig" if name == "utf-8" else name


def encoding_fault(file: TextFile, encoding: str) -> str:
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
