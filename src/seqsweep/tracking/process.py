"""The process of a tracker: `python -m seqsweep.tracking.process PIPE`, started by apart.py.

It is sent the tracker's config and the secrets to hide, then one list of calls after the other, each of which it
answers. It does not end by itself: its stdin ends with the process that started it.
"""

from __future__ import annotations

import os
import pickle
import sys
import threading
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Any, NoReturn

from seqsweep.imports import own_process
from seqsweep.interrupts import leave_to_parent
from seqsweep.tracking.apart import Answer, Call


def main(pipe: int) -> NoReturn:
    """Obey until the sweep's process ends, however it does."""
    own_process()
    leave_to_parent()  # the sweep, which then closes its tracker
    threading.Thread(target=_die_with_sweep, daemon=True).start()
    from seqsweep.redaction import remember_all
    from seqsweep.tracking.tracker import MlflowTracker

    connection: Connection[Any, Any] = Connection(pipe)
    config, secrets = connection.recv()
    remember_all(secrets)
    said: list[str] = []
    tracker = MlflowTracker(config, said.append)
    while True:
        try:
            calls = connection.recv()
        except (EOFError, OSError):  # the sweep's process has died; by its stdin this one sees it no sooner
            os._exit(1)
        result, error = _obey(tracker, calls)
        answer = Answer(result, error, tuple(said), tracker.seconds)
        said.clear()
        try:
            connection.send(answer)
        except (pickle.PicklingError, TypeError, AttributeError):  # an error that holds what cannot travel
            connection.send(answer._replace(error=RuntimeError(f"{type(error).__name__}: {error}")))


def _obey(tracker: Any, calls: Sequence[Call]) -> tuple[Any, Exception | None]:
    result = None
    for call in calls:
        try:
            result = getattr(tracker, call.name)(*call.arguments)
        except Exception as error:
            return None, error
    return result, None


def _die_with_sweep() -> None:
    os.read(0, 1)
    os._exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]))
