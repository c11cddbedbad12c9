"""One sweep from its config to its outcome; the only room that sees both ends of the data's way.

`story` tells it in order, `loop` asks and tells, `state` keeps what must survive, `observer` is what a terminal shows.
"""

from seqsweep.sweep.observer import Observer, Outcome
from seqsweep.sweep.state import SweepState, differences, fingerprint, identity
from seqsweep.sweep.story import run

__all__ = ["Observer", "Outcome", "SweepState", "differences", "fingerprint", "identity", "run"]
