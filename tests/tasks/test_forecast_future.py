"""Rows to be forecast in a file of their own: whose fault it is; and rows that came since: what a model knew before."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from points import POINT
from seqsweep.data import load
from seqsweep.errors import DataError
from seqsweep.registry import ask
from seqsweep.tasks.forecast import requests
from seqsweep.tasks.forecast.panel_dataset import PanelDataset
from seqsweep.tasks.forecast.predictor import ForecastPredictor

HORIZON = 2
DAYS = pd.date_range("2023-01-01", periods=130)
GIVEN = ("data=csv", "data.path=shops.csv", "data.target=sales", "data.time=day", "data.series=[shop]", "data.season=7")


def table(shops="ab"):
    random = np.random.default_rng(0)
    rows = [
        pd.DataFrame({"day": DAYS.strftime("%Y-%m-%d"), "shop": shop, "sales": random.normal(50, 5, 130), "promo": 0})
        for shop in shops
    ]
    return pd.concat(rows).round(4)


@pytest.fixture
def read(make_config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def make(frame):
        frame.to_csv("shops.csv", index=False)
        config = make_config(*GIVEN, "data.known_future=[promo]", f"task.horizon={HORIZON}", "task.ridge_windows=[1]")
        return PanelDataset.of(config, load(config.data), 8)

    return make


def spec_of(data):
    params = POINT.replace(window=5, anchor="last")
    return json.loads(json.dumps(requests.make_spec(data, data.view(params), params, [])))


def last(rows, **columns):
    """A table of what is known of the two days behind 2023-05-08, or of a shift of them."""
    days = (pd.Timestamp("2023-05-09") + pd.to_timedelta(rows, "D")).strftime("%Y-%m-%d")
    shops = columns.pop("shops", "ab")
    return pd.concat([pd.DataFrame({"day": days, "shop": shop, "promo": 1}) for shop in shops]).assign(**columns)


FAULTS = [
    (last([0]), "next.csv: series 'a': there is no row of 2023-05-10, and the model reads promo of the 2 steps"),
    (last([0, 1], shops="a"), "next.csv: series 'b': there is no row of 2023-05-09"),
    (last([9, 10]), "next.csv: series 'a': there is no row of 2023-05-09"),
    (last([0, 1], promo=[1, 1, 1, None]), "next.csv, line 5, column 'promo': no value at 2023-05-10"),
    (last([1, 0]), "next.csv, line 3, column 'day': 2023-05-09 follows 2023-05-10; sort the rows, the latest last"),
    (
        last([-3, -2]),
        "next.csv, line 2, column 'day': 2023-05-06 follows 2023-05-08; rows to be forecast lie behind",
    ),
    (last([-1, 0]), "next.csv, line 2, column 'day': 2023-05-08 is there twice; rows to be forecast lie behind"),
    (None, "in.csv: series 'a': there is no row of 2023-05-09, and the model reads promo of the 2 steps"),
]


def test_a_fault_of_rows_to_be_forecast_names_their_file(read):
    spec = spec_of(read(table()))
    predictor = ForecastPredictor(spec, lambda past, ahead: past[:, -2:, 0] + ahead[:, :, 0])
    served = SimpleNamespace(predict=lambda _, frame: predictor.predict(frame))
    past, next_days = Path("in.csv"), Path("next.csv")
    table()[lambda rows: rows.day <= "2023-05-08"].to_csv(past, index=False)
    last([0, 1]).to_csv(next_days, index=False)
    assert len(ask(SimpleNamespace(spec=spec, served=served), past, next_days)) == 4
    for future, said in FAULTS:
        if future is not None:
            future.to_csv(next_days, index=False)
        with pytest.raises(DataError) as raised:
            ask(SimpleNamespace(spec=spec, served=served), past, None if future is None else next_days)
        assert str(raised.value).startswith(said)
        assert "lie behind" not in said or str(raised.value).endswith("the last one of in.csv")


def test_data_with_rows_behind_is_that_of_an_earlier_model_and_any_other_is_not(read):
    whole = table()
    before = spec_of(read(whole[whole.day <= "2023-04-20"]))
    assert requests.extends(read(whole).series, before)
    opened = whole[(whole.shop != "b") | (whole.day > "2023-04-20")]
    assert requests.extends(read(opened).series, spec_of(read(opened[opened.day <= "2023-04-20"])))  # b opened later
    assert not requests.extends(read(opened).series, before)
    assert not requests.extends(read(whole.assign(sales=whole.sales + (whole.day == "2023-03-01"))).series, before)
