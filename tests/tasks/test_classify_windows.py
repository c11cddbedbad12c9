"""Rows of a series before a labelled one as its item: what is read, what is parted, what leaks, what is served."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from points import POINT
from seqsweep.api.jobs import RULES
from seqsweep.config import compose
from seqsweep.errors import ConfigError, DataError
from seqsweep.evidence import Bin
from seqsweep.search import load_data
from seqsweep.serving.gather import Gather
from seqsweep.tasks.classify import requests
from seqsweep.tasks.classify.audit import audit
from seqsweep.tasks.classify.dataset import LabelledItems
from seqsweep.tasks.classify.evaluation import Evaluation, PredictionSet
from seqsweep.tasks.classify.predictor import ClassPredictor

ROWS, WINDOW = 200, 6


def series() -> pd.DataFrame:
    """Days with two numbers; every row but each seventh says whether the three before it lay above zero."""
    values = np.random.default_rng(0).normal(size=(ROWS, 2)).round(3)
    above = pd.Series(values[:, 0]).rolling(3).mean().shift().fillna(0).gt(0)
    label = np.where(above, "high", "low").astype(object)
    label[::7] = None
    days = pd.date_range("2024-01-01", periods=ROWS).strftime("%Y-%m-%d")
    return pd.DataFrame({"day": days, "a": values[:, 0], "b": values[:, 1], "state": label})


@pytest.fixture
def load(tmp_path):
    """The items of these rows, and what was said."""

    def load(frame, *overrides, read=("tokens=rows", f"window=[3,{WINDOW}]")):
        frame.to_csv(tmp_path / "days.csv", index=False)
        given = [
            *("data=csv", f"data.path={tmp_path / 'days.csv'}", "data.target=state", "windows=chronological"),
            *(f"search_space.{how}" for how in read),
        ]
        space = ["task=classify", "search_space=sequences", "search_space.steps=null"]
        (config,) = compose("quickstart", [*space, *given, *overrides], RULES).jobs
        said: list[str] = []
        return SimpleNamespace(data=load_data(config, said.append)[1], said=said)

    return load


@pytest.fixture
def data(load) -> LabelledItems:
    return load(series(), "data.features=[a,b]").data


def point(window: int = WINDOW):
    return POINT.replace(tokens="rows", window=window)


def test_items_are_labelled_rows_with_a_window_before_them_and_parts_follow_each_other(data):
    labelled = [row for row in range(WINDOW, ROWS) if row % 7]
    assert data.table.items.tolist() == labelled
    assert np.concatenate(data.parts).tolist() == labelled
    assert data.parts.train[-1] < data.parts.validation[0] <= data.parts.validation[-1] < data.parts.test[0]
    assert data.classes == ("high", "low")


@pytest.mark.parametrize("window", [3, WINDOW])
def test_a_window_ends_before_the_row_whose_label_is_asked_for(window, data):
    view, rows = data.view(point(window)), data.table.values
    assert view.input_shapes == ((window, 2),)
    scaled = view.transform.transform(rows)
    for item in (data.parts.train[0], data.parts.test[-1]):
        assert (view.inputs[0].numpy(np.array([item]))[0] == scaled[item - window : item]).all()
    before = rows[: data.parts.train[-1]]
    assert view.transform.offset == pytest.approx(before.mean(axis=0))  # of train alone


def test_times_put_rows_in_order(load, data):
    mixed = series().sample(frac=1, random_state=1)
    made = load(mixed, "data.time=day").data
    assert made.table.columns == ("a", "b")  # the times are no numbers to read
    assert (made.table.values == data.table.values).all()
    assert made.table.sha256 == data.table.sha256
    assert made.table.place(0).endswith(f"line {list(mixed['day']).index('2024-01-01') + 2}")
    with pytest.raises(DataError, match=r"days.csv, line 4, column 'day': .*; mend it, or take the row out"):
        load(series().assign(day=lambda frame: frame["day"].mask(frame.index == 2, "soon")), "data.time=day")
    with pytest.raises(DataError, match=r"data.time=days: .* no such column; did you mean 'day'"):
        load(series(), "data.time=days")


def test_times_order_items_that_stand_alone_too(load):
    mixed = series().dropna().sample(frac=1, random_state=1)
    made = load(mixed, "data.time=day", read=["tokens=numbers"])
    assert made.data.table.values[:, 0].tolist() == series().dropna()["a"].tolist()


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (["windows=stratified"], "search_space.tokens=rows: windows overlap, .* choose windows=chronological"),
        (["search_space.tokens=[rows,numbers]"], "items are numbers, rows or texts, for all trials alike"),
    ],
)
def test_what_windows_cannot_have_is_refused(overrides, told, load):
    with pytest.raises(ConfigError, match=told):
        load(series(), *overrides)


def linear(view, items):
    """A network's part: it reads nothing but its inputs."""
    return view.inputs[0].numpy(items).sum(axis=1)


@pytest.mark.parametrize("ahead", [0, 1])
def test_the_audit_finds_a_window_that_holds_the_row_itself(ahead, data):
    class Peeking(LabelledItems):
        def view(self, params, fold=0):
            seen = super().view(params, fold)
            read = seen.inputs[0]
            shifted = range(read.offsets.start + ahead, read.offsets.stop + ahead)
            return replace(seen, inputs=(Gather(read.array, shifted),))

    known = Peeking(data.config, data.table, data.parts, data.classes)
    found = audit(known, point(), linear)
    assert found.passed == (not ahead)
    if ahead:
        assert f"what is read of items up to row {data.parts.test[0]} moved" in " ".join(found.findings)
    else:
        assert (
            "with noise from each of 3 rows on, nothing that is read or said of an item before it moves" in found.said
        )


def test_the_baseline_reads_the_longest_window(data):
    items = data.parts.test
    scores = data.score(data.actual(items), data.baselines(items)["logistic_regression"])
    assert scores["accuracy"] > 0.8  # the mean of three rows before is a linear matter


def served(data, window):
    sets = (PredictionSet(0.8, 0.5, 0.8, 1.2),)
    found = Evaluation(data.classes, np.eye(2, dtype=int), 1.0, 1, 1, 0, 0, (Bin(0, 1, 1, 1, 1),), sets, ())
    spec = requests.make_spec(data, data.view(point(window)), found)

    def network(inputs):
        score = 1 / (1 + np.exp(-inputs[:, :, 0].mean(axis=1)))
        return np.stack([score, 1 - score], axis=1)

    return SimpleNamespace(spec=spec, predictor=ClassPredictor(spec, network), network=network)


@pytest.mark.parametrize("window", [3, WINDOW])
def test_requests_for_any_items_are_answered_row_by_row(window, data):
    model, view = served(data, window), data.view(point(window))
    items = np.concatenate([data.parts.test, data.parts.train[:2]])[np.r_[-2, -1, 0:5, 6:20]]
    answers = [model.predictor.predict(frame) for frame in requests.frames(data, items, window)]
    said = requests.probabilities(answers, model.spec)
    assert said == pytest.approx(model.network(view.inputs[0].numpy(items)), abs=1e-6)


def test_rows_that_tell_their_times_must_be_in_their_order(load):
    made = load(series(), "data.time=day").data
    model, rows = served(made, 3), series()[:6][["a", "b", "day"]]
    assert requests.input_columns(made) == [("a", True), ("b", True), ("day", False)]
    answer = model.predictor.predict(rows)
    assert answer.equals(model.predictor.predict(rows[["b", "a"]]))
    with pytest.raises(Exception, match=r"'day', row 3: its time lies before that of the row above; put rows in"):
        model.predictor.predict(rows.iloc[[0, 2, 1, 3]])


def test_the_last_answer_is_for_the_row_that_comes_next(data):
    model, rows = served(data, 3), pd.DataFrame(data.table.values[:5], columns=["a", "b"])
    answer = model.predictor.predict(rows)
    assert answer["row"].tolist() == [4, 5, 6]
    assert requests.output_columns(model.spec)[0] == ("row", "long", True)
    with pytest.raises(Exception, match="there are 2 rows, and the model reads the 3 before an item; give as many"):
        model.predictor.predict(rows[:2])
