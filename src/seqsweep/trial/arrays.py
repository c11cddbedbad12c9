"""Named arrays as bytes: what checkpoints and the weights of networks are kept in."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

UNREADABLE = (OSError, ValueError, EOFError, KeyError, AttributeError, zipfile.BadZipFile, zlib.error)
"""What truncated, damaged or foreign bytes raise as they are read."""


def pack(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Arrays by name as the bytes of an `.npz` file."""
    whole = io.BytesIO()
    np.savez(whole, **arrays)  # type: ignore[arg-type]  # takes `allow_pickle` too, which is no array
    return whole.getvalue()


def unpack(content: bytes) -> dict[str, NDArray[Any]]:
    """All arrays by name, in the order of packing.

    Raises:
        UNREADABLE: one of these, see there.
    """
    arrays = np.load(io.BytesIO(content))
    return {name: arrays[name] for name in arrays.files}
