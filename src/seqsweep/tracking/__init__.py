"""Where runs are kept: MLflow, memory, or nowhere. The only package that writes runs to MLflow.

A sweep's own state folder is the truth; a tracker is a picture of it that can be brought up to date at any
time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from seqsweep.catalog import Catalog
from seqsweep.errors import Fault
from seqsweep.tracking.address import UI, uri_faults, without_login
from seqsweep.tracking.apart import ApartTracker
from seqsweep.tracking.deferred import DeferredTracker
from seqsweep.tracking.interface import LoggedDataset, NumberedEvaluation, SweepRecord, SweepStatus, Tracker
from seqsweep.tracking.memory import MemoryRun, MemoryTracker, NullTracker
from seqsweep.tracking.run_files import files_go_straight
from seqsweep.tracking.store import ping
from seqsweep.tracking.tracker import MlflowTracker

if TYPE_CHECKING:
    from seqsweep.schema import SweepConfig, TrackingConfig

__all__ = [
    "TRACKERS",
    "UI",
    "LoggedDataset",
    "MemoryRun",
    "MemoryTracker",
    "MlflowTracker",
    "NullTracker",
    "NumberedEvaluation",
    "SweepRecord",
    "SweepStatus",
    "Tracker",
    "faults",
    "make_tracker",
    "without_login",
]

Warn = Callable[[str], None]


class TrackerFactory(Protocol):
    """What an entry of TRACKERS is."""

    def __call__(self, config: TrackingConfig, warn: Warn, many: bool) -> Tracker:
        """A tracker that is not open yet.

        Args:
            config: where runs are kept.
            warn: is told when the store goes away or is back.
            many: whether many trials run at once.
        """


TRACKERS: Catalog[TrackerFactory] = Catalog("tracker", like=TrackerFactory)


@TRACKERS.register
def mlflow(config: TrackingConfig, warn: Warn, many: bool) -> Tracker:
    """Runs in MLflow: SQLite under `tracking.directory`, or the store at `tracking.uri`."""
    said: deque[str] = deque()  # in a thread; `warn` is told in that of the sweep
    tracker = ApartTracker(config, said) if many else MlflowTracker(config, said.append)
    return DeferredTracker(tracker, partial(ping, config), warn, said=said, first=partial(files_go_straight, config))


@TRACKERS.register
def memory(config: TrackingConfig, warn: Warn, many: bool) -> Tracker:
    """Runs in lists that end with the process."""
    del config, warn, many  # nothing to choose, nothing that could go wrong
    return MemoryTracker()


@TRACKERS.register
def none(config: TrackingConfig, warn: Warn, many: bool) -> Tracker:
    """No runs."""
    del config, warn, many
    return NullTracker()


def make_tracker(config: TrackingConfig, warn: Warn, *, many: bool = False) -> Tracker:
    """The tracker that `config` names, not open yet; it tells `warn` when its store goes away or is back.

    Args:
        config: where runs are kept.
        warn: is told when the store goes away or is back.
        many: whether many trials run at once, so that one core does not do for leading and tracking them.
    """
    return TRACKERS[config.kind](config, warn, many)


def faults(config: SweepConfig) -> list[Fault]:
    """What is wrong with the group `tracking`."""
    tracking = config.tracking
    found = TRACKERS.fault("tracking.kind", tracking.kind)
    if not tracking.directory.strip():
        told = "tracking.directory: give a folder, for example tracking.directory=mlruns"
        found.append(Fault("tracking.directory", told))
    else:
        found += _directory_faults(Path(tracking.directory))
    return found + (uri_faults(tracking.uri) if tracking.kind == "mlflow" else [])


def _directory_faults(directory: Path) -> list[Fault]:
    """What is wrong with the folder of all that runs leave behind: it is made where it is not there yet."""
    there = next((path for path in (directory, *directory.absolute().parents) if path.exists()), directory)
    if there.is_dir():
        return []
    return [Fault("tracking.directory", f"tracking.directory={directory}: {there} is a file; give a folder")]
