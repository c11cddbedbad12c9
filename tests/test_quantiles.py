"""One sweep of networks that learn quantiles, from its finals to its package: noise whose size is known."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from conclusions import Silent, scored_network
from seqsweep import finals, package, report, search
from seqsweep.html import Section
from seqsweep.package.build import evaluation_of, packaged_evaluation
from seqsweep.report.heading import heading
from seqsweep.tasks.forecast import Forecast
from seqsweep.tasks.forecast.intervals import read_intervals
from seqsweep.tasks.forecast.quantile_intervals import read_compared

pytestmark = pytest.mark.keras

QUIET, LOUD = 0.5, 3.0
SMALL = (
    *("tracking=none", "executor=inline", "data=csv", "data.target=y", "data.known_future=[x]", "data.season=null"),
    *("windows.validation=0.2", "windows.test=0.2", "task.loss=quantile", "task.horizon=2", "task.lower=0"),
    *("task.metrics=[mae,pinball]", "task.baselines=[linear]", "task.ridge_windows=[2]", "registry.refit=train"),
    *("search_space.layer=simple_rnn", "search_space.units=8", "search_space.depth=1", "search_space.dropout=0"),
    *("search_space.window=2", "search_space.learning_rate=0.03", "search_space.batch_size=32"),
    *("search_space.linear_skip=ridge", "tuner.max_trials=1", "trial.epochs=20", "trial.patience=null"),
    *("finals.trials=1", "finals.seeds=2"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A level of 20 around which noise has a deviation of QUIET or, where x is 1, of LOUD: known ahead."""
    folder, random = tmp_path_factory.mktemp("quantiles"), np.random.default_rng(7)
    x = random.integers(0, 2, 600)
    y = 20 + np.where(x == 1, LOUD, QUIET) * random.normal(size=600)
    lines = [f"{value:.5f},{mark}" for value, mark in zip(y, x, strict=True)]
    (folder / "y.csv").write_text("\n".join(["y,x", *lines]) + "\n")
    return folder


@pytest.fixture(scope="module")
def launch(folder, make_config):
    def launched(*overrides):
        config = make_config(*SMALL, f"data.path={folder}/y.csv", f"tracking.directory={folder}/runs", *overrides)
        with search.open_sweep(config, Silent()) as context:
            return finals.run(context, search.search(context)), context

    return launched


@pytest.fixture(scope="module")
def swept(launch):
    return launch()


def arrays_of(context):
    return finals.load_test_predictions(context.state.folder)


def loud_of(context):
    """Of each test target whether its noise is loud, (n, 2)."""
    data = context.problem.data
    return data.series.values[data.split().test[:, None] + [1, 2], 1] == 1


def test_learnt_widths_follow_the_noise_where_those_around_the_median_cannot(swept):
    found, context = swept
    quantiles, loud = arrays_of(context).test_predicted, loud_of(context)
    assert quantiles.shape == (*loud.shape, 5)
    assert (np.diff(quantiles, axis=2) >= 0).all()
    wide, narrow = (quantiles[..., 3] - quantiles[..., 1])[loud], (quantiles[..., 3] - quantiles[..., 1])[~loud]
    assert wide.mean() == pytest.approx(2 * 1.2816 * LOUD, rel=0.25)
    assert narrow.mean() == pytest.approx(2 * 1.2816 * QUIET, rel=0.35)
    (eighty, *_) = read_intervals(found.evaluation.details)
    actual = arrays_of(context).test_actual
    low, high = eighty.ends(quantiles)
    held = (low <= actual) & (actual <= high)
    assert all(0.68 < held[rows].mean() < 0.92 for rows in (loud, ~loud))
    (around,) = (one for one in read_compared(found.evaluation.details) if (one.level, one.kind) == (0.8, "conformal"))
    fixed = np.abs(actual - quantiles[..., 2]) <= around.width / 2
    assert fixed[~loud].mean() > 0.97
    assert fixed[loud].mean() < 0.75
    scores = {one.kind: one.score for one in read_compared(found.evaluation.details) if one.level == 0.8}
    assert max(scores["cqr"], scores["quantile"]) < 0.9 * scores["conformal"]


def test_the_served_intervals_are_those_that_the_test_evaluation_counted(swept):
    found, context = swept
    seen, evaluation = arrays_of(context), found.evaluation
    rank = math.ceil((len(seen.calibration_actual) + 1) * 0.95) - 1
    y, q = seen.calibration_actual, seen.calibration_predicted
    reach = np.sort(np.maximum(q[..., 0] - y, y - q[..., 4]), axis=0)[rank]
    (_, interval) = read_intervals(evaluation.details)
    assert interval.half_widths == pytest.approx(tuple(reach))
    low, high = interval.ends(seen.test_predicted)
    assert interval.coverage == np.mean((low <= seen.test_actual) & (seen.test_actual <= high))
    model = package.build(context.state.folder, context.problem, scored_network(context, found), found)
    assert package.load_parity(model).passed
    loaded = package.load(model)
    (frame,) = context.problem.task.requests(context.problem.data, loaded, seen.test_items)
    answer = loaded.ask(frame)
    np.testing.assert_allclose(answer["lower_95"].to_numpy().reshape(-1, 2), low, rtol=1e-4)
    np.testing.assert_allclose(answer["upper_95"].to_numpy().reshape(-1, 2), high, rtol=1e-4)
    assert (answer["lower_95"] <= answer["lower_80"]).all() and (answer["lower_80"] <= answer["forecast"]).all()
    card = (model / "model_card.md").read_text()
    assert "Conformalized quantile, from the errors of the same networks" in card


def test_the_mean_of_the_seeds_is_the_mean_of_each_quantile(swept):
    found, context = swept
    seen = arrays_of(context)
    runs = [dataclasses.replace(found.evaluation, networks=(run,)) for run in found.evaluation.networks]
    alone = [scored_network(context, dataclasses.replace(found, evaluations=(run,))) for run in runs]
    expected = np.mean([network.predict(seen.test_items) for network in alone], axis=0)
    np.testing.assert_allclose(seen.test_predicted, expected, rtol=1e-5)
    assert found.evaluation.scores["mae"] == pytest.approx(np.abs(seen.test_actual - expected[..., 2]).mean(), rel=1e-5)


def test_other_intervals_are_chosen_without_training_anything(swept, launch, monkeypatch):
    found, context = swept
    monkeypatch.setattr("seqsweep.trial.run.Trial.__call__", lambda *_: pytest.fail("it trained again"))
    other, again = launch("finals.intervals=quantile")
    assert again.state.folder == context.state.folder
    assert [one.half_widths for one in read_intervals(other.evaluation.details)] == [(0.0, 0.0)] * 2
    assert (other.evaluation.number, other.evaluation.scores) == (1, found.evaluation.scores)
    assert read_compared(other.evaluation.details) == read_compared(found.evaluation.details)
    assert evaluation_of(other, False) != evaluation_of(found, False)  # so it is packaged anew
    assert packaged_evaluation(again.state.folder / package.MODEL) == evaluation_of(found, False)


def test_terminal_page_and_mlflow_show_every_kind_beside_the_others(swept):
    found, context = swept
    details = found.evaluation.details
    (table,) = report.task_tables(found, 120)
    named = heading(found, found.evaluation)
    sections: dict[str, Section] = {part.key: part for part in Forecast.sections(named, details, arrays_of(context))}
    assert {"forecasts", "intervals", "origins", "residuals"} <= set(sections)
    assert "cqr (served)" in str(sections["intervals"].blocks[0])
    figures = Forecast(context.config).test_metrics(details)
    assert {"test_coverage_80_cqr", "test_width_95_quantile", "test_winkler_80_conformal"} < set(figures)
    assert figures["test_coverage_80"] == figures["test_coverage_80_cqr"]
    (said,) = (text for text in report.details(found) if "intervals" in text)
    assert said.startswith("Conformalized quantile intervals, from the errors of the same networks")
    (entry,) = details["next"].get("series", [{"quantiles": None}]) if "next" in details else [{}]
    assert table is not None
    assert "missing" in details["next"] or np.shape(entry["quantiles"]) == (2, 5)
