"""A baseline as a model: packaged without a network, it passes a gate of its own, and serves as a network does."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from conclusions import Made, make_sweep, rewrite, season, write_csv
from seqsweep import package, registry
from seqsweep.errors import RefusedError, UserError
from seqsweep.finals import FrontTrial
from seqsweep.registry import gate
from seqsweep.tasks import objectives_of
from seqsweep.tasks.forecast.intervals import read_intervals
from shops import SEASON, shop

pytestmark = pytest.mark.keras


NETWORK_OR_BASELINE, PACKAGED = ["no network", "best baseline"], ["package", "parity", "champion"]


def scored(made: Made) -> Made:
    """With the scores that its baselines really have."""
    data, test = made.problem.data, made.problem.data.split().test
    found = {name: data.score(data.actual(test), said, items=test) for name, said in data.baselines(test).items()}
    best = min(found, key=lambda name: found[name]["mae"])
    seen = dataclasses.replace(made.conclusion.evaluation, baselines=found, best_baseline=best, skill=-1.0)
    return rewrite(made, evaluations=(seen,))


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Made:
    folder = tmp_path_factory.mktemp("baselines")
    csv = write_csv(folder / "shop.csv", season(), np.round(season(seed=1)))
    more = ("data.features=[x1]", "data.season=12", "task.horizon=3", "task.lower=0")
    names = "task.baselines=[last_value,train_mean,linear,drift]"
    traded = ("task.objectives=[mae,parameter_count,latency_ms]", "registry.bounds={parameter_count:9999}")
    made = scored(make_sweep(csv, folder / "mlruns", "registry.refit=all", names, *more, *traded, epochs=0))
    values = {"mae": 9.0, "parameter_count": 5000.0, "latency_ms": None}
    front = (FrontTrial("0002", "trial 2: GRU", values),)
    asked = objectives_of(made.config)
    return rewrite(made, objectives=asked.names, bounds=asked.bounds, front=front, completed=7)


@pytest.fixture(scope="module")
def shops(tmp_path_factory) -> Made:
    """Two series, with promotions that are known ahead."""
    folder = tmp_path_factory.mktemp("shops")
    csv = folder / "shops.csv"
    pd.concat([shop("a", 1.0, 120, 0), shop("b", 20.0, 100, 1)]).to_csv(csv, index=False)
    more = ("data.series=[shop]", "data.time=day", "data.known_future=[promo]", f"data.season={SEASON}")
    names = ("task.baselines=[linear,theta]", "task.horizon=3", "windows.validation=0.15", "windows.test=0.15")
    return scored(make_sweep(csv, folder / "mlruns", "registry.refit=all", *more, *names, epochs=0))


@pytest.mark.parametrize("name", ["train_mean", "linear"])
def test_a_packaged_baseline_says_what_it_was_scored_by(made, name):
    own = package.build_baseline(made.folder, made.problem, made.conclusion, name)
    model = made.folder / package.baseline_folder(name)
    assert package.load_parity(model).largest < 1e-9
    assert not list(model.rglob("*.keras"))
    data, test = made.problem.data, made.problem.data.split().test
    scored, serves = package.as_evaluated(model, package.load(model)), package.load(model)
    said = package.ask(made.problem.task, data, scored, test)
    np.testing.assert_allclose(said, data.baselines(test)[name], rtol=1e-9)
    again = package.ask(made.problem.task, data, serves, test)
    np.testing.assert_allclose(again, data.whole().baselines(test)[name], rtol=1e-9)
    assert not np.allclose(again, said)
    assert "fitted once more on all 260 rows" in (model / "model_card.md").read_text()
    (low, high) = read_intervals(own.evaluation.details)
    assert (low.calibrated_on, low.width < high.width) == ("train", True)
    assert package.fault(model) == ""
    card, rows = (model / "model_card.md").read_text(), (model / "requirements.txt").read_text()
    for told in ("## Objectives", "| trial 2: GRU | 9.000 | 5,000 | none |", "9,999 at most, kept to."):
        assert told in card
    for told in (
        "a baseline, ",
        "(`evaluated.json`)",
        "of the same baseline on the end of train, fitted without it",
        "The baseline is",
    ):
        assert told in card
    assert "scal" not in card.partition("## Limits")[0].partition("## Data")[2]
    assert "numpy==" in rows and "keras" not in rows and "tensorflow" not in rows


def test_a_packaged_baseline_is_loaded_and_asked_without_tensorflow(made, monkeypatch):
    package.build_baseline(made.folder, made.problem, made.conclusion, "linear")
    for name in [name for name in sys.modules if name.startswith("served_")]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("tensorflow", "keras", "sklearn", "statsmodels"):
        monkeypatch.setitem(sys.modules, name, None)
    model = package.load(made.folder / package.baseline_folder("linear"))
    assert len(model.ask(model.example)) == 3


def test_a_baseline_is_promoted_and_serves_where_no_network_is_better(made, tmp_path):
    shown: list[registry.Condition] = []
    tracking = made.config.tracking
    done = registry.promote(None, tracking, lambda _: None, shown.extend, baseline="linear")
    assert [condition.name for condition in shown] == [*NETWORK_OR_BASELINE, "bounds", *PACKAGED]
    assert done.news
    again = registry.promote(None, tracking, lambda _: None, shown.extend, baseline="linear")
    assert (again.news, again.version) == (False, done.version)
    rows = pd.DataFrame(made.job.data.series.values, columns=list(made.job.data.series.columns))
    rows.to_csv(tmp_path / "in.csv", index=False)
    answer, _ = registry.predict(done.model, Path(tmp_path / "in.csv"), tracking)
    assert list(answer["step"]) == [1, 2, 3]
    assert (answer["lower_95"] < answer["forecast"]).all()
    entries, _ = registry.history(done.model, tracking, lambda _: None)
    assert entries[-1].run == "baseline linear refitted"
    told = "The baseline linear is no trial; on validation it has mae"
    assert told in entries[-1].objectives and "9,999 at most, kept to" in entries[-1].objectives
    with registry.registered.opened(tracking) as opened:
        assert told in opened.existing(done.model).description
        assert told in opened.version(done.model, done.version).description


def test_a_baseline_is_held_to_the_bounds_by_what_it_keeps_and_takes(made):
    own = package.build_baseline(made.folder, made.problem, made.conclusion, "linear")
    fit = made.problem.task.served_baseline(made.problem.data, "linear", made.spec.params).view.baseline.every
    counted = fit.coefficients.size + fit.intercept.size
    assert own.winner.means["parameter_count"] == counted
    assert 0 < own.winner.means["latency_ms"] < 1000
    asked = objectives_of(made.config)
    (passed,) = gate._bounds(own, dataclasses.replace(asked, bounds={"parameter_count": counted, "latency_ms": 1000}))
    assert passed.passed and f"parameter count {counted}, {counted} at most; latency ms 0." in passed.found
    (refused,) = gate._bounds(own, dataclasses.replace(asked, bounds={"parameter_count": counted - 1}))
    assert not refused.passed and refused.mend.startswith("promote another baseline, or the winner by leaving --basel")
    (quick,) = gate._bounds(own, dataclasses.replace(asked, bounds={"latency_ms": 1e-6}))
    assert not quick.passed
    unknown = dataclasses.replace(own.winner, others={"parameter_count": (None,)})
    own = dataclasses.replace(own, finalists=(unknown,))
    (told,) = gate._bounds(own, dataclasses.replace(asked, bounds={"parameter_count": 1}))
    assert told.passed and told.found == "parameter count is not known of this baseline, 1 at most"


def test_what_a_baseline_keeps_of_each_series_counts_and_one_that_goes_on_keeps_a_state(shops):
    made = shops.problem.task.served_baseline(shops.problem.data, "theta", shops.spec.params)
    each = made.view.baseline.each.values()
    assert made.numbers == sum(2 + one.formula.season.size + one.states.shape[1] for one in each)
    assert made.single().shape == (1, 3)


def test_of_several_series_one_that_knows_of_promotions_takes_the_place_of_one_that_does_not(shops, tmp_path):
    tracking, shown = shops.config.tracking, []
    with pytest.raises(RefusedError, match="best baseline"):
        registry.promote(None, tracking, lambda _: None, lambda _: None, baseline="theta")
    done = registry.promote(None, tracking, lambda _: None, lambda _: None, baseline="theta", force="to be beaten")
    assert done.reads_future
    better = registry.promote(None, tracking, lambda _: None, shown.extend, baseline="linear")
    assert (better.before, better.news) == (done.version, True)
    assert "against" in shown[-1].found  # the champion, which goes on from a state, was asked for the same items
    rows = pd.read_csv(shops.config.data.path)
    rows.to_csv(tmp_path / "rows.csv", index=False)
    days = pd.date_range("2023-07-01", periods=3)
    pd.concat([pd.DataFrame({"shop": s, "day": days, "promo": [0, 1, 0]}) for s in "ab"]).to_csv(
        tmp_path / "future.csv", index=False
    )
    for model in (better.model, f"{better.model}@previous"):
        answer, _ = registry.predict(model, tmp_path / "rows.csv", tracking, tmp_path / "future.csv")
        assert answer["shop"].tolist() == [*"aaabbb"]
        assert answer["forecast"].between(answer["lower_80"], answer["upper_80"]).all()
    card = (shops.folder / package.baseline_folder("theta") / "model_card.md").read_text()
    assert "the last one at 2023-06-30: a request holds such a row" in card
    assert "A series that it has not learned from is refused." in card
    with registry.registered.opened(tracking) as opened:
        assert f"predict {better.model} FILE.csv --future FUTURE.csv" in opened.existing(better.model).description


@pytest.mark.parametrize(
    ("name", "error", "said"),
    [
        ("drift", UserError, "the rows of this series have none; name the column of times with data.time"),
        ("linaer", UserError, "no such baseline; did you mean 'linear'"),
        ("train_mean", RefusedError, "the conditions best baseline, champion do not hold"),
    ],
)
def test_what_cannot_be_promoted_is_refused(made, name, error, said):
    with pytest.raises(error) as refused:
        registry.promote(None, made.config.tracking, lambda _: None, lambda _: None, baseline=name)
    assert said in str(refused.value)


def test_a_baseline_that_a_network_beats_is_refused(made):
    scores = made.conclusion.evaluation.baselines["linear"]
    better = dataclasses.replace(made.conclusion.evaluation, scores={name: v / 2 for name, v in scores.items()})
    rewrite(made, evaluations=(better,))
    with pytest.raises(RefusedError, match="conditions no network, best baseline"):
        registry.promote(None, made.config.tracking, lambda _: None, lambda _: None, baseline="last_value")
    rewrite(made)
