"""What serves has learned from all of the data; what was scored lies beside it, and the gate compares by that."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from conclusions import SMALL, Made, Silent, make_sweep, scored_network, season, write_csv
from seqsweep import finals, package, registry, search, study
from seqsweep.config import compose
from seqsweep.errors import DivergedError
from seqsweep.events import REFIT, Done, Epoch, TrialSpec
from seqsweep.report.page.material import gather
from seqsweep.report.page.winner import winner
from seqsweep.search import SweepState, load_data
from seqsweep.search_space.points import complete
from seqsweep.tasks.forecast.settings import own
from seqsweep.tracking.store import open_store
from seqsweep.trial import Trial, restore

pytestmark = [pytest.mark.slow, pytest.mark.keras]

FEW = (
    "registry.refit=all",
    "tuner.max_trials=1",
    "finals.trials=1",
    "finals.seeds=2",
    "trial.epochs=2",
    "finals.calibration=validation",
)


class Told(Silent):
    """Keeps what was said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def stage(self, doing: str) -> None:
        self.said.append(doing)


@pytest.fixture(scope="module")
def csv(tmp_path_factory) -> Path:
    days = pd.date_range("2020-01-01", periods=160, freq="D")
    file = tmp_path_factory.mktemp("refit") / "shop.csv"
    pd.DataFrame({"day": days, "y": season(160)}).to_csv(file, index=False)
    return file


def swept(csv: Path, *overrides: str) -> SimpleNamespace:
    source = ("data=csv", f"data.path={csv}", "data.target=y", "data.time=day", "data.season=12")
    runs = f"tracking.directory={csv.parent / 'mlruns'}"
    (config,) = compose("quickstart", [*SMALL, *source, *FEW, runs, "report=none", *overrides]).jobs
    told = Told()
    result = study.run(config, told)
    model = result.outcome.folder / "model"
    return SimpleNamespace(config=config, model=model, said=told.said, **vars(result))


@pytest.fixture(scope="module")
def sweep(csv) -> SimpleNamespace:
    return swept(csv)


def test_what_serves_is_the_winner_trained_once_more_on_all_rows(sweep):
    state = SweepState(sweep.outcome.folder)
    refits, scored = state.records("refit"), state.records("final")
    best = [scored[run].best_epoch for run in sweep.conclusion.evaluation.networks]
    assert [record.epochs for record in refits.values()] == best
    assert all(not name.startswith("val_") for record in refits.values() for name in record.metrics)
    origin = json.loads((sweep.model / "artifacts" / "spec.json").read_text())["lineage"]
    assert origin["refit"] == {
        "runs": list(refits),
        "epochs": best,
        "data": "160 rows from 2020-01-01 to 2020-06-08",
    }
    page = str(winner(gather(sweep.outcome.folder)))
    assert "the same, trained once more on all 160 rows from 2020-01-01 to 2020-06-08, for" in page
    assert origin["run"] == f"{sweep.conclusion.evaluation.run} refitted"
    assert "2 more runs of the winner, on all 160 rows from 2020-01-01 to 2020-06-08" in " ".join(sweep.said)
    card = (sweep.model / "model_card.md").read_text()
    assert f"({', '.join(map(str, best))}), on all 160 rows from 2020-01-01 to 2020-06-08" in card
    assert "train to row 112" in card  # of what was scored
    assert package.load_parity(sweep.model).passed
    assert package.fault(sweep.model) == ""


def test_what_serves_is_trained_while_the_winner_is_scored(sweep):
    (trained,) = (number for number, said in enumerate(sweep.said) if "more runs of the winner, on all" in said)
    (waited,) = (number for number, said in enumerate(sweep.said) if said.startswith("scoring the winner"))
    assert trained < waited


def test_the_package_holds_what_was_scored_beside_it(sweep):
    loaded = package.load(sweep.model)
    scored = package.as_evaluated(sweep.model, loaded)
    with search.open_sweep(sweep.config, Silent()) as context:
        items, data, task = context.problem.data.split().test, context.problem.data, context.problem.task
        network = scored_network(context, sweep.conclusion)
        refits = finals.refit_runs(context, sweep.conclusion.evaluation.networks)
        serves = refits.refitted(context).restored(context.problem).network
    assert serves.view.split.train_end == 160
    np.testing.assert_allclose(package.ask(task, data, scored, items), network.predict(items), rtol=1e-5)
    np.testing.assert_allclose(package.ask(task, data, loaded, items), serves.predict(items), rtol=1e-5)
    assert np.abs(serves.predict(items) - network.predict(items)).max() > 1e-3
    frame = loaded.example
    widths = loaded.ask(frame)["upper_80"] - loaded.ask(frame)["forecast"]
    np.testing.assert_allclose(widths, scored.ask(frame)["upper_80"] - scored.ask(frame)["forecast"])


def test_a_second_launch_trains_nothing_and_the_store_says_what_was_learned_from(sweep, csv):
    again = swept(csv)
    assert not [text for text in again.said if "more run" in text]
    assert again.model.stat().st_mtime_ns == sweep.model.stat().st_mtime_ns
    _, client = open_store(sweep.config.tracking)
    runs = client.search_runs([e.experiment_id for e in client.search_experiments()])
    (parent,) = [run for run in runs if run.data.tags["kind"] == "sweep"]
    assert parent.data.tags["refit"] == "all"
    assert parent.data.tags["refit_data"] == "160 rows from 2020-01-01 to 2020-06-08"
    assert len([run for run in runs if run.data.tags["kind"] == "refit" and run.info.status == "FINISHED"]) == 2


def test_train_alone_serves_where_that_is_asked_for_and_is_another_version(sweep, csv):
    first = registry.promote(None, sweep.config.tracking, lambda _: None, lambda _: None, force="to compare")
    alone = swept(csv, "registry.refit=train")
    assert package.as_evaluated(alone.model, loaded := package.load(alone.model)) is loaded
    assert "What answers" not in (alone.model / "model_card.md").read_text()
    assert package.what_serves(alone.model) == "what was scored: it has learned from train alone"
    second = registry.promote(None, sweep.config.tracking, lambda _: None, lambda _: None, force="to compare")
    assert (first.version, second.version, second.before) == ("1", "2", "1")


def test_what_cannot_learn_from_all_rows_serves_as_it_was_scored(csv, monkeypatch):
    def diverged(self: Trial, spec: TrialSpec) -> None:
        raise DivergedError("loss became nan in epoch 1")

    monkeypatch.setattr(Trial, "_refit", diverged)
    found = swept(csv, "seed=3", "tracking=none")
    assert any("loss became nan in epoch 1; what serves is what was scored" in text for text in found.said)
    assert not package.load(found.model).spec["lineage"]["refit"]
    assert not [text for text in swept(csv, "seed=3", "tracking=none").said if "packaged" in text]


def with_refit(made: Made, serves: Made) -> None:
    """The package of a sweep, in which another one's network serves."""
    problem = dataclasses.replace(made.problem, data=made.problem.data.whole())
    refit = finals.Refit(problem, serves.network, ("0001-s1-all",), (1,))
    package.build(made.folder, made.problem, made.network, made.conclusion, refit=refit)


def test_a_champion_that_has_learned_from_the_test_part_is_held_to_what_was_scored_of_it(tmp_path):
    file, directory = write_csv(tmp_path / "shop.csv", season()), tmp_path / "mlruns"
    better = make_sweep(file, directory, "seed=3", epochs=12)
    with_refit(bad := make_sweep(file, directory, "seed=1", epochs=0), better)
    tracking, shown = bad.config.tracking, []
    registry.promote(bad.fingerprint, tracking, lambda _: None, lambda _: None)
    good = make_sweep(file, directory, "seed=2", epochs=2)
    assert registry.promote(good.fingerprint, tracking, lambda _: None, shown.extend).version == "2"
    (compared,) = [condition for condition in shown if condition.name == "champion"]
    assert "each by what was evaluated of it, before it learned from all of the data" in compared.found
    (bad.model / "artifacts" / "evaluated.keras").unlink()
    assert "evaluated.keras is gone" in package.fault(bad.model)


@pytest.mark.parametrize("study", ["quickstart", "digits", "letters", "caption", "shops"])
def test_all_of_the_data_is_train_and_everything_is_learned_from_it(study):
    (config,) = compose(study, ["tracking=none"]).jobs
    _, data = load_data(config, lambda _: None)
    whole, parts = data.whole(), data.split()
    learned = whole.split()
    assert not len(learned.validation)
    for part in (parts.train, parts.validation, parts.test):
        assert np.isin(part, learned.train).all()
    assert np.array_equal(learned.test, parts.test)
    assert whole.extent().split()[0].replace(",", "") == str(data.rows)
    view = whole.view(complete(config, {}))
    assert len(view.targets.numpy(learned.train[-3:])) == 3


def test_names_and_scales_of_all_rows_are_known(tmp_path):
    late = ["a"] * 150 + ["b"] * 10
    pd.DataFrame({"y": np.r_[season(150), 500 + season(10)], "shop": late}).to_csv(tmp_path / "y.csv", index=False)
    source = ("data=csv", f"data.path={tmp_path}/y.csv", "data.target=y", "data.features=[shop]", "data.season=12")
    (config,) = compose("quickstart", [*SMALL, *source, "search_space.linear_skip=ridge", "tracking=none"]).jobs
    task, data = load_data(config, lambda _: None)
    whole, params = data.whole(), complete(config, {})
    assert (data.series.columns, whole.series.columns) == (("y", "shop=a"), ("y", "shop=a", "shop=b"))
    assert whole.view(params).transform.offset[0] == pytest.approx(whole.series.values[:, 0].mean())
    chosen, again = data.view(params).path.fit, whole.view(params).path.fit
    assert (again.window, again.penalty) == (chosen.window, chosen.penalty)
    spec = TrialSpec("1-s1-all", params, 1, 0, 0, fold=REFIT, network=True)
    *_, done = Trial(task, data)(spec)
    assert isinstance(done, Done)
    network = restore(Trial(task, data), spec, done.network)
    items = whole.split().test[-3:]
    np.testing.assert_allclose(
        network.predict(items), again.after(whole.series.values, items, whole.parts.horizon), rtol=1e-4
    )
    assert own(config).ridge_windows != [again.window] == whole.past.settings.ridge_windows


def test_a_refit_takes_the_learning_rates_of_the_run_that_it_repeats(csv):
    more = ("data=csv", f"data.path={csv}", "data.target=y", "search_space.schedule=plateau", "tracking=none")
    (config,) = compose("quickstart", [*SMALL, *more]).jobs
    job = Trial(*load_data(config, lambda _: None))
    spec = TrialSpec("1-s1-all", complete(config, {}), 1, 0, 3, fold=REFIT, rates=(0.01, 0.004, 0.002))
    seen = [event for event in job(spec) if isinstance(event, Epoch)]
    assert [event.metrics["learning_rate"] for event in seen] == pytest.approx([0.01, 0.004, 0.002])
    assert [set(event.metrics) for event in seen] == [{"loss", "learning_rate"}] * 3
