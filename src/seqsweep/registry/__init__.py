"""Which packaged model others load: a gate before it, an alias, a ledger of what was champion when, and a way back.

`candidates` finds what is to be promoted, `gate` holds it to its conditions, `challenge` compares it with the present
champion, `promotion` has the order, `ledger` remembers, `change` moves the aliases so that a kill at any moment can be
mended, `registered` opens the registry for one process at a time, `use` predicts with what it holds, `show` is what a
terminal sees.
"""

from __future__ import annotations

import re

from seqsweep.errors import Fault
from seqsweep.registry.gate import Condition
from seqsweep.registry.ledger import LedgerEntry
from seqsweep.registry.promotion import Promoted, history, promote, rollback
from seqsweep.registry.registered import CHAMPION, PREVIOUS, model_name
from seqsweep.registry.show import answers_table, gate_table, history_table, show
from seqsweep.registry.use import predict
from seqsweep.schema import SweepConfig

__all__ = [
    "CHAMPION",
    "PREVIOUS",
    "Condition",
    "LedgerEntry",
    "Promoted",
    "answers_table",
    "faults",
    "gate_table",
    "history",
    "history_table",
    "model_name",
    "predict",
    "promote",
    "rollback",
    "show",
]


def faults(config: SweepConfig) -> list[Fault]:
    """What is wrong with the group `registry`."""
    name = config.registry.model
    if name is not None and (not name.strip() or re.search(r"[/:@]", name)):
        mend = f"a model's name has no / : or @, such as {model_name(name.strip() or 'model')}"
        return [Fault("registry.model", f"registry.model={name}: {mend}")]
    return []
