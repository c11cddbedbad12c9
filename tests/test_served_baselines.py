"""A baseline as a model: it says what it was scored by, passes a gate of its own, and serves as a network does."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from conclusions import Made, make_sweep, rewrite, season, write_csv
from seqsweep import package, registry
from seqsweep.errors import RefusedError, UserError
from seqsweep.tasks.forecast.intervals import read_intervals
from seqsweep.tasks.forecast.served_baselines import WEIGHTS

pytestmark = pytest.mark.keras

NAMES = f"task.baselines=[{','.join([*WEIGHTS, 'drift'])}]"


def scored(made: Made) -> Made:
    """With the scores that its baselines really have."""
    data, test = made.problem.data, made.problem.data.split().test
    found = {name: data.score(data.actual(test), said) for name, said in data.baselines(test).items()}
    seen = dataclasses.replace(made.conclusion.evaluation, baselines=found, best_baseline="linear", skill=-1.0)
    return rewrite(made, evaluations=(seen,))


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Made:
    folder = tmp_path_factory.mktemp("baselines")
    csv = write_csv(folder / "shop.csv", season(), np.round(season(seed=1)))
    more = ("data.features=[x1]", "data.season=12", "task.horizon=3", "task.moving_average=20", "task.lower=0")
    return scored(make_sweep(csv, folder / "mlruns", "registry.refit=all", NAMES, *more, epochs=0))


@pytest.mark.parametrize("name", WEIGHTS)
def test_a_packaged_baseline_says_what_it_was_scored_by(made, name):
    own = package.build_baseline(made.folder, made.problem, made.conclusion, name)
    model = made.folder / package.baseline_folder(name)
    assert package.load_parity(model).passed
    data, test = made.problem.data, made.problem.data.split().test
    scored, serves = package.as_evaluated(model, package.load(model)), package.load(model)
    said = package.ask(made.problem.task, data, scored, test)
    np.testing.assert_allclose(said, data.baselines(test)[name], rtol=1e-5)
    whole = data.whole()
    again = package.ask(made.problem.task, data, serves, test)
    np.testing.assert_allclose(again, whole.baselines(test)[name], rtol=1e-5)
    assert np.allclose(again, said) == (name not in ("train_mean", "train_median", "linear"))
    assert "fitted once more on all 260 rows" in (model / "model_card.md").read_text()
    (low, high) = read_intervals(own.evaluation.details)
    assert (low.calibrated_on, low.width < high.width) == ("train", True)
    assert "a baseline" in (model / "model_card.md").read_text()
    assert package.fault(model) == ""


def test_a_baseline_is_promoted_and_serves_where_no_network_is_better(made, tmp_path):
    shown: list[registry.Condition] = []
    tracking = made.config.tracking
    done = registry.promote(None, tracking, lambda _: None, shown.extend, baseline="linear")
    assert [condition.name for condition in shown] == ["no network", "best baseline", "package", "parity", "champion"]
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


@pytest.mark.parametrize(
    ("name", "error", "said"),
    [
        ("drift", UserError, "reads the whole series, and a package a window; last_value, seasonal_naive"),
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
