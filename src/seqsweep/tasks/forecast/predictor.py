"""Raw rows in, forecasts in their own unit out: what a packaged forecast does with a request.

Input: a DataFrame with the columns of the data as they were learned from, read by the rules of the sweep.
Output: a row for each step after the last one.
"""

from __future__ import annotations

import difflib
import logging
from contextlib import nullcontext
from typing import Any

import numpy as np
import pandas as pd
from mlflow.exceptions import MlflowException

from ...serving.array_types import Float32s, Float64s, Index
from ...serving.baselines.baseline import Baseline
from ...serving.model import Network
from ...serving.panel import Known, Name, SeriesScales
from ...serving.quantiles import ends_of, point_of
from ...serving.reading.evenness import check_even, check_spacing, is_joined
from ...serving.reading.faults import ReadError
from ...serving.reading.future import known_ahead
from ...serving.reading.names import Asked, series_asked
from ...serving.reading.reader import Reader
from ...serving.reading.rows import Rows
from ...serving.reading.settings import Raw
from ...serving.reading.static import StaticTable
from ...serving.reading.steps import steps_ahead
from ...serving.reading.wide import long_form
from ...serving.reading.zones import clock
from ...serving.static import Value
from ...serving.transforms import Transform
from ...serving.windows import ANCHORS, SeriesView

SERIES = "series_id"
"""The optional column that tells several series in one frame apart."""

NOTES = "notes"
"""In `attrs` of an answer: what was filled or left out of the request, a sentence each."""

BATCH = 1024  # windows a call of the network

LARGEST = float(np.finfo(np.float32).max)  # of what a network can take

_LOG = logging.getLogger(__name__)


class ForecastPredictor:
    """Forecasts what follows the last row, of each series where there is a column `series_id`.

    Args:
        spec: how rows are read; columns, transform, anchor, window and horizon; half widths of intervals; frequency.
        network: (n, window, columns) → (n, horizon) or (n, horizon, quantiles), scaled and anchored.
    """

    def __init__(self, spec: dict[str, Any], network: Network) -> None:
        self._spec = spec
        self._network = network
        self._reader = Reader.from_json(spec["reading"])
        self._transform = Transform.from_json(spec["transform"])
        panel = spec.get("panel")
        self._scales = None if panel is None else SeriesScales.from_json(panel, self._transform)
        self._id = spec.get("id", SERIES)
        self._baseline = None if spec.get("baseline") is None else Baseline.from_json(spec["baseline"])

    @property
    def rows(self) -> int:
        """Steps that a forecast needs: the window, and those that differencing takes."""
        if self._baseline is not None and self._baseline.goes_on:
            return 1  # the one that it goes on from
        return int(self._spec["window"]) + self._transform.n_dropped

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows that follow.

        Args:
            frame: the columns of the data as the sweep read them; others are ignored. At least `rows` steps a series,
                of which the last ones count. Where the model reads columns that are known ahead, the rows of the steps
                to be forecast stand behind them, the target blank.

        Returns:
            A row for each step ahead: `series_id` (if given), `step` (from 1), `time` (if the input has times, and
            steps are even; on the clock of their zone), `forecast`, and `lower_80`, `upper_80` and so on for each
            level, in the unit of the data. `attrs["notes"]` says what was filled or left out.

        Raises:
            MlflowException: the frame cannot be used; the text says which column or row, and what to do.
        """
        frame = frame.reset_index(drop=True).rename(columns=lambda name: str(name).strip())
        self._check_columns(frame)
        long = long_form(frame, self._reader.settings, self._by(frame)) if self._reader.settings.wide else None
        try:
            with nullcontext() if long is None else long.placed():
                frame = frame if long is None else long.frame
                raw = self._reader.columns_of(frame)
                asked = series_asked(frame, raw, self._reader.settings, self._by(frame))
                static = self._reader.static_in(frame)
                read = [
                    self._steps(raw.take(rows), whose, static)
                    for rows, whose in zip(asked.rows, asked.whose, strict=True)
                ]
        except ReadError as error:
            raise _fault(error.in_request()) from error
        series = [past for past, _, _ in read]
        result, notes = self._answer(asked, series, [ahead for _, ahead, _ in read], [said for _, _, said in read])
        notes = [*notes, *(note for rows in series for note in rows.notes)]
        if long is not None and long.empty and self._by(frame) is None:
            notes.append(f"no value in {', '.join(map(repr, long.empty))}: nothing is forecast of it")
        if self._reader.found.times is not None and raw.index is None:
            notes.append(
                f"there is no column {self._reader.time_name!r}: rows are taken as even and in the order of time"
            )
        result.attrs[NOTES] = list(dict.fromkeys(notes))
        for note in result.attrs[NOTES]:
            _LOG.warning(note)
        return result

    def _answer(
        self, asked: Asked, series: list[Rows], ahead: list[Rows], said: list[tuple[Value | None, ...]]
    ) -> tuple[pd.DataFrame, list[str]]:
        known, notes = self._known(asked.names, series)
        told, unknown = self._told(asked.names, known, said)
        future, sizes = np.stack([rows.values for rows in ahead]), np.array([one.size for one in known])[:, None]
        if self._baseline is not None:
            predicted = self._by_baseline(self._baseline, asked.names, series, future, sizes[:, 0])
        else:  # (series, horizon), or (series, horizon, quantiles)
            past = np.stack([rows.values[-self.rows :] for rows in series])
            predicted = self._forecast(past, future, [one.transform for one in known], told)
        horizon = predicted.shape[1]
        forecast = point_of(predicted)
        result: dict[str, Any] = {key: np.repeat(np.array(held, object), horizon) for key, held in asked.labels.items()}
        result["step"] = np.tile(np.arange(1, horizon + 1), len(forecast))
        if (steps := self._times(series, ahead, horizon)) is not None:
            moments = zip(steps, series, strict=True)
            result["time"] = [moment for index, rows in moments for moment in clock(index, rows.zone)]
        result["forecast"] = forecast.ravel()
        for level, widths in self._spec["half_widths"].items():
            share = f"{100 * float(level):g}"
            low, high = ends_of(predicted, self._spec["quantiles"].get(level), sizes * widths, self._spec["lower"])
            result[f"lower_{share}"], result[f"upper_{share}"] = low.ravel(), high.ravel()
        return pd.DataFrame(result), [*notes, *unknown]

    def _known(self, names: list[Name], series: list[Rows]) -> tuple[list[Known], list[str]]:
        """How each series is scaled, and what is to be said of new ones."""
        if self._scales is None:
            return [Known(self._transform, 1.0)] * len(series), []
        found = [self._scales.of(name, rows.values) for name, rows in zip(names, series, strict=True)]
        new = list(dict.fromkeys(" / ".join(name) for name, (_, is_new) in zip(names, found, strict=True) if is_new))
        if not new:
            return [known for known, _ in found], []
        how = "scaled by its own rows here" if self._scales.by_itself else "scaled as all of them"
        others = f" and {len(new) - 1:,} more" if len(new) > 1 else ""
        note = f"series {new[0]!r}{others} was not learned from: {how}, its intervals as wide as these rows move"
        return [known for known, _ in found], [note]

    def _told(
        self, names: list[Name], known: list[Known], said: list[tuple[Value | None, ...]]
    ) -> tuple[Float32s | None, list[str]]:
        """What the network reads of each series itself, of the request or else as it was learned; unknown names."""
        if self._scales is None:
            return None, []
        columns = self._reader.settings.static if self._scales.encoder is not None else ()
        statics = [
            tuple(self._static(name, one, values, place) for place in range(len(columns)))
            for name, one, values in zip(names, known, said, strict=True)
        ]
        unknown = [] if self._scales.encoder is None else self._scales.encoder.unknown(statics)
        return self._scales.told(known, statics), unknown

    def _static(self, name: Name, known: Known, said: tuple[Value | None, ...], place: int) -> Value:
        value = said[place]
        if value is not None:
            return value
        if known.static is None:
            column = self._reader.settings.static[place]
            told = f"series {' / '.join(name)!r} was not learned from, and there is no value of {column!r}"
            raise _fault(f"{told}, which says what a series is; give it in a column {column!r}, in each of its rows")
        return known.static[place]

    def _times(self, series: list[Rows], ahead: list[Rows], horizon: int) -> list[Index] | None:
        """Of each series those that are forecast, in UTC where there is a zone; None: nobody can say."""
        frequency = self._spec["frequency"]
        if any(rows.time is None for rows in series):
            return None
        if frequency is not None and not self._reader.n_known:
            return [steps_ahead(rows.index[-1], rows.zone, frequency, horizon) for rows in series]
        given = [rows.index for rows in ahead]  # where something is known ahead, of the steps that follow
        return given if all(len(index) and index.dtype.kind == "M" for index in given) else None

    def _forecast(
        self, values: Float64s, known: Float64s, transforms: list[Transform], told: Float32s | None
    ) -> Float64s:
        """(series, rows, columns), and (series, horizon, known) → (series, horizon), in the unit of the data.

        Of a network of quantiles (series, horizon, quantiles).

        The rows of all series stand one after the other, and the last one of each is an origin: what a network saw in
        training is computed from a window's own rows alone, so that series do not touch each other. What is known
        ahead stands in rows behind each origin; of their other columns nothing is read.
        """
        n_known, past = known.shape[2], values.shape[1]
        if n_known:
            behind = np.repeat(values[:, -1:], known.shape[1], axis=1)
            behind[:, :, -n_known:] = known
            values = np.concatenate([values, behind], axis=1)
        anchor, window, horizon = ANCHORS[self._spec["anchor"]], int(self._spec["window"]), int(self._spec["horizon"])
        views = []
        for places in _alike(transforms):
            transform = transforms[places[0]]
            self._check_values(values[places], transform)
            rows = values[places].reshape(-1, values.shape[2])
            view = SeriesView(rows, transform, anchor, window, horizon, known=n_known)
            origins = np.arange(len(places), dtype=np.int64) * values.shape[1] + past - 1
            views.append((view, origins, places))
        read = [[gather.numpy(origins) for gather in view.inputs] for view, origins, _ in views]
        inputs = [np.concatenate(arrays) for arrays in zip(*read, strict=True)]
        inputs += [] if told is None else [told[np.concatenate([places for _, _, places in views])]]
        starts = range(0, len(values), BATCH)
        outputs = np.concatenate([self._network(*(array[at : at + BATCH] for array in inputs)) for at in starts])
        forecast = np.empty(outputs.shape)
        ends = np.cumsum([len(places) for _, _, places in views])
        for (view, origins, places), output in zip(views, np.split(outputs, ends[:-1]), strict=True):
            forecast[places] = view.inverse_transform(origins, output)
        return self._clipped(forecast)

    def _by_baseline(
        self, baseline: Baseline, names: list[Name], series: list[Rows], future: Float64s, sizes: Float64s
    ) -> Float64s:
        frequency, horizon = self._spec["frequency"], int(self._spec["horizon"])
        try:
            made = baseline.after(
                names, series, future, sizes, horizon, lambda rows, n: check_even(self._reader, rows, frequency, n)
            )
        except ReadError as error:
            raise _fault(error.in_request()) from error
        return self._clipped(made)

    def _clipped(self, values: Float64s) -> Float64s:
        """Nothing below what the target never falls below."""
        lower = self._spec["lower"]
        return values if lower is None else np.maximum(values, lower)

    # What is refused ----------------------------------------------------------------------------------

    def _check_columns(self, frame: pd.DataFrame) -> None:
        needed = list(self._reader.needed)
        if self._reader.needs_times and self._reader.time_name not in frame:
            needed += self._reader.settings.time
        missing = [name for name in needed if name not in frame]
        if missing:
            others = {str(name).lower(): name for name in frame if name not in needed}
            near = difflib.get_close_matches(missing[0].lower(), others, 1)
            mend = f"rename {others[near[0]]!r}" if near else f"the columns are {', '.join(map(str, frame)) or 'none'}"
            raise _fault(f"there is no column {missing[0]!r}; the model reads {', '.join(needed)}: {mend}")
        used = {*needed, *self._reader.settings.time, *self._reader.settings.static, self._id}
        twice = [str(name) for name in frame.columns[frame.columns.duplicated()] if name in used]
        if twice:
            raise _fault(f"there are several columns {twice[0]!r}; leave one")

    def _check_values(self, values: Float64s, transform: Transform) -> None:
        """Refuse what the network cannot take: it would answer with a number all the same."""
        clip = transform.clip
        target = self._reader.names[0]
        if transform.log1p and (low := values[:, :, 0].min() if clip is None else clip[0]) <= -1:
            raise _fault(f"column {target!r}: {low:g} has no log(1 + y), which this model takes; give values above -1")
        scaled = np.abs((values - transform.offset) / transform.scale)
        if (scaled > LARGEST).any():
            column = int(np.argwhere(scaled > LARGEST)[0][2])
            worst = values[:, :, column].flat[int(np.abs(values[:, :, column]).argmax())]
            raise _fault(
                f"column {self._reader.names[column]!r}: {worst:g} is beyond what the network can take; mend it"
            )

    # Rows of each series ------------------------------------------------------------------------------

    def _by(self, frame: pd.DataFrame) -> str | None:
        """The column of a request that tells several requests in it apart."""
        return self._id if self._id in frame and self._id not in self._reader.needed else None

    def _steps(self, raw: Raw, whose: str, static: StaticTable) -> tuple[Rows, Rows, tuple[Value | None, ...]]:
        """The steps of a series, at least `rows`; those that follow, with what is known of them; what the series is."""
        ordered = self._reader.ordered(raw)
        said = static.of_series(self._reader.settings.static, ordered, whose.removesuffix("has "))
        rows, future = self._reader.parted(ordered)
        if np.isnan(rows.values).any() or not is_joined(self._reader, rows):
            check_spacing(self._reader, rows)
            rows = self._reader.complete(rows)
        if len(rows) < self.rows:
            n_dropped, window = self._transform.n_dropped, self._spec["window"]
            why = f" ({window} of its window and {n_dropped} that differencing takes)" if n_dropped else ""
            frequency = self._reader.settings.frequency
            what = f"steps of {frequency}" if frequency else "rows"
            told = f"{whose or 'there are '}{len(rows)} {what}, and a forecast needs {self.rows}{why}"
            raise ReadError(told, served="give more")
        frequency = self._spec["frequency"]
        check_even(self._reader, rows, frequency, self.rows)
        try:
            ahead = known_ahead(self._reader, rows, future, frequency, int(self._spec["horizon"]))
        except ReadError as fault:
            if whose and fault.row is None:
                fault.text = f"{whose.removesuffix(' has ')}: {fault.text}"
            raise
        return self._reader.with_calendar(rows), ahead, said


def _alike(transforms: list[Transform]) -> list[list[int]]:
    """The places of each transform, which those of one series share."""
    found: dict[int, list[int]] = {}
    for place, transform in enumerate(transforms):
        found.setdefault(id(transform), []).append(place)
    return list(found.values())


def _fault(text: str) -> MlflowException:
    """A fault of the input: a server answers it with status 400 and the text."""
    fault: MlflowException = MlflowException.invalid_parameter_value(text)
    return fault
