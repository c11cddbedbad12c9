"""What of a series can be learned once its parts are known: names that train has seen, targets that had a row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from seqsweep.data import Series, fingerprint
from seqsweep.serving.array_types import Float64s
from seqsweep.tasks.forecast.split import Split
from seqsweep.words import counted

ALIKE = 0.999  # a correlation

FEW = 10  # windows, of which no network learns more than by heart


def without_unseen_names(series: Series, train: slice | NDArray[np.bool_]) -> tuple[Series, list[str]]:
    """The series without the columns of names that do not occur in train, and a note on each that is gone.

    A network would give such a column the weights that chance gave it. A row with that name counts as one with none of
    the known names, in service too.

    Args:
        series: a column of names is one of 0 and 1 for each of them.
        train: its rows that are train.
    """
    held = {} if series.reader is None else series.reader.found.categories or {}
    unseen = {
        f"{column}={name}": (column, name)
        for column, names in held.items()
        for name in names
        if not series.values[train, series.columns.index(f"{column}={name}")].any()
    }
    if not unseen or series.reader is None:
        return series, []
    kept = [position for position, name in enumerate(series.columns) if name not in unseen]
    notes = []
    for title, (column, name) in unseen.items():
        rows = int(np.count_nonzero(series.values[:, series.columns.index(title)]))
        notes.append(
            f"column {column!r}: {name!r} is in {rows:,} rows behind train alone; it is read as none of the names"
        )
    known = {column: [name for name in names if f"{column}={name}" not in unseen] for column, names in held.items()}
    reader = replace(series.reader, found=replace(series.reader.found, categories=known))
    values = np.ascontiguousarray(series.values[:, kept])
    columns = tuple(series.columns[position] for position in kept)
    n_known = sum(position >= len(series.columns) - series.known for position in kept)
    sha256 = fingerprint(
        values, columns, series.index, series.zone, series.observed, n_known, series.names, series.starts, series.static
    )
    return replace(series, values=values, columns=columns, sha256=sha256, reader=reader, known=n_known), notes


def told_by_the_target(series: Series, train: slice | NDArray[np.bool_]) -> list[str]:
    """A sentence for each column that is declared as known ahead and moves as the target of its own time does.

    What is known ahead may well help, but it does not say all: such a column is measured with the target, or made of
    it.

    Args:
        series: its columns that times make are not looked at.
        train: its rows that are train.
    """
    values, told = series.values[train], []
    for position in range(len(series.columns) - series.known, len(series.columns) - series.calendar):
        column = values[:, position]
        if not is_constant(column) and _alike(column, values[:, 0]):
            told.append(
                f"column {series.columns[position]!r} is declared as known ahead and equals the target at its own time "
                "but for scale: it is not known ahead; name it in data.features"
            )
    return told


def _alike(one: Float64s, other: Float64s) -> bool:
    """Whether two columns (rows,) are as good as one, in their values and in their changes."""
    if len(one) < FEW or is_constant(other) or is_constant(np.diff(one)) or is_constant(np.diff(other)):
        return False
    pairs = ((one, other), (np.diff(one), np.diff(other)))
    return all(abs(float(np.corrcoef(left, right)[0, 1])) > ALIKE for left, right in pairs)


def notes(series: Series, split: Split, season: int | None) -> Iterator[str]:
    """What the parts cannot teach or be scored by, a sentence each.

    Args:
        series: that was split.
        split: of it.
        season: rows of one; None: it has none.
    """
    if season is not None and season >= split.train_end:
        yield (
            f"data.season={season}: train has {split.train_end:,} rows, not one whole season and a row: what repeats a "
            "season is left out, and MASE is measured by the last value; give the rows of a season, or null"
        )
    if (count := len(split.train)) < FEW:
        yield (
            f"train has {counted(count, 'window')}, and a network learns next to nothing of so few: the "
            f"longest looks back {split.max_lookback:,} of {split.train_end:,} rows; shorten search_space.window"
        )
    for name, column in zip(series.columns, series.values.T, strict=True):
        train = column[: split.train_end]
        if name != series.target and is_constant(train):
            yield f"column {name!r} is {train[0]:g} in all of train: nothing can be learned from it"
    yield from told_by_the_target(series, split.train_rows)
    gone = {part: (len(every), len(every) - len(kept)) for part, every, kept in split.origins()}
    if any(left_out for _, left_out in gone.values()):
        told = ", ".join(f"{left_out:,} of {count:,} in {part}" for part, (count, left_out) in gone.items())
        yield f"forecasts with a filled value among their targets are left out: {told}"


def is_constant(column: np.ndarray[tuple[int], np.dtype[np.float64]]) -> bool:
    """Whether values differ by no more than the rounding of their last digits.

    Args:
        column: (rows,), in the unit of the data.
    """
    return bool(np.ptp(column) <= 1e-12 * np.abs(column).max())
