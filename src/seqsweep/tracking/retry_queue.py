"""Writes that wait while a store is away, and go in when it is back."""

from __future__ import annotations

import time
from collections.abc import Callable

from seqsweep.redaction import redacted

GOES_ON = "the sweep goes on, its results are kept and go in when the store is back"
FULL = ("disk is full", "No space left")
"""What databases and disks say where there is no room."""

FIRST_PAUSE = 5.0  # seconds; doubled with each attempt in vain
LONGEST_PAUSE = 120.0


class RetryQueue:
    """Writes by key, tried in order; each must be safe to repeat, since one that broke off is made again.

    A sweep must not stop, or wait, because its store is away: after a failure all further writes wait, and
    the store is asked again after a pause that doubles.

    Args:
        store: its name, for messages.
        failures: what a store that is away raises; anything else is a fault of ours and passes through.
        warn: told once when the store goes away, and once when it is back.
        clock: seconds that never run backwards.
    """

    def __init__(
        self,
        store: str,
        failures: tuple[type[Exception], ...],
        warn: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._failures = failures
        self._warn = warn
        self._clock = clock
        self._waiting: dict[str, Callable[[], None]] = {}
        self._pause = 0.0  # seconds; 0: the store is there
        self._next_attempt = 0.0
        self.reason = ""  # of the last failure, one line

    def put(self, key: str, write: Callable[[], None]) -> None:
        """Write now if the store is there, else later; a newer write takes the place of one that waits.

        Args:
            key: what is written, such as a trial's result; one write waits for each.
            write: may be called again after it raised.
        """
        self._waiting[key] = write
        self.flush()

    def drop(self, *keys: str) -> None:
        """Forget writes that a coming one makes needless."""
        for key in keys:
            self._waiting.pop(key, None)

    def waiting(self) -> list[str]:
        """Keys of what the store lacks."""
        return list(self._waiting)

    def flush(self) -> None:
        """Make the writes that wait, unless the store was away a moment ago."""
        if self._pause and self._clock() < self._next_attempt:
            return
        held_back = len(self._waiting)
        while self._waiting:
            key = next(iter(self._waiting))
            try:
                self._waiting[key]()
            except self._failures as error:
                self._away(key, error)
                return
            del self._waiting[key]
        if self._pause:
            self._pause = 0.0
            self._warn(f"{self._store} answers again; {held_back} writes that waited are in it")

    def retry_soon(self) -> None:
        """End a pause: the next write is tried at once."""
        self._next_attempt = self._clock()

    def _away(self, key: str, error: Exception) -> None:
        # To the end of the queue, so that a write which the store refuses for good holds up no other.
        self._waiting[key] = self._waiting.pop(key)
        self.reason = first_line(error)
        if not self._pause:
            self._warn(f"{takes_no_writes(self._store, self.reason)}; {GOES_ON}")
        self._pause = min(2 * self._pause, LONGEST_PAUSE) or FIRST_PAUSE
        self._next_attempt = self._clock() + self._pause


def kept(reason: str) -> str:
    """What becomes of writes that a sweep ends without, and what the user does.

    Args:
        reason: why the store took none.
    """
    mend = "make room, then run the same command again"
    if not any(words in reason for words in FULL):
        mend = "run the same command again when the store is back"
    return f"they are kept in the sweep's state: {mend}"


def takes_no_writes(store: str, reason: str) -> str:
    """How an outage is told.

    Args:
        store: what it is called.
        reason: one line.
    """
    return f"{store} takes no writes ({reason})"


def first_line(error: BaseException, address: str = "", longest: int = 200) -> str:
    """The first line of an error's text, without secrets, cut to `longest` characters.

    Args:
        error: its type's name stands in where it has no text.
        address: of the store that it is about.
        longest: characters, 1 or more.
    """
    lines = str(error).strip().splitlines() or [type(error).__name__]
    line = redacted(lines[0], address)  # before it is cut: half a secret is not seen to be one
    return line if len(line) <= longest else line[: longest - 1] + "…"
