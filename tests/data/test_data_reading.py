"""What the columns of real files look like: each case with the values that are right, and what is said of them."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest

from seqsweep.data import load
from seqsweep.errors import DataError
from workbooks import write_workbook


def timed(times, values=None, header="t,y") -> str:
    values = range(len(times)) if values is None else values
    return header + "\n" + "".join(f'"{time}",{value}\n' for time, value in zip(times, values, strict=True))


def written(times: pd.DatetimeIndex, style: str) -> list[str]:
    return list(times.strftime(style))


# Ways to write times ------------------------------------------------------------------------------------

HOURS = pd.date_range("2023-01-31", periods=30, freq="h")
DAYS = pd.date_range("2023-01-25", periods=20)
MONTHS = pd.date_range("2005-01-01", periods=30, freq="MS")

STYLES = {
    "month and year": (written(MONTHS, "%B-%Y"), MONTHS, "MS", None),
    "short month and year": (written(MONTHS, "%b-%y"), MONTHS, "MS", None),
    "quarters": (
        [f"{year}Q{quarter}" for year in range(1960, 1965) for quarter in (1, 2, 3, 4)],
        pd.date_range("1960", periods=20, freq="QS"),
        "QS-JAN",
        None,
    ),
    "quarters, the other way": (
        ["Q3 1960", "Q4 1960", "Q1 1961"],
        pd.date_range("1960-07-01", periods=3, freq="QS"),
        "QS-JAN",
        None,
    ),
    "weeks": (
        [f"2018-W{week:02}" for week in range(1, 30)],
        pd.date_range("2018-01-01", periods=29, freq="W-MON"),
        "W-MON",
        None,
    ),
    "midnight as 24:00": (
        [f"2023-01-01 {hour:02}:00" for hour in range(1, 25)],
        pd.date_range("2023-01-01 01:00", periods=24, freq="h"),
        "h",
        None,
    ),
    "digits to the minute": (written(HOURS, "%Y%m%d%H%M"), HOURS, "h", None),
    "digits, day first": (written(DAYS, "%d%m%Y"), DAYS, "D", None),
    "digits, month first": (written(DAYS, "%m%d%Y"), DAYS, "D", None),
    "UTC behind": (written(HOURS, "%Y-%m-%d %H:%M:%S UTC"), HOURS, "h", "UTC"),
    "GMT behind": (written(HOURS, "%Y-%m-%d %H:%M:%S GMT"), HOURS, "h", "UTC"),
    "weekdays": (written(DAYS, "%a %d %b %Y"), DAYS, "D", None),
    "weekdays and commas": (written(DAYS, "%A, %d %B %Y"), DAYS, "D", None),
    "fractions of seconds": (
        ["2023-01-31 00:00:00.0", "2023-01-31 00:00:00.5", "2023-01-31 00:00:01.0"],
        pd.date_range("2023-01-31", periods=3, freq="500ms"),
        "500ms",
        None,
    ),
    "seconds since 1970": (
        [str(1577836800 + 3600 * n) for n in range(30)],
        pd.date_range("2020", periods=30, freq="h"),
        "h",
        "UTC",
    ),
    "milliseconds since 1970": (
        [str(1577836800000 + 60000 * n) for n in range(30)],
        pd.date_range("2020", periods=30, freq="min"),
        "min",
        "UTC",
    ),
    "fractions of seconds since 1970": (
        ["1577836800.5", "1577836801.0", "1577836801.5"],
        pd.date_range("2020-01-01 00:00:00.5", periods=3, freq="500ms"),
        "500ms",
        "UTC",
    ),
}


@pytest.mark.parametrize("name", STYLES)
def test_ways_to_write_times(load_csv, name):
    times, expected, frequency, zone = STYLES[name]
    series = load_csv(timed(times), target="y", time="t")
    np.testing.assert_array_equal(series.index, expected.to_numpy().astype("datetime64[ns]"))
    assert (series.frequency, series.zone) == (frequency, zone)


def test_times_that_are_guessed_are_told_with_the_way_out(load_csv):
    content = timed([str(1577836800 + 3600 * number) for number in range(30)])
    series = load_csv(content, target="y", time="t")
    assert series.notes == ("column 't' is read as s since 1970-01-01 in UTC; data.time_format=count counts them",)
    counted = load_csv(content, target="y", time="t", time_format="count")
    assert (counted.index.dtype, counted.notes) == (np.dtype(np.int64), ())


def test_a_format_that_is_given_is_followed(load_csv):
    content = timed(["03/04/2021", "04/05/2021", "05/06/2021"])
    with pytest.raises(DataError, match=r"may be 2021-.*data.time_format='%m/%d/%Y' or '%d/%m/%Y'"):
        load_csv(content, target="y", time="t")
    series = load_csv(content, target="y", time="t", time_format="%d/%m/%Y")
    assert str(series.index[0])[:10] == "2021-04-03"
    with pytest.raises(DataError, match="line 2, column 't': '03/04/2021' cannot be read as a time"):
        load_csv(content, target="y", time="t", time_format="%d.%m.%Y")


def test_two_digits_of_a_year_never_mean_a_year_that_is_still_far(load_csv):
    times = pd.date_range("1958-01-01", periods=600, freq="MS")
    series = load_csv(timed(written(times, "%d/%m/%y")), target="y", time="t")
    np.testing.assert_array_equal(series.index, times.to_numpy().astype("datetime64[ns]"))
    assert "later ones the century before" in series.notes[0]


PARTS = {
    "date and time": ("Date,Time", [f"2023-01-0{1 + n // 24},{n % 24:02}:00" for n in range(72)]),
    "date and hour": ("day,hour", [f"2023-01-0{1 + n // 24},{n % 24}" for n in range(72)]),
    "numbers": ("year,month,day,hour", [f"2023,1,{1 + n // 24},{n % 24}" for n in range(72)]),
}


@pytest.mark.parametrize("name", PARTS)
def test_a_time_in_several_columns(load_csv, name):
    header, times = PARTS[name]
    content = f"{header},y\n" + "".join(f"{time},{number}\n" for number, time in enumerate(times))
    columns = header.split(",")
    series = load_csv(content, target="y", time=columns)
    expected = pd.date_range("2023-01-01", periods=72, freq="h")
    np.testing.assert_array_equal(series.index, expected.to_numpy().astype("datetime64[ns]"))
    if len(columns) == 2:  # the advice where one of them is left out, and that it works, which is seen above
        with pytest.raises(DataError, match=rf"is there twice .*; if '{columns[1]}' holds .*data.time=\[{header}\]"):
            load_csv(content, target="y", time=columns[0])


# Zones --------------------------------------------------------------------------------------------------


def test_times_keep_the_offset_that_they_name(load_csv):
    series = load_csv(timed([f"2023-04-01T{hour}:00:00+0200" for hour in (12, 13, 14)]), target="y", time="t")
    assert (series.zone, series.frequency) == ("UTC+02:00", "h")
    assert [str(time)[11:16] for time in series.clock] == ["12:00", "13:00", "14:00"]
    assert str(series.index[0])[11:16] == "10:00"


def test_days_are_cut_on_the_clock_of_their_zone(load_csv):
    """Against the same days added up by hand: the one on which clocks go forward has 23 hours."""
    hours = pd.date_range("2023-03-20", "2023-04-01", freq="h", tz="Europe/Berlin", inclusive="left")
    days = [float(sum(np.flatnonzero(hours.day == day.day))) for day in hours.normalize().unique()]
    naive = timed(written(hours.tz_localize(None), "%Y-%m-%d %H:%M"))
    named = timed([time.isoformat() for time in hours])
    how = {"target": "y", "time": "t", "frequency": "D", "aggregate": "sum"}
    for content in (naive, named):
        series = load_csv(content, **how, timezone="Europe/Berlin")
        assert (series.frequency, series.zone) == ("D", "Europe/Berlin")
        assert series.values[:, 0].tolist() == days
        assert str(series.clock[6]) == "2023-03-26T00:00:00.000000000"
    with pytest.raises(DataError, match=r"times name several offsets.*data.timezone"):
        load_csv(named, **how)


def test_an_hour_that_the_clock_showed_twice(load_csv):
    hours = pd.date_range("2023-10-28 22:00", periods=12, freq="h", tz="Europe/Berlin")
    content = timed(written(hours.tz_localize(None), "%Y-%m-%d %H:%M"))
    with pytest.raises(DataError, match=r"02:00:00 is there twice .*data.timezone, such as Europe/Berlin"):
        load_csv(content, target="y", time="t")
    series = load_csv(content, target="y", time="t", timezone="Europe/Berlin")
    assert (series.frequency, series.rows) == ("h", 12)
    weather = content.replace("t,y", "t,y,wind").replace("\n", ",3.5\n").replace("t,y,wind,3.5", "t,y,wind")
    with pytest.raises(DataError, match=r"data.timezone, such as Europe/Berlin"):
        load_csv(weather.replace("6,3.5", "6,4.5"), target="y", time="t")  # the wind tells both apart, and no series
    once = timed(["2023-10-29 01:30", "2023-10-29 02:30", "2023-10-29 04:30"])
    with pytest.raises(DataError, match=r"line 3, .*02:30:00: the clock of Europe/Berlin showed it twice"):
        load_csv(once, target="y", time="t", timezone="Europe/Berlin")
    never = timed(["2023-03-26 01:30", "2023-03-26 02:30", "2023-03-26 04:30"])
    with pytest.raises(DataError, match=r"line 3, .*02:30:00: the clock of Europe/Berlin never showed it"):
        load_csv(never, target="y", time="t", timezone="Europe/Berlin")


def test_some_times_with_a_zone_and_others_without(load_csv):
    with pytest.raises(DataError, match="line 3, column 't': '2023-01-02T00:00' names no zone, and others do"):
        load_csv(timed(["2023-01-01T00:00Z", "2023-01-02T00:00", "2023-01-03T00:00Z"]), target="y", time="t")


def test_dates_as_objects_of_which_some_name_a_zone(tmp_path, settings):
    from datetime import UTC, datetime

    from seqsweep.serving.reading.faults import ReadError
    from seqsweep.serving.reading.times import fit_times

    mixed = pd.Series([datetime(2020, 1, 1), datetime(2020, 1, 2, tzinfo=UTC)], dtype=object, name="t")
    with pytest.raises(ReadError, match="'2020-01-01 00:00:00' names no zone, and others do"):
        fit_times(mixed, None, pd.Timestamp("2026-01-01"))


def test_digits_that_may_count_are_told(load_csv):
    series = load_csv(timed(written(DAYS, "%d%m%Y")), target="y", time="t")
    assert series.notes == (
        "column 't' is read as %d%m%Y: 25012023 is 2023-01-25; data.time_format=count counts instead",
    )
    ids = timed(["10012001", "10012002", "10012003"])
    with pytest.raises(DataError, match=r"may be 2001-01-10 or 2001-10-01; .*'%d%m%Y' or '%m%d%Y' or count"):
        load_csv(ids, target="y", time="t")
    assert load_csv(ids, target="y", time="t", time_format="count").index[0] == 10012001


# Steps --------------------------------------------------------------------------------------------------


def test_steps_that_are_not_even_are_told_with_count_and_first_place(load_csv):
    times = pd.date_range("2023-01-01", periods=300, freq="10min")
    kept = np.ones(300, bool)
    kept[[50, 51, 52, 90, 200]] = False
    series = load_csv(timed(written(times[kept], "%Y-%m-%d %H:%M")), target="y", time="t")
    [note] = series.notes
    assert note.startswith("3 of 294 steps are not 10 minutes: 2023-01-01 08:50:00 follows 2023-01-01 08:10:00")
    assert note.endswith("data.frequency=10min makes them even")
    even = load_csv(
        timed(written(times[kept], "%Y-%m-%d %H:%M")), target="y", time="t", frequency="10min", missing="interpolate"
    )
    assert (even.rows, even.frequency) == (300, "10min")
    dropped = load_csv(
        timed(written(DAYS, "%Y-%m-%d"), [*range(9), "NA", *range(10)]), target="y", time="t", missing="drop"
    )
    assert dropped.notes[1].startswith("1 of 18 steps are not 1 day: 2023-02-04 follows 2023-02-02 after 2 days")
    assert np.flatnonzero(~even.observed).tolist() == [50, 51, 52, 90, 200]


@pytest.mark.parametrize(("step", "said"), [("1D", "D"), ("7D", "7D"), ("36h", "36h"), ("1h", "h"), ("30s", "30s")])
def test_the_frequency_that_is_advised_makes_steps_even_with_days_of_the_calendar(step, said, load_csv):
    times = pd.date_range("2023-01-01", periods=40, freq=step).delete([7, 20])
    content = timed(written(times, "%Y-%m-%d %H:%M:%S"))
    [note] = load_csv(content, target="y", time="t").notes
    assert f"data.frequency={said} makes them even" in note
    series = load_csv(content, target="y", time="t", frequency=said, missing="last")
    assert (series.rows, series.frequency is not None) == (40, True)
    assert set(times.to_numpy()) < set(series.index)


@pytest.mark.parametrize("frequency", ["D", "W", "W-WED", "MS", "ME", "QS", "6h"])
def test_a_step_at_the_edge_that_rows_cover_in_part_is_left_out_and_told(load_csv, frequency):
    """Of hours from the middle of a step to the middle of another, against the sums of whole steps alone."""
    hours = pd.date_range("2023-01-11 16:00", "2024-02-20 07:00", freq="h")
    sums = pd.Series(np.arange(len(hours)), hours).resample(frequency).sum()
    counts = pd.Series(1, hours).resample(frequency).sum()
    content = timed(written(hours, "%Y-%m-%d %H:%M"))
    series = load_csv(content, target="y", time="t", frequency=frequency, aggregate="sum")
    whole = sums.iloc[1:-1]
    assert counts.iloc[1:-1].min() > counts.iloc[[0, -1]].min()
    np.testing.assert_array_equal(series.values[:, 0], whole)
    assert series.notes[0].startswith("2 steps at the edge cover too few rows and left out: ")


def test_whole_steps_at_the_edge_stay(load_csv):
    days = pd.date_range("2023-01-01", "2023-12-31")
    series = load_csv(timed(written(days, "%Y-%m-%d")), target="y", time="t", frequency="MS", aggregate="sum")
    assert (series.rows, series.notes) == (12, ())


# Values -------------------------------------------------------------------------------------------------

NUMBERS = {
    "decimal comma": ("y\n1,5\n2,5\n", {"separator": ";", "decimal": ","}, [1.5, 2.5]),
    "both": ("y\n1.100,5\n2\n", {"separator": ";", "decimal": ",", "thousands": "."}, [1100.5, 2]),
    "thousands": ('y\n"1,234.5"\n"1,234,567"\n7\n', {"thousands": ","}, [1234.5, 1234567, 7]),
    "groups of two": ('y\n"12,34,567"\n7\n', {"thousands": ","}, [1234567, 7]),
    "blanks between": ("y\n1 234 567\n7\n", {"thousands": " "}, [1234567, 7]),
    "missing as a number": ("y\n1\n-200\n3\n", {"na_values": [-200], "missing": "interpolate"}, [1, 2, 3]),
    "missing as text": ("y\n1\nclosed\n3\n", {"na_values": ["closed"], "missing": "last"}, [1, 1, 3]),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_ways_to_write_numbers(load_csv, name):
    content, settings, values = NUMBERS[name]
    assert load_csv(content, target="y", **settings).values[:, 0].tolist() == values


NO_NUMBERS = {
    "groups of two digits": ('y\n1\n"1,23"\n', {"thousands": ","}, r"line 3, .*'1,23' is not a number; data.decimal"),
    "a point where the fraction has a comma": (
        "y\n1\n1.5\n",
        {"decimal": ",", "separator": ";"},
        "'1.5' is not a number",
    ),
    "text": ("y\n1\nclosed\n", {}, r"'closed' is not a number; .*data.na_values=\[closed\]"),
    "truth": ("y\n1\nTrue\n", {}, "'True' is not a number"),
    "beyond": ("y\n1\n1e300\n", {}, r"line 3, .*1e\+300 is beyond 1e\+100"),
}


@pytest.mark.parametrize("name", NO_NUMBERS)
def test_what_is_no_number(load_csv, name):
    content, settings, sentence = NO_NUMBERS[name]
    with pytest.raises(DataError, match=sentence):
        load_csv(content, target="y", **settings)


def test_a_value_far_from_all_others_is_told(load_csv):
    values = [-200 if number % 6 == 0 else 3 + number % 7 for number in range(100)]
    content = timed(written(pd.date_range("2023-01-01", periods=100), "%Y-%m-%d"), values)
    [note] = load_csv(content, target="y", time="t").notes
    assert "one value far from all others, -200, is 17% of the rows" in note
    assert "data.na_values=[-200]" in note
    assert load_csv(timed(range(100), [0, *range(50, 149)]), target="y", time="t").notes == ()  # once is no habit


def test_true_and_false_and_names_are_features(load_csv):
    content = "t,y,sky,open\n" + "".join(
        f"{2000 + number},{number},{('rain', 'sun', ' sun')[number % 3]},{number % 2 == 0!s}\n" for number in range(9)
    )
    series = load_csv(content, target="y", time="t", features=["sky", "open"])
    assert series.columns == ("y", "sky=rain", "sky=sun", "open")
    np.testing.assert_array_equal(series.values[:3], [[0, 1, 0, 1], [1, 0, 1, 0], [2, 0, 1, 1]])
    many = "y,name\n" + "".join(f"{number},n{number}\n" for number in range(60))
    with pytest.raises(DataError, match=r"60 different names, more than 50.*leave it out of data.features"):
        load_csv(many, target="y", features=["name"])


# Several series, and rows to choose ---------------------------------------------------------------------

SHOPS = "t,store,y\n" + "".join(f"2023-01-{day:02},{store},{day * store}\n" for day in range(1, 29) for store in (1, 2))


def test_several_series_are_never_joined_unasked(load_csv):
    how = {"target": "y", "time": "t"}
    with pytest.raises(
        DataError,
        match=r"is there twice .*data.series=.store. learns from all of them, data.where='store == 1'",
    ):
        load_csv(SHOPS, **how)
    with pytest.raises(DataError, match=r"data.aggregate=mean would join them.*data.where='store == 1'"):
        load_csv(SHOPS, **how, frequency="D")
    stacked = "\n".join(sorted(SHOPS.splitlines()[1:], key=lambda line: line.split(",")[1]))
    with pytest.raises(DataError, match=r"line 30, .*2023-01-01 follows 2023-01-28; column 'store' has 2 values"):
        load_csv(f"t,store,y\n{stacked}\n", **how)  # data.sort=true would mix them
    one = load_csv(SHOPS, **how, where="store == 1")  # the advice
    assert one.values[:, 0].tolist() == list(range(1, 29))
    summed = load_csv(SHOPS, **how, frequency="D", aggregate="sum")
    assert summed.values[:, 0].tolist() == [3 * day for day in range(1, 29)]
    assert "column 'store' has 2 values" in summed.notes[0]


WHERE = {
    "a number": ("store == 2", 28),
    "a comparison": ("store > 1 and y >= 20", 19),
    "several": ("store in [2, 3]", 28),
    "text": ('t == "2023-01-05" and store == 1', 1),
    "a name in backticks": ("`store` != 2", 28),
}


@pytest.mark.parametrize("name", WHERE)
def test_where_chooses_rows_as_pandas_does(load_csv, name):
    where, rows = WHERE[name]
    content = SHOPS + "2023-02-01,3,0\n2023-02-02,3,1\n"
    if name in ("a comparison", "text"):
        content = SHOPS
    frame = pd.read_csv(io.StringIO(content)).query(where)
    assert len(frame) - 2 * (name in ("several", "a name in backticks")) == rows
    if len(frame) > 1:
        np.testing.assert_array_equal(load_csv(content, target="y", time="t", where=where).values[:, 0], frame["y"])


@pytest.mark.parametrize(
    "where",
    [
        "y.sum() > 3",
        "@pd",
        "__import__('os')",
        "y.to_csv('/tmp/x')",
        "[x for x in y]",
        "store ==",
        "lambda: 1",
        "y[0] > 1",
    ],
)
def test_where_is_no_program(settings, where):
    from seqsweep.data import faults
    from seqsweep.schema import SweepConfig

    found = faults(SweepConfig(data=settings(kind="csv", path="f.csv", where=where)))
    assert len(found) == 1
    assert "write comparisons, such as 'store == 3 and price > 0'" in found[0].text


def test_a_filter_that_fits_no_row_says_what_there_is(load_csv):
    with pytest.raises(DataError, match=r"data.where=store == 9: .*no row of 56 fits; store holds 1, 2"):
        load_csv(SHOPS, target="y", time="t", where="store == 9")
    with pytest.raises(DataError, match=r"data.where=stor: .*has no such column; did you mean 'store'\?"):
        load_csv(SHOPS, target="y", time="t", where="stor == 9")


def test_faults_name_the_line_of_the_file_whatever_was_filtered(load_csv):
    content = SHOPS.replace("2023-01-20,2,40", "2023-01-20,2,forty")
    line = content.split("\n").index("2023-01-20,2,forty") + 1
    with pytest.raises(DataError, match=rf"line {line}, column 'y': 'forty' is not a number"):
        load_csv(content, target="y", time="t", where="store == 2")


def test_a_column_that_looks_like_times_is_told_where_there_are_none(load_csv):
    notes = load_csv(timed(written(DAYS, "%Y-%m-%d"), header="day,y"), target="y").notes
    assert notes == ("column 'day' looks like the times of the rows; data.time=day uses them",)


# Files --------------------------------------------------------------------------------------------------


def test_lines_above_the_header(load_csv):
    content = "made by X\nat 5, or so\nt,y\n2020-01-01,1\n2020-01-02,two\n"
    with pytest.raises(DataError, match=r"line 2: 2 fields, where the header has 1; .*data.skip_rows"):
        load_csv(content, target="y", time="t")
    with pytest.raises(DataError, match="line 5, column 'y': 'two'"):
        load_csv(content, target="y", time="t", skip_rows=2)
    assert load_csv(content.replace("two", "2"), target="y", time="t", skip_rows=2).values[:, 0].tolist() == [1, 2]


def test_a_workbook(tmp_path, settings):

    rows = [["made by", "X"], ["day", "sales"], *[[f"2020-01-{day:02}", day * 1.5] for day in range(1, 11)]]
    write_workbook(tmp_path / "b.xlsx", {"notes": [["nothing"]], "sales": rows})
    how = {"kind": "excel", "path": str(tmp_path / "b.xlsx"), "target": "sales", "time": "day", "skip_rows": 1}
    series = load(settings(**how, sheet="sales"))
    assert (series.rows, series.frequency, series.values[-1, 0]) == (10, "D", 15.0)
    with pytest.raises(DataError, match=r"holds several sheets; give data.sheet, one of notes, sales"):
        load(settings(**how))
    with pytest.raises(DataError, match=r"no data.sheet=sale; did you mean 'sales'\?"):
        load(settings(**how, sheet="sale"))
    with pytest.raises(DataError, match=r"row 4, column 'sales'"):
        rows[3][1] = "x"
        write_workbook(tmp_path / "b.xlsx", {"sales": rows})
        load(settings(**how, sheet="sales"))


def test_hours_are_cut_on_the_clock_of_a_zone_of_half_hours(load_csv):
    minutes = pd.date_range("2023-04-01", periods=24 * 4, freq="15min", tz="Asia/Kolkata")
    content = timed([time.isoformat() for time in minutes])
    series = load_csv(content, target="y", time="t", frequency="6h", aggregate="sum")
    assert [str(time)[11:16] for time in series.clock] == ["00:00", "06:00", "12:00", "18:00"]
    assert series.values[:, 0].tolist() == np.arange(96.0).reshape(4, 24).sum(axis=1).tolist()
