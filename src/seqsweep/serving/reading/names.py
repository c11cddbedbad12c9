"""What names a series among several in one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..array_types import Int64s
from .faults import ReadError
from .settings import Raw, Settings


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


@dataclass(frozen=True)
class Asked:
    """The series of a request.

    Args:
        labels: columns that tell the answers apart, a value a series; none of one series.
        names: of each, a text a column of `data.series`.
        rows: of each, in the order in which they stand.
        whose: how a sentence on each begins.
    """

    labels: dict[str, list[Any]]
    names: list[tuple[str, ...]]
    rows: list[Int64s]
    whose: list[str]


def series_asked(frame: pd.DataFrame, raw: Raw, settings: Settings, by: str | None) -> Asked:
    """The series of a request.

    Args:
        frame: of the request, a series below the other.
        raw: its columns.
        settings: name the columns that name series.
        by: a column that tells several requests in one apart; None: there is none.

    Raises:
        ReadError: a name is missing.
    """
    columns, labels = settings.series, {}
    if by is not None:
        rows = _rows_by(frame, raw, by, columns if settings.wide else ())
        firsts = frame.iloc[raw.numbers[[part[0] for part in rows]]]
        labels[by] = firsts[by].tolist()
        texts = firsts[list(columns)].astype("str").itertuples(index=False, name=None)
        names = [tuple(text.strip() for text in row) for row in texts]
    elif columns:
        found = series_of(frame, columns, raw.numbers)
        names, rows = list(found), list(found.values())
    else:
        return Asked({}, [()], [np.arange(len(raw.numbers), dtype=np.int64)], [""])
    labels |= {column: [name[place] for name in names] for place, column in enumerate(columns)}
    whose = [f"series {' / '.join(map(str, told))!r} has " for told in zip(*labels.values(), strict=True)]
    return Asked(labels, names, rows, whose)


def _rows_by(frame: pd.DataFrame, raw: Raw, by: str, further: Sequence[str]) -> list[Int64s]:
    """The rows of each value of a column, and of `further` ones, in the order in which they first occur."""
    named = frame[by].iloc[raw.numbers].reset_index(drop=True)
    if named.isna().any():
        row = int(raw.numbers[named.isna().argmax()])
        raise ReadError("the series has no name", column=by, row=row, served="give one")
    keys = [named, *(frame[name].iloc[raw.numbers].reset_index(drop=True) for name in further)]
    numbers = named.groupby(keys, sort=False).ngroup().to_numpy()
    order = np.argsort(numbers, kind="stable")
    return list(np.split(order, np.flatnonzero(np.diff(numbers[order])) + 1))
