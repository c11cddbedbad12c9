"""A baseline as a model: which formula answers for which series, and from which state it goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..array_types import Float64s, Index
from ..panel import Name
from ..reading.faults import ReadError
from ..reading.rows import Rows, shown
from ..reading.zones import wall_clock
from .formula import Formula, from_json, to_json
from .recursive import Recursive

Check = Callable[[Rows, int], None]
"""Refuses rows of which the last few do not follow each other as those that were learned from."""


@dataclass(frozen=True, eq=False)
class Continued:
    """A recursive baseline of one series, and the states that it had behind some rows, the last one among them.

    Args:
        formula: with its parameters.
        times: (n,), of these rows, ascending; in UTC where there is a zone.
        states: (n, numbers).
    """

    formula: Recursive
    times: Index
    states: Float64s

    @property
    def until(self) -> Any:
        """The last time whose state is known."""
        return self.times[-1]

    def since(self, rows: Rows) -> int:
        """How many rows stand behind the last one whose state is known.

        Args:
            rows: of a request.

        Raises:
            ReadError: there is no such row.
        """
        at = None if rows.time is None else np.flatnonzero(np.isin(rows.index, self.times))
        if at is None:
            told = "rows without times do not say where in the series they stand, and this model goes on from a time"
            raise ReadError(told, served="give the column of times")
        if not len(at):
            told = f"none of the rows, {rows.shown(0)} to {rows.shown(len(rows) - 1)}, is one that this model goes on"
            last = shown(wall_clock(self.times[-1:], rows.zone)[0])
            raise ReadError(f"{told} from: the last such one is {last}", served="give each row from there on, it too")
        return len(rows) - 1 - int(at[-1])

    def after(self, rows: Rows, horizon: int) -> Float64s:
        """(horizon,), the rows that follow.

        Args:
            rows: of a request.
            horizon: rows ahead.
        """
        since = self.since(rows)
        state = self.states[np.searchsorted(self.times, rows.index[len(rows) - 1 - since])]
        if since:
            state = self.formula.states(rows.values[-since:, 0], state)[-1]
        made: Float64s = self.formula.ahead(state[None], horizon)[0]
        return made

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        times = self.times.astype(str).tolist() if self.times.dtype.kind == "M" else self.times.tolist()
        return {**to_json(self.formula), "times": times, "states": self.states.tolist()}


Answers = Formula | Continued


@dataclass(frozen=True, eq=False)
class Baseline:
    """What answers for a series.

    Args:
        name: of the baseline.
        window: rows that a request needs.
        every: answers for all series; None: each has its own.
        each: answers for a series by its name.
        is_sized: the target is read, and forecast, in units of the size of its series.
    """

    name: str
    window: int
    every: Answers | None = None
    each: Mapping[Name, Answers] = field(default_factory=dict)
    is_sized: bool = False

    @property
    def goes_on(self) -> bool:
        """Whether it goes on from a state, so that a request must reach back to one."""
        return any(isinstance(one, Continued) for one in (self.every, *self.each.values()))

    def of(self, name: Name) -> Answers | None:
        """What answers for a series; None: nothing."""
        return self.every if self.every is not None else self.each.get(name)

    def after(
        self, names: Sequence[Name], rows: Sequence[Rows], ahead: Float64s, sizes: Float64s, horizon: int, check: Check
    ) -> Float64s:
        """(series, horizon), in the unit of the data.

        Args:
            names: of the series.
            rows: of each, `window` or more.
            ahead: (series, horizon, known), what is known of the rows that are forecast.
            sizes: (series,).
            horizon: rows ahead.
            check: of rows that a state goes on through.

        Raises:
            ReadError: it knows nothing of a series, or of where rows stand in it.
        """
        made = np.empty((len(rows), horizon))
        for one, places in self._grouped(names):
            if isinstance(one, Continued):
                for place in places:
                    check(rows[place], one.since(rows[place]) + 1)
                    made[place] = one.after(rows[place], horizon)
            else:
                sized = sizes[places] if self.is_sized else np.ones(len(places))
                made[places] = self._together(one, [rows[place] for place in places], ahead[places], sized, horizon)
        return made

    def _together(self, one: Formula, rows: Sequence[Rows], ahead: Float64s, sizes: Float64s, horizon: int) -> Float64s:
        """Of several series, which stand behind each other, by one formula."""
        past = np.stack([each.values[-self.window :] for each in rows])
        if ahead.shape[2]:
            behind = np.repeat(past[:, -1:], horizon, axis=1)
            behind[:, :, -ahead.shape[2] :] = ahead
            past = np.concatenate([past, behind], axis=1)
        past[:, :, 0] /= sizes[:, None]
        origins = np.arange(len(past), dtype=np.int64) * past.shape[1] + self.window - 1
        return one.after(past.reshape(-1, past.shape[2]), origins, horizon) * sizes[:, None]

    def _grouped(self, names: Sequence[Name]) -> Iterator[tuple[Answers, list[int]]]:
        """What answers, and the places of the series that it answers for."""
        if self.every is not None:
            yield self.every, list(range(len(names)))
            return
        for place, name in enumerate(names):
            if name not in self.each:
                told = f"series {' / '.join(name)!r} was not learned from, and {self.name} says nothing of new ones"
                raise ReadError(told, served=f"leave it out, or train anew; known are {_few(self.each)}")
            yield self.each[name], [place]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, from which `from_json` makes the same."""
        return {
            "name": self.name,
            "window": self.window,
            "every": None if self.every is None else _plain(self.every),
            "each": {json.dumps(list(name)): _plain(one) for name, one in self.each.items()},
            "is_sized": self.is_sized,
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Baseline:
        """What `to_json` wrote down."""
        every = None if content["every"] is None else _read(content["every"])
        each = {tuple(json.loads(name)): _read(one) for name, one in content["each"].items()}
        return cls(content["name"], int(content["window"]), every, each, bool(content["is_sized"]))


def _plain(one: Answers) -> dict[str, Any]:
    return one.to_json() if isinstance(one, Continued) else to_json(one)


def _read(content: Mapping[str, Any]) -> Answers:
    if "times" not in content:
        formula: Formula = from_json(content)
        return formula
    times = content["times"]
    index = np.array(times, np.int64 if isinstance(times[0], int) else "datetime64[ns]")
    return Continued(from_json(content), index, np.array(content["states"], np.float64))


def _few(names: Mapping[Name, object]) -> str:
    """Names of series, the first ones."""
    shown = [" / ".join(name) for name in list(names)[:5]]
    return ", ".join(shown) + (f" and {len(names) - 5:,} more" if len(names) > 5 else "")
