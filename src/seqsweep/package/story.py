"""When a winner is packaged, and when its package goes into the store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

from seqsweep import finals
from seqsweep.errors import TrackingError
from seqsweep.finals import Conclusion
from seqsweep.package.build import MODEL, build, packaged_look
from seqsweep.package.logged import log, parent_run
from seqsweep.package.parity import load_parity
from seqsweep.schema import TrackingConfig
from seqsweep.sweep import Session
from seqsweep.tracking.store import open_store, reaching

if TYPE_CHECKING:
    from seqsweep.trial import Trial


def keep(session: Session, conclusion: Conclusion) -> None:
    """Package the present winner in the sweep's folder, unless that was done; its run says whether parity holds.

    Raises:
        StateError: the disk refuses.
    """
    folder = session.state.folder
    if conclusion.look is None:
        return
    if packaged_look(folder / MODEL) != (conclusion.look.run, conclusion.look.number):
        seen = finals.network(session, conclusion)
        assert seen is not None  # there was a look
        build(folder, cast("Trial", session.job), *seen, conclusion, session.config)
    parity = load_parity(folder / MODEL)
    session.tracker.log_sweep({}, {"parity": "passed" if parity and parity.passed else "failed"})


def publish(folder: Path, tracking: TrackingConfig, conclusion: Conclusion, say: Callable[[str], None]) -> None:
    """Bring the packaged winner into the store, under the run of its sweep; a store that is away costs nothing else."""
    winner = conclusion.winner
    if tracking.kind != "mlflow" or winner is None or packaged_look(folder / MODEL) is None:
        return
    try:
        place, client = open_store(tracking)
        with reaching(place):
            run = parent_run(client, conclusion.study, folder.name)
            if run is not None:
                log(client, run, folder / MODEL, winner.params)
    except TrackingError as error:
        say(f"{error}; the packaged winner is in {folder / MODEL}, and `seqsweep promote` will bring it there")
