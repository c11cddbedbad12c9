"""The search of a sweep; the only package that connects data, tuner, executor and tracker.

`problem` reads the data, describes it and scores the baselines, `context` opens workers, folder and store, `run` tells
the search in order, `loop` asks and tells, `source` proposes, `sweep_identity` is what makes two launches
the same sweep, `sweep_state` keeps what must survive, `outcome` is what it came to, `mending` makes damaged parts of
them again, `observer` is what a terminal shows, `running` and `links` what a page shows that is watched.
"""

from seqsweep.search.begun import first_words
from seqsweep.search.context import MakeJob, SweepContext, open_sweep
from seqsweep.search.lineage import lineage
from seqsweep.search.links import Links, keep_links, read_links, server_of
from seqsweep.search.loop import Loop
from seqsweep.search.mending import mend_records, say_again, what_is_wrong
from seqsweep.search.observer import Observer, Phase
from seqsweep.search.outcome import Outcome, is_running, load_config, load_outcome
from seqsweep.search.priors import searched
from seqsweep.search.problem import Problem, build_problem, describe_data, load_data
from seqsweep.search.run import run, search
from seqsweep.search.running import RunningTrial, running_trials
from seqsweep.search.source import Source
from seqsweep.search.sweep_identity import (
    IDENTITY,
    Identity,
    Launch,
    differences,
    fingerprint,
    identity,
    part_of_a_launch,
    read_identity,
)
from seqsweep.search.sweep_state import SweepState, folders

__all__ = [
    "IDENTITY",
    "Identity",
    "Launch",
    "Links",
    "Loop",
    "MakeJob",
    "Observer",
    "Outcome",
    "Phase",
    "Problem",
    "RunningTrial",
    "Source",
    "SweepContext",
    "SweepState",
    "build_problem",
    "describe_data",
    "differences",
    "fingerprint",
    "first_words",
    "folders",
    "identity",
    "is_running",
    "keep_links",
    "lineage",
    "load_config",
    "load_data",
    "load_outcome",
    "mend_records",
    "open_sweep",
    "part_of_a_launch",
    "read_identity",
    "read_links",
    "run",
    "running_trials",
    "say_again",
    "search",
    "searched",
    "server_of",
    "what_is_wrong",
]
