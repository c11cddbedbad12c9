"""A text file on disk, plain or inside a .zip or .gz, as records with their line numbers."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zipfile
import zlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, cast

from seqsweep.catalog import nearest
from seqsweep.errors import DataError

TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
SHOWN = 10  # names listed in a message

Record = tuple[int, Sequence[object]]
"""The line where a record begins, or its row, counted from 1; and its fields."""


@dataclass(frozen=True)
class TextFile:
    """A text file, `member` being its name where it lies in a zip."""

    path: Path
    packing: str = "plain"  # or zip, gzip
    member: str = ""

    def __str__(self) -> str:
        """The path, and the member in brackets."""
        return f"{self.path} ({self.member})" if self.member else str(self.path)

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Its bytes, unpacked on the way."""
        if self.packing == "zip":
            with zipfile.ZipFile(self.path) as archive, archive.open(self.member) as stream:
                yield stream
        elif self.packing == "gzip":
            with gzip.open(self.path) as unpacked:
                yield cast(IO[bytes], unpacked)
        else:
            with self.path.open("rb") as plain:
                yield plain


def some(names: Sequence[str]) -> str:
    """The first of `names`, for a message."""
    rest = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + rest


def near(name: str, names: Sequence[str]) -> str:
    """The nearest of `names`, or some of them where none is near."""
    match = nearest(name, names)
    return match if match.startswith("; did") or len(names) <= SHOWN else f"; possible: {some(names)}"


def existing(path: str, key: str = "data.path") -> Path:
    """The file that `path` names: `~` is the home folder, a relative path starts at the current folder.

    Raises:
        DataError: it is not there, or is a folder.
    """
    found = Path(path).expanduser()
    if found.is_dir():
        files = sorted(entry.name for entry in found.iterdir() if entry.is_file())
        held = f"it holds {some(files)}" if files else "it holds no file"
        raise DataError(f"{key}={path}: this is a folder, and a file is needed; {held}")
    if found.exists():
        return found
    if not found.parent.is_dir():
        raise DataError(
            f"{key}={path}: there is no folder {found.parent} (the current folder is {Path.cwd()})"
        )
    files = sorted(entry.name for entry in found.parent.iterdir() if entry.is_file())
    raise DataError(
        f"{key}={path}: there is no such file in {found.parent.resolve()}{near(found.name, files)}"
    )


def text_file(path: Path, member: str | None = None) -> TextFile:
    """The text file at `path`, or `member` of the zip there; the content decides, not the name.

    Raises:
        DataError: it is empty, is no text or archive, or the zip does not say which of its files is meant.
    """
    try:
        with path.open("rb") as stream:
            start = stream.read(4)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    if not start:
        raise DataError(f"{path}: the file is empty")
    if start == b"PAR1":
        raise DataError(f"{path}: this is a Parquet file; read it with data=parquet")
    if start[:2] == b"\x1f\x8b":
        return TextFile(path, "gzip")
    if start == b"PK\x03\x04":
        return TextFile(path, "zip", _member(path, member))
    if path.suffix.lower() in (".zip", ".gz"):
        raise DataError(
            f"{path}: the name ends in {path.suffix}, but this is no {path.suffix[1:]}; download it again?"
        )
    return TextFile(path)


def _member(path: Path, wanted: str | None) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [info.filename for info in archive.infolist() if not info.is_dir()]
    except zipfile.BadZipFile as error:
        raise DataError(f"{path}: the zip is damaged ({error}); download it again?") from error
    if "xl/workbook.xml" in names:
        raise DataError(f"{path}: this is an Excel workbook; save its sheet as CSV")
    return choose_file(str(path), [name for name in names if not name.startswith("__MACOSX/")], wanted)


def choose_file(where: str, names: Sequence[str], wanted: str | None) -> str:
    """The one of `names` that is wanted, by its whole path or its last part; the only text file if none is.

    Raises:
        DataError: `wanted` is not there, or there is not exactly one text file.
    """
    if wanted is not None:
        matches = [name for name in names if wanted in (name, PurePosixPath(name).name)]
        if wanted in names or len(matches) == 1:
            return wanted if wanted in names else matches[0]
        if matches:
            raise DataError(f"{where}: data.file={wanted} names several files; give one of {some(matches)}")
        raise DataError(f"{where}: holds no data.file={wanted}{near(wanted, names)}")
    texts = [name for name in names if name.lower().endswith(TEXT_SUFFIXES)]
    if len(texts) == 1:
        return texts[0]
    if texts:
        raise DataError(f"{where}: holds several text files; give data.file, one of {some(texts)}")
    raise DataError(f"{where}: holds no .csv, .tsv or .txt; it holds {some(names) or 'nothing'}")


def records(file: TextFile, encoding: str, separator: str) -> Generator[Record]:
    """The records of a CSV, header first, each with the line where it begins; blank lines are skipped.

    The standard reader rather than pandas': that one lets numbers slip into the next column where a row has
    more fields than the header, and does not say on which line a record lies.

    Raises:
        DataError: the bytes do not fit `encoding`, an archive is damaged, or a record has more or fewer
            fields than the header.
    """
    try:
        with file.open() as raw, io.TextIOWrapper(raw, encoding=_codec(encoding), newline="") as text:
            yield from _records(file, text, separator)
    except UnicodeError as error:  # not only of decoding: UTF-16 misses its mark by this one
        raise DataError(_encoding_fault(file, encoding)) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, gzip.BadGzipFile) as error:
        raise DataError(f"{file}: the archive is damaged ({error}); download it again?") from error
    except (OSError, RuntimeError, NotImplementedError) as error:  # the last two: encrypted, unknown method
        raise DataError(f"{file}: cannot be read: {error}") from error


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
