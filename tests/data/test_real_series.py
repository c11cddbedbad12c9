"""Real tables that a kept package brings: prices of five companies, one of them younger; a weather in words."""

from __future__ import annotations

import pytest

from seqsweep.search import load_data

data = pytest.importorskip("vega_datasets").local_data


@pytest.fixture
def read(make_config, tmp_path):
    """The data set of a forecast of a table, and what is told of it."""

    def from_table(table, *overrides):
        table.to_csv(tmp_path / "table.csv", index=False)
        said = []
        given = ["data=csv", f"data.path={tmp_path}/table.csv", "data.time=date", "search_space.window=6", *overrides]
        return load_data(make_config(*given), said.append)[1], said

    return from_table


def test_five_companies_are_one_table_of_which_the_youngest_begins_later(read):
    table = data.stocks()
    found, _ = read(table, "data.target=price", "data.series=[symbol]", "data.season=12")
    counts = table.groupby("symbol").size()
    begins = [*found.series.starts.tolist(), len(found.series)]
    assert [name for (name,) in found.series.names] == sorted(counts.index)
    assert {
        name: b - a for (name,), a, b in zip(found.series.names, begins, begins[1:], strict=False)
    } == counts.to_dict()
    test = found.series.index[found.split().test]
    assert test.min() > found.series.index[found.split().train].max()  # one date parts all of them


def test_a_weather_in_words_is_a_feature_of_a_column_each(read):
    table = data.seattle_weather()
    found, _ = read(table, "data.target=temp_max", "data.features=[wind,weather]")
    words = sorted(table["weather"].unique())
    assert list(found.series.columns) == ["temp_max", "wind", *(f"weather={word}" for word in words)]
    assert found.series.values[:, 2:].sum(axis=1).tolist() == [1.0] * len(table)
    snow = found.series.values[:, 2 + words.index("snow")]
    assert int(snow.sum()) == (table["weather"] == "snow").sum()


def test_a_word_that_says_what_a_company_is_stays_with_its_series(read):
    table = data.stocks()
    table["trade"] = table["symbol"].map({"AMZN": "shop"}).fillna("machines")
    found, _ = read(table, "data.target=price", "data.series=[symbol]", "data.static=[trade]", "data.season=12")
    assert dict(zip([name for (name,) in found.series.names], found.series.static, strict=True))["AMZN"] == ("shop",)
