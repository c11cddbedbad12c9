"""A folder of texts: a file is one, the sub-folder that it lies in is its label."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from seqsweep.data.packed_files import near, some
from seqsweep.data.source import SAMPLE, Origin, Source
from seqsweep.errors import DataError
from seqsweep.words import counted

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("text", "label", "file")
"""Of the table that a folder is read as; `file` is a path below the folder."""

ENDING = ".txt"


def folder_source(path: str, encoding: str) -> Source:
    """A row for each text file, in the order of labels and names.

    Args:
        path: of the folder, as the user wrote it.
        encoding: of the files, as Python names it.

    Raises:
        DataError: there is no such folder, it has not two labels, or a file is empty or not in the encoding.

    Source of the layout: `keras.utils.text_dataset_from_directory`.
    """
    import pandas as pd

    folder = _existing(path)
    files = {label: sorted(label.rglob(f"*{ENDING}")) for label in _labels(folder, path)}
    if without := [label for label, found in files.items() if not found]:
        held = sorted(entry.name for entry in without[0].iterdir())
        told = f"holds {some(held)}" if held else "is empty"
        raise DataError(f"{without[0]}: this label has no text file, *{ENDING}: the sub-folder {told}")
    names, rows = [], []
    for label, found in files.items():
        for file in found:
            names.append(file.relative_to(folder).as_posix())
            rows.append((_text(file, encoding), label.name, names[-1]))
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    origin = Origin(str(folder), np.array(names, object), "{}".format)

    def read(wanted: Sequence[str]) -> tuple[pd.DataFrame, Origin]:
        return frame[list(wanted)], origin

    return Source(str(folder), COLUMNS, frame.head(SAMPLE), read)


def _existing(path: str) -> Path:
    folder = Path(path).expanduser()
    if folder.is_dir():
        return folder
    if folder.exists():
        raise DataError(
            f"data.path={path}: this is a file, and data=folder reads a folder; a CSV is read with data=csv"
        )
    beside = folder.parent if folder.parent.is_dir() else Path()
    others = sorted(entry.name for entry in beside.iterdir() if entry.is_dir())
    raise DataError(f"data.path={path}: there is no such folder in {beside.resolve()}{near(folder.name, others)}")


def _labels(folder: Path, path: str) -> list[Path]:
    """The sub-folders, two or more; hidden ones are none."""
    found = sorted(entry for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    if len(found) >= 2:
        return found
    files = sum(1 for entry in folder.iterdir() if entry.is_file())
    held = f"one sub-folder alone, {found[0].name!r}" if found else f"no sub-folder, but {counted(files, 'file')}"
    told = f"it has {held}; each label is a sub-folder with its texts: {path}/LABEL/1{ENDING}"
    raise DataError(f"data.path={path}: {told}")


def _text(file: Path, encoding: str) -> str:
    try:
        content = file.read_bytes()
        text = content.decode(encoding).removeprefix("\ufeff")
    except OSError as error:
        raise DataError(f"{file}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        better = "cp1252" if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else "utf-8"
        line = content[: error.start].count(b"\n") + 1
        told = f"byte {content[error.start]:#04x} is not {encoding}; try data.encoding={better}"
        raise DataError(f"{file}, line {line}: {told}") from error
    if not text.strip():
        raise DataError(f"{file}: the file is empty; write its text, or delete it")
    return text
