"""Every source: the same contract, the same hash for the same data, and its own faults."""

from __future__ import annotations

import inspect
import pickle
from decimal import Decimal

import numpy as np
import pytest

from seqsweep.data import BUNDLED, SOURCES, Series, load
from seqsweep.errors import ConfigError, DataError

# The contract ------------------------------------------------------------------------------------------


OF_TEXTS = {"folder", "text"}  # no series: test_data_folders.py, test_next_symbol_*.py


@pytest.mark.parametrize("kind", sorted(set(SOURCES) - OF_TEXTS))
def test_a_source_gives_a_whole_series_of_plain_values(kind, reads, settings):
    assert inspect.getdoc(SOURCES[kind])
    series = load(settings(kind=kind, **reads[kind]))
    assert isinstance(series, Series)
    assert series.values.shape == (series.rows, len(series.columns)) == (len(series), len(series.columns))
    assert series.values.dtype == np.float64
    assert series.values.flags.c_contiguous
    assert np.isfinite(series.values).all()
    assert series.index.shape == (series.rows,)
    assert series.index.dtype in (np.dtype("datetime64[ns]"), np.dtype(np.int64))
    assert (np.diff(series.index) > np.zeros(1, np.diff(series.index).dtype)).all()
    assert series.frequency in ("D", "YS-JAN")
    again = pickle.loads(pickle.dumps(series))
    assert (again.sha256, again.columns) == (series.sha256, series.columns)
    np.testing.assert_array_equal(again.values, series.values)


@pytest.mark.parametrize("kind", sorted(set(SOURCES) - OF_TEXTS - {"bundled"}))
def test_the_same_data_has_the_same_hash_whatever_it_came_from(kind, reads, settings):
    sales = [5.0, 7.5, 6.0, 0.1, 1 / 3, 9.0, 8.0, 7.0, 6.0, 5.0]
    series = load(settings(kind=kind, **reads[kind]))
    np.testing.assert_array_equal(series.values, np.column_stack([sales, range(10)]))
    assert series.sha256 == load(settings(kind="csv", **reads["csv"])).sha256


@pytest.mark.parametrize("kind", sorted(set(SOURCES) - OF_TEXTS - {"bundled"}))
def test_every_source_names_the_nearest_column_and_the_place_of_a_fault(kind, reads, settings):
    values = reads[kind]
    with pytest.raises(DataError, match=r"data.target=sale: .* no such column; did you mean 'sales'\?"):
        load(settings(kind=kind, **{**values, "target": "sale"}))
    with pytest.raises(DataError, match=r"shop.*(line 2|row [12]), column 'note': 'x' is not a number"):
        load(settings(kind=kind, **{**values, "target": "note"}))
    with pytest.raises(DataError, match="has several number columns: sales, visits; give"):
        load(settings(kind=kind, **{**values, "target": None, "features": []}))


def test_a_series_cannot_be_written_to(load_csv):
    series = load_csv("y\n1\n2\n")
    with pytest.raises(ValueError, match="read-only"):
        series.values[0] = 5
    with pytest.raises(ValueError, match="read-only"):
        series.index[0] = 5


@pytest.mark.parametrize(
    ("content", "values"),
    [
        pytest.param("y,x\n1,2\n3,5\n", {}, id="a value"),
        pytest.param("y,z\n1,2\n3,4\n", {"features": ["z"]}, id="a name"),
        pytest.param("x,y\n1,2\n3,4\n", {}, id="the roles"),
        pytest.param("y,x,t\n1,2,1\n3,4,3\n", {"time": "t"}, id="the index"),
        pytest.param("y,x\n1,2\n3,4\n", {"features": []}, id="the columns"),
    ],
)
def test_the_hash_tells_apart(load_csv, content, values):
    base = load_csv("y,x\n1,2\n3,4\n", target="y", features=["x"])
    other = load_csv(content, **{"target": "y", "features": ["x"], **values})
    assert base.sha256 != other.sha256
    assert len(base.sha256) == 64


def test_the_hash_does_not_depend_on_the_sign_of_zero(load_csv):
    assert load_csv("y\n0\n1\n").sha256 == load_csv("y\n-0.0\n1\n").sha256


# Bundled -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "rows", "ends", "mean"),
    [
        ("sunspots", 309, [("1700-01-01", 5.0), ("2008-01-01", 2.9)], 49.75),
        ("co2", 2225, [("1958-03-29", 316.1), ("2001-12-29", 371.5)], 340.14),
    ],
)
def test_bundled_series_are_what_their_authors_published(settings, name, rows, ends, mean):
    series = load(settings(kind="bundled", name=name, missing="drop"))
    found = [(str(series.index[row])[:10], series.values[row, 0]) for row in (0, -1)]
    assert (series.name, series.target, series.rows, found) == (name, name, rows, ends)
    assert series.values.mean() == pytest.approx(mean, abs=0.01)


def test_a_bundled_series_has_near_misses_for_its_name_and_column(settings):
    with pytest.raises(ConfigError, match=r"'sunspot'; did you mean 'sunspots'\?"):
        load(settings(kind="bundled", name="sunspot"))
    with pytest.raises(
        DataError, match=r"data.target=C02: co2 has no such column; possible: time, co2|did you mean 'co2'"
    ):
        load(settings(kind="bundled", name="co2", target="C02", missing="drop"))
    assert all(inspect.getdoc(entry) for entry in BUNDLED.values())


# Parquet -----------------------------------------------------------------------------------------------


def test_parquet_of_every_number_type_and_of_times_with_a_zone(tmp_path, settings):
    import pyarrow as pa
    from pyarrow import parquet

    columns = {
        "time": pa.array([0, 3_600_000_000], pa.timestamp("us", tz="Europe/Berlin")),
        "i": pa.array([1, 2], pa.int8()),
        "f": pa.array([0.5, 1.5], pa.float32()),
        "d": pa.array([Decimal("1.25"), Decimal("2.50")]),
        "b": pa.array([True, False]),
        "t": pa.array(["1.5", " 2 "]),
        "a.b": pa.array([7, 8]),
    }
    parquet.write_table(pa.table(columns), tmp_path / "types.parquet")
    config = settings(
        kind="parquet",
        path=str(tmp_path / "types.parquet"),
        time="time",
        target="i",
        features=["f", "d", "b", "t", "a.b"],
    )
    series = load(config)
    np.testing.assert_array_equal(series.values, [[1, 0.5, 1.25, 1, 1.5, 7], [2, 1.5, 2.5, 0, 2, 8]])
    np.testing.assert_array_equal(series.index, np.array(["1970-01-01T00", "1970-01-01T01"], "datetime64[h]"))


def test_parquet_counts_null_as_missing(tmp_path, settings):
    import pandas as pd

    frame = pd.DataFrame(
        {"y": pd.array([1, None, 3], dtype="Int64"), "t": pd.to_datetime(["2020-01-01", None, "2020-01-03"])}
    )
    frame.to_parquet(tmp_path / "f.parquet")
    with pytest.raises(DataError, match=r"f.parquet, row 2, column 'y': no value \(1 of 3 are missing\)"):
        load(settings(kind="parquet", path=str(tmp_path / "f.parquet")))
    with pytest.raises(DataError, match=r"f.parquet, row 2, column 't': there is no time"):
        load(settings(kind="parquet", path=str(tmp_path / "f.parquet"), time="t"))


def test_what_is_no_parquet_says_so(write, settings):
    with pytest.raises(DataError, match=r"sales.csv: cannot be read as Parquet: "):
        load(settings(kind="parquet", path=str(write("y\n1\n2\n"))))
