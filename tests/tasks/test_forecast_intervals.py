"""Intervals around forecasts: what a package may carry of them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from seqsweep.tasks.forecast.interval_words import errors, short_of
from seqsweep.tasks.forecast.intervals import (
    ForecastInterval,
    error_growth,
    finite_half_widths,
    make_intervals,
    read_intervals,
)
from seqsweep.tasks.results import TestPredictions


def test_a_level_that_is_endless_at_any_step_is_not_packaged():
    known = [
        ForecastInterval(0.8, (1.0, 2.0), 0.8, 3.0),
        ForecastInterval(0.95, (3.0, math.inf), 1.0, math.inf),
        ForecastInterval(0.99, (math.inf, math.inf), 1.0, math.inf),
    ]
    assert finite_half_widths(known) == {"0.8": [1.0, 2.0]}


def seen(**changes):
    column = np.arange(1.0, 31.0)[:, None]
    made = {
        "validation_items": np.arange(30), "validation_actual": column, "validation_predicted": 0 * column,
        "test_items": np.arange(30, 60), "test_actual": column, "test_predicted": 0 * column, "test_baseline": None,
    }  # fmt: skip
    return TestPredictions(**made | changes)


def intervals(*settings, **changes):
    return read_intervals({"intervals": make_intervals(seen(**changes), [0.8], *settings)})[0]


def test_widths_are_of_errors_that_no_choice_has_seen_where_there_are_any():
    column = np.arange(1.0, 31.0)[:, None]
    chosen, unseen = intervals(), intervals(calibration_actual=2 * column, calibration_predicted=0 * column)
    assert (chosen.half_widths, unseen.half_widths) == ((25.0,), (50.0,))
    assert (chosen.calibrated_on, unseen.calibrated_on, unseen.residuals) == ("validation", "train", 30)
    assert "which chose the network" in errors(chosen)
    assert "no choice has seen" in errors(unseen)
    assert "adapts" in errors(intervals(0.1))


@pytest.mark.parametrize(("lower", "width"), [(None, 50.0), (-30.0, 50.0), (0.0, 25.0), (-10.0, 35.0)])
def test_an_interval_is_clipped_where_the_target_never_is(lower, width):
    found = intervals(0.0, lower)
    assert (found.width, found.coverage) == (width, intervals().coverage)
    assert found.ends(np.zeros((2, 1)))[0].ravel().tolist() == [25.0 - width] * 2


def test_where_no_error_gives_the_widths_the_growth_of_errors_is_not_told():
    column = np.arange(1.0, 31.0)[:, None]
    right = {"calibration_actual": column, "calibration_predicted": column}
    assert intervals(**right).growth == error_growth(seen(**right)) == 1.0
    assert intervals(calibration_actual=2 * column, calibration_predicted=0 * column).growth == 0.5
    spread = np.stack([column - 9, 0 * column, column + 9], axis=2)
    assert error_growth(seen(validation_predicted=spread, test_predicted=spread)) == 1.0


def test_intervals_of_an_easier_season_are_told_with_what_to_do_and_hold_where_that_is_done():
    random = np.random.default_rng(0)
    calm, wild, zero = random.normal(size=(300, 1)), 2 * random.normal(size=(300, 1)), np.zeros((300, 1))
    season = {"calibration_actual": calm, "calibration_predicted": zero, "test_items": np.arange(300)}
    season |= {"test_actual": wild, "test_predicted": zero}
    found, (told,) = intervals(**season), short_of([intervals(**season)])
    assert found.falls_short
    assert told.startswith("80% intervals hold 4")
    assert "times as large" in told
    assert "finals.adaptation=0.01 trains" in told
    followed = intervals(0.01, **season)
    assert found.coverage + 0.15 < followed.coverage
    assert "finals.adaptation=0.005 trains" in short_of([intervals(0.001, **season)])[0]
    assert not short_of([followed])
    assert not short_of([intervals(**season | {"test_actual": calm[::-1]})])


def test_of_a_long_horizon_what_misses_far_more_is_told_though_chance_may_explain_it():
    held = replace(intervals(), coverage=0.44, growth=2.0, least=0.11)
    (told,) = short_of([held, replace(held, level=0.95, coverage=0.71)])
    assert told.startswith("80% and 95% intervals hold 44% and 71% of the test part, which chance may explain")
    assert "times as large" in told
    for fine in ({"coverage": 0.61}, {"growth": 1.0}, {"least": 0.0}):
        assert not short_of([replace(held, **fine)])
    assert "fewer than chance explains" in short_of([held, replace(held, least=0.5)])[0]
