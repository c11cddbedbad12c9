"""Plain texts as a table: a row a document, with its file and its text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from seqsweep.data.packed_files import some, text_file
from seqsweep.data.source import SAMPLE, Origin, Source
from seqsweep.data.text import DAMAGED, UNREADABLE, TextStyle, codec, encoding_fault
from seqsweep.errors import DataError

FILE, TEXT = "file", "text"
"""The columns."""


def documents(path: Path, style: TextStyle) -> Source:
    """A text file as a document, or each `.txt` of a folder and of the folders in it, in the order of their names.

    Args:
        path: of what is there.
        style: gives the encoding.

    Raises:
        DataError: a file is empty, does not fit the encoding, or is packed and damaged; the folder has none.
    """
    files = sorted(path.rglob("*.txt")) if path.is_dir() else [path]
    if not files:
        held = sorted(entry.name for entry in path.iterdir())
        raise DataError(f"{path}: the folder holds no .txt file; it holds {some(held) if held else 'nothing'}")
    names = [str(file.relative_to(path)) for file in files] if path.is_dir() else [path.name]
    mend = "take it out, or give it text" if path.is_dir() else "give one with text"
    return _source(str(path), {name: _read(file, style, mend) for name, file in zip(names, files, strict=True)})


def python_topics() -> Source:
    """Python's own documentation of its language, English with code: a document a topic, other ones in each release.

    A topic that is a section of another one is left out: what is tested would have been learned.
    """
    from pydoc_data.topics import topics

    def flat(text: str) -> str:
        return re.sub(r"[*=~^\"-]{4,}\n", "", text)  # lines below headings, which say how deep a section stands

    bodies = {name: flat(text.strip().split("\n", 3)[-1].strip()) for name, text in topics.items()}
    whole = {name: flat(text) for name, text in topics.items()}
    own = [name for name in sorted(topics) if not any(bodies[name] in whole[o] for o in topics if o != name)]
    return _source("pydoc_data.topics", {name: topics[name] for name in own})


def _read(file: Path, style: TextStyle, mend: str) -> str:
    if not file.stat().st_size:
        raise DataError(f"{file}: the file is empty; {mend}")
    packed = text_file(file)
    try:
        with packed.open() as stream:
            content = stream.read()
        text = content.decode(codec(style.encoding))
    except UnicodeError as error:
        raise DataError(encoding_fault(packed, style.encoding)) from error
    except DAMAGED as error:
        raise DataError(f"{packed}: the archive is damaged ({error}); download it again?") from error
    except UNREADABLE as error:
        raise DataError(f"{packed}: cannot be read: {error}") from error
    if not text.strip():
        raise DataError(f"{packed}: the file holds nothing but blanks; {mend}")
    return text


def _source(where: str, texts: Mapping[str, str]) -> Source:
    import pandas as pd

    frame = pd.DataFrame({FILE: list(texts), TEXT: list(texts.values())}, dtype="object")
    origin = Origin(where, np.array(list(texts), object), str)
    return Source(where, (FILE, TEXT), frame.head(SAMPLE), lambda wanted: (frame[list(wanted)], origin))
