"""Rows as a source would give them, made from what was read: requests that any caller could make."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ..array_types import Index
from .reader import Reader
from .wide import wide_form
from .zones import clock

ANOTHER = "another"
"""A name that stands for none of the known ones."""


def as_given(reader: Reader, rows: pd.DataFrame, index: Index, names: Sequence[tuple[str, ...]] = ()) -> pd.DataFrame:
    """The columns that a request has: true and false and names in one column each, times, and what a filter asks for.

    Args:
        reader: of the series.
        rows: its columns, complete.
        index: (rows,), their times, or counts; not used where the series has no times.
        names: (rows,), of the series that each is of, where there are several.
    """
    held = reader.found.categories or {}
    frame = (
        pd.DataFrame(list(names), rows.index, list(reader.settings.series)) if names else pd.DataFrame(index=rows.index)
    )
    for name in reader.settings.columns:
        if name not in held:
            frame[name] = rows[name]
        elif not held[name]:
            frame[name] = rows[name] == 1
        else:
            ones = rows[[f"{name}={value}" for value in held[name]]].to_numpy() == 1
            known = np.array([*held[name], ANOTHER], object)
            frame[name] = known[np.where(ones.any(axis=1), ones.argmax(axis=1), len(held[name]))]
    if reader.time_name is not None:
        frame[reader.time_name] = clock(index, reader.zone) if index.dtype.kind == "M" else index
    for name, value in (reader.found.filtered or {}).items():
        if name not in frame:
            frame[name] = value
    return wide_form(frame, reader.settings) if reader.settings.wide else frame
