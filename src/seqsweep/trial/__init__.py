"""One trial as a generator of events: build the network, train it, score it.

`run` has the order, `learner` holds the graph functions that train and forecast, `checkpoint` keeps all that training
needs to go on and the weights of what was trained, `network` predicts with them again.
"""

from seqsweep.trial.latency import LATENCY, median_latency
from seqsweep.trial.network import Network, WeightsError, mean_of, restore
from seqsweep.trial.notes import without_start_up_notes
from seqsweep.trial.run import Trial, derive_seed
from seqsweep.trial.warming import preload, warm

__all__ = [
    "LATENCY",
    "Network",
    "Trial",
    "WeightsError",
    "derive_seed",
    "mean_of",
    "median_latency",
    "preload",
    "restore",
    "warm",
    "without_start_up_notes",
]
