"""From a config to the series."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seqsweep.data import hints
from seqsweep.data.columns import reading_settings
from seqsweep.data.contents import contents, steps_of
from seqsweep.data.future import left_to_come, not_following
from seqsweep.data.panel import check_varies, panel_series, read_panel
from seqsweep.data.series import Series, fingerprint
from seqsweep.data.source import Origin, Source
from seqsweep.data.sources import SOURCES
from seqsweep.errors import DataError
from seqsweep.schema import DataConfig

if TYPE_CHECKING:
    import pandas as pd

    from seqsweep.serving.reading.faults import ReadError
    from seqsweep.serving.reading.settings import Settings


def load(config: DataConfig) -> Series:
    """The series that `config` describes: read, put in order, resampled, completed, checked.

    Missing values are treated before resampling, lest a sum pass over them, and again after it, where a
    step has no row.

    Raises:
        DataError: with file, column and first bad row.
    """
    import pandas as pd

    from seqsweep.serving.reading.reader import Reader
    from seqsweep.serving.reading.steps import even_frequency, spacing

    source = SOURCES[config.kind](config)
    settings = reading_settings(config, source)
    frame, origin = source.read(_wanted(settings))
    with _placed(source, origin, frame, config):
        if settings.series:
            whole, reader, held, notes = read_panel(source, frame, settings)
            return panel_series(config.name or label(config), whole, reader, held, notes, source.where)
        reader, raw = Reader.fit(frame, settings, pd.Timestamp.now())
        ordered = reader.ordered(raw)
        apart = spacing(ordered)
        held = contents(source, reader, ordered, len(frame), apart)
        is_mixed = reader.found.times is not None and reader.found.times.is_mixed
        notes = [*hints.before(source, settings, ordered, is_mixed), *hints.on_joined(source, settings, ordered)]
        past, future = reader.parted(ordered)
        complete = reader.with_calendar(reader.complete(past))
    check_varies(complete.values[:, 0], complete.columns[0], source.where)
    values = np.ascontiguousarray(complete.values)
    observed = None if complete.observed.all() else complete.observed
    frequency = even_frequency(complete.index, complete.zone)
    ahead = [*left_to_come(future), *not_following([("", complete, future)], frequency)]
    return Series(
        name=config.name or label(config),
        values=values,
        columns=complete.columns,
        index=complete.index,
        sha256=fingerprint(values, complete.columns, complete.index, complete.zone, observed, reader.n_known),
        frequency=frequency,
        notes=(*notes, *ahead, *complete.notes, *hints.after(complete)),
        zone=complete.zone,
        observed=observed,
        reader=reader.knowing(apart, complete),
        contents=held,
        steps=steps_of(complete, spacing(complete)),
        known=reader.n_known,
        calendar=reader.n_calendar,
        ahead=(future,) if reader.n_known else (),
    )


def label(config: DataConfig) -> str:
    """What to call a series that has no name of its own."""
    if config.kind == "sql":
        return "query"
    source = config.file or config.path or config.dataset or config.kind
    return Path(source).name.split(".")[0]


def _wanted(settings: Settings) -> list[str]:
    """The columns that are read whole."""
    from seqsweep.serving.reading.filters import columns_of

    filtered = columns_of(settings.where) if settings.where is not None else []
    return list(dict.fromkeys((*settings.given, *settings.static, *settings.time, *filtered)))


@contextmanager
def _placed(source: Source, origin: Origin, frame: pd.DataFrame, config: DataConfig) -> Iterator[None]:
    """Faults of reading become the user's: with file, line and column, and with what mends them."""
    from seqsweep.serving.reading.faults import ReadError
    from seqsweep.serving.reading.order import OrderError, TwiceError

    try:
        yield
    except OrderError as fault:
        mend = hints.for_order(source, fault, config)
        raise DataError(f"{origin.place(fault.row, fault.column)}: {fault.text}; {mend}") from fault
    except TwiceError as fault:
        mend = hints.for_twice(source, fault, config)
        earlier = "" if fault.earlier is None else f" (also in {origin.place(fault.earlier).split(', ')[-1]})"
        raise DataError(f"{origin.place(fault.row, fault.column)}: {fault.text}{earlier}; {mend}") from fault
    except ReadError as fault:
        raise DataError(_sentence(fault, origin, frame)) from fault


def _sentence(fault: ReadError, origin: Origin, frame: pd.DataFrame) -> str:
    if fault.text.startswith("data."):  # a setting is what is wrong
        place, text = fault.text.split(": ", 1)
        return f"{place}: {origin.where}, {text}{f'; {fault.mend}' if fault.mend else ''}"
    text = fault.text
    if fault.row is not None and origin.is_text and _is_empty(frame.iloc[fault.row]):
        return f"{origin.place(fault.row)}: the row is empty, there are separators alone; delete it"
    return f"{origin.place(fault.row, fault.column)}: {text}; {fault.mend or 'mend it, or leave it out'}"


def _is_empty(row: pd.Series[Any]) -> bool:
    return len(row) > 1 and not row.dropna().astype("str").str.strip().any()
