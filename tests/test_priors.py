"""A search that begins with trials of earlier sweeps: which it takes, that it keeps them, and what they are worth."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest

from searches import WIDE, score_of, sweep_config
from seqsweep import search, search_space
from seqsweep.errors import ConfigError, StateError
from seqsweep.events import Done, Epoch, Started, TrialResult
from seqsweep.search import sweep_identity
from seqsweep.tuner import EarlierSweep, Priors, Proposal, faults, keep_priors, make_tuner

keras = pytest.mark.keras
SMALL = (
    "executor=inline",
    "tracking=none",
    "trial.epochs=2",
    "tuner=bayesian",
    "tuner.max_trials=4",
    "search_space.layer=lstm",
    "search_space.units=[2,3,4,5,6,7,8,9]",
    "search_space.depth=1",
    "search_space.dropout=0",
    "search_space.window=6",
    "search_space.learning_rate=0.01",
    "task.baselines=[last_value]",
)


class Quiet:
    """An observer that remembers what it was told."""

    def __init__(self):
        self.said = []

    def say(self, text):
        self.said.append(text)

    def __getattr__(self, name):
        return lambda *_, **__: None


def job(spec):
    """A trial whose score is its width."""
    units = float(spec.params.units[0])
    yield Started(1, 100.0)
    yield Epoch(1, {"loss": 1.0, "val_loss": units, "val_mae": units}, 101.0)
    yield Done(TrialResult({"val_mae": units}, 1, 1, 10, spec.seed, {"training": 0.5}, "fast"))


@pytest.fixture
def sweep(make_config, tmp_path):
    """Runs a sweep of the folder; gives its outcome and the sentence on its priors."""

    def run(*overrides):
        config = make_config(*SMALL, f"tracking.directory={tmp_path}", *overrides)
        observer = Quiet()
        outcome = search.run(config, observer, lambda task, data: job, lambda threads: None)
        return outcome, next((text for text in observer.said if text.startswith("tuner.prior")), "")

    return run


@pytest.mark.parametrize("value", ["stdy", "abc", "xyz12345", "0123456789abc"])
def test_what_is_neither_a_study_nor_a_fingerprint_is_refused(value):
    (fault,) = faults(sweep_config("bayesian", tuner={"prior": value}))
    assert fault.text.startswith(f"tuner.prior={value}: this is neither `study`, for all earlier sweeps")
    assert ("did you mean 'study'?" in fault.text) == (value == "stdy")


def test_earlier_trials_of_one_score_do_not_judge_by_several():
    config = sweep_config("bayesian", tuner={"prior": "study"})
    config.task.objectives = ["mae", "parameter_count"]
    assert any("tuner.prior=study: trials of earlier sweeps are known by one score;" in f.text for f in faults(config))


@keras
def test_a_search_begins_with_the_sweeps_that_ended_before_it_and_goes_on_with_what_it_read(sweep, tmp_path):
    first, said = sweep()
    assert said == first.prior == ""
    _, said = sweep("seed=7", "tuner.prior=study", "study=another")
    assert "no sweep of study 'another' has come to an end yet" in said
    own = ("seed=1", "tuner.prior=study")
    begun, said = sweep(*own)
    assert said == begun.prior
    assert f"the search begins with 4 trials of 1 earlier sweep: {first.fingerprint[:6]} (other seed)" in said
    assert [record.params["units"] for record in begun.records][1] == 2  # the earlier sweep's best, before any other

    sweep("seed=2")  # another sweep ends: what was begun goes on with what it had
    again, said = sweep(*own, "tuner.max_trials=5")
    assert (again.fingerprint, said, again.trained) == (begun.fingerprint, begun.prior, 1)
    kept = again.folder / "tuner" / "priors.json"
    kept.write_text("{")
    (again.folder / "tuner" / "tuner.json").unlink()
    with pytest.raises(StateError, match="trials of earlier sweeps that this search began with are lost"):
        sweep(*own)

    named, said = sweep("seed=1", f"tuner.prior={first.fingerprint[:8]}", "search_space.units=[2,3,4]")
    gone = sum(record.params["units"] > 4 for record in first.records)
    assert gone and f"{4 - gone} trial" in said and f"{gone} more lie" in said
    kept = named.folder / "tuner" / "priors.json"
    content = json.loads(kept.read_text())
    kept.unlink()  # the same trials are there still
    sweep("seed=1", f"tuner.prior={first.fingerprint[:8]}", "search_space.units=[2,3,4]")
    assert json.loads(kept.read_text()) == content

    for prior, space, words in (
        ("ffffffffffff", "[2,3]", "no such sweep in .*; possible: .*"),
        (first.fingerprint, "[20,30]", "all of its 4 completed trials lie outside this search space; name another"),
    ):
        with pytest.raises(ConfigError, match=words):
            sweep(f"tuner.prior={prior}", f"search_space.units={space}")
    with pytest.raises(ConfigError, match=r"that sweep has task.objective=mae, and this one"):
        sweep(f"tuner.prior={first.fingerprint}", "task.objective=rmse")


def searched(folder, *, seed, trials, earlier=None):
    """The best score after each trial of a search, and its trials as an earlier sweep."""
    config = sweep_config(
        "bayesian", seed=seed, tuner={"max_trials": 40, "prior": "study", "initial_points": None}, **WIDE
    )
    keep_priors(folder, Priors(() if earlier is None else (earlier,)))
    tuner, best, values, scores = make_tuner(config, folder), [], [], []
    while len(best) < trials and isinstance(proposal := tuner.ask("a"), Proposal):
        scores.append(score_of(proposal))
        tuner.tell(proposal.trial_id, scores[-1])
        values.append(search_space.values(config, proposal.params))
        best.append(min(scores))
    return best, EarlierSweep("f", (), tuple(values), tuple(1000 * score for score in scores))


@keras
def test_a_job_beside_others_begins_with_what_had_ended_when_their_command_began(sweep, tmp_path, monkeypatch):
    first, _ = sweep()
    launch = search.Launch(time.time(), frozenset(search.searched(str(tmp_path))))
    sweep("tuner.max_trials=5")  # goes on meanwhile
    sweep("seed=2")  # ends meanwhile
    monkeypatch.setattr(sweep_identity._Present, "launch", launch)
    _, said = sweep("seed=3", "tuner.prior=study")
    assert f"begins with 4 trials of 1 earlier sweep: {first.fingerprint[:6]} (other seed); jobs that run" in said
    monkeypatch.setattr(sweep_identity._Present, "launch", replace(launch, searched=frozenset()))
    _, said = sweep("seed=4", "tuner.prior=study")
    assert "had come to an end when the command began, so the search begins with none" in said


@keras
def test_earlier_trials_are_worth_a_search_of_their_own_whatever_their_unit_and_wrong_ones_cost_little(tmp_path):
    alone, earlier = searched(tmp_path / "alone", seed=1, trials=24)
    begun, _ = searched(tmp_path / "begun", seed=2, trials=4, earlier=earlier)
    assert begun[3] <= alone[-1] + 0.02 < alone[3]
    turned = EarlierSweep("f", (), earlier.points, tuple(-cost for cost in earlier.costs))
    misled, _ = searched(tmp_path / "misled", seed=1, trials=24, earlier=turned)
    assert misled[-1] <= alone[9]
