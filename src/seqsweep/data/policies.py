"""The ways to treat missing values, as a catalog to choose from; `serving` follows them wherever rows are read."""

from __future__ import annotations

from seqsweep.catalog import Catalog
from seqsweep.serving.reading import missing
from seqsweep.serving.reading.missing import MissingValues

MISSING_VALUES: Catalog[MissingValues] = Catalog("way to treat missing values", like=MissingValues)
for _policy in missing.MISSING_VALUES.values():
    MISSING_VALUES.register(_policy)
