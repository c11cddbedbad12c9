"""Where a series comes from: one entry of SOURCES for each `data.kind`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from seqsweep.catalog import Catalog
from seqsweep.data.databases import selected
from seqsweep.data.folders import folder_source
from seqsweep.data.packed_files import choose_file, existing, kind_of, near, some, text_file
from seqsweep.data.plain_text import documents, python_topics
from seqsweep.data.source import SAMPLE, Origin, Source, of_frame
from seqsweep.data.text import TextStyle, csv_source
from seqsweep.errors import DataError
from seqsweep.schema import DataConfig
from seqsweep.serving.array_types import Float64s

if TYPE_CHECKING:
    import pandas as pd

TIME = "time"
"""The column of times of a bundled series."""

DATES = 10_000
"""Days of the bundled dates."""


class OpenSource(Protocol):
    """What an entry of SOURCES is."""

    def __call__(self, config: DataConfig) -> Source:
        """The source that a config names, opened."""


SOURCES: Catalog[OpenSource] = Catalog("data source", like=OpenSource)


class BundledData(Protocol):
    """What an entry of BUNDLED is: data that ship with a library, so that they need no file and no network."""

    def __call__(self) -> pd.DataFrame:
        """All rows: of a series its values, and TIME; of a table of items, whose order says nothing, its columns."""


BUNDLED: Catalog[BundledData] = Catalog("bundled series", like=BundledData)


# Bundled ------------------------------------------------------------------------------------------


@BUNDLED.register
def sunspots() -> pd.DataFrame:
    """Yearly mean numbers of sunspots, 1700 to 2008."""
    from statsmodels.datasets import sunspots as source

    frame = source.load_pandas().data
    years = (frame["YEAR"].to_numpy().astype(np.int64) - 1970).astype("datetime64[Y]")
    return _bundled("sunspots", frame["SUNACTIVITY"].to_numpy(), years)


@BUNDLED.register
def co2() -> pd.DataFrame:
    """Weekly carbon dioxide over Mauna Loa in ppm, 1958 to 2001, some weeks empty."""
    from statsmodels.datasets import co2 as source

    frame = source.load_pandas().data
    return _bundled("co2", frame["co2"].to_numpy(), frame.index.to_numpy())


@BUNDLED.register
def letters() -> pd.DataFrame:
    """The word `artificial` three times, a document each: whoever knows one by heart knows the others."""
    import pandas as pd

    return pd.DataFrame({"text": ["artificial"] * 3})


@BUNDLED.register
def digits() -> pd.DataFrame:
    """1,797 handwritten digits, a row each: 8 x 8 pixels from 0 to 16 line by line, and which digit it is."""
    from sklearn.datasets import load_digits

    table: pd.DataFrame = load_digits(as_frame=True).frame
    return table.rename(columns={"target": "digit"})


@BUNDLED.register
def captions() -> pd.DataFrame:
    """The handwritten digits, and the English name of each: three."""
    names = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    table = digits()
    return table.drop(columns="digit").assign(name=table["digit"].map(dict(enumerate(names))))


@BUNDLED.register
def dates() -> pd.DataFrame:
    """10,000 days from 1900 to 2099 as CLDR writes them in English and Turkish; every other one with its weekday."""
    import datetime

    import pandas as pd

    try:
        from babel.dates import format_date
    except ImportError:
        raise DataError(
            "data.name=dates: CLDR's dates come from Babel: pip install 'seqsweep[text]'; or give your own pairs"
        ) from None
    first, last = datetime.date(1900, 1, 1), datetime.date(2099, 12, 31)
    drawn = np.random.default_rng(0).choice((last - first).days + 1, DATES, replace=False)
    days = [first + datetime.timedelta(int(day)) for day in drawn]
    styles = [("full", "long")[row % 2] for row in range(DATES)]
    english, turkish = (
        [format_date(day, style, locale=locale) for day, style in zip(days, styles, strict=True)]
        for locale in ("en", "tr")
    )
    return pd.DataFrame({"english": english, "turkish": turkish})


def _bundled(name: str, values: Float64s, times: Any) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({TIME: times.astype("datetime64[ns]"), name: values.astype(np.float64)})


@SOURCES.register
def bundled(config: DataConfig) -> Source:
    """A series that ships with a library, with its own times."""
    return of_frame(str(config.name), BUNDLED[config.name or ""]())


# Files --------------------------------------------------------------------------------------------


@SOURCES.register
def csv(config: DataConfig) -> Source:
    """A CSV with a header line, plain, in a zip or gzipped."""
    file = text_file(existing(config.path or ""), config.file)
    if config.file is not None and not file.member:
        raise DataError(f"data.file={config.file}: names a file in a zip, and {file} is none; leave data.file out")
    return csv_source(file, text_style(config), config.target)


@SOURCES.register
def folder(config: DataConfig) -> Source:
    """A folder of text files, each in a sub-folder that is its label."""
    return folder_source(config.path or "", config.encoding)


@SOURCES.register
def parquet(config: DataConfig) -> Source:
    """A Parquet file, of which only the chosen columns are read."""
    return parquet_source(existing(config.path or ""))


@SOURCES.register
def excel(config: DataConfig) -> Source:
    """A sheet of an Excel workbook with a header line."""
    return excel_source(existing(config.path or ""), config.sheet, config.skip_rows)


@SOURCES.register
def text(config: DataConfig) -> Source:
    """A plain text file, or a folder of them, a document each; without a path what Python says of itself."""
    if config.path is None:
        return python_topics()
    path = Path(config.path).expanduser()
    return documents(path if path.is_dir() else existing(config.path), text_style(config))


def text_style(config: DataConfig) -> TextStyle:
    r"""How the text of a config is written; a tab may be written as `tab`, or as the two signs `\t` of a shell."""
    separator = "\t" if config.separator in ("tab", "\\t") else config.separator
    return TextStyle(config.encoding, separator, config.skip_rows)


def parquet_source(path: Path) -> Source:
    """A Parquet file.

    Raises:
        DataError: it is none, or has no row.
    """
    import pyarrow
    from pyarrow.parquet import ParquetFile

    try:
        with ParquetFile(path) as file:
            names = tuple(file.schema_arrow.names)
            sample = next(file.iter_batches(SAMPLE), None)
    except (pyarrow.ArrowException, OSError) as error:
        raise _no_parquet(path, error) from error
    if sample is None or not sample.num_rows:
        raise DataError(f"{path}: there is no row")

    def read(wanted: Sequence[str]) -> tuple[pd.DataFrame, Origin]:
        try:
            with ParquetFile(path) as file:
                table = file.read(columns=list(dict.fromkeys(wanted)))
        except (pyarrow.ArrowException, OSError) as error:
            raise _no_parquet(path, error) from error
        return table.to_pandas(date_as_object=False, ignore_metadata=True)[list(wanted)], Origin(str(path))

    frame = sample.to_pandas(date_as_object=False)
    frame.columns = list(names)
    return Source(str(path), names, frame, read)


def excel_source(path: Path, sheet: str | None, skip_rows: int) -> Source:
    """A sheet of a workbook.

    Args:
        path: .xlsx, .xls, .xlsb or .ods.
        sheet: its name; None: the only one.
        skip_rows: rows above the header.

    Raises:
        DataError: the reader of workbooks is not installed, the file is none, or there is no such sheet.
    """
    import pandas as pd

    try:
        book = pd.ExcelFile(path, engine="calamine")
    except ImportError:
        raise DataError(
            f"{path}: workbooks need a reader: pip install 'seqsweep[excel]'; or save the sheet as CSV"
        ) from None
    except Exception as error:  # calamine's own errors have no public base
        told = "it is none, or damaged; read a CSV with data=csv"
        raise DataError(f"{path}: cannot be read as a workbook: {told}") from error
    with book:
        names = [str(name) for name in book.sheet_names]
        if sheet is None and len(names) > 1:
            raise DataError(f"{path}: holds several sheets; give data.sheet, one of {some(names)}")
        if sheet is not None and sheet not in names:
            raise DataError(f"{path}: holds no data.sheet={sheet}{near(sheet, names)}")
        frame = pd.read_excel(book, sheet_name=sheet or names[0], skiprows=skip_rows, dtype=object)
    if frame.empty:
        raise DataError(f"{path}: there is no row below the header; add rows, or give another file")
    return of_frame(f"{path} ({sheet})" if sheet else str(path), frame, first=skip_rows + 2)


def file_settings(config: DataConfig) -> dict[str, Any]:
    """What a config says of how files are written, of plain JSON values: what `open_file` takes."""
    style = text_style(config)
    return {**asdict(style), "sheet": config.sheet}


def open_file(path: str, settings: Mapping[str, Any]) -> Source:
    """A file of rows: CSV (plain, zipped or gzipped), Parquet or a workbook, by its content.

    Args:
        path: as the user wrote it.
        settings: see `file_settings`.

    Raises:
        DataError: there is no such file, or it cannot be read.
    """
    style = dict(settings)
    sheet = style.pop("sheet", None)
    file = existing(path, key="")
    kind = kind_of(file)
    if kind == "parquet":
        return parquet_source(file)
    if kind == "workbook":
        return excel_source(file, sheet, int(style.get("skip_rows", 0)))
    return csv_source(text_file(file), TextStyle(**style))


def _no_parquet(path: Path, error: Exception) -> DataError:
    said = "it is none, or damaged" if "magic bytes" in str(error) else str(error).splitlines()[0]
    return DataError(f"{path}: cannot be read as Parquet: {said}; read a CSV with data=csv")


# Databases and Kaggle -----------------------------------------------------------------------------


@SOURCES.register
def sql(config: DataConfig) -> Source:
    """What a SELECT returns, in the order in which the database gives it."""
    where, frame = selected(config.url or "", config.query or "")
    if frame.empty:
        raise DataError(f"{where}: data.query selects no row; change its WHERE")
    return of_frame(where, frame)


@SOURCES.register
def kaggle(config: DataConfig) -> Source:
    """A CSV of a Kaggle data set: the user's own copy at `data.path`, else kagglehub's download."""
    path = Path(config.path).expanduser() if config.path else _download(config)
    if path.is_dir():
        names = sorted(entry.relative_to(path).as_posix() for entry in path.rglob("*") if entry.is_file())
        path /= choose_file(str(path), names, config.file)
    return csv_source(text_file(existing(str(path)), config.file), text_style(config), config.target)


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
