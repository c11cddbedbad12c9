"""Which columns of a source are target, features and times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from seqsweep.data.packed_files import near, some
from seqsweep.data.source import Source
from seqsweep.data.sources import TIME
from seqsweep.errors import DataError
from seqsweep.schema import DataConfig

if TYPE_CHECKING:
    from seqsweep.serving.reading.settings import Settings


def time_columns(config: DataConfig) -> tuple[str, ...]:
    """The columns that a time is written in; none where rows are in order."""
    if config.kind == "bundled":
        return (TIME,)
    return () if config.time is None else (config.time,) if isinstance(config.time, str) else tuple(config.time)


def reading_settings(config: DataConfig, source: Source) -> Settings:
    """What a config says of reading this source.

    Args:
        config: a target of None is the only number column beside the others.
        source: that it names.

    Raises:
        DataError: a column is not there, is there twice, or no target follows.
    """
    from seqsweep.serving.reading.filters import columns_of
    from seqsweep.serving.reading.settings import Settings

    time = time_columns(config)
    filtered = columns_of(config.where) if config.where is not None else []
    asked = [("time", name) for name in time] + [("features", name) for name in config.features]
    asked += [("known_future", name) for name in config.known_future]
    asked += [(key, name) for key in ("series", "columns", "static") for name in getattr(config, key)]
    asked += [("where", name) for name in filtered]
    if config.kind == "bundled" and TIME not in source.names:
        series = "sunspots and co2 are series"
        raise DataError(f"data.name={config.name}: its rows have no order in time, so none follows another; {series}")
    check_columns(source, [*asked, ("target", config.target)])
    target, names = _roles(config, source, time)
    return Settings(
        target=target,
        features=tuple(config.features),
        time=time,
        time_format=config.time_format,
        timezone=config.timezone,
        sort=config.sort,
        na_values=tuple(config.na_values),
        decimal=config.decimal,
        thousands=config.thousands,
        where=config.where,
        missing=config.missing,
        frequency=config.frequency,
        aggregate=config.aggregate,
        known_future=tuple(config.known_future),
        calendar=tuple(map(str, config.calendar)),
        series=names,
        wide=tuple(config.columns),
        static=tuple(config.static),
    )


def _roles(config: DataConfig, source: Source, time: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """The column of the target, and those that name series; of a table with a column a series those it is made into."""
    from seqsweep.serving.reading.settings import NAME, VALUE

    if config.columns:
        return VALUE, (NAME,)
    target = config.target if config.target is not None else _only_number(config, source, time)
    return target, tuple(config.series)


def check_columns(source: Source, asked: Iterable[tuple[str, str | None]]) -> None:
    """Refuse columns that a source does not have, or has twice.

    Args:
        source: that is read.
        asked: a key of `data` with the column that it names; None: it names none.

    Raises:
        DataError: which key, which column, and what is near.
    """
    for key, name in asked:
        if name is not None and name not in source.names:
            raise DataError(f"data.{key}={name}: {source.where} has no such column{near(name, source.names)}")
        if name is not None and source.names.count(name) > 1:
            raise DataError(f"data.{key}={name}: {source.where} has several columns of this name; rename them")


def number_columns(config: DataConfig, source: Source) -> list[str]:
    """The columns whose first value, where there is one, is a number; a slip further down is told when they are read.

    Args:
        config: says how numbers are written.
        source: its sample is read.
    """
    from seqsweep.serving.reading.numbers import NumberStyle, convert, is_missing

    style = NumberStyle(config.decimal, config.thousands, tuple(config.na_values))
    found = []
    for position, name in enumerate(source.names):
        column = source.sample.iloc[:, position]
        if column.dtype.kind in "mMb":
            continue
        there = column[~is_missing(column, style)].iloc[:1]
        if len(there) and not isinstance(there.iloc[0], bool) and not convert(there, style)[1].any():
            found.append(name)
    return found


def _only_number(config: DataConfig, source: Source, time: Sequence[str]) -> str:
    taken = (*time, *config.features, *config.known_future, *config.series, *config.static)
    others = [name for name in number_columns(config, source) if name not in taken]
    if len(others) == 1:
        return others[0]
    if not others and (only := [name for name in number_columns(config, source) if name in config.features]):
        raise DataError(
            f"data.features=[{', '.join(config.features)}]: no column of numbers is left in {source.where} for the "
            f"target, which every window holds anyway; leave {'one of ' if len(only) > 1 else ''}{some(only)} out"
        )
    held = f"several number columns: {some(others)}" if others else f"no numbers in {some(source.names)}"
    raise DataError(f"data.target: {source.where} has {held}; give data.target=COLUMN")
