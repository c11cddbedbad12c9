"""Whether the steps of a request are those that a model learned from."""

from __future__ import annotations

import numpy as np

from .faults import ReadError
from .reader import Reader
from .rows import Rows
from .steps import are_even, period, spacing


def is_joined(reader: Reader, rows: Rows) -> bool:
    """Whether rows are the steps of the model already: those of a table that was resampled before.

    Args:
        reader: of the model.
        rows: in the order of time.
    """
    frequency = reader.settings.frequency
    return frequency is None or rows.time is None or bool(are_even(rows.index, rows.zone, frequency).all())


def check_spacing(reader: Reader, rows: Rows) -> None:
    """Steps joined of other rows than the sweep had are other quantities: a sum of 8 rows is none of 24.

    Args:
        reader: of the model.
        rows: in the order of time, not joined yet.

    Raises:
        ReadError: they are such.
    """
    found, learned = spacing(rows), reader.found.step
    if reader.settings.frequency is None or found is None or learned is None:
        return
    if not 0.5 < found.step / learned < 2:
        here, there = period(found.step, is_time=True), period(learned, is_time=True)
        frequency = reader.settings.frequency
        told = f"rows are {here} apart, and the model joins rows that are {there} apart to steps of {frequency}"
        raise ReadError(told, column=rows.time, row=rows.number(0), served="give rows as the sweep read them")


def check_even(reader: Reader, rows: Rows, frequency: str | None, needed: int) -> None:
    """The last steps lie apart as those that were learned from.

    Args:
        reader: of the model.
        rows: complete.
        frequency: of the steps, as pandas writes it; None: they are not even, or have no times.
        needed: the last steps that are read.

    Raises:
        ReadError: they do not.
    """
    if rows.time is None:
        return
    late = rows.take(np.arange(len(rows) - needed, len(rows), dtype=np.int64))
    learned = reader.found.step
    if frequency is not None and late.index.dtype.kind == "M":
        even = are_even(late.index, late.zone, frequency)
        if not even.all():
            row = int((~even).argmax()) + 1
            told = f"{late.shown(row)} follows {late.shown(row - 1)}, and the model reads steps of {frequency}"
            raise ReadError(told, column=rows.time, row=late.number(row), served="give the rows between them")
    elif learned is not None and (found := spacing(late)) is not None and not 0.5 < found.step / learned < 2:
        is_time = late.index.dtype.kind == "M"
        here, there = period(found.step, is_time), period(learned, is_time)
        told = f"rows are {here} apart, and the model was trained on rows {there} apart"
        raise ReadError(told, column=rows.time, row=late.number(0), served="give rows that lie apart as those")
