"""Who chooses the trials: KerasTuner's search rules, asked and told by one owner, their known faults repaired.

`make_tuner` gives a Tuner, new or as its state file left it. `ask` proposes a trial, `tell` takes its score
(lower is better); each writes the state aside, syncs and replaces it, so that a kill at any moment loses
nothing and counts nothing twice. The search rules are KerasTuner's; its bookkeeping (`create_trial`,
`end_trial`, `save`, `reload`) is not used: it repeats trials, forgets state and keeps its lock after an
exception.
"""

from seqsweep.tuner.ask_tell import Exhausted, Proposal, Tuner, Wait
from seqsweep.tuner.catalog import STATE_FILE, STUDY, TUNERS, faults, make_tuner, rebuild_tuner
from seqsweep.tuner.plan import Plan, plan
from seqsweep.tuner.priors import EarlierSweep, Priors, keep_priors, read_priors
from seqsweep.tuner.rebuild import EndedTrial
from seqsweep.tuner.remote_oracle import Call

__all__ = [
    "STATE_FILE",
    "STUDY",
    "TUNERS",
    "Call",
    "EarlierSweep",
    "EndedTrial",
    "Exhausted",
    "Plan",
    "Priors",
    "Proposal",
    "Tuner",
    "Wait",
    "faults",
    "keep_priors",
    "make_tuner",
    "plan",
    "read_priors",
    "rebuild_tuner",
]
