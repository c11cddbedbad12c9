"""Objects as bytes that may lie in a file which others can read: no string in them holds a secret.

Strings that `redaction` would change stay with whoever pickles; the bytes have their numbers.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Sequence
from typing import Any

from seqsweep.errors import SweepError
from seqsweep.redaction import redacted

LACKING = "a secret that this needs did not come with the environment"


def dumps(value: Any, kept: list[str] | None) -> bytes:
    """`value` as bytes without secrets.

    Args:
        value: that can be pickled.
        kept: the strings that are left out of the bytes; what is missing here is added. None: none can be kept, and
            what is read back is redacted.
    """
    to = io.BytesIO()
    _Pickler(to, kept).dump(value)
    return to.getvalue()


def loads(data: bytes, kept: Sequence[str]) -> Any:
    """What `dumps` was given.

    Args:
        data: that it made.
        kept: the strings that are not in it; where one of them is another one, what is read is redacted.

    Raises:
        SweepError: they are too few.
    """
    return _Unpickler(io.BytesIO(data), kept).load()


class _Pickler(pickle.Pickler):
    def __init__(self, to: io.BytesIO, kept: list[str] | None) -> None:
        super().__init__(to)
        self._kept = kept

    def persistent_id(self, obj: Any) -> tuple[int, str] | None:
        """Of a string with a secret: its number, and how it may be read."""
        if type(obj) is not str or (shown := redacted(obj, obj)) == obj:
            return None
        if self._kept is None:
            return -1, shown
        if obj not in self._kept:
            self._kept.append(obj)
        return self._kept.index(obj), shown


class _Unpickler(pickle.Unpickler):
    def __init__(self, data: io.BytesIO, kept: Sequence[str]) -> None:
        super().__init__(data)
        self._kept = kept

    def persistent_load(self, pid: tuple[int, str]) -> str:
        """The string of such a number."""
        number, shown = pid
        if number < 0:
            return shown
        if number >= len(self._kept):
            raise SweepError(LACKING)
        whole = self._kept[number]
        return whole if redacted(whole, whole) == shown else shown
