"""A registered model, served over HTTP by MLflow's own server: started, found ready, and ended without a trace."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from seqsweep.errors import UserError
from seqsweep.registry.registered import opened
from seqsweep.registry.use import resolve
from seqsweep.tracking.local_server import HOST, refuse_taken, running, wait_for_end, wait_until_healthy
from seqsweep.words import command

if TYPE_CHECKING:
    from seqsweep.schema import TrackingConfig

EXAMPLE = "serving_input_example.json"
"""What MLflow keeps of a model's input example, as a request."""


def serve(model: str, tracking: TrackingConfig, port: int, say: Callable[[str], None]) -> None:
    """Nothing, after Ctrl-C has ended the server; meanwhile it answers at the address that `say` was told.

    Args:
        model: NAME for the champion, NAME@ALIAS, or NAME/VERSION.
        tracking: the store.
        port: where the server listens, on this machine alone.
        say: is told each line that the user should see.

    Raises:
        UserError: there is no such model, or the port is taken.
        TrackingError: the store cannot be used, or the server does not start.
    """
    refuse_taken(port)
    with suppress(KeyboardInterrupt), opened(tracking) as registry:
        version = resolve(registry, model)
        with registry.files(version) as folder:
            say(f"starting {version.name} version {version.version}")
            with running(_command(folder, port), _environment(registry.place.uri)) as server:
                wait_until_healthy(server, port)
                say(f"{version.name} version {version.version} answers at http://{HOST}:{port}/invocations; ask it:")
                say(f"  {curl(port, folder / EXAMPLE)}")
                say("Ctrl-C ends it.")
                wait_for_end(server)


def request_of(model: str, tracking: TrackingConfig) -> Path:
    """A file with a request that a model can answer: its input example, where the store is on this machine.

    Args:
        model: NAME for the champion, NAME@ALIAS, or NAME/VERSION.
        tracking: the store.

    Raises:
        UserError: there is no such model.
        TrackingError: the store cannot be reached or refuses.
    """
    with opened(tracking) as registry, registry.files(resolve(registry, model)) as folder:
        file = folder / EXAMPLE
    return file if file.exists() else Path("REQUEST.json")  # one from a server is gone again


def curl(port: int, request: Path) -> str:
    """A command that asks a model which is served.

    Args:
        port: where it is served.
        request: a file as MLflow reads it: of CSV it would take numbers alone.
    """
    asked = ["curl", "-s", f"http://{HOST}:{port}/invocations", "-H", "Content-Type: application/json"]
    return command([*asked, "--data-binary", f"@{request}"])


def _command(folder: Path, port: int) -> list[str]:
    if not (folder / "MLmodel").is_file():
        raise UserError(f"{folder}: this holds no packaged model; run its sweep again")
    started = [sys.executable, "-m", "mlflow", "models", "serve", "--model-uri", str(folder), "--env-manager", "local"]
    return [*started, "--host", HOST, "--port", str(port)]


def _environment(uri: str) -> dict[str, str]:
    """MLflow starts programs that lie beside Python; without a store's address it would make a database where it is."""
    beside = str(Path(sys.executable).parent)
    known = {"MLFLOW_TRACKING_URI": uri, "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false", "TF_CPP_MIN_LOG_LEVEL": "3"}
    return {**known, "PATH": f"{beside}{os.pathsep}{os.environ.get('PATH', '')}"}
