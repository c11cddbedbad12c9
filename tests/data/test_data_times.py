"""Times: every usual way to write them, and the order, gaps and steps that follow from them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from seqsweep.data import load
from seqsweep.errors import DataError
from seqsweep.serving.reading import steps
from seqsweep.serving.reading.faults import ReadError
from seqsweep.serving.reading.time_styles import TimeStyle, parsed
from seqsweep.serving.reading.times import fit_times


def timed(times: list[str], values: list[float] | None = None) -> str:
    values = values or [float(number) for number in range(len(times))]
    return "t,y\n" + "".join(f'"{time}",{value}\n' for time, value in zip(times, values, strict=True))


def fitted(times):
    return fit_times(pd.Series(times, dtype=object, name="t"), None, pd.Timestamp("2026-01-01"))


HOURS_OF_UTC = ["2020-01-01T06", "2020-01-01T07", "2020-01-01T08"]
YEAR = range(1, 13)
MONTHS = [*(f"2020-{month:02}-01" for month in YEAR), "2021-01-01"]
READINGS = {
    "days": (["2020-01-01", "2020-01-02", "2020-01-03"], ["2020-01-01", "2020-01-02", "2020-01-03"], "D"),
    "hours": (
        ["2020-01-01 00:00", "2020-01-01 01:00", "2020-01-01T02"],
        ["2020-01-01T00", "2020-01-01T01", "2020-01-01T02"],
        "h",
    ),
    "blanks": ([" 2020-01-01", "2020-01-02 ", "2020-01-03"], ["2020-01-01", "2020-01-02", "2020-01-03"], "D"),
    "slashes": (["2020/1/30", "2020/1/31", "2020/2/1"], ["2020-01-30", "2020-01-31", "2020-02-01"], "D"),
    "Z alone": (["2020-01-01T06:00:00Z", "2020-01-01T07:00:00Z", "2020-01-01T08:00:00Z"], HOURS_OF_UTC, "h"),
    "zone": (["2020-01-01T00:00+01:00", "2020-01-01T00:00Z"], ["2019-12-31T23", "2020-01-01T00"], None),
    "summer time": (
        ["2020-03-29T01:00+01:00", "2020-03-29T03:00+02:00"],
        ["2020-03-29T00", "2020-03-29T01"],
        None,
    ),
    "month first": (["1/30/2020", "1/31/2020", "2/1/2020"], ["2020-01-30", "2020-01-31", "2020-02-01"], "D"),
    "day first": (
        ["30/01/2020", "31/01/2020", "01/02/2020"],
        ["2020-01-30", "2020-01-31", "2020-02-01"],
        "D",
    ),
    "day first, found late": (
        ["11/01/2020", "12/01/2020", "13/01/2020"],
        ["2020-01-11", "2020-01-12", "2020-01-13"],
        "D",
    ),
    "German": (["30.01.2020", "31.01.2020", "01.02.2020"], ["2020-01-30", "2020-01-31", "2020-02-01"], "D"),
    "months, month first": ([f"{m}/1/2020" for m in YEAR] + ["1/1/2021"], MONTHS, "MS"),
    "months, day first": ([f"1/{m}/2020" for m in YEAR] + ["1/1/2021"], MONTHS, "MS"),
    "clock of 12 hours": (
        ["1/31/2020 11:30 PM", "2/1/2020 12:30 AM"],
        ["2020-01-31T23:30", "2020-02-01T00:30"],
        None,
    ),
    "short years": (["12/30/99", "12/31/99", "1/1/00"], ["1999-12-30", "1999-12-31", "2000-01-01"], "D"),
    "names of months": (
        ["Jan 2020", "Feb 2020", "Mar 2020"],
        ["2020-01-01", "2020-02-01", "2020-03-01"],
        "MS",
    ),
    "long names": (["January 31, 2020", "February 1, 2020"], ["2020-01-31", "2020-02-01"], None),
    "years": (["1700", "1701", "1702"], ["1700-01-01", "1701-01-01", "1702-01-01"], "YS-JAN"),
    "years as floats": (["1700.0", "1701.0", "1702.0"], ["1700-01-01", "1701-01-01", "1702-01-01"], "YS-JAN"),
    "months in digits": (["202011", "202012", "202101"], ["2020-11-01", "2020-12-01", "2021-01-01"], "MS"),
    "days in digits": (["20201231", "20210101", "20210102"], ["2020-12-31", "2021-01-01", "2021-01-02"], "D"),
    "microseconds": (
        ["2020-01-01 00:00:00.000001", "2020-01-01 00:00:00.000002"],
        ["2020-01-01T00:00:00.000001", "2020-01-01T00:00:00.000002"],
        None,
    ),
}


@pytest.mark.parametrize("name", READINGS)
def test_each_usual_way_to_write_times(load_csv, name):
    written, read, frequency = READINGS[name]
    series = load_csv(timed(written), target="y", time="t")
    assert series.index.dtype == np.dtype("datetime64[ns]")
    np.testing.assert_array_equal(series.index, np.array(read, dtype="datetime64[ns]"))
    assert series.frequency == frequency


@pytest.mark.parametrize(
    "counts",
    [
        [1, 2, 5],
        [-1, 0, 1],
        [0, 1700, 1900],
        [1000, 1700, 9999],
        [202011, 202012, 202013],
        [1577836800000000001, 1577836800000000002],
    ],
)
def test_whole_numbers_that_are_no_dates_count(load_csv, counts):
    series = load_csv(timed([str(count) for count in counts]), target="y", time="t")
    assert series.index.dtype == np.int64
    np.testing.assert_array_equal(series.index, counts)
    assert series.frequency is None


def test_dates_as_objects_read_as_their_text_does(load_csv):
    from datetime import UTC, date, datetime

    expected = np.array(["2020-01-01", "2020-01-02"], "datetime64[ns]")
    for values in (
        [date(2020, 1, 1), date(2020, 1, 2)],
        [datetime(2020, 1, day, tzinfo=UTC) for day in (1, 2)],
    ):
        np.testing.assert_array_equal(fitted(values)[0], expected)
    with pytest.raises(ReadError, match=r"^there is no time") as caught:
        fitted([date(2020, 1, 1), None])
    assert caught.value.row == 1


def test_day_and_month_are_told_apart_where_one_reading_is_twice_as_even():
    assert fitted(["03/04/2021", "04/05/2021", "05/07/2021"])[2] == [
        "column 't' is read as %m/%d/%Y, which makes steps more even: 03/04/2021 is 2021-03-04; "
        "data.time_format='%d/%m/%Y' reads it the other way"
    ]
    # Month first: 32 days and 32 again. Day first: 31 days, then 62.
    assert list(fitted(["03/04/2021", "04/05/2021", "05/07/2021"])[0]) == [
        np.datetime64(day, "ns") for day in ("2021-03-04", "2021-04-05", "2021-05-07")
    ]
    either_way = {
        "32 days and 32, or 32 and 62": ["03/03/2021", "04/04/2021", "05/06/2021"],
        "93 days and 62, or 95 and 33": ["01/05/2021", "04/08/2021", "06/09/2021"],
        "one time alone": ["01/02/2021"],
    }
    for times in either_way.values():
        with pytest.raises(ReadError, match="may be 2021-"):
            fitted(times)


TIME_FAULTS = {
    "no date": (
        ["2020-01-01", "soon"],
        "line 3, column 't': 'soon' cannot be read as a time; write times as 2020-01-31",
    ),
    "no such day": (["2020-02-28", "2020-02-30"], "line 3, column 't': '2020-02-30' cannot be read"),
    "empty": (["2020-01-01", "", "2020-01-03"], "line 3, column 't': there is no time"),
    "mark of missing": (["NA", "2020-01-02"], "line 2, column 't': there is no time"),
    "empty among numbers": (["1", "", "3"], "line 3, column 't': there is no time"),
    "outside": (
        ["1066-10-14", "2020-01-01"],
        "line 2, column 't': '1066-10-14' cannot be read as a time; .* in 1678 to 2261",
    ),
    "text among numbers": (["1", "2", "three"], "line 4, column 't': 'three' is no whole number"),
    "fractions": (["1", "1.5"], "line 3, column 't': '1.5' is no whole number"),
    "either way": (
        ["01/02/2020", "01/03/2020"],
        r"line 2, column 't': '01/02/2020' may be 2020-0\d-0\d or 2020-0\d-0\d",
    ),
    "neither way": (
        ["30/01/2020", "31/01/2020", "01/31/2020"],
        "line 4, column 't': '01/31/2020' cannot be read",
    ),
    "backwards": (
        ["2020-01-01", "2020-01-03", "2020-01-02"],
        "line 4, column 't': 2020-01-02 follows 2020-01-03; data.sort=true",
    ),
    "newest first": (
        ["2020-01-02", "2020-01-01"],
        "line 3, column 't': 2020-01-01 follows 2020-01-02; data.sort=true",
    ),
    "numbers backwards": (["1", "3", "2"], "line 4, column 't': 2 follows 3; data.sort=true"),
    "twice": (
        ["2020-01-01", "2020-01-02", "2020-01-02"],
        r"line 4, column 't': 2020-01-02 is there twice \(also in line 3\); .*data.frequency",
    ),
}


@pytest.mark.parametrize("name", TIME_FAULTS)
def test_each_fault_of_times_has_one_clear_sentence(load_csv, name):
    times, sentence = TIME_FAULTS[name]
    with pytest.raises(DataError, match=f"sales.csv, {sentence}") as caught:
        load_csv(timed(times), target="y", time="t")
    assert "\n" not in str(caught.value)


def test_sort_puts_rows_in_order_and_still_finds_a_time_that_is_there_twice(load_csv):
    content = timed(["2020-01-03", "2020-01-01", "2020-01-02"], [3, 1, 2])
    series = load_csv(content, target="y", time="t", sort=True)
    np.testing.assert_array_equal(series.values[:, 0], [1, 2, 3])
    assert series.frequency == "D"
    twice = timed(["2020-01-03", "2020-01-01", "2020-01-03"])
    with pytest.raises(DataError, match=r"line 4, .* 2020-01-03 is there twice \(also in line 2\)"):
        load_csv(twice, target="y", time="t", sort=True)


# Resampling --------------------------------------------------------------------------------------------

HOURS = [f"2020-01-01 {hour:02}:00" for hour in range(24)] + ["2020-01-03 05:00", "2020-01-03 23:00"]


@pytest.mark.parametrize(
    ("aggregate", "first", "last"),
    [
        ("mean", 11.5, 150.0),
        ("sum", 276.0, 300.0),
        ("min", 0.0, 100.0),
        ("max", 23.0, 200.0),
        ("median", 11.5, 150.0),
        ("first", 0.0, 100.0),
        ("last", 23.0, 200.0),
    ],
)
def test_resampling_joins_rows_and_leaves_a_gap_where_there_are_none(load_csv, aggregate, first, last):
    content = timed(HOURS, [float(hour) for hour in range(24)] + [100.0, 200.0])
    how = {"target": "y", "time": "t", "frequency": "D", "aggregate": aggregate}
    series = load_csv(content, **how, missing="interpolate")
    np.testing.assert_allclose(series.values[:, 0], [first, (first + last) / 2, last])
    np.testing.assert_array_equal(series.index, np.arange("2020-01-01", "2020-01-04", dtype="datetime64[D]"))
    assert series.frequency == "D"
    assert series.notes == (
        "after resampling, 1 of 3 values were missing; data.missing=interpolate",
        "1 of 3 values of the target (33%) were filled; none of them is scored",
    )
    assert list(series.observed) == [True, False, True]
    with pytest.raises(DataError, match=r"sales.csv, column 'y': no value at 2020-01-02 \(1 of 3 .*data.missing="):
        load_csv(content, **how)


def test_every_aggregate_of_the_schema_is_tested():
    from seqsweep.config import settings

    assert set(settings()["data.aggregate"].choices) == {"mean", "sum", "min", "max", "median", "first", "last"}


def test_a_missing_value_is_not_passed_over_by_a_sum(load_csv):
    content = "t,y\n2020-01-01,1\n2020-01-01,\n2020-01-02,5\n"
    how = {"target": "y", "time": "t", "frequency": "D", "aggregate": "sum"}
    with pytest.raises(DataError, match="line 3, column 'y': no value"):
        load_csv(content, **how)
    assert load_csv(content, **how, missing="last").values[0, 0] == 2  # 1, and the 1 that stands in for the gap


RESAMPLE_FAULTS = {
    "no times": ({"frequency": "D"}, "data.frequency=D: .*sales.csv, there are no times; give data.time"),
    "numbers": (
        {"frequency": "D", "time": "n"},
        "data.frequency=D: .*sales.csv, 'n' has whole numbers, not dates; .*data.time_format=s",
    ),
    "unknown": (
        {"frequency": "fortnight", "time": "t"},
        "data.frequency=fortnight: .*pandas knows no such frequency; use min, h",
    ),
    "much too short": (
        {"frequency": "s", "time": "t"},
        "there are 3 rows from 2020-01-01 to 2020-01-03, and this would make 172,800",
    ),
}


@pytest.mark.parametrize("name", RESAMPLE_FAULTS)
def test_each_fault_of_resampling_has_one_clear_sentence(load_csv, name):
    values, sentence = RESAMPLE_FAULTS[name]
    with pytest.raises(DataError, match=sentence):
        load_csv("t,n,y\n2020-01-01,1,1\n2020-01-02,2,2\n2020-01-03,3,3\n", target="y", **values)


def test_months_of_a_weekly_series_are_the_means_of_their_weeks(settings):
    import pandas as pd
    from statsmodels.datasets import co2

    weekly = co2.load_pandas().data["co2"].dropna()
    expected = weekly.groupby([weekly.index.year, weekly.index.month]).mean().iloc[1:]  # it begins on March 29
    series = load(settings(kind="bundled", name="co2", missing="drop", frequency="MS"))
    np.testing.assert_allclose(series.values[:, 0], expected.to_numpy())
    assert [(time.year, time.month) for time in pd.DatetimeIndex(series.index)] == list(expected.index)


def test_texts_where_a_model_knows_dates_are_read_or_missing_and_no_library_speaks_of_them():
    """A warning is an error in these tests: pandas would tell a user of `predict` where its format was guessed."""
    times = parsed(pd.Series(["1969.0", "2009", "2010-05-01"]), TimeStyle("objects"))
    assert np.isnat(times).tolist() == [True, False, False]


@pytest.mark.parametrize("horizon", [1, 40])
@pytest.mark.parametrize(
    ("last", "zone", "frequency"),
    [
        *(
            ("2013-11-01T04:00", zone, name)
            for zone in (None, "America/New_York")
            for name in ("h", "15min", "D", "2D")
        ),
        *(("2012-02-28T00:00", None, name) for name in ("W-WED", "B", "MS", "ME", "3MS", "QE", "YS")),
        ("2013-03-08T05:00", "America/New_York", "D"),
        ("2018-11-02T03:00", "America/Sao_Paulo", "D"),  # midnight of November 4 was left out there
    ],
)
def test_each_step_ahead_lies_one_behind_the_one_before(last, zone, frequency, horizon):
    before = np.array([last], "datetime64[ns]")
    ahead = steps.steps_ahead(before[0], zone, frequency, horizon)
    assert len(ahead) == horizon
    assert steps.are_even(np.concatenate([before, ahead]), zone, frequency).all()


def test_many_steps_ahead_are_not_made_one_by_one(monkeypatch):
    monkeypatch.delattr(steps, "_after")
    ahead = steps.steps_ahead(np.datetime64("2013-11-01T04:00", "ns"), "America/New_York", "h", 168)
    assert ahead[-1] == np.datetime64("2013-11-08T04:00")
