"""A search that ends by the clock: over all of its launches, and without losing what runs."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from searches import sweep_config
from seqsweep import tuner, words
from seqsweep.records import TrialRecord
from seqsweep.report import next_commands
from seqsweep.search import time_limit
from seqsweep.search.sweep_identity import identity
from seqsweep.search.time_limit import TimeLimit, busy
from seqsweep.tuner import Exhausted, Proposal, make_tuner


def ran(begin, end):
    return TrialRecord("1", 1, "1 LSTM", "COMPLETED", "trial", {}, started=begin, ended=end)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("90s", 90), ("30m", 1800), ("2h", 7200), ("1.5h", 5400), ("1h30m", 5400), ("1 h 30 m", 5400), ("2d", 172800)],
)
def test_a_time_is_read_as_people_write_it(text, expected):
    assert words.seconds(text) == expected


@pytest.mark.parametrize("text", ["30", "m", "30 minutes", "-1h", "0s", "1h30", "h1", ""])
def test_what_is_no_time_is_none(text):
    assert words.seconds(text) is None


def test_the_seconds_of_trials_side_by_side_count_once_and_pauses_between_launches_not_at_all():
    records = [ran(0, 10), ran(5, 12), ran(6, 8), ran(100, 103), ran(None, None)]
    assert busy(records) == 12 + 3
    assert busy([]) == 0


def test_a_search_is_over_when_all_of_its_launches_took_that_long(monkeypatch):
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(time_limit.time, "monotonic", lambda: clock.now)
    limit = TimeLimit("1m", [ran(0, 40)])
    clock.now += 19.9
    assert limit() == ""
    clock.now += 0.2
    assert limit() == "1 min 0 s of tuner.time_limit are over"


@pytest.mark.keras
def test_nothing_new_begins_once_the_time_is_over_and_what_ran_when_a_launch_died_ends_first(tmp_path):
    config = sweep_config("random", units=[8, 16, 32], tuner={"max_trials": 3})
    first = make_tuner(config, tmp_path)
    begun = first.ask("a")
    again = make_tuner(config, tmp_path)
    again.over = lambda: "late"
    assert again.ask("a").trial_id == begun.trial_id
    again.tell(begun.trial_id, 1.0)
    assert again.ask("a") == Exhausted("late")
    again.over = str
    assert again.ask("a").trial_id != begun.trial_id


def test_a_longer_limit_goes_on_with_the_same_sweep(tmp_path):
    data = SimpleNamespace(sha256="0", rows=1)
    short, long = (identity(sweep_config("random", tuner={"time_limit": limit}), data) for limit in ("1m", "2m"))
    assert short == long


@pytest.mark.keras
def test_a_search_ends_where_so_many_trials_in_a_row_brought_no_better_one_and_goes_on_with_more(tmp_path):
    def patient(trials):
        return make_tuner(sweep_config("random", tuner={"patience": trials}, units=list(range(1, 25))), tmp_path)

    search = patient(3)
    for score in (None, None, None, None, 5.0, 4.0, 4.0, None, 6.0):  # before a first score nothing can be better
        search.tell(search.ask("a").trial_id, score)
    assert search.ask("a") == Exhausted("3 trials in a row brought no better one (tuner.patience)")
    longer = patient(4)  # a limit is no part of what the search depends on
    longer.tell(longer.ask("a").trial_id, 3.0)
    for _ in range(4):
        longer.tell(longer.ask("a").trial_id, None, costs=[9.0], pruned=True)
    assert longer.ask("a") == Exhausted("4 trials in a row brought no better one (tuner.patience)")
    data = SimpleNamespace(sha256="0", rows=1)
    assert identity(sweep_config("random", tuner={"patience": 3}), data) == identity(sweep_config("random"), data)


def test_a_search_that_lost_its_patience_is_offered_twice_as_much(make_config):
    reason = "20 trials in a row brought no better one (tuner.patience)"
    outcome = SimpleNamespace(
        records=(), config=make_config("tuner.patience=20"), fingerprint="f", ranked=[], reason=reason
    )
    told = [line for line, _ in next_commands(outcome, None, ["seqsweep", "sweep", "quickstart", "tuner.patience=20"])]
    assert "seqsweep sweep quickstart tuner.patience=40" in told


def bayesian(tmp_path, score, *, least, trials=40):
    """A search that is told `score` of each number of units: how many trials it had, and why it ended."""
    settings = {"max_trials": trials, "min_gain": least, "initial_points": 6}
    search = make_tuner(sweep_config("bayesian", tuner=settings, units=list(range(1, 65))), tmp_path)
    count = 0
    while isinstance(proposal := search.ask("a"), Proposal):
        search.tell(proposal.trial_id, score(proposal.params.units[0], count))
        count += 1
    return count, proposal.reason


@pytest.mark.keras
def test_a_search_ends_where_seeds_differ_by_more_than_any_proposal_is_expected_to_gain(tmp_path):
    noise = np.random.default_rng(3).normal(size=40)

    def flat(units, count):  # no number of units is better than another
        return 10.0 + noise[count]

    tried = []

    def falling(units, count):
        tried.append(units)
        return 100.0 / units + 0.001 * noise[count]

    count, reason = bayesian(tmp_path / "flat", flat, least=0.5)
    assert 6 + 5 <= count < 40
    assert reason == (
        "5 proposals in a row were each expected to gain less than 0.5 of the deviation between seeds (tuner.min_gain)"
    )
    more, _ = bayesian(tmp_path / "flat", flat, least=0.05)  # a limit is no part of what the search depends on
    assert more > 0
    assert bayesian(tmp_path / "never", flat, least=None) == (40, "40 of 40 trials")
    assert bayesian(tmp_path / "falling", falling, least=0.5)[1] == reason
    assert 64 in tried[:-4]  # the best: as long as it was not found, much was expected


@pytest.mark.keras
def test_a_search_that_ended_for_a_small_gain_ends_there_again_when_it_is_taken_up(tmp_path):
    noise = np.random.default_rng(3).normal(size=40)
    count, reason = bayesian(tmp_path, lambda _, count: 10.0 + noise[count], least=0.5)
    assert bayesian(tmp_path, lambda *_: 0.0, least=0.5) == (0, reason)
    assert count == len(
        make_tuner(sweep_config("bayesian", units=list(range(1, 65)), tuner={"initial_points": 6}), tmp_path).ended()
    )


@pytest.mark.keras
def test_a_search_that_went_on_after_a_small_gain_ends_for_what_ends_it_then(tmp_path):
    """A trial that ran when too little was expected may show that there is more to gain."""
    settings = {"max_trials": 40, "min_gain": 1e9, "initial_points": 2}
    search = make_tuner(sweep_config("bayesian", tuner=settings, units=list(range(1, 9))), tmp_path)
    runs = search.ask("runs").trial_id
    score = 0.0
    while isinstance(proposal := search.ask("a"), Proposal):
        search.tell(proposal.trial_id, score)
        score += 1
    assert "tuner.min_gain" in proposal.reason
    search.tell(runs, -5.0)
    search.oracle.min_gain = 1e-9
    while isinstance(proposal := search.ask("a"), Proposal):
        search.tell(proposal.trial_id, score)
    assert proposal.reason == "the space of 8 points is exhausted"


def test_a_search_that_ended_for_a_small_gain_is_offered_half_of_it(make_config):
    reason = "5 proposals in a row were each expected to gain less than 0.5 … (tuner.min_gain)"
    outcome = SimpleNamespace(
        records=(),
        config=make_config("tuner=bayesian", "tuner.min_gain=0.5"),
        fingerprint="f",
        ranked=[],
        reason=reason,
    )
    told = [line for line, _ in next_commands(outcome, None, ["seqsweep", "sweep", "quickstart", "tuner.min_gain=0.5"])]
    assert "seqsweep sweep quickstart tuner.min_gain=0.25" in told


def test_what_is_no_time_is_refused_with_what_one_looks_like(make_config):
    (fault,) = tuner.faults(make_config("tuner.time_limit=soon"))
    assert fault.text == "tuner.time_limit=soon: this is no time; write 90s, 30m, 2h or 1h30m"
    assert not tuner.faults(make_config("tuner.time_limit=1h30m"))


def test_a_search_that_the_clock_ended_is_offered_as_long_again(make_config):
    config = make_config("tuner.time_limit=30m")
    outcome = SimpleNamespace(
        records=(), config=config, fingerprint="f", ranked=[], reason="30 min 0 s of tuner.time_limit are over"
    )
    typed = ["seqsweep", "sweep", "quickstart", "tuner.time_limit=30m"]
    (more, *_) = [line for line, _ in next_commands(outcome, None, typed) if "time_limit" in line]
    assert more == "seqsweep sweep quickstart tuner.time_limit=3600s"
