"""Baselines of forecasts as models: what each says of a request's rows, in the code that it is scored by."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING

import numpy as np

from seqsweep.data import time_columns
from seqsweep.errors import UserError
from seqsweep.events import CALIBRATION, TrialParams
from seqsweep.serving.array_types import Float64s, Int64s
from seqsweep.serving.baselines.baseline import Answers, Baseline, Continued
from seqsweep.serving.baselines.formula import Formula
from seqsweep.serving.baselines.recursive import Drift, Recursive
from seqsweep.serving.baselines.simple import MovingAverage, Repeat
from seqsweep.serving.transforms import Transform, difference_lags
from seqsweep.tasks.dataset import Items
from seqsweep.tasks.forecast.baseline_input import BaselineInput
from seqsweep.tasks.forecast.baselines import mean_of, median_of
from seqsweep.tasks.forecast.boosting import fit_one
from seqsweep.tasks.forecast.dataset import SeriesDataset
from seqsweep.tasks.forecast.panel_dataset import PanelDataset
from seqsweep.tasks.forecast.panel_windows import PanelWindows
from seqsweep.tasks.forecast.ridge import fit_linear
from seqsweep.tasks.forecast.settings import own
from seqsweep.tasks.forecast.smoothing import fit_ets, fit_theta
from seqsweep.tasks.forecast.split import Split
from seqsweep.tasks.forecast.windows import ANCHORS, Windows
from seqsweep.tasks.results import TestPredictions
from seqsweep.tasks.served import ServedBaseline

if TYPE_CHECKING:
    from seqsweep.schema import SweepConfig

RECURSIVE: dict[str, Callable[[BaselineInput], Recursive | None]] = {
    "drift": lambda past: Drift(float(past.target[0])),
    "ets": fit_ets,
    "theta": fit_theta,
}
"""Baselines that go on from a state of each series."""

CONSTANT = {"train_mean": mean_of, "train_median": median_of}

LEAST = 10
"""Rows that a request has to hold where a state is gone on from: that of every tenth row travels with the model."""

KEPT = 100_000
"""Numbers in all these states: of more, those of fewer rows travel, and a request has to hold more of them."""

Data = SeriesDataset | PanelDataset


def served_baseline(data: Data, name: str, params: TrialParams) -> ServedBaseline:
    """A baseline of a sweep as what a predictor is told.

    Args:
        data: of the sweep, or all of it as train.
        name: of the baseline.
        params: of any trial.

    Raises:
        UserError: it cannot be packaged.
    """
    if name in RECURSIVE and (data.series.reader is None or data.series.reader.time_name is None):
        raise _refused(name, f"it {UNTIMED}; name the column of times with data.time")
    baseline = _recursive(data, name) if name in RECURSIVE else _of_windows(data, name)
    if baseline.window > (shortest := _shortest(data)):
        raise _refused(name, f"it reads {baseline.window} rows, and there are {shortest} before a forecast")
    seen = params.replace(anchor="none", window=baseline.window, difference=0, seasonal_difference=0, scope="all")
    return ServedBaseline(
        seen,
        _view(data, baseline),
        lambda items: data.baselines(items)[name],
        sum(map(_numbers, _answers(baseline))),
        lambda: _single(data, baseline),
    )


def serves_baseline(config: SweepConfig, name: str) -> bool:
    """Whether a config allows a baseline to be packaged.

    Args:
        config: of the sweep.
        name: of the baseline.
    """
    return name not in RECURSIVE or bool(time_columns(config.data))


def seen_by_baseline(data: Data, name: str, held: Items, other: str | None) -> TestPredictions:
    """What a baseline says of validation and test, and of the end of train.

    Args:
        data: of the sweep.
        name: of the baseline.
        held: the end of train, see `Task.calibration`; none: intervals are made on validation.
        other: the best of the other baselines on test; None: there is none.
    """
    validation, test = data.parts.validation, data.parts.test
    made, unseen = data.baselines(test), None
    if len(held):
        unseen = _before(data).baselines(held).get(name)
    return TestPredictions(
        validation_items=validation,
        validation_actual=data.actual(validation),
        validation_predicted=data.baselines(validation)[name],
        test_items=test,
        test_actual=data.actual(test),
        test_predicted=made[name],
        test_baseline=made[other] if other is not None else None,
        calibration_actual=data.actual(held) if unseen is not None else None,
        calibration_predicted=unseen,
    )


def _answers(baseline: Baseline) -> Iterator[Answers]:
    """What answers for all series, or for each of them."""
    return iter(baseline.each.values() if baseline.every is None else (baseline.every,))


def _numbers(one: Answers | Recursive) -> int:
    """Those that it has learned: whole numbers, as of rows, are settings. Of states it goes on from one at a time."""
    if isinstance(one, Continued):
        return _numbers(one.formula) + int(one.states.shape[1])
    # The penalty chose the others, and has no part in a forecast.
    kept = [getattr(one, field.name) for field in fields(one) if field.name != "penalty"]  # type: ignore[arg-type]
    return sum(int(value.size) if isinstance(value, np.ndarray) else isinstance(value, float) for value in kept)


def _single(data: Data, baseline: Baseline) -> Float64s:
    """The first forecast of validation, from values at hand; of a state that is gone on from, its last one."""
    number, past = next((number, past) for number, past in _pasts(data) if len(past.validation_origins))
    one = baseline.of(data.series.names[number]) if isinstance(data, PanelDataset) else baseline.every
    if isinstance(one, Continued):
        return one.formula.ahead(one.states[-1:], past.horizon)
    assert one is not None  # what is packaged answers for each series
    return one.after(past.values, past.validation_origins[:1], past.horizon)


def _before(data: Data) -> Data:
    """The data whose train part ends before what intervals are made of."""
    if isinstance(data, PanelDataset):
        return replace(data, parts=data.parts.fold(CALIBRATION))
    return replace(data, parts=data.parts.fold(CALIBRATION))


def _of_windows(data: Data, name: str) -> Baseline:
    """One that reads the last rows alone."""
    if name in CONSTANT:
        return _each(data, name, {number: CONSTANT[name](past) for number, past in _pasts(data)}, 1)
    settings, season = own(data.config), data.config.data.season
    is_panel = isinstance(data, PanelDataset)
    formula: Formula | None
    if name == "linear":
        formula = data.ridge if isinstance(data, PanelDataset) else fit_linear(data.past)
    elif name == "boosting":
        trees, past = (data.trees, data.pasts[0]) if isinstance(data, PanelDataset) else (fit_one(data.past), data.past)
        formula = None if trees is None else trees.served(past)
    else:
        rows = {"last_value": 1, "seasonal_naive": season}.get(name, settings.moving_average)
        assert rows is not None  # or it would not have been scored
        formula = MovingAverage(rows) if name == "moving_average" else Repeat(rows)
    if formula is None:
        raise _refused(name, "it can no longer be fitted to the data")
    return Baseline(name, formula.window, formula, is_sized=is_panel and name in ("linear", "boosting"))


def _recursive(data: Data, name: str) -> Baseline:
    """One that goes on from the states that it had behind some of the rows, the last one of each series among them."""
    horizon, parts = own(data.config).horizon, _members(data.split_of or data)
    fits = {number: (past, fit) for number, past in _pasts(data) if (fit := RECURSIVE[name](past)) is not None}
    found: dict[int, tuple[Recursive, int, Float64s]] = {}
    for number, (past, fit) in fits.items():
        first = max(fit.start, parts[number].train_end - horizon - 1)
        tested = parts[number].test
        if len(tested) and fit.start > tested[0]:
            count = len(past.target) - fit.start
            mend = "registry.refit=train packages what was scored"
            raise _refused(name, f"of all rows it is fitted to the last {count:,}, fewer than are tested; {mend}")
        states = fit.states(past.target[fit.start :])
        if not np.isfinite(states).all():
            raise _refused(name, "its states leave all bounds")
        found[number] = fit, first, states
    numbers = sum((fit.start + len(states) - first) * states.shape[1] for fit, first, states in found.values())
    every = min(max(LEAST, -(-numbers // KEPT)), _shortest(data))
    members, answers = data.series.members, {}
    for number, (fit, first, states) in found.items():
        rows = _kept(fit.start, first, fit.start + len(states), every)
        answers[number] = Continued(fit, members[number].index[rows], states[rows - fit.start])
    return _each(data, name, answers, every)


def _kept(start: int, first: int, end: int, every: int) -> Int64s:
    """The rows whose states travel, ascending, so that each `every` rows from `first` on hold one: the last one does.

    Args:
        start: the first row that has a state.
        first: see above.
        end: behind the last row.
        every: rows from one to the next.
    """
    rows = np.arange(end - 1, max(first - every, start - 1), -every, dtype=np.int64)[::-1]
    return rows if rows[0] <= first else np.concatenate([np.array([start], np.int64), rows])


def _each(data: Data, name: str, answers: Mapping[int, Answers], window: int) -> Baseline:
    """One that has learned each series by itself."""
    if not isinstance(data, PanelDataset):
        return Baseline(name, window, answers[0])
    return Baseline(name, window, each={data.series.names[number]: one for number, one in answers.items()})


def _pasts(data: Data) -> Iterator[tuple[int, BaselineInput]]:
    """Each series that has rows in train, by its number."""
    pasts = data.pasts if isinstance(data, PanelDataset) else (data.past,)
    for number, (past, part) in enumerate(zip(pasts, _members(data), strict=True)):
        if part.train_end:
            yield number, past


def _members(data: Data) -> tuple[Split, ...]:
    return data.parts.members if isinstance(data, PanelDataset) else (data.parts,)


def _shortest(data: Data) -> int:
    """Rows before the first forecast of the test part, of whichever series has the fewest, and of an example."""
    tested = [int(part.test[0]) + 1 for part in _members(data) if len(part.test)]
    return min([*tested, max(part.train_end for part in _members(data)) - own(data.config).horizon])


def _view(data: Data, baseline: Baseline) -> Windows | PanelWindows:
    """Rows as they are."""
    series, lower, columns = data.series, own(data.config).lower, data.series.values.shape[1]
    bare = Transform(None, False, difference_lags(()), np.zeros(columns), np.ones(columns))
    common = (series.values, bare, ANCHORS["none"], baseline.window, data.parts.horizon)
    if isinstance(data, PanelDataset):
        more = (bare,) * len(series.members)
        return PanelWindows(*common, data.parts, lower=lower, known=series.known, transforms=more, baseline=baseline)
    return Windows(*common, data.parts, lower=lower, known=series.known, baseline=baseline)


def _refused(name: str, why: str) -> UserError:
    return UserError(f"the baseline {name} cannot be packaged: {why}")


UNTIMED = "goes on from the state that it had at a time, and the rows of this series have none"
"""Why a baseline of RECURSIVE cannot be packaged."""
