"""Damage in a sweep's folder: that part alone is made again, to the same figures, and the user is told in one line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from conclusions import Silent
from fault_jobs import at_once, cold
from seqsweep import search
from seqsweep.errors import StateError

pytestmark = pytest.mark.keras  # KerasTuner imports TensorFlow

SMALL = ("executor=inline", "tracking=none", "tuner.max_trials=4", "trial.epochs=2")


class Telling(Silent):
    """An observer that remembers what it was told, and which trials ran."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.ran: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def ended(self, trial, score) -> None:
        self.ran.append(trial.trial_id)


@pytest.fixture(scope="module")
def finished(make_config, tmp_path_factory) -> Path:
    """The directory of a sweep that nothing happened to."""
    directory = tmp_path_factory.mktemp("finished")
    search.run(make_config(*SMALL, f"tracking.directory={directory}"), Telling(), at_once, cold)
    return directory


@pytest.fixture
def damaged(finished, make_config, tmp_path) -> Callable[..., tuple[Telling, Path]]:
    """Damage a copy of it and launch the same sweep again: what was told, and its folder."""

    def launch(damage: Callable[[Path], object], *overrides: str) -> tuple[Telling, Path]:
        shutil.copytree(finished, tmp_path / "copy")
        (folder,) = (tmp_path / "copy" / "sweeps").glob("[!.]*")
        damage(folder)
        observer = Telling()
        config = make_config(*SMALL, f"tracking.directory={tmp_path / 'copy'}", *overrides)
        search.run(config, observer, at_once, cold)
        return observer, folder

    return launch


def figures(folder: Path) -> dict[str, object]:
    """Of every trial, by the name of its record."""
    records = {file.name: json.loads(file.read_text()) for file in (folder / "trials").glob("*.json")}
    return {name: [record[k] for k in ("params", "metrics", "seed", "status")] for name, record in records.items()}


def only(directory: Path) -> Path:
    (folder,) = (directory / "sweeps").glob("[!.]*")
    return folder


def rewritten(**changes: object) -> Callable[[Path], object]:
    def damage(folder: Path) -> None:
        file = folder / "trials" / "0002.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))

    return damage


RECORDS = {
    "gone": (lambda folder: (folder / "trials" / "0002.json").unlink(), "its record is gone"),
    "truncated": (
        lambda folder: (folder / "trials" / "0002.json").write_text('{"tri'),
        "truncated or damaged (kept as",
    ),
    "empty": (lambda folder: (folder / "trials" / "0002.json").write_text(""), "truncated or damaged (kept as"),
    "of an unknown status": (rewritten(status="ODD"), 'status is "ODD", which does not belong there (kept as 0002'),
    "of a trial that runs": (rewritten(status="RUNNING"), "status is RUNNING, of a trial that ended (kept as"),
    "of another trial": (rewritten(trial_id="0001"), "this is the record of trial 0001 (kept as"),
    "without a score": (rewritten(metrics={}), "it has no val_mae (kept as"),
    "with words for scores": (rewritten(metrics={"val_mae": "low"}), 'metrics.val_mae is "low", which does not'),
}


@pytest.mark.parametrize("name", RECORDS)
def test_a_trial_whose_record_is_lost_is_trained_again_to_the_same_figures_and_nothing_else_changes(
    name, damaged, finished
):
    damage, why = RECORDS[name]
    before = (only(finished) / "tuner" / "tuner.json").read_bytes()
    observer, folder = damaged(damage)
    assert observer.ran == ["0002"]
    (said,) = observer.said
    assert said.startswith("trial 2 is trained again, from the same seed to the same figures: ")
    assert why in said
    assert figures(folder) == figures(only(finished))
    assert (folder / "tuner" / "tuner.json").read_bytes() == before


def test_of_many_lost_records_a_few_are_named_and_all_trials_counted(damaged, finished):
    def damage(folder: Path) -> None:
        for file in (folder / "trials").glob("*.json"):
            file.write_text("")

    observer, folder = damaged(damage)
    (said,) = observer.said
    assert said.startswith("trials 1, 2, 3, 4 are trained again")
    assert (said.count(".json: "), said.endswith("; and 1 more")) == (3, True)
    assert figures(folder) == figures(only(finished))


def test_a_stray_file_among_the_records_is_put_aside_and_named(damaged):
    observer, folder = damaged(lambda folder: (folder / "trials" / "notes.json").write_text("{}"))
    assert observer.ran == []
    (said,) = observer.said
    assert said.startswith("put aside, since no trial is missing: trials/notes.json: trial_id is missing")
    assert (folder / "trials" / "notes.json.damaged").exists()


@pytest.mark.parametrize("name", ["trials", "tuner", "checkpoints"])
def test_a_file_in_the_place_of_a_folder_is_put_aside(name, damaged, finished):
    def damage(folder: Path) -> None:
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).write_text("in the way")

    observer, folder = damaged(damage)
    assert f"{name}: this is no folder, so what it held is made again; it is kept as {name}.damaged" in observer.said[0]
    assert len(observer.ran) == (4 if name == "trials" else 0)
    assert figures(folder) == figures(only(finished))


def older(folder: Path) -> None:
    file = folder / "tuner" / "tuner.json"
    state = json.loads(file.read_text())
    file.write_text(json.dumps({**state, "trials": state["trials"][:2], "ended": state["ended"][:2]}))


SEARCHES = {
    "gone": (lambda folder: (folder / "tuner" / "tuner.json").unlink(), "it is gone"),
    "truncated": (
        lambda folder: (folder / "tuner" / "tuner.json").write_text('{"sea'),
        "truncated or damaged (kept as",
    ),
    "of a list": (lambda folder: (folder / "tuner" / "tuner.json").write_text("[]"), "which does not belong there"),
    "older than the records": (older, "it knows less than the records"),
}


@pytest.mark.parametrize("name", SEARCHES)
def test_a_lost_search_is_made_from_the_records_and_trains_nothing_again(name, damaged, finished):
    damage, why = SEARCHES[name]
    observer, folder = damaged(damage)
    assert observer.ran == []
    (said,) = observer.said
    assert said.startswith("tuner/tuner.json: ")
    assert why in said
    assert "goes on from the records of 4 trials, and trains none again" in said
    before, after = (json.loads((f / "tuner" / "tuner.json").read_text()) for f in (only(finished), folder))
    assert after == before


def test_a_search_whose_oracle_cannot_be_recalled_is_made_from_the_records_before_a_lost_trial_runs(damaged, finished):
    def damage(folder: Path) -> None:
        file = folder / "tuner" / "tuner.json"
        file.write_text(file.read_text().replace('"next_seed": ', '"next_sead": '))
        (folder / "trials" / "0002.json").unlink()

    observer, folder = damaged(damage)
    assert len(observer.ran) == 1 and "what the oracle remembers do not belong together" in observer.said[0]
    assert figures(folder) == figures(only(finished))


def test_a_search_that_was_lost_goes_on_as_it_would_have(damaged, make_config, tmp_path):
    whole = make_config(*SMALL, f"tracking.directory={tmp_path / 'whole'}", "tuner.max_trials=6")
    search.run(whole, Telling(), at_once, cold)
    observer, folder = damaged(lambda folder: shutil.rmtree(folder / "tuner"), "tuner.max_trials=6")
    assert observer.ran == ["0005", "0006"]
    assert figures(folder) == figures(only(tmp_path / "whole"))


def test_what_the_search_cannot_have_proposed_is_put_aside(damaged, finished):
    def damage(folder: Path) -> None:
        (folder / "tuner" / "tuner.json").unlink()
        rewritten(params={"layer": "gru", "units": 9999})(folder)

    observer, folder = damaged(damage)
    assert "from the records of 1 trial, and trains none again; 3 records that it cannot" in observer.said[0]
    assert observer.ran == ["0002", "0003", "0004"]
    assert figures(folder) == figures(only(finished))


def test_an_identity_that_cannot_be_read_is_written_anew(damaged, finished):
    observer, folder = damaged(lambda folder: (folder / "sweep.json").write_text("[]"))
    assert observer.ran == []
    assert "sweep.json" in observer.said[0]
    assert (folder / "sweep.json").read_bytes() == (only(finished) / "sweep.json").read_bytes()


def test_an_outcome_that_cannot_be_read_is_written_anew(damaged):
    observer, folder = damaged(lambda folder: (folder / "outcome.json").write_text("{"))
    assert (observer.ran, observer.said) == ([], [])
    assert len(search.load_outcome(folder).records) == 4


def test_whoever_only_reads_a_damaged_folder_is_told_what_mends_it(damaged, finished, tmp_path):
    shutil.copytree(only(finished), tmp_path / "read")
    (tmp_path / "read" / "trials" / "0002.json").write_text("")
    with pytest.raises(StateError, match=r"0002\.json: this is truncated or damaged; run its sweep again, which does"):
        search.load_outcome(tmp_path / "read")
