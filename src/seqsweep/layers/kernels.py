from __future__ import annotations

from seqsweep.layers.gru import gru
from seqsweep.layers.lstm import lstm
from seqsweep.layers.simple_rnn import simple_rnn

KERNELS = {"simple_rnn": simple_rnn, "lstm": lstm, "gru": gru}
