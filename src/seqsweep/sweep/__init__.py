"""The search of a sweep; the only room that sees both ends of the data's way.

`problem` reads the data and scores the baselines, `session` opens workers, folder and store, `story` tells the search
in order, `loop` asks and tells, `source` proposes, `params` spells what it proposed, `state` keeps what must survive,
`outcome` is what it came to, `observer` is what a terminal shows.
"""

from seqsweep.sweep.lineage import lineage
from seqsweep.sweep.loop import Loop
from seqsweep.sweep.observer import Observer
from seqsweep.sweep.outcome import Outcome, load_outcome
from seqsweep.sweep.params import restored
from seqsweep.sweep.problem import Problem, pose
from seqsweep.sweep.session import MakeJob, Session, session
from seqsweep.sweep.source import Source
from seqsweep.sweep.state import SweepState, differences, fingerprint, folders, identity, write_bytes, write_text
from seqsweep.sweep.story import run, search

__all__ = [
    "Loop",
    "MakeJob",
    "Observer",
    "Outcome",
    "Problem",
    "Session",
    "Source",
    "SweepState",
    "differences",
    "fingerprint",
    "folders",
    "identity",
    "lineage",
    "load_outcome",
    "pose",
    "restored",
    "run",
    "search",
    "session",
    "write_bytes",
    "write_text",
]
