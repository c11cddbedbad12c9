"""Files that are whole or not there, whatever ends the process."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def atomic_write(path: Path, content: bytes | memoryview) -> None:
    """Write aside, sync, put in place: a kill or a power cut leaves the old file or the new one, whole.

    Args:
        path: of the file; its folder is made where there is none.
        content: the whole file.

    Raises:
        OSError: the disk refuses. The old file is whole, and nothing is left of what was written.
    """
    aside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with aside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)  # the new name, too, must outlive a power cut
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
        raise
