"""From a config to the series, and what can be wrong with that config."""

from __future__ import annotations

import re
from encodings.aliases import aliases
from pathlib import Path

import numpy as np

from seqsweep.data.missing import MISSING_VALUES
from seqsweep.data.series import Series, fingerprint
from seqsweep.data.sources import BUNDLED, SOURCES
from seqsweep.data.steps import even_frequency, in_order, resampled
from seqsweep.data.table import Table
from seqsweep.data.text import separator_of
from seqsweep.errors import DataError, Fault
from seqsweep.schema import DataConfig, SweepConfig
from seqsweep.spelling import nearest

# Which of the keys that say where the data is a kind must have, and may have.
NEEDED = {
    "bundled": ["name"],
    "csv": ["path"],
    "parquet": ["path"],
    "sql": ["url", "query"],
    "kaggle": ["dataset"],
}
POSSIBLE = {"csv": ["file"], "kaggle": ["path", "file"]}
SOURCE_KEYS = ("path", "file", "url", "query", "dataset")


def load(config: DataConfig) -> Series:
    """The series that `config` describes: read, put in order, resampled, completed, checked.

    Missing values are treated before resampling, lest a sum pass over them, and again after it, where a
    step has no row.

    Raises:
        DataError: with file, column and first bad row.
    """
    read = SOURCES[config.kind](config)
    _check_finite(read)
    ordered = in_order(read, config.sort, joined=config.frequency is not None)
    complete, notes = _completed(ordered, config.missing)
    if config.frequency is not None:
        complete, more = _completed(resampled(complete, config.frequency, config.aggregate), config.missing)
        notes += tuple(f"after resampling, {note}" for note in more)
    _check_varies(complete)
    values = np.ascontiguousarray(complete.values)
    return Series(
        name=config.name or _label(config),
        values=values,
        columns=complete.columns,
        index=complete.index,
        sha256=fingerprint(values, complete.columns, complete.index),
        frequency=even_frequency(complete.index),
        notes=notes,
    )


def _completed(table: Table, policy: str) -> tuple[Table, tuple[str, ...]]:
    """The table without missing values, and a sentence on what that took."""
    complete = MISSING_VALUES[policy](table)
    gaps, gone = int(np.isnan(table.values).sum()), len(table.values) - len(complete.values)
    if not gaps:
        return complete, ()
    dropped = f", which left out {gone:,} of {len(table.values):,} rows" if gone else ""
    note = f"{gaps:,} of {table.values.size:,} values were missing; data.missing={policy}{dropped}"
    return complete, (note,)


def _check_finite(table: Table) -> None:
    infinite = np.isinf(table.values)
    if infinite.any():
        row = int(infinite.any(axis=1).argmax())
        column = table.columns[int(infinite[row].argmax())]
        raise DataError(
            f"{table.origin.place(row, column)}: the value is infinite, which nothing can be learned from; "
            "mend it, or empty it and say data.missing=interpolate"
        )


def _check_varies(table: Table) -> None:
    target = table.values[:, 0]
    if target.min() == target.max():
        raise DataError(
            f"{table.origin.where}, column {table.columns[0]!r}: all {len(target):,} values are "
            f"{target[0]:g}; there is nothing to forecast"
        )


def _label(config: DataConfig) -> str:
    """What to call a series that has no name of its own."""
    if config.kind == "sql":
        return "query"
    source = config.file or config.path or config.dataset or config.kind
    return Path(source).name.split(".")[0]


def faults(config: SweepConfig) -> list[Fault]:
    """What is wrong with `data.*`, without looking at any data."""
    data = config.data
    found = SOURCES.fault("data.kind", data.kind) + MISSING_VALUES.fault("data.missing", data.missing)
    if data.kind in SOURCES:
        found += _source_faults(data)
    found += _column_faults(data)
    if len(separator_of(data)) != 1:
        found.append(Fault("data.separator", f"data.separator={data.separator}: must be one character, or tab"))
    try:
        "".encode(data.encoding)
    except LookupError:
        names = sorted({*aliases, *(name.replace("_", "-") for name in aliases.values())})
        near = nearest(data.encoding, names)
        possible = near if near.startswith("; did") else "; usual ones: utf-8, cp1252, latin-1, utf-16"
        found.append(Fault("data.encoding", f"data.encoding={data.encoding}: there is no such encoding{possible}"))
    return found


def _source_faults(data: DataConfig) -> list[Fault]:
    """What is wrong with the keys that say where the data is."""
    kind = data.kind
    needed = [] if kind == "kaggle" and data.path else NEEDED.get(kind, [])
    found = [
        Fault(f"data.{key}", f"data.kind={kind} needs data.{key}; give data.{key}={key.upper()}", also=("data.kind",))
        for key in needed
        if not (getattr(data, key) or "").strip()
    ]
    known = [*NEEDED.get(kind, []), *POSSIBLE.get(kind, [])]
    reads = " and ".join(f"data.{key}" for key in known)
    # Values are not shown: a URL may hold a password.
    found += [
        Fault(f"data.{key}", f"data.{key} is given, and data.kind={kind} reads {reads}", also=("data.kind",))
        for key in SOURCE_KEYS
        if getattr(data, key) is not None and key not in known
    ]
    if kind == "bundled" and data.name is not None:
        found += BUNDLED.fault("data.name", data.name)
    if kind == "bundled" and data.time is not None:
        told = f"data.time={data.time}: a bundled series has its own times; leave data.time=null"
        found.append(Fault("data.time", told, also=("data.kind",)))
    if kind == "sql" and data.query and data.query.strip():
        found += _query_faults(data.query, data.time)
    if kind == "kaggle" and data.dataset and not re.fullmatch(r"[\w-]+/[\w-]+(/versions/\d+)?", data.dataset):
        told = f"data.dataset={data.dataset}: must be OWNER/NAME, the end of the data set's address"
        found.append(Fault("data.dataset", told))
    return found


def _query_faults(query: str, time: str | None) -> list[Fault]:
    word = query.split(maxsplit=1)[0].lower()
    if word in ("insert", "update", "delete", "drop", "alter", "create", "truncate", "replace"):
        return [Fault("data.query", f"data.query begins with {word.upper()}: it must be a SELECT")]
    if time is None and not re.search(r"\border\s+by\b", query, re.IGNORECASE):
        told = "data.query has no ORDER BY and data.time is null: the rows may come in any order; give one"
        return [Fault("data.query", told, also=("data.time",))]
    return []


def _column_faults(data: DataConfig) -> list[Fault]:
    """What is wrong with the roles of the columns."""
    has_time = data.time is not None or data.kind == "bundled"
    found = []
    if data.sort and not has_time:
        told = "data.sort=true: needs times; give data.time=COLUMN, or leave data.sort=false"
        found.append(Fault("data.sort", told, also=("data.time",)))
    if data.frequency is not None and not has_time:
        told = f"data.frequency={data.frequency}: needs times; give data.time=COLUMN, or leave it null"
        found.append(Fault("data.frequency", told, also=("data.time",)))
    if data.time is not None and data.time in (data.target, *data.features):
        told = f"data.time={data.time}: the same column is data.target or in data.features; times are no input"
        found.append(Fault("data.time", told, also=("data.target", "data.features")))
    if data.target is not None and data.target in data.features:
        told = f"data.features: {data.target!r} is the target, which every window holds anyway; leave it out"
        found.append(Fault("data.features", told, also=("data.target",)))
    return found
