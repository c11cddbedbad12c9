"""Which packaged model others load: a gate before it, an alias, a ledger of what was champion when, and a way back.

`candidates` finds what is to be promoted, `gate` holds it to its conditions, `challenge` compares it with the present
champion, `promotion` has the order, `ledger` remembers, `change` moves the aliases so that a kill at any moment can
be mended, `registered` opens the registry for one process at a time, `use` predicts with what it holds, `serving`
does so over HTTP, `show` is what a terminal sees, `describing` what MLflow's pages do.
"""

from __future__ import annotations

from seqsweep.registry.gate import Condition
from seqsweep.registry.ledger import LedgerEntry
from seqsweep.registry.promotion import Promoted, history, promote, rollback
from seqsweep.registry.registered import CHAMPION, PREVIOUS, model_name
from seqsweep.registry.serving import curl, request_of, serve
from seqsweep.registry.show import answers_table, gate_table, history_table, show
from seqsweep.registry.use import STANDARD_INPUT, ask, load_model, predict

__all__ = [
    "CHAMPION",
    "PREVIOUS",
    "STANDARD_INPUT",
    "Condition",
    "LedgerEntry",
    "Promoted",
    "answers_table",
    "ask",
    "curl",
    "gate_table",
    "history",
    "history_table",
    "load_model",
    "model_name",
    "predict",
    "promote",
    "request_of",
    "rollback",
    "serve",
    "show",
]
