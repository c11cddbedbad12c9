"""How good translations are."""

from __future__ import annotations

from seqsweep.tasks.decoding.metrics import catalog

METRICS = catalog("exact_match", "log_loss", "bleu", "chrf", "symbol_error_rate")
