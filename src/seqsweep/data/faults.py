"""What is wrong with `data.*`, without looking at any data."""

from __future__ import annotations

import re
from encodings.aliases import aliases

from seqsweep.data.columns import time_columns
from seqsweep.data.policies import MISSING_VALUES
from seqsweep.data.sources import BUNDLED, SOURCES, text_style
from seqsweep.errors import Fault
from seqsweep.schema import DataConfig, SweepConfig
from seqsweep.spelling import nearest

# Which of the keys that say where the data is a kind must have.
NEEDED = {
    "bundled": ["name"],
    "csv": ["path"],
    "folder": ["path"],
    "parquet": ["path"],
    "excel": ["path"],
    "sql": ["url", "query"],
    "kaggle": ["dataset"],
}


def faults(config: SweepConfig) -> list[Fault]:
    """What is wrong with `data.*`, without looking at any data."""
    data = config.data
    found = SOURCES.fault("data.kind", data.kind) + MISSING_VALUES.fault("data.missing", data.missing)
    if data.kind in SOURCES:
        found += _source_faults(data)
    found += _column_faults(data) + _number_faults(data)
    if len(text_style(data).separator) != 1:
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
    has_time = bool(time_columns(data))
    found = _time_faults(data)
    if data.sort and not has_time:
        told = "data.sort=true: needs times; give data.time=COLUMN, or leave data.sort=false"
        found.append(Fault("data.sort", told, also=("data.time",)))
    if data.frequency is not None and not has_time:
        told = f"data.frequency={data.frequency}: needs times; give data.time=COLUMN, or leave it null"
        found.append(Fault("data.frequency", told, also=("data.time",)))
    taken = {data.target, *data.features, *data.known_future}
    if both := [name for name in time_columns(data) if name in taken]:
        told = f"data.time={both[0]}: the same column is data.target or among the inputs; times are no input"
        found.append(Fault("data.time", told, also=("data.target", "data.features", "data.known_future")))
    for key in ("features", "known_future"):
        if data.target is not None and data.target in getattr(data, key):
            told = f"data.{key}: {data.target!r} is the target; leave it out"
            found.append(Fault(f"data.{key}", told, also=("data.target",)))
    return [*found, *_known_faults(data)]


def _known_faults(data: DataConfig) -> list[Fault]:
    """What is wrong with what is said to be known ahead."""
    found = []
    if both := [name for name in data.known_future if name in data.features]:
        told = f"data.known_future: {both[0]!r} is in data.features too, which are known up to the origin alone"
        found.append(Fault("data.known_future", f"{told}; leave it in one of them", also=("data.features",)))
    if data.calendar and not time_columns(data):
        told = f"data.calendar=[{', '.join(map(str, data.calendar))}]: needs times; give data.time=COLUMN"
        found.append(Fault("data.calendar", told, also=("data.time",)))
    from seqsweep.serving.reading.calendar import CYCLES, entry_fault

    for entry in data.calendar:
        if (wrong := entry_fault(entry)) is not None:
            near = nearest(str(entry), [*CYCLES, "holidays:TR"]) if ":" not in str(entry) else ""
            found.append(Fault("data.calendar", f"data.calendar: {wrong}{near}"))
    taken = {data.target, *data.features, *data.known_future, *time_columns(data)}
    if both := [name for name in data.series if name in taken]:
        told = (
            f"data.series: {both[0]!r} is the target, a time or an input too; a series is named by columns of its own"
        )
        found.append(
            Fault("data.series", told, also=("data.target", "data.features", "data.known_future", "data.time"))
        )
    found += [*_wide_faults(data), *_static_faults(data)]
    for key in ("series", "columns", "static", "known_future", "calendar"):
        names = [str(name) for name in getattr(data, key)]
        if twice := [name for name in names if names.count(name) > 1]:
            found.append(Fault(f"data.{key}", f"data.{key}: {twice[0]!r} is there twice; leave one"))
    return found


def _static_faults(data: DataConfig) -> list[Fault]:
    """What is wrong with columns that say what a series is."""
    if data.static and data.columns:
        text = (
            f"data.static=[{', '.join(data.static)}]: beside data.columns a column says the same of all series; give "
            "the table in long form, a row for each series and time: frame.melt of pandas makes one, merge adds what "
            "each series is, and data.series and data.target name its columns"
        )
        return [Fault("data.static", text, also=("data.columns",))]
    if data.static and not data.series:
        text = f"data.static=[{', '.join(data.static)}] says what each of several series is: name them with data.series"
        return [Fault("data.series", text, also=("data.static",))]
    others = {data.target, *data.features, *data.known_future, *time_columns(data), *data.series}
    if both := [name for name in data.static if name in others]:
        text = f"data.static: {both[0]!r} is the target, a time, a name or an input too; leave it in one of them"
        also = ("data.target", "data.features", "data.known_future", "data.time", "data.series")
        return [Fault("data.static", text, also=also)]
    return []


def _wide_faults(data: DataConfig) -> list[Fault]:
    """What is wrong with columns that are a series each."""
    from seqsweep.serving.reading.settings import NAME, VALUE

    if not data.columns:
        return []
    found, told = [], f"data.columns=[{', '.join(data.columns)}]"
    if data.target is not None:
        text = f"{told} are the targets, and data.target={data.target} is one too; leave data.target out"
        found.append(Fault("data.target", text, also=("data.columns",)))
    if data.series:
        text = f"{told}: a column each, or one below the other by data.series=[{', '.join(data.series)}]; leave one out"
        found.append(Fault("data.columns", text, also=("data.series",)))
    others = {*data.features, *data.known_future, *time_columns(data)}
    if both := [name for name in data.columns if name in others]:
        text = f"data.columns: {both[0]!r} is a time or an input too; leave it in one of them"
        found.append(Fault("data.columns", text, also=("data.features", "data.known_future", "data.time")))
    if taken := [name for name in (NAME, VALUE) if name in others]:
        text = f"data.columns: the answers call the columns of all series {NAME!r} and {VALUE!r}; rename {taken[0]!r}"
        found.append(Fault("data.columns", text, also=("data.features", "data.known_future", "data.time")))
    return found


def _time_faults(data: DataConfig) -> list[Fault]:
    """What is wrong with how times are written."""
    names = data.time if isinstance(data.time, list) else [data.time]
    if not all(isinstance(name, str) and name for name in names if data.time is not None) or not names:
        return [
            Fault("data.time", f"data.time={data.time}: must be a column, or a list of columns such as [Date, Time]")
        ]
    found = []
    style = data.time_format
    if style is not None and style not in ("s", "ms", "us", "ns", "count", "ISO8601") and "%" not in style:
        told = (
            f"data.time_format={style}: write it as strptime does, such as %d.%m.%Y, or ISO8601, s, ms, us, ns, count"
        )
        found.append(Fault("data.time_format", told))
    if data.timezone is not None and not _is_zone(data.timezone):
        from zoneinfo import available_timezones

        near = nearest(data.timezone, sorted(available_timezones()))
        mend = near if near.startswith("; did") else "; write it as Europe/Istanbul or UTC+03:00"
        told = f"data.timezone={data.timezone}: there is no such zone{mend}"
        found.append(Fault("data.timezone", told))
    for key in ("time_format", "timezone"):
        if getattr(data, key) is not None and not time_columns(data):
            told = f"data.{key}={getattr(data, key)}: needs times; give data.time=COLUMN, or leave it null"
            found.append(Fault(f"data.{key}", told, also=("data.time",)))
    return found


def _is_zone(name: str) -> bool:
    from zoneinfo import ZoneInfo

    if re.fullmatch(r"UTC[+-]\d\d:\d\d", name):
        return True
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        return False
    return True


def _number_faults(data: DataConfig) -> list[Fault]:
    """What is wrong with how numbers are written, and with the filter of rows."""
    found = []
    if data.thousands is not None and (len(data.thousands) != 1 or data.thousands in f"{data.decimal}0123456789+-"):
        told = f"data.thousands={data.thousands!r}: must be one sign, no digit, and another one than data.decimal"
        found.append(Fault("data.thousands", told, also=("data.decimal",)))
    wrong = [value for value in data.na_values if not isinstance(value, str | int | float) or isinstance(value, bool)]
    if wrong:
        found.append(Fault("data.na_values", f"data.na_values: {wrong[0]!r} is no number and no text"))
    if data.where is not None:
        from seqsweep.serving.reading.filters import columns_of

        try:
            columns_of(data.where)
        except ValueError as error:
            told = f"data.where={data.where}: {error}; write comparisons, such as 'store == 3 and price > 0'"
            found.append(Fault("data.where", told))
    return found
