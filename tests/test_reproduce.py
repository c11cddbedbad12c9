"""A logged run done again from nothing but the run: to the bit, within noise, or different and why."""

from __future__ import annotations

import dataclasses
import shlex
from pathlib import Path

import numpy as np
import pytest

from seqsweep import search
from seqsweep.config import from_yaml, to_yaml
from seqsweep.errors import ConfigError, DataError, SweepError
from seqsweep.report.reproduction import figures_table, reproduction_sentences
from seqsweep.reproduce import Figure, Reproduction, reproduce
from seqsweep.schema import TrackingConfig
from seqsweep.tracking.mlflow_spelling import plain
from seqsweep.tracking.reading import LoggedRun, read_run, read_value
from seqsweep.tracking.store import open_store
from test_search import Quiet

VALUES = [None, True, False, 0, 16, -3, 1e-05, 5.17e-05, 0.1 + 0.2, 1e22, "lstm", "none"]


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_a_parameter_is_read_back_as_it_was(value):
    again = read_value(plain(value))
    assert (type(again), again) == (type(value), value)


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("reproduce") / "shop.csv"
    values = 100 + 10 * np.sin(np.arange(120) / 3) + np.random.default_rng(0).normal(size=120)
    file.write_text("sales\n" + "\n".join(f"{value:.3f}" for value in values) + "\n")
    return file


@pytest.fixture(scope="module")
def logged(shop, make_config) -> tuple[TrackingConfig, dict[str, str]]:
    """A finished Hyperband sweep, whose later trials go on from earlier ones; run ids by trial id."""
    config = make_config(
        *("data=csv", f"data.path={shop}", "data.season=null", "tuner=hyperband", "trial.epochs=3", "tuner.factor=3"),
        *("search_space.units=[2,3]", "search_space.depth=1", "search_space.window=6", "search_space.dropout=0.2"),
        *("executor.workers=1", f"tracking.directory={shop.parent / 'mlruns'}"),
    )
    search.run(config, Quiet())
    _, client = open_store(config.tracking)
    runs = client.search_runs([e.experiment_id for e in client.search_experiments()], "tags.kind = 'trial'")
    return config.tracking, {run.data.tags["trial_id"]: run.info.run_id for run in runs} | {
        "sweep": runs[0].data.tags["mlflow.parentRunId"]
    }


@pytest.mark.slow
def test_a_promoted_trial_is_equal_to_the_bit_and_a_changed_row_of_data_is_named(logged, shop):
    store, ids = logged
    runs = {trial_id: read_run(store, run_id) for trial_id, run_id in ids.items() if trial_id != "sweep"}
    promoted = next(run for run in runs.values() if run.continues)
    again = reproduce(store, promoted.run_id, lambda text: None)
    assert (again.verdict, again.unequal, again.changed) == ("equal to the bit", 0, ())
    assert again.points >= 3
    assert {figure.name for figure in again.figures} == {"val_mae", "val_rmse", "val_mase", "val_smape"}

    text = shop.read_text()
    try:
        lines = text.splitlines()
        lines[30] = "150.5"
        shop.write_text("\n".join(lines) + "\n")
        changed = reproduce(store, promoted.run_id, lambda text: None)
    finally:
        shop.write_text(text)
    assert changed.verdict != "equal to the bit"
    assert [text.split(":")[0] for text in changed.changed] == ["data"]


@pytest.mark.slow
def test_what_is_no_trial_is_refused_by_name(logged):
    store, ids = logged
    with pytest.raises(ConfigError, match="no run of this id"):
        read_run(store, "0" * 32)
    with pytest.raises(ConfigError, match="one of its trials"):
        read_run(store, ids["sweep"])


def a_run(**changes: object) -> LoggedRun:
    run = LoggedRun("id", "0005", "5 LSTM 32x1", True, "", {}, 2, 1, 0, None, "fast", 1, {}, {}, {}, None, "")
    return dataclasses.replace(run, **changes)


def test_a_run_without_figures_is_refused_before_anything_is_trained(monkeypatch):
    failed = a_run(finished=False, reason="loss became nan in epoch 3")
    monkeypatch.setattr("seqsweep.reproduce.read_run", lambda store, run_id: failed)
    with pytest.raises(SweepError, match="loss became nan in epoch 3"):
        reproduce(TrackingConfig(), "id", lambda text: None)


class FoundError(Exception):
    """The config with which a run is trained again."""


@pytest.fixture
def again(monkeypatch):
    """Logs a config, and says with which one the run is trained again."""

    def do_again(config, *moved):
        def found(config, say):
            raise FoundError(config)

        run = a_run(config_yaml=to_yaml(config))
        assert "hunter" not in run.config_yaml
        monkeypatch.setattr("seqsweep.reproduce.read_run", lambda store, run_id: run)
        monkeypatch.setattr("seqsweep.reproduce.build_problem", found)
        with pytest.raises(FoundError) as caught:
            reproduce(TrackingConfig(), "id", lambda text: None, moved)
        return caught.value.args[0].data

    return do_again


SQL = ("data=sql", "data.query='SELECT y FROM t ORDER BY y'")


def test_data_behind_a_password_that_was_not_logged_asks_for_it_and_takes_it(again, monkeypatch, make_config):
    config = make_config(*SQL, "data.url=postgresql://u:hunter-2@h/db")
    with pytest.raises(DataError, match=r"data.url=postgresql://u:\*\*\*@h/db: its secrets were not logged") as caught:
        again(config)
    monkeypatch.setenv("URL", "postgresql://u:hunter-3@h/db")
    (advised,) = shlex.split(str(caught.value).rpartition("seqsweep reproduce id ")[2])
    assert again(config, advised).url == "postgresql://u:hunter-3@h/db"
    assert again(config, "data.url=postgresql://u:hunter-4@h/db").url == "postgresql://u:hunter-4@h/db"


@pytest.mark.parametrize("typed", ["${oc.env:SHOP}", "postgresql://u:${oc.env:SHOP}@h/db"])
def test_an_address_that_takes_a_variable_is_logged_as_typed_and_takes_it_again(typed, again, monkeypatch, make_config):
    monkeypatch.setenv("SHOP", "hunter-2")
    config = make_config(*SQL, f"data.url={typed}")
    assert f"url: {typed}\n" in to_yaml(config)
    assert to_yaml(config, "data.url") == f"data.url: {typed}\n"
    assert to_yaml(from_yaml(to_yaml(config))) == to_yaml(config)
    monkeypatch.setenv("SHOP", "hunter-3")
    assert again(config).url == typed.replace("${oc.env:SHOP}", "hunter-3")
    monkeypatch.delenv("SHOP")
    assert from_yaml(to_yaml(config)).data.url == typed  # a report needs no password
    with pytest.raises(ConfigError, match="export SHOP first"):
        again(config)


def test_a_run_is_done_again_as_it_was_but_for_where_its_data_lies(again, make_config):
    config = make_config("data=csv", "data.path=a.csv")
    assert again(config, "data.path=b.csv").path == "b.csv"
    for wrong in ("seed=3", "data.path", "data.path=", "data.url"):
        with pytest.raises(ConfigError, match=r"write data.url=… or data.path=…, or leave it out"):
            again(config, wrong)


@pytest.mark.parametrize(
    ("verdict", "begins"),
    [
        ("equal to the bit", "Equal to the bit: 12 points"),
        ("equal within noise", "Equal within noise"),
        ("different", "Different"),
    ],
)
def test_the_verdict_is_said_first_and_then_what_changed(verdict, begins):
    figures = (Figure("val_mae", 1.0, 1.5),)
    again = Reproduction(a_run(), verdict, figures, 12, 3, 0.4, ("data: its sha256 was a…, it is b…",))
    said = reproduction_sentences(again)
    assert said[0].startswith(begins)
    assert said[-1].strip().startswith("data")
    assert "as they were" in reproduction_sentences(dataclasses.replace(again, changed=()))[-1]
    assert [column.header for column in figures_table(again).columns] == ["metric", "logged", "again", "difference"]
