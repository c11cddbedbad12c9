"""Every baseline as a model answers requests as it was scored: of one series, of several, with what is known ahead."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from mlflow.exceptions import MlflowException

from seqsweep.config import compose
from seqsweep.errors import UserError
from seqsweep.search import load_data
from seqsweep.search_space.points import complete
from seqsweep.serving.model import no_network
from seqsweep.tasks.forecast import boosting, served_baselines, smoothing
from seqsweep.tasks.forecast.baselines import BASELINES
from seqsweep.tasks.forecast.served_baselines import CONSTANT, RECURSIVE
from shops import SEASON, shop

pytestmark = pytest.mark.keras

ROWS = 90
KINDS = {
    "one": ["data.features=[x]"],
    "ahead": ["data.features=[x]", "data.known_future=[promo]", "data.calendar=[weekday]"],
    "several": ["data.series=[shop]", "data.known_future=[promo]", "task.lower=0"],
    "side by side": ["data.columns=[a,b]"],
}
FILES = {"several": "several", "side by side": "wide"}


@dataclass
class Kind:
    """A sweep's data, and all of it as train, both fitted once."""

    config: Any
    task: Any
    data: Any
    whole: Any


@dataclass
class Asked:
    """A packaged baseline as its callers have it."""

    spec: dict[str, Any]
    served: Any

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        return self.served.predictor(self.spec, no_network).predict(frame)


@pytest.fixture(scope="module")
def kinds(tmp_path_factory):
    folder, trees = tmp_path_factory.mktemp("sold"), boosting.TREES
    each = [shop("a", 1.0, ROWS, 0), shop("b", 20.0, ROWS - 15, 1)]
    pd.concat(each).to_csv(folder / "several.csv", index=False)
    each[0].to_csv(folder / "one.csv", index=False)
    pd.concat(each).pivot_table(index="day", columns="shop", values="y").to_csv(folder / "wide.csv")
    boosting.TREES, found = 10, {}
    shared = [f"data.season={SEASON}", "task.horizon=3", "task.moving_average=12", "search_space.window=6"]
    shared += ["windows.validation=0.15", "windows.test=0.15", "task.ridge_windows=[1,6]", "tracking=none"]
    shared += ["data=csv", "data.time=day", f"task.baselines=[{','.join(BASELINES)}]"]
    for kind, settings in KINDS.items():
        target = [] if kind == "side by side" else ["data.target=y"]
        path = f"data.path={folder / FILES.get(kind, 'one')}.csv"
        (config,) = compose("quickstart", [*shared, *target, path, *settings]).jobs
        task, data = load_data(config, lambda _: None)
        found[kind] = Kind(config, task, data, data.whole())
    yield found
    boosting.TREES = trees


def asked(kind: Kind, data: Any, name: str) -> Asked:
    made = kind.task.served_baseline(data, name, complete(kind.config, {}))
    served = kind.task.served(data, made.view, made.params, {})
    return Asked(json.loads(json.dumps(served.spec, allow_nan=False)), served)


@pytest.mark.parametrize("kind", KINDS)
def test_each_baseline_answers_as_it_was_scored(kinds, kind):
    kind = kinds[kind]
    for data in (kind.data, kind.whole):
        items, expected = data.split().test, data.baselines(data.split().test)
        assert set(expected) == set(BASELINES)
        for name in BASELINES:
            model = asked(kind, data, name)
            answers = [model.predict(frame) for frame in kind.task.requests(kind.data, model, items)]
            np.testing.assert_allclose(kind.task.answers(model, answers), expected[name], rtol=1e-9, err_msg=name)
            assert len(model.predict(model.served.example)) == 3


@pytest.mark.parametrize("name", RECURSIVE)
def test_a_state_is_gone_on_from_through_all_rows_that_follow_it(kinds, name):
    kind = kinds["one"]
    model, past = asked(kind, kind.data, name), kind.data.past
    frame = kind.data.series
    rows = pd.DataFrame({"day": frame.index, "y": frame.values[:, 0], "x": 0.0})
    later = rows.tail(20).assign(day=rows["day"].tail(20) + pd.Timedelta(days=20))  # behind the last one of the data
    values = np.concatenate([past.target, later["y"]])
    fit = RECURSIVE[name](past)
    expected = fit.ahead(fit.states(values[fit.start :])[-1:], 3)[0]
    for first in (0, ROWS - 1):  # more rows than are needed do no harm
        said = model.predict(pd.concat([rows.iloc[first:], later]))["forecast"]
        np.testing.assert_allclose(said, expected, rtol=1e-9)
    with pytest.raises(MlflowException, match=r"the last such one is 2023-06-30; give each row from there on"):
        model.predict(later)
    with pytest.raises(MlflowException, match="give the rows between them"):
        model.predict(pd.concat([rows, later.iloc[1:]]))
    with pytest.raises(MlflowException, match="give the column of times"):
        model.predict(rows.drop(columns="day"))


@pytest.mark.parametrize("name", [*CONSTANT, *RECURSIVE])
def test_what_learned_each_series_by_itself_refuses_a_new_one_and_others_do_not(kinds, name):
    kind = kinds["several"]
    new = shop("new", 3.0, 30, 5)
    new.loc[27:, "y"] = np.nan
    with pytest.raises(MlflowException, match=f"'new' was not learned from, and {name} says nothing.*known are a, b"):
        asked(kind, kind.data, name).predict(new)
    for other in ("linear", "boosting", "last_value"):
        said = asked(kind, kind.data, other).predict(new)["forecast"]
        assert said.between(60, 160).all()


def test_states_of_many_rows_are_thinned_and_a_request_holds_one_of_them(kinds, monkeypatch):
    kind = kinds["side by side"]
    few = asked(kind, kind.data, "theta")
    monkeypatch.setattr(served_baselines, "KEPT", 5)
    model, items = asked(kind, kind.data, "theta"), kind.data.split().test
    assert few.spec["window"] == served_baselines.LEAST < model.spec["window"]
    answers = [model.predict(frame) for frame in kind.task.requests(kind.data, model, items)]
    np.testing.assert_allclose(kind.task.answers(model, answers), kind.data.baselines(items)["theta"], rtol=1e-9)


def test_all_rows_of_a_series_that_are_fewer_than_its_test_part_are_refused_with_what_helps(kinds, monkeypatch):
    kind = kinds["one"]
    monkeypatch.setattr(smoothing, "LONGEST", 12)
    whole = kind.data.whole()  # fitted anew
    with pytest.raises(UserError, match=r"to the last 12, fewer than are tested; registry.refit=train "):
        asked(kind, whole, "theta")


def test_a_window_that_no_request_could_hold_is_refused(kinds, monkeypatch):
    kind = kinds["one"]
    monkeypatch.setattr(kind.config.task, "moving_average", 70)
    with pytest.raises(UserError, match="it reads 70 rows, and there are 59 before a forecast"):
        asked(kind, kind.data, "moving_average")
