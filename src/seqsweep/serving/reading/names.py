"""What names a series among several in one table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ..array_types import Int64s
from .faults import ReadError


def series_of(frame: pd.DataFrame, columns: Sequence[str], numbers: Int64s) -> dict[tuple[str, ...], Int64s]:
    """The rows of each series, counted among `numbers`, in the order in which they stand; series by their names.

    Args:
        frame: has the columns.
        columns: that name a series together.
        numbers: (rows,), of the frame, that are read.

    Raises:
        ReadError: a name is missing.
    """
    texts = []
    for name in columns:
        column = frame[name].iloc[numbers].reset_index(drop=True)
        text = column.astype(object).where(column.isna(), column.astype("str").str.strip())
        missing = (text.isna() | (text == "")).to_numpy(np.bool_)
        if missing.any():
            row = int(numbers[int(missing.argmax())])
            mend = "name it, or leave the row out with data.where"
            raise ReadError("the series has no name", column=name, row=row, mend=mend, served="give one")
        texts.append(text.astype("str"))
    table = pd.concat(texts, axis=1, keys=range(len(texts)))
    groups = table.groupby(list(table.columns), sort=True).indices
    found = {(name if isinstance(name, tuple) else (name,)): rows for name, rows in groups.items()}
    return {tuple(map(str, name)): np.asarray(rows, np.int64) for name, rows in found.items()}
