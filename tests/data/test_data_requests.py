"""A packaged forecast reads requests by the rules of its sweep: the same numbers, or a refusal with row and step.

No network is trained: the one here answers with the last values of the window, so that a forecast shows which rows it
was made from.
"""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.keras  # what travels with a model imports Keras

WINDOW, HORIZON = 5, 2


@pytest.fixture
def served(load_csv, predictor_on):
    """A predictor on a series read from a CSV, and that series."""

    def serve(content, **settings):
        series = load_csv(content, **{"target": "y", **settings})
        return predictor_on(series, WINDOW, HORIZON, lambda windows: windows[:, -HORIZON:, 0]), series

    return serve


def table(times, values=None, header="t,y"):
    values = range(len(times)) if values is None else values
    return header + "\n" + "".join(f"{time},{value}\n" for time, value in zip(times, values, strict=True))


def frame_of(content):
    """As a file is read: every value is text."""
    from io import StringIO

    return pd.read_csv(StringIO(content), dtype="str", keep_default_na=False)


def refused(predictor, frame):
    from mlflow.exceptions import MlflowException

    with pytest.raises(MlflowException) as caught:
        predictor.predict(frame)
    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"  # a server answers with status 400
    return caught.value.message


DAYS = pd.date_range("2022-01-01", periods=258)
US_DATES = [f"{day.month}/{day.day}/{day.year}" for day in DAYS]


@pytest.mark.parametrize("order", ["newest first", "oldest first", "any"])
def test_rows_in_any_order_give_the_same_forecast_stamped_with_the_days_after_the_latest(served, order):
    """Dates as 2/7/2022, newest first, were once forecast from the oldest rows: 43.8 where 257 is right."""
    newest_first = table(US_DATES[::-1], range(257, -1, -1))
    predictor, _ = served(newest_first, time="t", sort=True)
    frame = frame_of(newest_first)
    if order != "newest first":
        rows = np.arange(258)[::-1] if order == "oldest first" else np.random.default_rng(0).permutation(258)
        frame = frame.iloc[rows]
    answer = predictor.predict(frame)
    assert answer["forecast"].tolist() == [256, 257]
    assert list(answer["time"]) == list(pd.date_range("2022-09-16", periods=2))


def test_times_are_asked_for_where_rows_are_sorted_or_joined_alone(served):
    content = table(DAYS.strftime("%Y-%m-%d"))
    untimed = frame_of(content)[["y"]]
    predictor, _ = served(content, time="t")
    assert predictor.predict(untimed)["forecast"].tolist() == [256, 257]
    assert predictor.predict(untimed).attrs["notes"] == [
        "there is no column 't': rows are taken as even and in the order of time"
    ]
    for settings in ({"sort": True}, {"frequency": "D"}):
        predictor, _ = served(content, time="t", **settings)
        assert refused(predictor, untimed).startswith("there is no column 't'; the model reads y, t")


def test_rows_out_of_order_are_refused_where_the_sweep_did_not_sort(served):
    predictor, _ = served(table(US_DATES), time="t")
    said = refused(predictor, frame_of(table(US_DATES[::-1])))
    assert said == "column 't', row 2: 2022-09-14 follows 2022-09-15; sort the rows, the latest last"


HOURS = pd.date_range("2023-01-01", periods=24 * 20, freq="h")


def hourly(count=24 * 20, start=0):
    times = HOURS[start : start + count].strftime("%Y-%m-%d %H:%M")
    return table(times, range(start, start + count))


@pytest.mark.parametrize("aggregate", ["sum", "mean", "max"])
def test_hours_are_joined_to_the_days_that_were_learned_from(served, aggregate):
    """Hours were once taken as days: 6.3 at 23:00, where a day is about 240."""
    predictor, series = served(hourly(), time="t", frequency="D", aggregate=aggregate)
    answer = predictor.predict(frame_of(hourly()))
    np.testing.assert_array_equal(answer["forecast"], series.values[-2:, 0])
    assert list(answer["time"]) == list(pd.date_range("2023-01-21", periods=2))
    part = predictor.predict(frame_of(hourly(24 * 19 + 7, start=3)))  # the first day and the last in part
    np.testing.assert_array_equal(part["forecast"], series.values[-3:-1, 0])
    assert list(part["time"]) == list(pd.date_range("2023-01-20", periods=2))
    assert part.attrs["notes"] == ["2 steps at the edge cover too few rows and left out: 2023-01-01 and 2023-01-20"]
    days = pd.DataFrame({"t": series.index, "y": series.values[:, 0]})  # joined by the caller
    np.testing.assert_array_equal(predictor.predict(days)["forecast"], answer["forecast"])


def test_rows_of_another_spacing_are_refused_with_the_step(served):
    """Weeks were once forecast by a model of days as if they were days, and so were days with a hole among them."""
    predictor, _ = served(table(DAYS.strftime("%Y-%m-%d")), time="t")
    weeks = pd.date_range("2022-01-01", periods=40, freq="W").strftime("%Y-%m-%d")
    said = refused(predictor, frame_of(table(weeks)))
    assert said.endswith("2022-09-11 follows 2022-09-04, and the model reads steps of D; give the rows between them")
    hole = [*DAYS[:250].strftime("%Y-%m-%d"), *DAYS[254:].strftime("%Y-%m-%d")]
    said = refused(predictor, frame_of(table(hole)))
    assert said.startswith("column 't', row 251: 2022-09-12 follows 2022-09-07, and the model reads steps of D")
    of_days, _ = served(hourly(), time="t", frequency="D", aggregate="sum")
    every_third = frame_of(hourly()).iloc[::3]
    assert "rows are 3 hours apart, and the model joins rows that are 1 hour apart" in refused(of_days, every_third)
    uneven, _ = served(table(np.delete(DAYS, [50, 90]).strftime("%Y-%m-%d")), time="t")
    assert "rows are 7 days apart, and the model was trained on rows 1 day apart" in refused(
        uneven, frame_of(table(weeks))
    )


def test_a_hole_before_the_last_window_is_no_matter(served):
    predictor, _ = served(table(DAYS.strftime("%Y-%m-%d")), time="t")
    hole = [*DAYS[:100].strftime("%Y-%m-%d"), *DAYS[104:].strftime("%Y-%m-%d")]
    assert predictor.predict(frame_of(table(hole)))["forecast"].tolist() == [252, 253]


MISSING = {
    "error": ({}, "column 'y', row 257: no value (1 of 258 are missing); fill it in"),
    "last": ({"missing": "last"}, [255, 257]),
    "interpolate": ({"missing": "interpolate"}, [256, 257]),
}


@pytest.mark.parametrize("policy", MISSING)
def test_missing_values_are_treated_as_they_were_in_training_and_told(served, policy):
    settings, expected = MISSING[policy]
    predictor, _ = served(table(DAYS.strftime("%Y-%m-%d")), time="t", **settings)
    values = [*map(str, range(256)), "NA", "257"]
    frame = frame_of(table(DAYS.strftime("%Y-%m-%d"), values))
    if policy == "error":
        assert refused(predictor, frame) == expected
    else:
        answer = predictor.predict(frame)
        assert answer["forecast"].tolist() == expected
        assert answer.attrs["notes"] == [f"1 of 258 values were missing; data.missing={policy}"]


def test_names_truth_filters_and_numbers_are_read_as_in_training(served):
    rows = [
        f"{2000 + number};{number},5;{('rain', 'sun')[number % 2]};{number % 3 == 0};{1 + number % 2}"
        for number in range(40)
    ]
    content = "year;y;sky;open;shop\n" + "\n".join(rows) + "\n"
    settings = {"separator": ";", "decimal": ",", "features": ["sky", "open"], "time": "year", "where": "shop == 2"}
    predictor, series = served(content, **settings)
    frame = frame_of(content.replace(",", ".").replace(";", ",").replace(".5", ".5"))
    frame["y"] = frame["y"].str.replace(".", ",")
    assert predictor.predict(frame)["forecast"].tolist() == series.values[-2:, 0].tolist() == [37.5, 39.5]
    typed = frame.assign(
        y=frame["y"].str.replace(",", ".").astype(float), open=frame["open"] == "True", shop=frame["shop"].astype(int)
    )
    assert predictor.predict(typed)["forecast"].tolist() == [37.5, 39.5]  # JSON and DataFrames have types already
    snow = predictor.predict(frame.assign(sky=["snow"] * 40))
    assert snow.attrs["notes"] == ["column 'sky': 20 values are names that were not learned, such as 'snow'"]
    assert "there is no column 'shop'" in refused(predictor, frame.drop(columns="shop"))
    assert "data.where=shop == 2: no row of 40 fits" in refused(predictor, frame.assign(shop="1"))


REFUSED = {
    "a column twice": (lambda f: pd.concat([f, f[["y"]]], axis=1), "there are several columns 'y'; leave one"),
    "truth": (lambda f: f.assign(y=[*f["y"][:-1].astype(object), True]), "column 'y', row 258: True is true or false"),
    "beyond": (lambda f: f.assign(y=[*f["y"][:-1], "1e300"]), "column 'y', row 258: the value 1e+300 is beyond 1e+100"),
    "beyond a network": (
        lambda f: f.assign(y=[*f["y"][:-1], "1e60"]),
        "column 'y': 1e+60 is beyond what the network can take",
    ),
    "no time": (lambda f: f.assign(t=[*f["t"][:-1], ""]), "column 't', row 258: there is no time"),
    "another time": (
        lambda f: f.assign(t=[*f["t"][:-1], "soon"]),
        "column 't', row 258: 'soon' cannot be read as a time",
    ),
    "a zone": (
        lambda f: f.assign(t=f["t"] + "T00:00Z"),
        "names a zone, and the times that were learned from name none",
    ),
    "a time twice": (
        lambda f: f.assign(t=[*f["t"][:-1], f["t"].iloc[-2]]),
        "2022-09-14 is there twice; a series has one row",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_training_would_have_refused_is_refused(served, name):
    change, sentence = REFUSED[name]
    predictor, _ = served(table(DAYS.strftime("%Y-%m-%d")), time="t")
    assert sentence in refused(predictor, change(frame_of(table(DAYS.strftime("%Y-%m-%d")))))


def test_a_header_with_blanks_is_read_as_in_training(served):
    content = table(DAYS.strftime("%Y-%m-%d"), header="t, y ")
    predictor, _ = served(content, time="t")
    assert predictor.predict(frame_of(content))["forecast"].tolist() == [256, 257]


def test_a_model_that_sorts_or_joins_needs_times(served):
    sorting, _ = served(table(US_DATES), time="t", sort=True)
    assert "there is no column 't'" in refused(sorting, frame_of(table(US_DATES))[["y"]])
    plain, _ = served(table(US_DATES), time="t")
    answer = plain.predict(frame_of(table(US_DATES))[["y"]])
    assert "time" not in answer
    assert answer.attrs["notes"] == ["there is no column 't': rows are taken as even and in the order of time"]


def test_forecasts_are_stamped_on_the_clock_of_their_zone(served):
    """12:00 at +02:00 was once followed by 11:00, an hour before itself."""
    times = [f"2023-04-01T{hour:02}:00:00+0200" for hour in range(13)]
    predictor, _ = served(table(times), time="t")
    stamped = predictor.predict(frame_of(table(times)))["time"]
    assert [time.isoformat() for time in stamped] == ["2023-04-01T13:00:00+02:00", "2023-04-01T14:00:00+02:00"]


def test_days_after_the_clock_went_forward_begin_at_midnight(served):
    hours = pd.date_range("2023-03-10", "2023-03-26", freq="h", tz="Europe/Berlin", inclusive="left")
    content = table(hours.tz_localize(None).strftime("%Y-%m-%d %H:%M"))
    predictor, series = served(content, time="t", frequency="D", aggregate="sum", timezone="Europe/Berlin")
    answer = predictor.predict(frame_of(content))
    assert [time.isoformat() for time in answer["time"]] == ["2023-03-26T00:00:00+01:00", "2023-03-27T00:00:00+02:00"]
    np.testing.assert_array_equal(answer["forecast"], series.values[-2:, 0])


def test_several_series_in_one_request_are_each_read_by_the_rules(served):
    predictor, series = served(hourly(), time="t", frequency="D", aggregate="sum", sort=True)
    one, other = frame_of(hourly()), frame_of(hourly(24 * 10))
    both = pd.concat([one.assign(series_id="a"), other.assign(series_id="b")]).sample(frac=1, random_state=0)
    answer = predictor.predict(both).set_index("series_id")
    np.testing.assert_array_equal(answer.loc["a", "forecast"], series.values[-2:, 0])
    np.testing.assert_array_equal(answer.loc["b", "forecast"], series.values[8:10, 0])


def test_every_reading_of_a_series_can_be_asked_for_again(served):
    """What parity and the gate ask a model: rows as a source would give them, whatever the source looked like."""
    from seqsweep.serving.reading.requests import as_given

    rows = "".join(
        f"2023-01-{1 + n // 24:02},{n % 24:02}:00,{n},{('a', 'b')[n % 2]},{n % 3 == 0},x\n" for n in range(24 * 20)
    )
    content = "day,clock,y,name,open,kind\n" + rows
    for more in (
        {},
        {"frequency": "D"},
        {"timezone": "Europe/Berlin"},
        {"timezone": "Europe/Berlin", "frequency": "D"},
    ):
        settings = {"time": ["day", "clock"], "features": ["name", "open"], "where": 'kind == "x"', **more}
        predictor, series = served(content, **settings)
        values = pd.DataFrame(series.values, columns=list(series.columns))
        again, _ = served(content, **settings)
        request = as_given(series.reader, values, series.index)
        assert predictor.predict(request)["forecast"].tolist() == series.values[-2:, 0].tolist()
        raw = again._reader.columns_of(request)
        np.testing.assert_array_equal(again._reader.complete(again._reader.ordered(raw)).values, series.values)


def test_a_reader_survives_json(load_csv):
    from seqsweep.serving.reading.reader import Reader

    series = load_csv(hourly(), target="y", time="t", frequency="D", na_values=[-1, "x"])
    reader = series.reader
    again = Reader.from_json(json.loads(json.dumps(reader.to_json())))
    assert again == replace(reader, settings=replace(reader.settings, na_values=(-1, "x")))


@pytest.mark.parametrize(("written", "ten"), [({}, "10.5"), ({"decimal": ",", "thousands": "."}, '"1.010,5"')])
def test_a_number_that_cannot_be_read_is_mended_as_the_refusal_says(served, written, ten):
    predictor, _ = served("y\n" + f"{ten}\n1\n2\n3\n" * 20, **written)
    frame = frame_of(f"y\n{ten}\n1\n2\n3\n4\n5\nmany\n")
    told = refused(predictor, frame)
    assert told.startswith("column 'y', row 7: 'many' is not a number; give one, such as ")
    frame.loc[6, "y"] = told.rpartition(" ")[2]
    assert len(predictor.predict(frame)) == HORIZON


def test_whatever_is_refused_says_what_to_do():
    from seqsweep.serving.reading.faults import ReadError

    assert ReadError("it is odd", column="y", row=2).in_request().startswith("column 'y', row 3: it is odd; give it as")
    assert ReadError("it is odd", served="mend it").in_request() == "it is odd; mend it"
