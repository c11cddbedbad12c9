"""What this package gives: the series, as plain values that cross process borders."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seqsweep.serving.array_types import Float64s, Index, Int64s
from seqsweep.serving.static import Value

if TYPE_CHECKING:
    from seqsweep.data.contents import Contents, Steps
    from seqsweep.serving.reading.reader import Reader
    from seqsweep.serving.reading.rows import Rows


SIDE_BY_SIDE = " / "
"""Between the parts of a series' name."""


@dataclass(frozen=True, eq=False)  # equality of arrays has no single truth value: compare `sha256`
class Series:
    """A target and its features over time, complete and in order.

    `values` is (time, columns), in the unit of the data, finite everywhere; column 0 is the target. `index`
    is (time,) and ascends: datetime64[ns], or int64 where the source has no times (row numbers from 0) or
    counts them. Arrays are read-only, so that no trial can spoil them for the next one.
    """

    name: str
    values: Float64s
    columns: tuple[str, ...]
    index: Index  # in UTC where there is a zone
    sha256: str  # of values, columns and index: the same data has the same one, whatever file it came from
    frequency: str | None = None  # a pandas frequency, where the steps of `index` are even
    notes: tuple[str, ...] = ()  # what cleaning did to the data, a sentence each
    zone: str | None = None  # of the times; None: they name none
    observed: NDArray[np.bool_] | None = None  # (time,), whether the target had a row; None: always
    reader: Reader | None = field(default=None, repr=False)  # how the source was read; None: by nothing that is served
    steps: Steps | None = None  # how far its rows lie apart; None: there are no times
    contents: Contents | None = field(default=None, repr=False)  # of the source; None: it was read from none
    known: int = 0  # columns at the end whose values are known ahead
    calendar: int = 0  # of these, columns at the very end that times make
    names: tuple[tuple[str, ...], ...] = ()  # of the series of a panel, a text a column of `data.series`; (): it is one
    starts: Int64s | None = None  # (series,), the first row of each in `values` and `index`; None: it is one
    ahead: tuple[Rows, ...] = field(default=(), repr=False)  # of each series its rows behind, blank in the target
    static: tuple[tuple[Value, ...], ...] = ()  # of the series of a panel, a value a column of `data.static`

    def __post_init__(self) -> None:
        """Protect the arrays."""
        for array in (self.values, self.index, self.observed):
            if array is not None:
                array.flags.writeable = False

    def __len__(self) -> int:
        """Steps of time."""
        return len(self.values)

    @property
    def rows(self) -> int:
        """Steps of time."""
        return len(self.values)

    @property
    def target(self) -> str:
        """The name of the column to forecast."""
        return self.columns[0]

    @property
    def known_columns(self) -> tuple[str, ...]:
        """The names of those that are known ahead."""
        return self.columns[len(self.columns) - self.known :]

    def sha256_until(self, last: str) -> str:
        """What `sha256` is without the rows behind a time, and without series that begin behind it.

        Args:
            last: the time that is kept last, as the clock shows it; a count where times are counts.
        """
        end: Any = np.datetime64(last) if self.index.dtype.kind == "M" else int(last)
        kept = self.clock <= end
        observed = None if self.observed is None or self.observed[kept].all() else self.observed[kept]
        names, starts, static = self.names, self.starts, self.static
        if starts is not None:
            owners = np.searchsorted(starts, np.flatnonzero(kept), side="right") - 1
            numbers, starts = np.unique(owners, return_index=True)
            names = tuple(names[number] for number in numbers)
            static = tuple(static[number] for number in numbers) if static else ()
        values, index = self.values[kept], self.index[kept]
        return fingerprint(values, self.columns, index, self.zone, observed, self.known, names, starts, static)

    @property
    def clock(self) -> Index:
        """(time,): what the clock of the zone shows at each step, for people."""
        return self.clock_at(np.arange(self.rows))

    @cached_property
    def members(self) -> tuple[Series, ...]:
        """The series of a panel, each as one of its own, without copies; of one series itself."""
        if self.starts is None:
            return (self,)
        found = []
        for name, start, end in zip(self.names, self.starts, [*self.starts[1:], self.rows], strict=True):
            observed = None if self.observed is None else self.observed[start:end]
            member = replace(
                self,
                name=SIDE_BY_SIDE.join(name),
                values=self.values[start:end],
                index=self.index[start:end],
                observed=None if observed is None or observed.all() else observed,
                names=(),
                starts=None,
                static=(),
                ahead=(),
            )
            found.append(member)
        return tuple(found)

    def clock_at(self, rows: Int64s) -> Index:
        """What the clock of the zone shows at some of the rows, (n,)."""
        from seqsweep.serving.reading.zones import wall_clock

        return wall_clock(self.index[rows], self.zone)


def fingerprint(
    values: Float64s,
    columns: tuple[str, ...],
    index: Index,
    zone: str | None = None,
    observed: NDArray[np.bool_] | None = None,
    known: int = 0,
    names: tuple[tuple[str, ...], ...] = (),
    starts: Int64s | None = None,
    static: tuple[tuple[Value, ...], ...] = (),
) -> str:
    """The SHA-256 (hex) of a series' content: the same data gives the same one on every machine.

    Args:
        values: (time, columns), in the unit of the data.
        columns: a name each.
        index: (time,), ascending.
        zone: of the times.
        observed: (time,), whether the target had a row; None: always.
        known: columns at the end that are known ahead: they are other inputs than those that are not.
        names: of the series of a panel; (): it is one.
        starts: (series,), the first row of each.
        static: of the series of a panel; (): there are no such columns.
    """
    further: list[Any] = [*([] if zone is None else [zone]), *([known] if known else [])]
    if starts is not None and len(names) > 1:  # a panel of one is that one
        further += [names, starts.tolist()]
    further += [static] if static else []
    digest = hashlib.sha256(json.dumps([columns, values.shape, index.dtype.kind, *further]).encode())
    # `+ 0.0` makes one zero of the two; the fixed byte order makes one content of every machine's.
    digest.update(np.ascontiguousarray(values + 0.0, dtype="<f8").data)
    digest.update(np.ascontiguousarray(index).view(np.int64).astype("<i8", copy=False).data)
    if observed is not None:
        digest.update(np.packbits(observed).data)
    return digest.hexdigest()
