"""A server of MLflow's on this machine: started, found ready, and ended with all that it started."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from seqsweep.errors import TrackingError, UserError
from seqsweep.interrupts import something_open
from seqsweep.redaction import redacted

HOST = "127.0.0.1"
START_PATIENCE = 90.0  # seconds; a server takes some 6 on a quiet machine
END_PATIENCE = 5.0
PORTS_TRIED = 50  # beyond the one that is taken


def refuse_taken(port: int) -> None:
    """Nothing, if the port is free: MLflow itself would print an error and end as if all were well.

    Raises:
        UserError: it is taken; the text names the next that is free.
    """
    if _free(port):
        return
    free = next((near for near in range(port + 1, port + 1 + PORTS_TRIED) if _free(near)), None)
    advice = f"; port {free} is free" if free else ""
    raise UserError(f"port {port} is taken by another program, perhaps by a UI that still runs{advice}")


def _free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: a port that a server left a moment ago counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError):
            return False
    return True


@contextmanager
def running(command: Sequence[str], more: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """The server's process, in a group of its own that ends with this block, its workers included.

    Args:
        command: that starts it.
        more: of its environment: any user may read a command line, and a store's address may hold a password.
    """
    with something_open():
        server = subprocess.Popen(
            command,
            env={**os.environ, **more},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C reaches us alone, and we end the group
        )
        try:
            errors = _Tail(server)
            yield server
        except TrackingError as error:
            _end(server)
            raise TrackingError(f"{error}{redacted(errors.text(), *more.values())}") from None
        finally:
            _end(server)


class _Tail:
    """The last lines that a process writes to its standard error, read so that it never blocks."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._lines: list[str] = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def text(self) -> str:
        """The lines, each on a line of its own."""
        self._thread.join(timeout=1)
        return "".join(f"\n  {line}" for line in self._lines)

    def _read(self) -> None:
        assert self._process.stderr is not None  # it was started with a pipe
        for line in self._process.stderr:
            self._lines = [*self._lines[-9:], line.decode(errors="replace").rstrip()]


def wait_until_healthy(server: subprocess.Popen[bytes], port: int) -> None:
    """Nothing, once the server answers.

    Args:
        server: that was started.
        port: where it is to listen.

    Raises:
        TrackingError: it ended, or takes too long.
    """
    ask = urllib.request.build_opener(urllib.request.ProxyHandler({})).open  # no proxy leads to this machine
    deadline = time.monotonic() + START_PATIENCE
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise TrackingError(f"the MLflow server ended before it was ready (exit code {server.returncode})")
        with suppress(OSError), ask(f"http://{HOST}:{port}/health", timeout=2) as answer:
            if answer.status == 200:
                return
        time.sleep(0.2)
    raise TrackingError(f"the MLflow server was not ready after {START_PATIENCE:.0f} s")


def wait_for_end(server: subprocess.Popen[bytes]) -> None:
    """Nothing: it lasts until a signal ends the wait.

    Raises:
        TrackingError: the server ended by itself.
    """
    code = server.wait()
    raise TrackingError(f"the MLflow server ended by itself (exit code {code})")


def _end(server: subprocess.Popen[bytes]) -> None:
    """End the server's whole group: first asked, then made to."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(server.pid, number)
        deadline = time.monotonic() + END_PATIENCE
        while time.monotonic() < deadline and _alive(server):
            time.sleep(0.05)


def _alive(server: subprocess.Popen[bytes]) -> bool:
    server.poll()  # or else a zombie keeps the group
    try:
        os.killpg(server.pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True
