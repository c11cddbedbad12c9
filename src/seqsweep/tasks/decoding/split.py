"""Which of the items are train, validation and test."""

from __future__ import annotations

from seqsweep.catalog import Catalog
from seqsweep.tasks import parts
from seqsweep.tasks.parts import Cut

SPLITS: Catalog[Cut] = Catalog("way to split", like=Cut)
for _cut in (parts.shuffled, parts.grouped, parts.chronological):
    SPLITS.register(_cut)
