"""Missing values: the contract of every way to treat them, and what each does."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from seqsweep.data import MISSING_VALUES, load
from seqsweep.errors import DataError
from seqsweep.serving.reading.faults import ReadError
from seqsweep.serving.reading.rows import Rows

NAN = np.nan
DAYS = np.arange("2020-01-01", "2020-01-07", dtype="datetime64[D]").astype("datetime64[ns]")


def table(values: list[list[float]], index: np.ndarray | None = None) -> Rows:
    array = np.array(values, np.float64)
    index = DAYS[: len(array)] if index is None else index
    observed = ~np.isnan(array[:, 0])
    return Rows(("y", "x")[: array.shape[1]], array, index, observed, np.arange(len(array)), "t")


def treated_by(name: str, rows: Rows, steady: tuple[str, ...] = ()) -> Rows:
    return MISSING_VALUES[name](rows, steady)


GAPS = {
    "none": [[1, 2], [3, 4], [5, 6]],
    "inside": [[1, 2], [NAN, 4], [5, NAN], [7, 8]],
    "at the start": [[NAN, 2], [3, 4], [5, 6]],
    "at the end": [[1, 2], [3, 4], [5, NAN]],
    "everywhere": [[NAN, 2], [3, NAN], [NAN, NAN], [5, 6], [7, NAN]],
    "in all rows": [[NAN, 2], [3, NAN]],
    "a whole column": [[1, NAN], [2, NAN]],
}


@pytest.mark.parametrize("gaps", GAPS)
@pytest.mark.parametrize("name", MISSING_VALUES)
def test_whatever_treats_missing_values_leaves_none_and_invents_no_row(name, gaps):
    given = table(GAPS[gaps])
    before = given.values.copy()
    assert inspect.getdoc(MISSING_VALUES[name])
    try:
        treated = treated_by(name, given)
    except ReadError:
        assert gaps != "none"
    else:
        assert np.isfinite(treated.values).all()
        assert len(treated.values) == len(treated.index) == len(treated.numbers) > 0
        assert set(treated.index) <= set(given.index)
        kept = np.isin(given.index, treated.index)
        known = ~np.isnan(before[kept])
        np.testing.assert_array_equal(treated.values[known], before[kept][known])  # what is known stays
    np.testing.assert_array_equal(given.values, before)


@pytest.mark.parametrize("name", ["last", "interpolate", "drop"])
def test_what_is_filled_says_whether_it_knew_the_future(name):
    """`last` does not move when later values do; `interpolate` moves within gaps alone, as it says."""
    first, second = table([[1], [NAN], [3], [4]]), table([[1], [NAN], [30], [40]])
    moved = treated_by(name, first).values[:2, 0] != treated_by(name, second).values[:2, 0]
    assert not moved[0]
    assert moved[1] == (name != "last")  # to `drop`, row 2 is the next row that is there
    tail, other = table([[1], [2], [NAN]]), table([[NAN], [2], [NAN]])
    if name != "drop":
        assert treated_by(name, tail).values[-1, 0] == 2
        np.testing.assert_array_equal(treated_by(name, other).index, DAYS[1:3])  # no past to fill row 0 from


def test_interpolation_follows_time_not_rows():
    uneven = np.array(["2020-01-01", "2020-01-02", "2020-01-05"], "datetime64[ns]")
    filled = treated_by("interpolate", table([[0], [NAN], [8]], uneven))
    np.testing.assert_allclose(filled.values[:, 0], [0, 2, 8])
    counts = np.array([0, 3, 4])
    np.testing.assert_allclose(treated_by("interpolate", table([[0], [NAN], [8]], counts)).values[:, 0], [0, 6, 8])


def test_rows_of_one_time_are_filled_by_their_mean(load_csv):
    """Between 11 and 102 at one time there is no line: as rows were once equal to points, the answer was 79.25."""
    content = "t,y\n2023-01-01,11\n2023-01-01,\n2023-01-01,\n2023-01-01,102\n2023-01-02,3\n"
    how = {"target": "y", "time": "t", "frequency": "D", "missing": "interpolate"}
    assert load_csv(content, **how).values[0, 0] == 56.5


def test_between_true_and_false_lies_nothing():
    filled = treated_by("interpolate", table([[0, 0], [NAN, NAN], [2, 1]]), steady=("x",))
    np.testing.assert_array_equal(filled.values, [[0, 0], [1, 0], [2, 1]])


def test_interpolation_agrees_with_pandas_on_a_real_series(make_config):
    from statsmodels.datasets import co2

    series = load(make_config("data=co2").data)
    np.testing.assert_allclose(series.values[:, 0], co2.load_pandas().data["co2"].interpolate("time").to_numpy())
    assert (series.rows, series.frequency) == (2284, "W-SAT")
    assert series.notes == (
        "59 of 2,284 values were missing; data.missing=interpolate",
        "59 of 2,284 values of the target (2.6%) were filled; none of them is scored",
    )
    np.testing.assert_array_equal(series.observed, co2.load_pandas().data["co2"].notna())


@pytest.mark.parametrize(
    ("name", "values", "rows", "note"),
    [
        (
            "drop",
            [[1, 3], [5, 8]],
            [0, 3],
            "2 of 8 values were missing; data.missing=drop, which left out 2 of 4 rows",
        ),
        (
            "last",
            [[1, 3], [1, 4], [5, 4], [5, 8]],
            [0, 1, 2, 3],
            "2 of 8 values were missing; data.missing=last",
        ),
        (
            "interpolate",
            [[1, 3], [3, 4], [5, 6], [5, 8]],
            [0, 1, 2, 3],
            "2 of 8 values were missing; data.missing=interpolate",
        ),
    ],
)
def test_a_file_with_gaps(load_csv, name, values, rows, note):
    series = load_csv("y,x\n1,3\n,4\n5,\n5,8\n", target="y", features=["x"], missing=name)
    np.testing.assert_array_equal(series.values, values)
    np.testing.assert_array_equal(series.index, rows)  # the numbers of the rows in the file
    assert series.notes[0] == note
    filled = [] if name == "drop" else ["1 of 4 values of the target (25%) were filled; none of them is scored"]
    assert list(series.notes[1:]) == filled


def test_a_column_without_any_value_says_so(load_csv):
    with pytest.raises(DataError, match=r"sales.csv, column 'x': there is no value at all"):
        load_csv("y,x\n1,\n2,\n", target="y", features=["x"], missing="interpolate")
    with pytest.raises(DataError, match=r"no row has a value in each of y, x; data.missing=drop leaves none"):
        load_csv("y,x\n1,\n2,\n", target="y", features=["x"], missing="drop")
