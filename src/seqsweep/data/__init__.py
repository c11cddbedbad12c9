"""Sources → `Series`: one row a step of time, column 0 the target, complete, in order, checked.

`text`, `packed_files` and `databases` open what `sources` names, `columns` says which of its columns are meant, and
`serving.reading` reads them, as it does in service; `loading` is the whole way, `hints` says what else shows there, and
`contents` what the source held before.
"""

from seqsweep.data.columns import check_columns, number_columns, time_columns
from seqsweep.data.contents import Column, Contents, Steps
from seqsweep.data.faults import faults
from seqsweep.data.formula import shops as _shops  # noqa: F401 (registers it)
from seqsweep.data.loading import label, load
from seqsweep.data.named_source import named_source
from seqsweep.data.policies import MISSING_VALUES
from seqsweep.data.series import Series, fingerprint
from seqsweep.data.source import Origin, Source
from seqsweep.data.sources import BUNDLED, SOURCES, file_settings, open_file

__all__ = [
    "BUNDLED",
    "MISSING_VALUES",
    "SOURCES",
    "Column",
    "Contents",
    "Origin",
    "Series",
    "Source",
    "Steps",
    "check_columns",
    "faults",
    "file_settings",
    "fingerprint",
    "label",
    "load",
    "named_source",
    "number_columns",
    "open_file",
    "time_columns",
]
