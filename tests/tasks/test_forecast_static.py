"""What a series is: static columns and its own number, read beside each row of a window."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from mlflow.exceptions import MlflowException

from points import POINT
from seqsweep.data import load
from seqsweep.data.faults import faults
from seqsweep.errors import DataError
from seqsweep.tasks.forecast import Forecast, requests
from seqsweep.tasks.forecast.panel_dataset import PanelDataset
from seqsweep.tasks.forecast.predictor import ForecastPredictor

HORIZON, WINDOW = 2, 5
PARAMS = POINT.replace(window=WINDOW, series_embedding=2)
SHOPS = {"a": ("north", 10), "b": ("south", 30), "late": ("east", 900)}


def table():
    """Two shops, and one that opens in the test part: its region is not that of any shop of train."""
    parts = []
    for number, (shop, (region, size)) in enumerate(SHOPS.items()):
        days = pd.date_range("2023-01-01", periods=120)[110 if shop == "late" else 0 :].strftime("%Y-%m-%d")
        sales = np.random.default_rng(number).normal(10, 2, len(days)).round(3)
        parts.append(pd.DataFrame({"day": days, "shop": shop, "sales": sales, "region": region, "size": size}))
    return pd.concat(parts, ignore_index=True)


@pytest.fixture
def read(make_config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # one path for all, so that a config is composed once

    def make(frame, *overrides):
        frame.to_csv("shops.csv", index=False)
        roles = ("data.target=sales", "data.time=day", "data.series=[shop]", "data.static=[region,size]")
        given = ("data=csv", "data.path=shops.csv", *roles, f"task.horizon={HORIZON}")
        config = make_config(*given, "task.baselines=[last_value]", "data.season=null", *overrides)
        return PanelDataset.of(config, load(config.data), 8)

    return make


def test_numbers_are_scaled_and_names_encoded_by_the_series_of_train_alone(read):
    data = read(table())
    view = data.view(PARAMS)
    read_of = [view.inputs[1].numpy(data.parts.starts[number : number + 1])[0] for number in range(3)]
    # region=north, region=south, size by mean 20 and deviation 10, number
    np.testing.assert_array_equal(read_of, [[1, 0, -1, 1], [0, 1, 1, 2], [0, 0, 88, 0]])
    assert view.input_shapes == ((WINDOW, 1), (4,))


def test_a_static_column_changes_what_data_it_is_and_a_plain_panel_has_no_such_input(read):
    data, other = read(table()), read(table().assign(size=7))
    assert data.sha256 != other.sha256
    assert len(read(table(), "data.static=[]").view(POINT.replace(window=WINDOW)).inputs) == 1


@pytest.fixture
def model(read):
    """A data set, and a predictor of it around a network as it is drawn."""
    from seqsweep.model import build

    data = read(table())
    view = data.view(PARAMS)
    network = build(Forecast(data.config), view, PARAMS, 1)
    table_of_ids = network.get_layer("series")
    rows = np.random.default_rng(0).normal(size=table_of_ids.get_weights()[0].shape)
    rows[0] = 0
    table_of_ids.set_weights([rows])
    spec = requests.make_spec(data, view, PARAMS, [])
    return data, ForecastPredictor(json.loads(json.dumps(spec)), lambda *arrays: network.predict_on_batch(list(arrays)))


def test_a_network_reads_them_and_service_gives_the_bits_of_training(model):
    data, predictor = model
    items, view = data.parts.test, data.view(PARAMS)
    frames = list(requests.frames(data.series, predictor._spec, items))
    said = requests.forecasts([predictor.predict(frame) for frame in frames], predictor._spec)
    outputs = predictor._network(*[gather.numpy(items) for gather in view.inputs])
    np.testing.assert_array_equal(said, view.inverse_transform(items, outputs))


def last_rows(of, **changes):
    return table()[lambda rows: rows["shop"] == of].tail(8).assign(**changes)


def test_in_service_a_known_series_is_what_it_was_and_a_new_one_must_say_what_it_is(model):
    _, predictor = model
    told = predictor.predict(last_rows("a"))["forecast"]
    silent = predictor.predict(last_rows("a").drop(columns="size"))["forecast"]
    assert told.tolist() == silent.tolist()
    assert told.tolist() != predictor.predict(last_rows("a", size=30))["forecast"].tolist()
    new = last_rows("a", shop="new")
    with pytest.raises(MlflowException, match="series 'new' was not learned from, and there is no value of 'size'"):
        predictor.predict(new.drop(columns="size"))
    answer = predictor.predict(new.assign(region="west"))
    assert any("column 'region': 'west' was not learned" in note for note in answer.attrs["notes"])


def test_a_new_series_is_told_to_be_none_of_the_known_ones(model):
    """Its vector is zeros, as that of a tenth of the windows of training."""
    data, predictor = model
    network, seen = predictor._network, []
    predictor._network = lambda *arrays: seen.append(arrays[-1]) or network(*arrays)
    predictor.predict(pd.concat([last_rows("a", shop="new"), last_rows("b")]))
    assert [rows[-1] for rows in np.concatenate(seen)] == [2, 0]  # b, new
    view = data.view(PARAMS)
    assert not network.__closure__[0].cell_contents.get_layer("series").get_weights()[0][view.ids[2]].any()


def changing(rows):
    """Shop b moves after a month."""
    rows.loc[(rows["shop"] == "b") & (rows["day"] > "2023-02-01"), "region"] = "west"
    return rows


def many(rows):
    return rows.assign(region=[f"r{number}" for number in range(len(rows))])


REFUSED = {
    "changes": (
        changing,
        r"shops\.csv, line 154, column 'region': series 'b' is 'south' at 2023-01-01 and 'west' at 2023-02-02, "
        r".*data\.known_future name columns that change",
    ),
    "nothing said": (
        lambda rows: rows.assign(size=rows["size"].where(rows["shop"] != "b")),
        "line 122, column 'size': series 'b' has no value",
    ),
    "many names": (many, "column 'region': there are 250 different names, .*leave it out of data.static"),
    "no number": (
        lambda rows: rows.assign(size=rows["size"].astype(object).where(rows.index != 3, "big")),
        "line 5, column 'size': 'big' is not a number",
    ),
}


@pytest.mark.parametrize(("change", "expected"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_static_is_refused(change, expected, read):
    with pytest.raises(DataError, match=expected):
        read(change(table()))


def test_blank_rows_say_nothing_against_the_others(read):
    rows = table()
    rows.loc[5:20, "region"] = None
    assert read(rows).sha256 == read(table()).sha256


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("search_space.scope=[series,all]", r"search_space.scope=\[series, all\]: it is of several series"),
        ("search_space.series_embedding=[0,4]", r"search_space.series_embedding=\[0, 4\]: it is of several series"),
        ("windows.scope=all", "windows.scope=all: it is of several series; name them with data.series"),
        ("windows.short_series=scaling", "windows.short_series=scaling: it is of several series"),
    ],
)
def test_what_is_of_several_series_is_refused_where_there_is_one(given, expected, make_config):
    from seqsweep.search_space import Space

    config = make_config(given)
    faults = [fault.text for fault in Forecast(config).space_faults(Space(config))]
    assert len(faults) == 1
    import re

    assert re.search(expected, faults[0])


def test_the_card_says_what_a_request_tells_of_a_series(model):
    from seqsweep.tasks.forecast.card import card

    data, predictor = model
    told = str(card(predictor._spec, data, data.config, []).use)
    assert "It reads `region`, `size` of each series" in told.replace("<code>", "`").replace("</code>", "`")
    assert "It tells the series that it has learned from apart" in told


def test_a_table_with_a_column_a_series_says_what_each_is_in_long_form(make_config, tmp_path, monkeypatch):
    config = make_config()
    for key, value in {
        "kind": "csv",
        "path": "a.csv",
        "time": "day",
        "columns": ["a", "b"],
        "static": ["size"],
    }.items():
        setattr(config.data, key, value)
    (fault,) = faults(config)
    assert fault.key == "data.static"
    assert "give the table in long form" in fault.text
    wide = pd.DataFrame(
        {"day": pd.date_range("2023-01-01", periods=40), "a": np.arange(40.0), "b": np.arange(40.0) ** 2}
    )
    long = wide.melt(["day"], var_name="shop", value_name="sales").merge(
        pd.DataFrame({"shop": ["a", "b"], "size": [1, 9]})
    )
    monkeypatch.chdir(tmp_path)
    long.to_csv("a.csv", index=False)
    for key, value in {"columns": [], "series": ["shop"], "target": "sales"}.items():
        setattr(config.data, key, value)
    assert faults(config) == []
    assert load(config.data).static == ((1.0,), (9.0,))
