"""A packaged forecast reads the rows of the future: what is known ahead, at the times that are forecast, or a refusal.

No network is trained: the one here answers with what it is told of the first column that is known ahead.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from seqsweep.errors import DataError

pytestmark = pytest.mark.keras  # what travels with a model imports Keras

WINDOW, HORIZON = 5, 3
DAYS = pd.date_range("2024-01-01", periods=40)
PROMO = [day % 7 for day in range(40)]


@pytest.fixture
def serve(load_csv, predictor_on):
    def serve(frame=None, **settings):
        content = (table() if frame is None else frame).to_csv(index=False)
        given = {"target": "y", "time": "t", "features": ["x"], "known_future": ["promo"], **settings}
        return predictor_on(load_csv(content, **given), WINDOW, HORIZON, lambda past, ahead: ahead[:, :, 0])

    return serve


def table(rows=40, blank=0):
    """Daily rows; of the last ones the target and what is not known ahead are blank."""
    frame = pd.DataFrame({"t": DAYS[:rows].strftime("%Y-%m-%d"), "y": np.arange(rows) % 11.0, "x": 1.0})
    frame["promo"] = PROMO[:rows]
    frame.loc[rows - blank :, ["y", "x"]] = np.nan
    return frame


def refused(predictor, frame):
    from mlflow.exceptions import MlflowException

    with pytest.raises(MlflowException) as caught:
        predictor.predict(frame)
    return caught.value.message


def test_a_forecast_reads_what_is_known_of_its_own_times(serve):
    answer = serve().predict(table(30, blank=5))
    assert answer["forecast"].tolist() == PROMO[25:28]
    assert answer["time"].tolist() == list(DAYS[25:28])


def test_future_rows_are_found_by_their_times_and_not_by_their_place(serve):
    shuffled = table(30, blank=5).sample(frac=1, random_state=1)
    assert serve(sort=True).predict(shuffled)["forecast"].tolist() == PROMO[25:28]


def test_several_series_have_futures_of_their_own(serve):
    first, second = table(20, blank=3).assign(series_id="a"), table(30, blank=4).assign(series_id="b")
    answer = serve().predict(pd.concat([first, second]))
    assert answer["forecast"].tolist() == [*PROMO[17:20], *PROMO[26:29]]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda frame: frame[:-5],
            "there is no row of 2024-01-26, and the model reads promo of the 3 steps that follow",
        ),
        (lambda frame: frame[:-3], "there is no row of 2024-01-28"),
        (lambda frame: frame.drop(index=25), "there is no row of 2024-01-26, .* behind 2024-01-25 begin at 2024-01-27"),
        (
            lambda frame: frame.assign(promo=frame["promo"].mask(frame.index == 26)),
            "'promo', row 27: no value at 2024-01-27",
        ),
    ],
    ids=["none", "too few", "a step is missing", "no value"],
)
def test_what_is_missing_of_the_future_is_named_with_date_and_column(change, expected, serve):
    import re

    assert re.search(expected, refused(serve(), change(table(30, blank=5))))


def test_without_times_the_rows_behind_the_last_value_count(serve):
    predictor = serve(time=None)
    assert predictor.predict(table(30, blank=3).drop(columns="t"))["forecast"].tolist() == PROMO[27:30]
    told = refused(predictor, table(30, blank=2).drop(columns="t"))
    assert told.startswith(
        "2 rows follow the last value of 'y', and the model reads promo of the next 3; give these rows"
    )


def test_a_calendar_needs_no_rows_where_steps_are_even(serve):
    predictor = serve(known_future=[], calendar=["weekday"])
    weekdays = 2 * np.pi * DAYS[25:28].day_of_week / 7
    np.testing.assert_allclose(predictor.predict(table(25))["forecast"], np.sin(weekdays), atol=1e-6)


def test_where_steps_are_uneven_the_rows_say_the_times(serve):
    uneven = table().drop(index=[3, 11, 12])
    predictor = serve(uneven)
    answer = predictor.predict(table(30, blank=4).drop(index=27))
    assert answer["forecast"].tolist() == [PROMO[26], PROMO[28], PROMO[29]]
    assert answer["time"].tolist() == [DAYS[26], DAYS[28], DAYS[29]]


def test_future_rows_are_joined_to_steps_as_those_before_them(serve):
    hours = pd.date_range("2024-01-01", periods=24 * 14, freq="h")
    frame = pd.DataFrame({"t": hours.astype("str"), "y": np.arange(len(hours)) % 5.0, "x": 1.0})
    frame["promo"] = hours.day.to_numpy()
    predictor = serve(frame, frequency="D")
    asked = frame.copy()
    asked.loc[24 * 10 :, ["y", "x"]] = np.nan
    assert predictor.predict(asked)["forecast"].tolist() == [11, 12, 13]


SHOPS = pd.concat([table(30).assign(shop=shop) for shop in "ab"])


def later(begin, shops="ab"):
    """Two rows of promotions for each shop."""
    days = pd.date_range(begin, periods=2).strftime("%Y-%m-%d")
    return pd.concat([pd.DataFrame({"t": days, "shop": shop, "promo": 1}) for shop in shops])


@pytest.mark.parametrize(
    ("frame", "series", "said"),
    [
        (pd.concat([SHOPS, later("2024-01-31")]), ["shop"], ""),
        (
            pd.concat([SHOPS, later("2024-02-01")]),
            ["shop"],
            "of 2 of 2 series, 'a' among them, the rows behind the last",
        ),
        (pd.concat([SHOPS, later("2024-02-01", "b")]), ["shop"], "of 1 of 2 series, 'b' among them, the rows behind"),
        (
            pd.concat([table(30), later("2024-02-04", "a")]),
            [],
            "do not follow it: it is of 2024-01-30, and they begin at",
        ),
    ],
    ids=["following", "all", "one", "single"],
)
def test_rows_that_do_not_follow_the_last_value_are_told(frame, series, said, load_csv):
    found = load_csv(frame.to_csv(index=False), target="y", time="t", series=series, known_future=["promo"])
    notes = [note for note in found.notes if "do not follow" in note]
    assert len(notes) == bool(said)
    assert not notes or said in notes[0]


@pytest.mark.parametrize(
    ("sort", "said"), [(False, "follows 2024-01-30; "), (True, r"is there twice \(also in line \d+\); ")]
)
def test_rows_that_begin_before_the_last_value_are_refused(sort, said, load_csv):
    frame = pd.concat([SHOPS.assign(size=1), later("2024-01-20")])  # a column that could tell rows apart
    roles = {"target": "y", "time": "t", "series": ["shop"], "known_future": ["promo"]}
    with pytest.raises(DataError, match=f"{said}rows that are blank in the target .* lie behind its last value"):
        load_csv(frame.to_csv(index=False), sort=sort, **roles)


def test_a_column_that_tells_rows_of_a_series_apart_is_one_more_of_its_name(load_csv):
    frame = pd.concat([SHOPS.assign(item=item) for item in "xy"])
    with pytest.raises(DataError, match=r"data.series=\[shop,item\] tells them apart"):
        load_csv(frame.to_csv(index=False), target="y", time="t", series=["shop"])
    named = load_csv(frame.to_csv(index=False), target="y", time="t", series=["shop", "item"])
    assert len(named.names) == 4
