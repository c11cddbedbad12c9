"""When a winner is packaged, and its package brought into the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from seqsweep import finals
from seqsweep.finals import Conclusion
from seqsweep.package.build import MODEL, build, packaged_look
from seqsweep.package.parity import load_parity
from seqsweep.sweep import Session

if TYPE_CHECKING:
    from seqsweep.trial import Trial


def keep(session: Session, conclusion: Conclusion) -> None:
    """Package the present winner in the sweep's folder and log it with the sweep's run, unless that was done.

    The run says whether parity holds.

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
    assert conclusion.winner is not None  # who was looked at
    session.tracker.log_model(folder / MODEL, conclusion.winner.params)
