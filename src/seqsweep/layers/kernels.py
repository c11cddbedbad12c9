from __future__ import annotations

from seqsweep.layers.gru_kernel import gru
from seqsweep.layers.lstm_kernel import lstm
from seqsweep.layers.simple_rnn_kernel import simple_rnn

KERNELS = {"simple_rnn": simple_rnn, "lstm": lstm, "gru": gru}
