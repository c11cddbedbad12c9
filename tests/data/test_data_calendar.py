"""What is known ahead of a series: columns that are declared, and those that its times make."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from seqsweep.data import faults
from seqsweep.errors import DataError
from seqsweep.serving.reading.calendar import CYCLES, calendar_columns, calendar_names

DAYS = pd.date_range("2024-03-25", periods=60)


def table(sales, promo, note="x"):
    rows = zip(DAYS.strftime("%Y-%m-%d"), sales, promo, strict=True)
    return "day,sales,promo,note\n" + "".join(f"{day},{sale},{on},{note}\n" for day, sale, on in rows)


CONTENT = table(np.arange(60.0), [i % 5 == 0 for i in range(60)])


def test_columns_known_ahead_stand_last_and_those_of_times_behind_them(load_csv):
    series = load_csv(CONTENT, target="sales", time="day", known_future=["promo"], calendar=["weekday", "month"])
    made = calendar_names(["weekday", "month"])
    assert series.columns == ("sales", "promo", *made)
    assert (series.known, series.calendar) == (1 + len(made), len(made))
    assert series.known_columns == ("promo", *made)
    np.testing.assert_array_equal(series.values[:, 1], [i % 5 == 0 for i in range(60)])


@pytest.mark.parametrize("entry", CYCLES)
def test_a_cycle_comes_round_and_tells_its_parts_apart(entry):
    times = pd.date_range("2023-01-01", "2026-12-31 21:00", freq="3h").to_numpy().astype("datetime64[ns]")
    columns = calendar_columns(times, None, [entry])
    assert columns.shape == (len(times), 2 * CYCLES[entry].frequencies)
    moments = pd.DatetimeIndex(times)
    part = {
        "hour": moments.hour,
        "weekday": moments.day_of_week,
        "day": moments.day,
        "week": moments.day_of_year,
        "month": moments.month,
    }[entry]
    places = pd.DataFrame(columns.round(9)).groupby(np.asarray(part))
    assert len(pd.DataFrame(columns.round(9)).drop_duplicates()) >= len(places)
    if entry in ("hour", "weekday", "month"):
        assert (places.nunique() == 1).all().all()


def test_three_waves_say_any_week(load_csv):
    columns = calendar_columns(DAYS.to_numpy().astype("datetime64[ns]"), None, ["weekday"])
    any_week = np.random.default_rng(0).normal(size=7)[DAYS.day_of_week]
    design = np.column_stack([columns, np.ones(60)])
    np.testing.assert_allclose(design @ np.linalg.lstsq(design, any_week, rcond=None)[0], any_week, atol=1e-9)


def test_hours_are_those_of_the_clock_of_the_zone():
    midnight = np.array(["2024-06-30T21:00"], "datetime64[ns]")  # in Istanbul
    np.testing.assert_allclose(calendar_columns(midnight, "Europe/Istanbul", ["hour"]), [[0, 1, 0, 1]], atol=1e-9)


def test_holidays_are_those_of_the_country():
    pytest.importorskip("holidays")
    days = np.array(["2024-04-23", "2024-04-24", "2025-10-29"], "datetime64[ns]")
    np.testing.assert_array_equal(calendar_columns(days, None, ["holidays:TR"])[:, 0], [1, 0, 1])


def test_rows_behind_the_last_value_are_the_future_and_nothing_is_learned_of_them(load_csv):
    sales = [*map(str, range(55)), "", "", "", "", ""]
    series = load_csv(table(sales, [0, 1] * 30), target="sales", time="day", known_future=["promo"])
    assert series.rows == 55
    assert "5 rows behind the last value of 'sales' are the future, of which nothing is learned" in series.notes
    with pytest.raises(DataError, match="no value"):
        load_csv(table(sales, [0, 1] * 30), target="sales", time="day", features=["promo"])


def test_the_same_column_known_ahead_is_other_data(load_csv):
    roles = {"target": "sales", "time": "day"}
    declared, not_declared = (
        load_csv(CONTENT, **roles, known_future=["promo"]),
        load_csv(CONTENT, **roles, features=["promo"]),
    )
    np.testing.assert_array_equal(declared.values, not_declared.values)
    assert declared.sha256 != not_declared.sha256


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"known_future": ["y"]}, "data.known_future: 'y' is the target; leave it out"),
        ({"known_future": ["x"], "features": ["x"]}, "leave it in one of them"),
        ({"known_future": ["x", "x"]}, "'x' is there twice"),
        ({"known_future": ["t"]}, "data.time=t: the same column is data.target or among the inputs"),
        ({"calendar": ["hours"]}, "'hours' is no part of a calendar; did you mean 'hour'?"),
        ({"calendar": ["hour"], "time": None}, "needs times; give data.time=COLUMN"),
        ({"calendar": ["holidays:XX"]}, "'XX' is no country whose holidays are known; write TR, US, DE"),
        ({"calendar": ["holidays"]}, "'holidays' is no part of a calendar"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_known_ahead_is_refused(settings, expected, make_config):
    pytest.importorskip("holidays")
    config = make_config()
    given = {"kind": "csv", "path": "a.csv", "target": "y", "time": "t", **settings}
    for key, value in given.items():
        setattr(config.data, key, value)
    assert any(expected in str(fault) for fault in faults(config)), faults(config)


def test_counts_have_no_calendar(load_csv):
    content = "n,sales\n" + "".join(f"{i},{i % 4}\n" for i in range(40))
    with pytest.raises(DataError, match=r"data\.calendar=\[hour\].*times are whole numbers, which have no calendar"):
        load_csv(content, target="sales", time="n", calendar=["hour"])
