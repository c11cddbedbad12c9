"""Where a series comes from: one entry of SOURCES for each `data.kind`."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from seqsweep.catalog import Catalog
from seqsweep.data.databases import selected
from seqsweep.data.packed_files import choose_file, existing, text_file
from seqsweep.data.table import (
    SAMPLE,
    Choice,
    Origin,
    Table,
    choose,
    choose_by_sample,
    indexed,
    numbers_of,
    table_of_records,
)
from seqsweep.data.text import read_csv
from seqsweep.errors import DataError
from seqsweep.schema import DataConfig
from seqsweep.serving.array_types import Float64s

if TYPE_CHECKING:
    import pyarrow


class Source(Protocol):
    """What an entry of SOURCES is."""

    def __call__(self, config: DataConfig) -> Table:
        """The chosen columns as read: in the order of the source, NaN where a value is missing."""


SOURCES: Catalog[Source] = Catalog("data source", like=Source)


class BundledSeries(Protocol):
    """What an entry of BUNDLED is: a series that ships with statsmodels, so it needs no file and no network."""

    def __call__(self) -> Table:
        """The whole series, with its own times."""


BUNDLED: Catalog[BundledSeries] = Catalog("bundled series", like=BundledSeries)


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


def _bundled(name: str, values: Float64s, times: Any) -> Table:
    origin = Origin(name, np.arange(1, len(values) + 1))
    return Table(origin, (name,), values.astype(np.float64)[:, np.newaxis], times.astype("datetime64[ns]"), "time")


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
    return read_csv(text_file(existing(config.path or ""), config.file), config)


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
    import pyarrow

    if not frame.num_rows:
        raise DataError(f"{where}: there is no row")
    origin = Origin(where, np.arange(1, frame.num_rows + 1))
    values = np.column_stack([_floats(frame.column(name), origin, name) for name in choice.columns])
    if choice.time is None:
        return indexed(origin, choice, values, ())
    times = frame.column(choice.time)
    of = pyarrow.types
    is_plain = of.is_integer(times.type) or of.is_timestamp(times.type) or of.is_date(times.type)
    as_array = is_plain and not times.null_count
    return indexed(origin, choice, values, times.to_numpy() if as_array else times.to_pylist())


def _is_arrow_number(kind: pyarrow.DataType) -> bool:
    import pyarrow

    of = pyarrow.types
    return bool(of.is_integer(kind) or of.is_floating(kind) or of.is_decimal(kind))


def _floats(column: pyarrow.ChunkedArray, origin: Origin, name: str) -> Float64s:
    import pyarrow

    if _is_arrow_number(column.type) or pyarrow.types.is_boolean(column.type):
        floats: Float64s = column.cast(pyarrow.float64(), safe=False).to_numpy()
        return floats
    return np.frombuffer(numbers_of(column.to_pylist(), origin, name), dtype=np.float64)


# Databases and Kaggle -----------------------------------------------------------------------------


@SOURCES.register
def sql(config: DataConfig) -> Table:
    """What a SELECT returns, in the order in which the database gives it."""
    with selected(config.url or "", config.query or "") as (where, names, rows):
        sample = list(islice(rows, SAMPLE))
        if not sample:
            raise DataError(f"{where}: data.query selects no row")
        choice = choose_by_sample(config, where, names, sample)
        return table_of_records(choice, where, "row", names, chain(sample, rows))


@SOURCES.register
def kaggle(config: DataConfig) -> Table:
    """A CSV of a Kaggle data set: the user's own copy at `data.path`, else kagglehub's download."""
    path = Path(config.path).expanduser() if config.path else _download(config)
    if path.is_dir():
        names = sorted(entry.relative_to(path).as_posix() for entry in path.rglob("*") if entry.is_file())
        path /= choose_file(str(path), names, config.file)
    return read_csv(text_file(existing(str(path)), config.file), config)


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
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:120]
        raise DataError(
            f"data.dataset={config.dataset}: the download failed: {reason}; try again with the network up, {own}"
        ) from error
