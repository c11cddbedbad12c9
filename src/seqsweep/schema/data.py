"""The group `data`: where a series comes from, and how it is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from seqsweep.hyperparameters import Unless
from seqsweep.schema.declare import setting

FILES = {"data.kind": ("csv", "parquet", "excel", "kaggle", "folder", "text")}
TEXTS = {"data.kind": ("csv", "kaggle")}
ENCODED = {"data.kind": ("csv", "kaggle", "folder", "text")}
HEADED = {"data.kind": ("csv", "excel", "kaggle")}
SQL = {"data.kind": ("sql",)}


@dataclass
class DataConfig:
    """Where the series comes from, and how it is cleaned before anything is learned from it."""

    kind: str = setting("the kind of source", catalog="seqsweep.data:SOURCES")
    name: str | None = setting("the name of a bundled series; elsewhere a label of it", holds="name", optional=True)
    path: str | None = setting("the file, or a zip that holds it; of texts their folder", when=FILES, optional=True)
    file: str | None = setting("the member of a zip, or of a Kaggle data set", when=TEXTS, optional=True)
    url: str | None = setting("the URL of a database, as SQLAlchemy takes it", holds="address", when=SQL, optional=True)
    query: str | None = setting("the SELECT whose rows are read", when=SQL, optional=True, longest=100_000)
    dataset: str | None = setting("OWNER/NAME of a data set at Kaggle", when={"data.kind": ("kaggle",)}, optional=True)
    encoding: str = setting("the encoding of a text file: utf-8, cp1252", when=ENCODED)
    separator: str = setting("what stands between the fields of a line: one character, or tab", when=TEXTS)
    skip_rows: int = setting("lines above the header", unit="rows", at_least=0, when=HEADED)
    sheet: str | None = setting(
        "the sheet of a workbook; null: its only one", when={"data.kind": ("excel",)}, optional=True
    )
    decimal: str = setting("what stands before the fraction of a number", choices=(".", ","))
    thousands: str | None = setting("what parts groups of three digits: ',' or '.' or a blank", optional=True)
    na_values: list[Any] = setting("further values that stand for a missing one: -200, closed")
    where: str | None = setting("which rows are read, as pandas' query says it: store == 3", optional=True)
    target: str | None = setting("the column to predict; null: the only column of numbers", optional=True)
    features: list[str] = setting(
        "columns that a network sees: of a series further ones than the target; of a table those that it classifies by"
    )
    series: list[str] = setting(
        "columns that together name a series: [store, item]; series stand one below the other; []: there is one"
    )
    columns: list[str] = setting(
        "columns that are a series each, at the same times, forecast by one network: [A, B, C]; []: there are none"
    )
    static: list[str] = setting(
        "of several series columns that say what a series is, at all times alike: [region, size]; numbers or text"
    )
    known_future: list[str] = setting(
        "columns whose values are known ahead, such as promotions and prices: a forecast reads those of its own times"
    )
    calendar: list[str] = setting(
        "what a time says of itself, known ahead: hour, weekday, day (of the month), week, month, holidays:COUNTRY"
    )
    group: str | None = setting(
        "the column that says which items belong together: all of a group are in one part",
        when={"windows.split": ("grouped",)},
        optional=True,
    )
    time: Any = setting(
        "the column of times, or a list of those that make one: [Date, Time]; null: rows are in order", optional=True
    )
    time_format: str | None = setting(
        "how times are written, as strptime says it, or s, ms, us, ns since 1970, or count; null: find out",
        optional=True,
    )
    timezone: str | None = setting(
        "the zone whose days count: Europe/Istanbul; times without an offset show its clock; null: as times name it",
        optional=True,
    )
    sort: bool = setting("whether rows are put in the order of their times")
    missing: str = setting("what is done about missing values", catalog="seqsweep.data:MISSING_VALUES")
    frequency: str | None = setting("resample to this pandas frequency: h, D, W, MS; null: as it is", optional=True)
    aggregate: str = setting(
        "what becomes of the rows that resampling joins",
        choices=("mean", "sum", "min", "max", "median", "first", "last"),
        when={"data.frequency": Unless((None,))},
    )
    season: int | None = setting(
        "rows of a season: 12 for months, 24 for hours; null: it has none", unit="rows", at_least=2, optional=True
    )
    clip_quantile: float | None = setting(
        "quantile q: the target is clipped to train's quantiles 1 - q and q; null does not clip",
        above=0.5,
        below=1,
        optional=True,
    )
    log1p: bool = setting("whether training sees log(1 + target)")
    difference: int = setting("how often the target is differenced", unit="times", at_least=0, at_most=2)
    seasonal_difference: int = setting(
        "how often the target is differenced by data.season rows", unit="times", at_least=0, at_most=1
    )
