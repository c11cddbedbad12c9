"""Ctrl-C, `kill` and a closed terminal: whatever a command is doing, it ends in one line and leaves nothing open.

While there is nothing to close, as during imports and while workers start, the process ends at once: an exception that
is raised in the middle of an import may come out as any other, or not at all. From `something_open` on the signal is an
exception, so that runs, workers and temporary folders get their end; it waits for imports that are under way.
"""

from __future__ import annotations

import errno
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

ONE = 1.0
"""Seconds in which signals count as one: of a key that is hit twice, of a wrapper that passes on what all got.
A later one ends in a hurry what the first one ends in order."""


class Interrupted(KeyboardInterrupt):
    """Somebody wants the process to end.

    Args:
        number: of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


class _State:
    """Of this process, since a signal is one of a process."""

    words = ""  # what the user is told beside `stopped`
    open = 0  # blocks in which there is something to close
    held = 0  # blocks in which no exception may be raised
    waits = 0  # the signal that came while no exception may be raised
    raised = 0  # the signal that was raised last, and may have been lost on the way
    heard = -ONE  # when the last one that counted came, on the monotonic clock
    counting = threading.Lock()  # of `open`: a store is opened in a thread of its own
    stderr = 2  # where the user reads


@contextmanager
def heeded() -> Iterator[None]:
    """Let signals end the command that runs within; afterwards they are handled as before.

    A signal that is ignored stays so: who started this by `nohup`, or as a script's job in the background, wants it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # Python lets no other thread handle signals
        return
    before = {number: signal.signal(number, _handle) for number in SIGNALS if _is_heeded(number)}
    try:
        yield
    finally:
        _State.words = ""
        _forget()  # what has ended this command must not end what this process does next
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def raised() -> Iterator[None]:
    """Let Ctrl-C raise KeyboardInterrupt within, once nothing can be torn by it: the caller's process goes on.

    For calls from scripts and notebooks; a handler that somebody else has set stays.
    """
    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, _handle)
    try:
        with something_open():
            yield
            check()
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _forget()  # it has ended this call, and must not end the next


def heed() -> None:
    """Let signals end this process from now on."""
    for number in filter(_is_heeded, SIGNALS):
        signal.signal(number, _handle)


def leave_to_parent() -> None:
    """Let no signal end this process from now on: one to all processes of a job is for the parent, which ends it."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)  # the parent may have blocked them until now


def say_at_end(words: str) -> None:
    """What a user whom a signal stops is told: how to go on."""
    _State.words = words


@contextmanager
def something_open() -> Iterator[None]:
    """Within, a signal raises Interrupted, since something must be closed."""
    with _State.counting:
        if not _State.open:
            _State.waits = _State.raised = 0
        _State.open += 1
    try:
        yield
    finally:
        with _State.counting:
            _State.open -= 1


@contextmanager
def held(stderr: int | None = None) -> Iterator[None]:
    """Within, as during an import, a signal waits; it raises Interrupted at the end.

    Only in the main thread, the one in which a signal raises anything: what another thread does is not torn.

    Args:
        stderr: the descriptor of the user's standard error, where it is moved meanwhile; None: it stays.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = _State.stderr
    _State.stderr = before if stderr is None else stderr
    _State.held += 1
    try:
        yield
    finally:
        _State.held -= 1
        _State.stderr = before
    if _State.open and not _State.held and _State.waits:
        _raise(_State.waits)


def check() -> None:
    """Nothing, unless a signal came and what it raised was lost on the way, as in a callback of some library.

    Raises:
        Interrupted: it did.
    """
    number, _State.waits, _State.raised = _State.waits or _State.raised, 0, 0
    if number:
        raise Interrupted(number)


def last_words(error: KeyboardInterrupt) -> str:
    """What the user is told at the end: `stopped by SIGTERM; …`."""
    number = getattr(error, "number", signal.SIGINT)
    by = "" if number == signal.SIGINT else f" by {signal.Signals(number).name}"
    return f"stopped{by}" + (f"; {_State.words}" if _State.words else "")


def exit_code(error: KeyboardInterrupt) -> int:
    """What a shell gives a command that this signal ended."""
    return 128 + int(getattr(error, "number", signal.SIGINT))


def _is_heeded(number: int) -> bool:
    return signal.getsignal(number) != signal.SIG_IGN


def _handle(number: int, _frame: FrameType | None) -> None:
    if number == signal.SIGHUP:
        _leave_terminal()
    if time.monotonic() - _State.heard < ONE:
        return
    _State.heard = time.monotonic()
    if not _State.open:
        _end(number)
    if _State.held:
        _State.waits = number
    else:
        _raise(number)


def _forget() -> None:
    _State.waits = _State.raised = 0
    _State.heard = -ONE


def _raise(number: int) -> NoReturn:
    """Raise what ends the command; until `check` has been asked it is remembered, since libraries lose exceptions."""
    _State.waits, _State.raised = 0, number
    raise Interrupted(number)


def _end(number: int) -> NoReturn:
    """End this process; workers end with it."""
    with suppress(OSError):
        os.write(_State.stderr, f"{last_words(Interrupted(number))}\n".encode())
    os._exit(128 + number)


def _leave_terminal() -> None:
    """Write into nothing from now on where the terminal is gone: each further line would fail."""
    for stream in (1, 2):
        try:
            os.tcgetpgrp(stream)
        except OSError as error:
            if error.errno == errno.EIO:
                nothing = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nothing, stream)
                os.close(nothing)
