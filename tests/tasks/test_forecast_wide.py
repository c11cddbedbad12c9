"""A table with a column a series: read, learned from and asked as the same rows in long form."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from points import POINT
from seqsweep.data import load
from seqsweep.errors import DataError
from seqsweep.tasks.forecast import requests
from seqsweep.tasks.forecast.panel_dataset import PanelDataset
from seqsweep.tasks.forecast.predictor import ForecastPredictor

HORIZON, WINDOW = 2, 5
PARAMS = POINT.replace(window=WINDOW, anchor="last")


def table():
    """Three shops of other sizes with the same promotions: b opens later, c closes earlier and is blank for a day."""
    random, days = np.random.default_rng(0), pd.date_range("2023-01-01", periods=120)
    promo = (random.random(120) < 0.2).astype(int)
    shops = {
        name: level * (10 + 4 * promo + random.normal(size=120)) for name, level in (("c", 1), ("a", 9), ("b", 0.1))
    }
    wide = pd.DataFrame({"day": days.strftime("%Y-%m-%d"), "promo": promo} | shops).round(4)
    wide.loc[:14, "b"] = np.nan
    wide.loc[100:, "c"] = np.nan
    wide.loc[50, "c"] = np.nan
    return wide


def below_each_other(wide):
    """The same rows in long form: those that a shop has."""
    parts = []
    for name in "abc":
        first, last = wide[name].first_valid_index(), wide[name].last_valid_index()
        rows = wide.loc[first:last, ["day", "promo"]]
        parts.append(rows.assign(series=name, value=wide[name]))
    return pd.concat(parts)


@pytest.fixture
def read(make_config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # one path for all, so that a config is composed once

    def make(frame, *overrides):
        frame.to_csv("shops.csv", index=False)
        columns = ["data.columns=[c,a,b]"] if "c" in frame else ["data.series=[series]", "data.target=value"]
        given = ("data=csv", "data.path=shops.csv", "data.name=shops", "data.time=day", "data.missing=last", *columns)
        config = make_config(*given, f"task.horizon={HORIZON}", "task.ridge_windows=[1,5]", "data.season=7", *overrides)
        return PanelDataset.of(config, load(config.data), 8)

    return make


def predictor_of(data):
    """A predictor whose network says what it was given last."""
    spec = requests.make_spec(data, data.view(PARAMS), PARAMS, [])

    def network(past, *ahead):
        return past[:, -HORIZON:, 0] + (ahead[0][:, :, 0] if ahead else 0)

    return ForecastPredictor(json.loads(json.dumps(spec)), network)


@pytest.mark.parametrize("known", ["[]", "[promo]"])
def test_it_is_seen_and_scored_as_its_long_form_to_the_bit(known, read):
    wide, long = (read(frame, f"data.known_future={known}") for frame in (table(), below_each_other(table())))
    assert wide.sha256 == long.sha256
    assert [member.rows for member in wide.series.members] == [120, 105, 100]
    assert wide.parts.validation.tolist() == long.parts.validation.tolist()
    ours, theirs = wide.view(PARAMS), long.view(PARAMS)
    items = wide.parts.train
    for one, other in zip((*ours.inputs, ours.targets), (*theirs.inputs, theirs.targets), strict=True):
        np.testing.assert_array_equal(one.numpy(items), other.numpy(items))
    items = wide.parts.test
    said = [data.baselines(items) for data in (wide, long)]
    assert all((said[0][name] == said[1][name]).all() for name in said[1])


@pytest.mark.parametrize("known", ["[]", "[promo]"])
def test_the_same_table_is_read_back_and_gives_the_forecasts_of_its_long_form(known, read):
    wide, long = table(), below_each_other(table())
    if known != "[]":  # c ended before, so that its next days are there already
        ahead = pd.DataFrame({"day": ["2023-05-01", "2023-05-02"], "promo": [1, 0]})
        wide = pd.concat([wide, ahead])
        behind = wide[100:102][["day", "promo"]].assign(series="c")
        long = pd.concat([long, behind, *(ahead.assign(series=name) for name in "ab")])
    answers = [
        predictor_of(read(learned, f"data.known_future={known}")).predict(asked)
        for learned, asked in ((table(), wide), (below_each_other(table()), long))
    ]
    assert answers[0]["series"].tolist() == ["a", "a", "b", "b", "c", "c"]
    assert str(answers[0]["time"].iloc[-1]) == "2023-04-12 00:00:00"
    pd.testing.assert_frame_equal(answers[0], answers[1])


@pytest.mark.parametrize("known", ["[]", "[promo]"])
def test_requests_of_parity_and_gate_are_answered_origin_by_origin(known, read):
    data = read(table(), f"data.known_future={known}")
    predictor, items = predictor_of(data), data.parts.test[::-1]  # in any order
    frames = list(requests.frames(data.series, predictor._spec, items))
    assert set("abc") < set(frames[0].columns)
    assert "value" not in frames[0]
    said = requests.forecasts([predictor.predict(frame) for frame in frames], predictor._spec)
    view = data.view(PARAMS)
    inputs = [gather.numpy(items) for gather in view.inputs]
    np.testing.assert_array_equal(said, view.inverse_transform(items, predictor._network(*inputs)))


@pytest.mark.parametrize("known", ["[]", "[promo]"])
def test_the_latest_rows_stand_side_by_side(known, read):
    ahead = pd.DataFrame({"day": ["2023-05-01", "2023-05-02"], "promo": [1, 0]})
    whole = table() if known == "[]" else pd.concat([table(), ahead])
    data = read(whole, f"data.known_future={known}")
    predictor = predictor_of(data)
    pd.testing.assert_frame_equal(
        predictor.predict(requests.latest(data.series, predictor._spec)), predictor.predict(whole), check_dtype=False
    )


def test_a_column_without_values_is_left_out_of_an_answer_and_said(read):
    predictor = predictor_of(read(table()))
    answer = predictor.predict(table().assign(b=np.nan))
    assert answer["series"].unique().tolist() == ["a", "c"]
    assert any("no value in 'b'" in note for note in answer.attrs["notes"])


REFUSED = {
    "no value": (lambda wide: wide.assign(b=""), (), "column 'b' of .* has no value at all; leave it out"),
    "no number": (
        lambda wide: wide.assign(b=wide["b"].astype(object).where(wide.index != 40, "x")),
        (),
        "line 42, column 'b': 'x'",
    ),
    "twice": (
        lambda wide: pd.concat([wide, wide[-1:]]),
        (),
        "line 122, column 'day': 2023-04-30 is there twice .also in line 121",
    ),
    "blank between": (lambda wide: wide, ("data.missing=error",), "line 52, column 'c': no value"),
    "order": (lambda wide: wide[::-1], (), "line 3, column 'day': .* data.sort=true"),
}


@pytest.mark.parametrize(("change", "more", "expected"), REFUSED.values(), ids=REFUSED)
def test_faults_name_line_and_column_of_the_table(change, more, expected, read):
    with pytest.raises(DataError, match=expected):
        read(change(table()), *more)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("data.target=a", "are the targets, and data.target=a is one too"),
        ("data.series=[d]", "a column each, or one below the other by data.series"),
        ("data.features=[b]", "'b' is a time or an input too"),
        ("data.features=[value]", "rename 'value'"),
    ],
)
def test_columns_that_cannot_be_series_are_refused_with_the_config(given, expected, make_config):
    from seqsweep.data.faults import faults

    config = make_config("data=csv", "data.path=x.csv", "data.time=day", "data.columns=[a,b]", given)
    assert any(expected in fault.text for fault in faults(config))
