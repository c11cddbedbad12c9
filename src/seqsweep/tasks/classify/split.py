"""Which of the labelled items are train, validation and test."""

from __future__ import annotations

import numpy as np

from seqsweep.catalog import Catalog
from seqsweep.errors import DataError, Fault
from seqsweep.schema import SweepConfig, WindowsConfig
from seqsweep.serving.array_types import Int64s
from seqsweep.tasks import parts
from seqsweep.tasks.classify.table import Table
from seqsweep.tasks.parts import Cut, Parts, Rows

SPLITS: Catalog[Cut] = Catalog("way to split", like=Cut)
for _cut in (parts.stratified, parts.grouped, parts.chronological):
    SPLITS.register(_cut)


def make_parts(table: Table, windows: WindowsConfig, seed: int, fold: int = 0) -> Parts:
    """The parts of a fold; see `parts.make_parts`.

    Args:
        table: that is parted.
        windows: how.
        seed: of the sweep.
        fold: 0 or more.

    Raises:
        DataError: a part would be empty, or holds a label that train does not.
    """
    rows = Rows(table.name, table.alike, table.labels, table.groups, table.items)
    made = parts.make_parts(rows, SPLITS[windows.split], windows, seed, fold)
    if fold == 0:
        _check_known(table, made)
    return made


def repeated(table: Table, seen: Int64s, items: Int64s) -> Int64s:
    """Those of the items whose values, or texts, are also in `seen`, to the last digit.

    Args:
        table: that both are of.
        seen: (n,), items.
        items: (m,).
    """
    return parts.repeated(table.alike, seen, items)


def faults(config: SweepConfig) -> list[Fault]:
    """What is wrong with how items are parted."""
    return parts.faults(config, SPLITS)


def _check_known(table: Table, made: Parts) -> None:
    """Refuse a label that nothing could be learned of."""
    known = np.unique(table.labels[made.train])
    for name in ("validation", "test"):
        part = getattr(made, name)
        strange = part[~np.isin(table.labels[part], known)]
        if len(strange):
            item = int(strange[0])
            told = f"the label {str(table.labels[item])!r} is in the {name} part and not in train"
            mend = "nothing can be learned of it; leave it out with data.where, or choose another windows.split"
            raise DataError(f"{table.place(item)}, column {table.target!r}: {told}; {mend}")
