"""Where MLflow shows the runs of a sweep, kept beside its state so that a page can lead there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from seqsweep.schema import TrackingConfig
from seqsweep.state_files import read_state, write_state
from seqsweep.tracking import UI, without_login

LINKS = "mlflow.json"
"""Its file in the sweep's folder."""


@dataclass(frozen=True)
class Links:
    """Pages of MLflow's UI.

    Args:
        sweep: the path of the sweep's run; empty: it is in no store.
        trials: the path of each trial's run, final runs included, by id.
    """

    sweep: str = ""
    trials: Mapping[str, str] = field(default_factory=dict)


def keep_links(folder: Path, sweep: str, trials: Mapping[str, str]) -> None:
    """Write them down.

    Args:
        folder: of the sweep.
        sweep: the path of its run; empty: there is nothing to keep.
        trials: likewise of each trial, by id.

    Raises:
        StateError: the disk refuses.
    """
    if sweep:
        write_state(folder / LINKS, Links(sweep, trials))


def read_links(folder: Path, tracking: TrackingConfig) -> Links:
    """Whole addresses, of the server that has the store, or of `seqsweep ui` on this machine; none where none is known.

    Args:
        folder: of the sweep.
        tracking: of its config.

    Raises:
        StateError: the file is truncated or foreign.
    """
    server = server_of(tracking)
    if not server or not (folder / LINKS).exists():
        return Links()
    kept = read_state(folder / LINKS, Links)
    return Links(server + kept.sweep, {trial: server + page for trial, page in kept.trials.items()})


def server_of(tracking: TrackingConfig) -> str:
    """The address of the server that shows the store: its own, or `seqsweep ui` on this machine; empty: unknown."""
    uri = tracking.uri or ""
    if tracking.kind != "mlflow" or "${" in uri:
        return ""
    return without_login(uri).rstrip("/") if uri.startswith("http") else UI
