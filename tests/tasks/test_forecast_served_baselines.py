"""Every baseline as a model answers requests as it was scored: of one series, of several, with what is known ahead."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from seqsweep.config import compose
from seqsweep.errors import UserError
from seqsweep.search import load_data
from seqsweep.search_space.points import complete
from seqsweep.serving.model import no_network
from seqsweep.tasks.forecast import boosting, served_baselines
from seqsweep.tasks.forecast.baselines import BASELINES

ROWS, SEASON = 90, 7
NAMES = list(BASELINES)
KINDS = {
    "one": ["data.features=[x]"],
    "ahead": ["data.features=[x]", "data.known_future=[promo]", "data.calendar=[weekday]"],
    "several": ["data.series=[shop]", "data.features=[x]"],
    "several ahead": ["data.series=[shop]", "data.features=[x]", "data.known_future=[promo]", "task.lower=0"],
    "side by side": ["data.columns=[a,b]"],
}


def shop(name: str, size: float, rows: int, seed: int) -> pd.DataFrame:
    """Sales with a week, a trend and promotions, of days that end with those of other shops."""
    random = np.random.default_rng(seed)
    count, promo = np.arange(rows), random.integers(0, 2, rows)
    level = 30 + 0.1 * count + 5 * np.sin(2 * np.pi * count / SEASON) + 8 * promo + random.normal(size=rows)
    days = pd.date_range(end="2023-06-30", periods=rows)
    x = random.normal(size=rows).cumsum()
    return pd.DataFrame({"shop": name, "day": days, "y": size * level, "x": x, "promo": promo})


@pytest.fixture(scope="module")
def sold(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("sold")
    each = [shop("a", 1.0, ROWS, 0), shop("b", 20.0, ROWS - 15, 1)]
    pd.concat(each).to_csv(folder / "several.csv", index=False)
    each[0].to_csv(folder / "one.csv", index=False)
    pd.concat(each).pivot_table(index="day", columns="shop", values="y").to_csv(folder / "wide.csv")
    return folder


@pytest.fixture(scope="module")
def loaded(sold):
    """Task and data of a kind, read once."""
    known = {}

    def of(kind: str):
        if kind not in known:
            file = {"one": "one", "ahead": "one", "side by side": "wide"}.get(kind, "several")
            more = [] if kind == "side by side" else ["data.target=y"]
            source = ["data=csv", f"data.path={sold / file}.csv", "data.time=day", *more, *KINDS[kind]]
            settings = [f"data.season={SEASON}", "task.horizon=3", "task.moving_average=12", "search_space.window=6"]
            settings += ["windows.validation=0.15", "windows.test=0.15", "task.ridge_windows=[1,6]", "tracking=none"]
            names = f"task.baselines=[{','.join(NAMES)}]"
            (config,) = compose("quickstart", [*source, *settings, names]).jobs
            known[kind] = (config, *load_data(config, lambda _: None))
        return known[kind]

    boosting.TREES, before = 30, boosting.TREES
    yield of
    boosting.TREES = before


def asked(config, task, data, name: str) -> SimpleNamespace:
    """The predictor of a packaged baseline, and what it was told."""
    made = task.served_baseline(data, name, complete(config, {}))
    served = task.served(data, made.view, made.params, {})
    spec = json.loads(json.dumps(served.spec, allow_nan=False))
    return SimpleNamespace(spec=spec, served=served, predict=served.predictor(spec, no_network).predict, made=made)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_baseline_answers_as_it_was_scored(loaded, kind, name):
    config, task, data = loaded(kind)
    for seen in (data, data.whole()):
        model, items = asked(config, task, seen, name), data.split().test
        answers = [model.predict(frame) for frame in task.requests(data, model, items)]
        expected = seen.baselines(items)[name]
        np.testing.assert_allclose(task.answers(model, answers), expected, rtol=1e-9)
        np.testing.assert_array_equal(model.made.predict(items), expected)
        assert len(model.predict(model.served.example)) == 3
