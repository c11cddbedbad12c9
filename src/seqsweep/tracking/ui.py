"""The MLflow UI on the store of a config: started, found ready, linked to, and ended without a trace."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from seqsweep.errors import ConfigError, Fault, TrackingError, UserError
from seqsweep.interrupts import something_open
from seqsweep.redaction import redacted
from seqsweep.tracking.reaching import reaching
from seqsweep.tracking.store import open_store
from seqsweep.tracking.view import CHARTS_KEY, CHARTS_TAG, VIEW_KEY, VIEW_TAG

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Experiment

    from seqsweep.schema import TrackingConfig
    from seqsweep.tracking.address import StoreAddress

HOST = "127.0.0.1"
START_PATIENCE = 90.0  # seconds; a server takes some 6 on a quiet machine
END_PATIENCE = 5.0
PORTS_TRIED = 50  # beyond the one that is taken

ENVIRONMENT = {
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # or else 15 processes, for language models
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
}


def serve(config: TrackingConfig, port: int, say: Callable[[str], None]) -> None:
    """Nothing, after Ctrl-C has ended the UI; meanwhile it is at the link that `say` was told.

    Args:
        config: whose store to show.
        port: where the UI listens, on this machine alone.
        say: is told each line that the user should see.

    Raises:
        ConfigError: `config` keeps no runs in MLflow.
        UserError: the port is taken.
        TrackingError: the store cannot be used, or the server does not start.
    """
    if config.kind != "mlflow":
        told = f"tracking.kind={config.kind} keeps nothing to show; choose tracking=mlflow"
        raise ConfigError([Fault("tracking.kind", told)])
    place, client = open_store(config, reading=True)
    with reaching(place):
        page, charts = newest_sweep(client), newest_charts(client)
    if page is None:
        say("There is no sweep in this store yet: `seqsweep sweep quickstart` makes one.")
    if place.uri.startswith("http"):
        say(f"The store has a UI of its own: {link(_without_login(place.uri), page)}")
        return
    if place.copy_of is not None:
        say(f"{place.copy_of} cannot be written: this is a copy, and what is changed in it is lost at the end.")
    refuse_taken(port)
    with suppress(KeyboardInterrupt), _server(place, port) as server:
        _wait_until_healthy(server, port)
        say(f"MLflow is at {link(f'http://{HOST}:{port}', page)}")
        if charts is not None:
            say(f"Charts are at {link(f'http://{HOST}:{port}', charts)}")
        say("Ctrl-C ends it.")
        _wait_for_end(server)


def newest_sweep(client: MlflowClient) -> str | None:
    """The page of the study whose sweep started last, or None if there is no sweep."""
    study = _newest_study(client)
    if study is None:
        return None
    # Without its first parameter a first visit lands on a page about language models.
    view = f"&viewStateShareKey={VIEW_KEY}" if VIEW_TAG in study.tags else ""
    return f"/#/experiments/{study.experiment_id}/runs?workflowType=machine_learning{view}"


def newest_charts(client: MlflowClient) -> str | None:
    """The page of the same study's charts: parallel coordinates, ranking, curves; None if it has no such view."""
    study = _newest_study(client)
    if study is None or CHARTS_TAG not in study.tags:  # a key that is not there leads elsewhere
        return None
    view = f"&compareRunsMode=CHART&viewStateShareKey={CHARTS_KEY}"
    return f"/#/experiments/{study.experiment_id}/runs?workflowType=machine_learning{view}"


def _newest_study(client: MlflowClient) -> Experiment | None:
    studies = {study.experiment_id: study for study in client.search_experiments()}
    sweeps = client.search_runs(
        list(studies), "tags.kind = 'sweep'", max_results=1, order_by=["attributes.start_time DESC"]
    )
    return studies[sweeps[0].info.experiment_id] if sweeps else None


def link(server: str, page: str | None) -> str:
    """Where to click.

    Args:
        server: the address of the UI.
        page: a path in it; None: the list of experiments.
    """
    return server.rstrip("/") + (page or "/#/experiments?workflowType=machine_learning")


def _without_login(server: str) -> str:
    """An address that a browser opens by asking for the login."""
    return re.sub(r"^(https?://)[^/]*@", r"\1", server)


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
def _server(place: StoreAddress, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """The server's process, in a group of its own that ends with this block, its workers included."""
    command = [sys.executable, "-m", "mlflow", "server", "--no-serve-artifacts"]
    command += ["--host", HOST, "--port", str(port), "--workers", "1"]
    # By the environment, since any user may read a command line, and a store's address may hold a password.
    store = {"MLFLOW_BACKEND_STORE_URI": place.uri, "MLFLOW_DEFAULT_ARTIFACT_ROOT": str(place.artifacts)}
    with something_open():
        server = subprocess.Popen(
            command,
            env={**os.environ, **ENVIRONMENT, **store},
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
            raise TrackingError(f"{error}{redacted(errors.text(), place.uri)}") from None
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


def _wait_until_healthy(server: subprocess.Popen[bytes], port: int) -> None:
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


def _wait_for_end(server: subprocess.Popen[bytes]) -> None:
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
