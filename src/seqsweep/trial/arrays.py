"""Named arrays in a file that is whole or not there: what checkpoints and the weights of networks are kept in."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqsweep import files
from seqsweep.errors import StateError

UNREADABLE = (OSError, ValueError, EOFError, KeyError, AttributeError, zipfile.BadZipFile, zlib.error)
"""What a missing, truncated, damaged or foreign file raises as it is read."""


def write(path: Path, what: str, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Put arrays in place, see `files.atomic_write`.

    Args:
        path: of the file.
        what: to call it in an error: `its checkpoint`.
        arrays: by name.

    Raises:
        StateError: the disk refuses. Nothing is left of what was written.
    """
    whole = io.BytesIO()  # in one piece: NumPy goes on writing to a file that has refused
    np.savez(whole, **arrays)  # type: ignore[arg-type]  # takes `allow_pickle` too, which is no array
    try:
        files.atomic_write(path, whole.getbuffer())
    except OSError as error:
        raise StateError(
            f"cannot write {what} ({error.strerror or error}). What was finished before is kept; make room and run the "
            f"same command again: {path}"  # at the end, where a long path hides nothing
        ) from error


def read(path: Path) -> dict[str, NDArray[Any]]:
    """All arrays of a file by name, in the order of writing.

    Raises:
        UNREADABLE: one of these, see there.
    """
    content = np.load(io.BytesIO(path.read_bytes()))  # of a truncated file, NumPy would leave the handle open
    return {name: content[name] for name in content.files}
