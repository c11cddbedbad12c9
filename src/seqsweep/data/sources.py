"""Where a series comes from: one entry of SOURCES for each `data.kind`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seqsweep.catalog import Catalog
from seqsweep.data.databases import selected
from seqsweep.data.files import TextFile, choose_file, existing, records, text_file
from seqsweep.data.series import Floats
from seqsweep.data.table import Choice, Origin, Table, choose, numbers_of, table, table_of_records
from seqsweep.errors import DataError
from seqsweep.schema import DataConfig

if TYPE_CHECKING:
    import pyarrow


def _like(config: DataConfig) -> Table:
    raise NotImplementedError


SOURCES: Catalog[Callable[[DataConfig], Table]] = Catalog("data source", _like)
"""Config → the chosen columns as read: in the order of the source, NaN where a value is missing."""


def _no_parameter() -> Table:
    raise NotImplementedError


BUNDLED: Catalog[Callable[[], Table]] = Catalog("bundled series", _no_parameter)
"""Series that ship with statsmodels: no file, no network."""


# Bundled ------------------------------------------------------------------------------------------


@BUNDLED.register
def sunspots() -> Table:
    """Yearly mean numbers of sunspots, 1700 to 2008."""
    from statsmodels.datasets import sunspots as source

    frame = source.load_pandas().data
    years = (frame["YEAR"].to_numpy().astype(np.int64) - 1970).astype("datetime64[Y]")
    return _bundled("sunspots", frame["SUNACTIVITY"].to_numpy(), years)


@BUNDLED.register
def co2() -> Table:
    """Weekly carbon dioxide over Mauna Loa in ppm, 1958 to 2001, some weeks empty."""
    from statsmodels.datasets import co2 as source

    frame = source.load_pandas().data
    return _bundled("co2", frame["co2"].to_numpy(), frame.index.to_numpy())


def _bundled(name: str, values: Floats, times: Any) -> Table:
    origin = Origin(name, "row", np.arange(1, len(values) + 1))
    return Table(
        origin, (name,), values.astype(np.float64)[:, np.newaxis], times.astype("datetime64[ns]"), "time"
    )


@SOURCES.register
def bundled(config: DataConfig) -> Table:
    """A series that ships with a library, with its own times."""
    series = BUNDLED[config.name or ""]()
    choose(replace(config, time=None), series.origin.where, series.columns, lambda: list(series.columns))
    return series


# Files --------------------------------------------------------------------------------------------


@SOURCES.register
def csv(config: DataConfig) -> Table:
    """A CSV with a header line, plain, in a zip or gzipped."""
    return _read_csv(text_file(existing(config.path or ""), config.file), config)


def _read_csv(file: TextFile, config: DataConfig) -> Table:
    separator = separator_of(config)
    with closing(records(file, config.encoding, separator)) as rows:
        _, header = next(rows)
        names = [str(name).strip() for name in header]
        _check_header(file, names, separator, config.target)
        return table_of_records(config, str(file), "line", names, rows)


def separator_of(config: DataConfig) -> str:
    r"""The separator; a tab may be written as `tab`, or as the two signs `\t` that a shell makes of it."""
    return "\t" if config.separator in ("tab", "\\t") else config.separator


def _check_header(file: TextFile, names: list[str], separator: str, target: str | None) -> None:
    """Refuse a first line that is parted by another separator, or looks like data."""
    found = [other for other in (";", "\t", "|", ",") if other in names[0] and other != separator]
    if len(names) == 1 and found:
        shown = "tab" if found[0] == "\t" else found[0]
        raise DataError(
            f"{file}: {separator!r} does not part the header {names[0]!r}; try \"data.separator='{shown}'\""
        )
    if target not in names and not any(map(str.isalpha, "".join(names))):
        line = separator.join(names)[:60]
        raise DataError(f"{file}: the first line must name the columns, and this looks like data: {line}")


@SOURCES.register
def parquet(config: DataConfig) -> Table:
    """A Parquet file, of which only the chosen columns are read."""
    import pyarrow
    from pyarrow.parquet import ParquetFile

    path = existing(config.path or "")
    try:
        with ParquetFile(path) as file:
            schema = file.schema_arrow
            choice = choose(
                config, str(path), schema.names, lambda: [f.name for f in schema if _is_arrow_number(f.type)]
            )
            wanted = list(dict.fromkeys((*choice.columns, *((choice.time,) if choice.time else ()))))
            frame = file.read(columns=wanted)
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(f"{path}: cannot be read as Parquet: {str(error).splitlines()[0]}") from error
    return _table_of_arrow(frame, choice, str(path))


def _table_of_arrow(frame: pyarrow.Table, choice: Choice, where: str) -> Table:
    if not frame.num_rows:
        raise DataError(f"{where}: there is no row")
    origin = Origin(where, "row", np.arange(1, frame.num_rows + 1))
    values = np.column_stack([_floats(frame.column(name), origin, name) for name in choice.columns])
    if choice.time is None:
        return table(origin, choice, values, ())
    times = frame.column(choice.time)
    is_text = not _is_arrow_number(times.type) and times.to_numpy().dtype.kind != "M"
    return table(
        origin, choice, values, times.to_pylist() if is_text or times.null_count else times.to_numpy()
    )


def _is_arrow_number(kind: pyarrow.DataType) -> bool:
    import pyarrow

    of = pyarrow.types
    return bool(of.is_integer(kind) or of.is_floating(kind) or of.is_decimal(kind))


def _floats(column: pyarrow.ChunkedArray, origin: Origin, name: str) -> Floats:
    import pyarrow

    if _is_arrow_number(column.type) or pyarrow.types.is_boolean(column.type):
        floats: Floats = column.cast(pyarrow.float64(), safe=False).to_numpy()
        return floats
    return np.frombuffer(numbers_of(column.to_pylist(), origin, name), dtype=np.float64)


# Databases and Kaggle -----------------------------------------------------------------------------


@SOURCES.register
def sql(config: DataConfig) -> Table:
    """What a SELECT returns, in the order in which the database gives it."""
    with selected(config.url or "", config.query or "") as (where, names, rows):
        return table_of_records(config, where, "row", names, rows)


@SOURCES.register
def kaggle(config: DataConfig) -> Table:
    """A CSV of a Kaggle data set: the user's own copy at `data.path`, else kagglehub's download."""
    path = Path(config.path).expanduser() if config.path else _download(config)
    if path.is_dir():
        names = sorted(entry.relative_to(path).as_posix() for entry in path.rglob("*") if entry.is_file())
        path /= choose_file(str(path), names, config.file)
    return _read_csv(text_file(existing(str(path)), config.file), config)


def _download(config: DataConfig) -> Path:
    """Where kagglehub has put the data set, or its one file that is wanted."""
    own = (
        f"or download it in a browser from https://www.kaggle.com/datasets/{config.dataset} "
        "and give your copy, the zip or the CSV in it: data.path=FILE"
    )
    try:
        import kagglehub
    except ModuleNotFoundError:
        raise DataError(f"data.kind=kaggle needs kagglehub: pip install 'seqsweep[kaggle]'; {own}") from None
    try:
        return Path(kagglehub.dataset_download(config.dataset, path=config.file))
    except Exception as error:  # kagglehub's errors and those of the network below it have no common base
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise DataError(
            f"data.dataset={config.dataset}: the download failed: {reason}; "
            f"try again with the network up, {own}"
        ) from error
