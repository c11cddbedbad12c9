"""TensorFlow's start-up notes, kept out of the user's terminal."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from seqsweep.interrupts import held


@contextmanager
def without_start_up_notes() -> Iterator[None]:
    """Send what is written to the standard error stream into nothing, while TensorFlow is imported.

    Its C++ part writes of missing GPUs and of compiler flags before TF_CPP_MIN_LOG_LEVEL takes effect, straight to the
    file descriptor. If the import fails, what was written is shown after all: it may say why.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with held(kept), tempfile.TemporaryFile() as notes:
        os.dup2(notes.fileno(), 2)
        try:
            yield
        except BaseException:
            notes.seek(0)
            os.write(kept, notes.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
