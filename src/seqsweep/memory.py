"""Memory that is free again, for the system; objects that all stay; and errors that say that there was too little."""

from __future__ import annotations

import ctypes
import errno
import gc
from collections.abc import Iterator
from contextlib import contextmanager, suppress

NOT_LOADED = ("failed to map segment", "cannot allocate memory")


def give_back() -> None:
    """Give the system what the C library keeps of freed memory for later: of a text of a million letters, 25 MB.

    Only glibc can be asked to; elsewhere nothing happens.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


@contextmanager
def no_search_for_garbage() -> Iterator[None]:
    """Keep Python's garbage collector still while many objects are made that all stay.

    It searched them again and again as 10,000 records were read, which took more than the reading.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def shortage(error: BaseException) -> BaseException | None:
    """What says that memory ran out: an error, or one that led to it; None: none does.

    A library that cannot be loaded says it in words alone.
    """
    cause: BaseException | None = error
    while cause is not None:
        said = str(cause).lower()
        is_library = isinstance(cause, ImportError) and any(words in said for words in NOT_LOADED)
        is_tensor = type(cause).__name__ == "ResourceExhaustedError"  # of TensorFlow, which may not be loaded
        if is_library or is_tensor or isinstance(cause, MemoryError) or getattr(cause, "errno", None) == errno.ENOMEM:
            return cause
        cause = cause.__cause__ or cause.__context__
    return None
