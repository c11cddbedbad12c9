"""Sources → `Series`: one row a step of time, column 0 the target, complete, in order, checked.

`text`, `packed_files` and `databases` give records, `table` makes numbers of them, `times` makes an index,
`steps` puts it in order, `missing` completes the values; `loading` is the whole way, and `sources` what it starts from.
"""

from seqsweep.data.loading import faults, load
from seqsweep.data.missing import MISSING_VALUES
from seqsweep.data.series import Series, fingerprint
from seqsweep.data.sources import BUNDLED, SOURCES

__all__ = ["BUNDLED", "MISSING_VALUES", "SOURCES", "Series", "faults", "fingerprint", "load"]
