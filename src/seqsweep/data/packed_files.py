"""A file that the user names, found, and unpacked where it lies in a .zip or .gz."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

from seqsweep.errors import DataError
from seqsweep.spelling import nearest

TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
SHOWN = 10  # names listed in a message
LONGEST_LINE = 16 << 20  # bytes; a thousand columns of a thousand signs each are 1 MB
CHUNK = 1 << 18  # bytes read at a time


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
        """Its bytes, unpacked on the way.

        Reading raises DataError where a line is longer than any of a table: of a small archive it may fill the memory.
        """
        with self._unpacked() as stream, io.BufferedReader(_Lines(stream, str(self)), CHUNK) as lines:
            yield lines

    @contextmanager
    def _unpacked(self) -> Iterator[IO[bytes]]:
        if self.packing == "zip":
            with zipfile.ZipFile(self.path) as archive, archive.open(self.member) as stream:
                yield stream
        elif self.packing == "gzip":
            with gzip.open(self.path) as unpacked:
                yield cast(IO[bytes], unpacked)
        else:
            with self.path.open("rb") as plain:
                yield plain


class _Lines(io.RawIOBase):
    """The bytes of a stream, as long as its lines end.

    Args:
        stream: to read from.
        name: of the file, for the message.
    """

    def __init__(self, stream: IO[bytes], name: str) -> None:
        self._stream = stream
        self._name = name
        self._open = 0  # bytes since a line ended

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer; returns how many bytes came, 0 at the end.

        Raises:
            DataError: a line is too long.
        """
        view = memoryview(buffer).cast("B")
        chunk = self._stream.read(len(view))
        view[: len(chunk)] = chunk
        end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
        self._open = self._open + len(chunk) if end < 0 else len(chunk) - end - 1
        if self._open > LONGEST_LINE:
            raise DataError(f"{self._name}: a line is longer than {LONGEST_LINE >> 20} MB, so this is no table of rows")
        return len(chunk)


def some(names: Sequence[str]) -> str:
    """The first of `names`, for a message."""
    rest = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + rest


def near(name: str, names: Sequence[str]) -> str:
    """The nearest of `names`, or some of them where none is near.

    Args:
        name: that is not there.
        names: those that are.
    """
    match = nearest(name, names)
    return match if match.startswith("; did") or len(names) <= SHOWN else f"; possible: {some(names)}"


def existing(path: str, key: str = "data.path") -> Path:
    """The file that `path` names: `~` is the home folder, a relative path starts at the current folder.

    Args:
        path: as the user wrote it.
        key: of the config that it is the value of, for the message; empty: of none.

    Raises:
        DataError: it is not there, is a folder, or can be read only once, as a pipe.
    """
    given, found = f"{key}={path}" if key else path, Path(path).expanduser()
    if found.is_dir():
        files = sorted(entry.name for entry in found.iterdir() if entry.is_file())
        held = f"it holds {some(files)}" if files else "it holds no file"
        texts = any(entry.is_dir() and next(entry.glob("*.txt"), None) for entry in found.iterdir())
        mend = "; texts in a sub-folder a label are read with data=folder" if texts and key else ""
        raise DataError(f"{given}: this is a folder, and a file is needed; {held}{mend}")
    if found.is_file():
        return found
    if found.exists():
        mend = "and a file is needed, since it is read more than once; save it to one first"
        raise DataError(f"{given}: this is {_what(found)}, {mend}")
    if not found.parent.is_dir():
        raise DataError(f"{given}: there is no folder {found.parent} (the current folder is {Path.cwd()})")
    files = sorted(entry.name for entry in found.parent.iterdir() if entry.is_file())
    raise DataError(f"{given}: there is no such file in {found.parent.resolve()}{near(found.name, files)}")


def _what(path: Path) -> str:
    """What a path leads to that is neither file nor folder."""
    kinds = {"a named pipe": path.is_fifo(), "a socket": path.is_socket(), "a device": path.is_char_device()}
    return next((name for name, is_it in kinds.items() if is_it), "no file")


def kind_of(path: Path) -> str:
    """What a file is by its content: `parquet`, `workbook`, or `text`, which may be packed.

    Raises:
        DataError: it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            start = stream.read(8)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    if start[:4] == b"PAR1":
        return "parquet"
    if start == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":  # of .xls
        return "workbook"
    if start[:4] == b"PK\x03\x04":
        with suppress(zipfile.BadZipFile), zipfile.ZipFile(path) as archive:
            if {"xl/workbook.xml", "xl/workbook.bin", "content.xml"} & set(archive.namelist()):
                return "workbook"
    return "text"


def text_file(path: Path, member: str | None = None) -> TextFile:
    """The text file at `path`, or `member` of the zip there; the content decides, not the name.

    Args:
        path: of a file that is there.
        member: the one meant of the files in a zip; None: its only text file.

    Raises:
        DataError: it is empty, is no text or archive, or the zip does not say which of its files is meant.
    """
    try:
        with path.open("rb") as stream:
            start = stream.read(4)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    if not start:
        raise DataError(f"{path}: the file is empty; give one with a header and rows")
    if start == b"PAR1":
        raise DataError(f"{path}: this is a Parquet file; read it with data=parquet")
    if start[:2] == b"\x1f\x8b":
        return TextFile(path, "gzip")
    if start in (b"PK\x03\x04", b"PK\x05\x06"):  # with members, without any
        return TextFile(path, "zip", _member(path, member))
    if path.suffix.lower() in (".zip", ".gz"):
        raise DataError(f"{path}: the name ends in {path.suffix}, but this is no {path.suffix[1:]}; download it again?")
    return TextFile(path)


def _member(path: Path, wanted: str | None) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [info.filename for info in archive.infolist() if not info.is_dir()]
    except zipfile.BadZipFile as error:
        raise DataError(f"{path}: the zip is damaged ({error}); download it again?") from error
    if "xl/workbook.xml" in names:
        raise DataError(f"{path}: this is an Excel workbook; read it with data=excel")
    return choose_file(str(path), [name for name in names if not name.startswith("__MACOSX/")], wanted)


def choose_file(where: str, names: Sequence[str], wanted: str | None) -> str:
    """The one of `names` that is wanted, by its whole path or its last part; the only text file if none is.

    Args:
        where: what holds the files, for the message.
        names: paths within it, `/` between folders.
        wanted: a whole path or its last part; None: the only text file.

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
