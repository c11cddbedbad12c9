"""A worker process: `python -m seqsweep.executor.worker PIPE`, started by process.py.

It obeys four commands, each a pair (name, pickled payload): `warm` (function, threads, secrets), `job` (a Job), `trial`
(a TrialSpec) and `call` (function, arguments). It answers the first two by READY, a trial by pairs (seconds since its
begin, event), a call by an Answer. It does not end by itself unless something breaks: its parent kills it.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import traceback
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from seqsweep.events import Job
from seqsweep.executor.answers import answered
from seqsweep.executor.protocol import READY, messages
from seqsweep.imports import own_process
from seqsweep.interrupts import leave_to_parent
from seqsweep.redaction import remember_all


def main(pipe: int) -> None:
    """Obey the parent; if anything breaks, say it on stderr and end at once."""
    own_process()
    leave_to_parent()
    threading.Thread(target=_die_with_parent, daemon=True).start()
    # A name of its own keeps it open until the very end, which is how the parent sees this process end.
    connection: Connection[Any, Any] = Connection(pipe)
    code = 1
    try:
        _obey(connection)
    except BaseException as error:
        traceback.print_exc()  # the parent quotes the last line
        if isinstance(error, SystemExit) and isinstance(error.code, int):
            code = error.code
    sys.stdout.flush()
    # Not sys.exit: a thread that a trial left behind would keep the process alive, and the trial unmissed.
    os._exit(code)


def _die_with_parent() -> None:
    """Kill this process and its children as soon as the parent is dead, however it died.

    The parent alone holds the other end of stdin and never writes to it: the system closes it with it.
    """
    os.read(0, 1)
    with suppress(OSError):  # not a group's leader: started by hand
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)


def _obey(connection: Connection[Any, Any]) -> None:
    """Carry out one command after the other, for ever."""
    job: Job | None = None
    while True:
        command, pickled = connection.recv()
        payload = pickle.loads(pickled)
        if command == "trial" and job is not None:
            for message in messages(job, payload):
                connection.send_bytes(message)
            continue
        if command == "call":
            connection.send_bytes(answered(*payload))
            continue
        if command == "warm":
            warm, threads, secrets = payload
            remember_all(secrets)
            warm(threads)
        elif command == "job":
            job = payload
        connection.send(READY)


if __name__ == "__main__":
    main(int(sys.argv[1]))
