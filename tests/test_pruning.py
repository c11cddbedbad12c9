"""Trials that fall behind the others are stopped: by which bound, the same after any kill, told as what they are."""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from outcomes import outcome, pruned, trial
from points import POINT
from searches import EIGHT, score_of, sweep_config
from seqsweep import report, search_space
from seqsweep.events import Done, Epoch, Event, Pruned, Started, TrialResult, TrialSpec
from seqsweep.records import TrialRecord
from seqsweep.report.page.history import history
from seqsweep.report.page.material import Material
from seqsweep.report.page.settings import compared, score_at
from seqsweep.report.sentences import trials
from seqsweep.search.mending import open_tuner
from seqsweep.tasks.forecast.metrics import METRICS
from seqsweep.terminal import console as make_console
from seqsweep.tracking.mlflow_spelling import PRUNED_AT, RUN_STATUS, trial_metrics, trial_tags
from seqsweep.tuner import EndedTrial, Proposal, Tuner, faults, make_tuner, pruners, rebuild_tuner
from seqsweep.tuner.pruners import PRUNERS, Reported, bounds, estimate
from test_search import loop_over

EPOCHS = 8
WIDE: dict[str, Any] = {**EIGHT, "layer": ["simple_rnn", "lstm", "gru"], "units": [8, 16, 32, 64]}
RULES = [rule for rule in PRUNERS if rule != "none"]


def searched(rule: str, kind: str = "random", order: str = "asynchronous", **tuner: Any) -> Any:
    settings = {"pruner": rule, "max_trials": 12, **tuner}
    return sweep_config(kind, epochs=EPOCHS, order=order, tuner=settings, **WIDE)


def costs_of(proposal: Proposal) -> list[float]:
    """By epoch: each trial comes nearer to its score, and the order of two may change."""
    score = score_of(proposal)
    return [score + (1 + proposal.number % 3) / epoch for epoch in range(1, EPOCHS + 1)]


def trained(tuner: Tuner, proposal: Proposal) -> tuple[int, bool]:
    """Train as a worker would, and tell; returns the epochs, and whether it was pruned."""
    costs = costs_of(proposal)
    for epoch in range(1, EPOCHS + 1):
        if costs[epoch - 1] > proposal.bounds.get(epoch, math.inf):
            tuner.tell(proposal.trial_id, None, costs=costs[:epoch], pruned=True)
            return epoch, True
    tuner.tell(proposal.trial_id, costs[-1], costs=costs)
    return EPOCHS, False


def whole(tuner: Tuner, slots: str = "a") -> dict[str, tuple[int, bool]]:
    """The epochs of every trial, several at a time, the last that was asked for told first."""
    found = {}
    while asked := [answer for slot in slots if isinstance(answer := tuner.ask(slot), Proposal)]:
        found |= {proposal.trial_id: trained(tuner, proposal) for proposal in reversed(asked)}
    return dict(sorted(found.items()))


def reported(*costs: float, completed: bool = True) -> Reported:
    return Reported(costs, completed)


JUDGES = [reported(9, 8, 7, 6), reported(8, 6), reported(7, 7, 5, 5), reported(20, 19, completed=False)]


@pytest.mark.parametrize(
    ("rule", "warmup", "expected"),
    [
        ("none", 1, {}),
        ("median", 2, {2: 7, 3: 6, 4: 6, 5: 6, 6: 6, 7: 6}),  # the second stopped early and stays at 6
        ("median", 7, {7: 6}),
        ("halving", 1, {1: 8, 2: 7, 4: 6}),  # two of five, two of five, and of four, since one was pruned, two
        ("halving", 3, {3: 6, 6: 6}),
    ],
)
def test_a_bound_by_epoch_comes_from_the_trials_that_ended(rule, warmup, expected):
    assert bounds(searched(rule, warmup_epochs=warmup), JUDGES) == expected


@pytest.mark.parametrize("rule", RULES)
def test_before_enough_trials_ended_none_is_pruned(rule):
    assert bounds(searched(rule, startup_trials=5), JUDGES) == {}
    assert bounds(searched(rule, startup_trials=4), JUDGES)


def test_a_ninth_of_the_epochs_is_trained_before_anything_is_pruned_unless_the_config_says_otherwise():
    config = searched("median", warmup_epochs=None)
    config.trial.epochs = 40
    assert pruners.warmup_epochs(config) == 5
    config.tuner.warmup_epochs = 3
    assert pruners.warmup_epochs(config) == 3


def test_a_pruned_trial_counts_for_the_search_as_what_it_would_have_come_to():
    assert estimate([30.0, 20.0], JUDGES) == 20 - 2  # two epochs more would have gained 2, by the median
    assert estimate([8.0, 7.0], JUDGES) == 6  # no better than the median of those that went on
    assert estimate([8.0, 7.0], []) == 7


@pytest.mark.keras
@pytest.mark.parametrize("kind", ["random", "bayesian"])
@pytest.mark.parametrize("rule", RULES)
def test_a_kill_after_any_ask_or_tell_changes_neither_who_is_pruned_nor_who_is_asked_next(rule, kind, tmp_path):
    config = searched(rule, kind)
    expected = make_tuner(config, tmp_path / "whole")
    ends = whole(expected)
    assert 1 <= sum(cut for _, cut in ends.values()) <= 10
    assert {epoch for epoch, cut in ends.values() if cut} <= set(range(2, EPOCHS))
    found = {}
    while isinstance(make_tuner(config, tmp_path / "cut").ask("a"), Proposal):
        tuner = make_tuner(config, tmp_path / "cut")
        (proposal,) = tuner.running()
        found[proposal.trial_id] = trained(tuner, proposal)
    assert found == ends
    assert (tmp_path / "cut/tuner.json").read_text() == (tmp_path / "whole/tuner.json").read_text()
    assert set(expected.best(99)) == {trial_id for trial_id, (_, cut) in ends.items() if not cut}


@pytest.mark.keras
@pytest.mark.parametrize("rule", RULES)
def test_in_synchronous_order_one_worker_and_several_prune_the_same_trials(rule, tmp_path):
    ends = [
        whole(make_tuner(searched(rule, order="synchronous"), tmp_path / slots), slots) for slots in ("a", "ab", "abcd")
    ]
    assert ends[0] == ends[1] == ends[2]
    assert any(cut for _, cut in ends[0].values())


@pytest.mark.keras
@pytest.mark.parametrize("rule", RULES)
def test_a_search_whose_state_is_lost_goes_on_from_its_records_with_the_same_bounds(rule, tmp_path):
    config = searched(rule, "bayesian")
    tuner, records = make_tuner(config, tmp_path / "own"), []
    for number in range(1, 10):
        proposal = tuner.ask("a")
        epoch, cut = trained(tuner, proposal)
        costs = costs_of(proposal)[:epoch]
        params = json.loads(json.dumps(search_space.plain(proposal.params)))
        times = {"started": number - 0.5, "ended": float(number)}
        record = TrialRecord(proposal.trial_id, number, "", "PRUNED" if cut else "COMPLETED", params, **times)
        records.append(EndedTrial(record, None if cut else costs[-1], tuple(costs)))
    assert any(ended.record.status == "PRUNED" for ended in records)
    again = rebuild_tuner(config, tmp_path / "again", records[::-1])
    assert again.ask("a").bounds
    assert again.ask("a") == tuner.ask("a")


def job(spec: TrialSpec) -> Iterator[Event]:
    """A trial whose score is its width, until its bound."""
    yield Started(1, 100.0)
    width, metrics = spec.params.units[0], {}
    for epoch in range(1, spec.last_epoch + 1):
        metrics = {"loss": 1.0, "val_loss": width + 1 / epoch, "val_mae": width + 1 / epoch}
        yield Epoch(epoch, metrics, 100.0 + epoch)
        result = TrialResult(metrics, epoch, epoch, 10, spec.seed)
        if metrics["val_mae"] > spec.bounds.get(epoch, math.inf):
            yield Pruned(result, f"pruned at epoch {epoch}")
    yield Done(result)


@pytest.mark.keras
def test_a_pruned_trial_is_kept_tracked_and_told_and_none_of_it_is_done_again(make_config, tmp_path):
    rules = ["tuner.pruner=median", "tuner.startup_trials=1", "trial.epochs=4", "tuner.max_trials=8"]
    rules += ["search_space.units=[2,3,4,5,6,7,8,9]"]
    loop, observer, tracker = loop_over(make_config, tmp_path, job, *rules)
    assert loop.run() == "8 of 8 trials"
    records = loop.state.records()
    cut = {trial_id: record for trial_id, record in records.items() if record.status == "PRUNED"}
    assert 0 < len(cut) < 7
    assert {(record.epochs, record.reason) for record in cut.values()} == {(1, "pruned at epoch 1")}
    assert observer.scores.count(None) == len(cut)
    runs = {run.tags["trial_id"]: run for run in tracker.trials}
    assert {name for name, run in runs.items() if PRUNED_AT in run.tags} == set(cut)
    assert {run.status for run in runs.values()} == {"FINISHED"}

    state = loop.state.tuner / "tuner.json"
    before = state.read_text()
    state.unlink()  # the records say it all
    open_tuner(loop.config, loop.state, METRICS["mae"], observer.say, lambda function, *given: function(*given))
    assert [t["status"] for t in json.loads(state.read_text())["trials"]] == [
        t["status"] for t in json.loads(before)["trials"]
    ]
    loop, *_ = loop_over(make_config, tmp_path, job, *rules)
    loop.run()
    assert loop.trained == 0


@pytest.mark.keras
def test_a_worker_stops_behind_its_bound_and_not_at_it(make_config, make_series):
    from seqsweep.tasks.forecast import Forecast
    from seqsweep.tasks.forecast.dataset import SeriesDataset
    from seqsweep.trial import Trial, warm

    warm(1)
    config = make_config("data.season=12")
    train = Trial(Forecast(config), SeriesDataset.of(config, make_series(None), 30))
    spec = TrialSpec("1", POINT, seed=5, first_epoch=0, last_epoch=2)
    *_, first, _, _ = train(spec)
    at = first.metrics["val_mae"]
    assert isinstance(list(train(replace(spec, bounds={1: at})))[-1], Done)
    _, epoch, end = train(replace(spec, bounds={1: at * 0.999}))
    assert epoch.metrics == first.metrics
    assert (end.result.epochs, end.result.metrics["val_mae"], end.result.parameter_count > 0) == (1, at, True)
    assert end.reason.startswith("pruned at epoch 1: val_mae ")


def test_where_no_trial_could_be_pruned_the_pruner_is_refused():
    (fault,) = faults(searched("median", warmup_epochs=EPOCHS))
    assert fault.text.startswith("tuner.pruner=median: no trial can be pruned, since all trial.epochs=8 lie in")
    assert faults(searched("median", warmup_epochs=EPOCHS - 1)) == []


def test_a_metric_that_rises_is_bounded_as_one_that_falls():
    from seqsweep.tasks.classify.metrics import METRICS as RISING

    record = replace(
        pruned(1, 3), curve=tuple(Epoch(i, {"val_loss": 9.0 - i, "val_accuracy": i / 10}, 0.0) for i in (1, 2))
    )
    assert [RISING["accuracy"].cost(score) for score in record.scores("val_accuracy")] == [-0.1, -0.2]


@pytest.fixture
def ended(make_config):
    return outcome(
        make_config("tuner.pruner=median", "task.metrics=[mae,rmse]"),
        trial(1, 11.0),
        pruned(2, 7),
        trial(3, 12.0),
        pruned(4, 5),
    )


def test_leaderboard_progress_and_sentences_name_the_pruned_and_rank_them_nowhere(ended):
    console = make_console(width=120, file=io.StringIO())
    console.print(report.leaderboard(ended, 120))
    terminal = report.Terminal(console, METRICS["mae"])
    terminal.begin(4, [], 1)
    terminal.ended(pruned(2, 7), None)
    terminal.finish()
    said = re.sub(r"\s+", " ", console.file.getvalue())
    assert "trial 2: LSTM, 1 × 8 units: pruned at epoch 7: val_mae 13 is above 12.0, the bound of the trials" in said
    assert "[1/4] trial 2: LSTM, 1 × 8 units pruned at epoch 7" in said
    assert [record.number for record in ended.ranked] == [1, 3]
    assert trials(ended) == "4 trials, 2 of them pruned"
    failed = replace(ended, records=(*ended.records, trial(5, None, "broke"), trial(6, None, "broke")))
    assert trials(failed) == "6 trials, 2 of them pruned, 2 failed"


def test_the_page_shows_the_pruned_where_they_stood_and_compares_settings_at_equal_budgets(ended):
    material = Material(ended, (), None, None, None)
    assert "pruned (at their last epoch)" in str(history(material).blocks)
    records, budget = compared(replace(material, outcome=replace(ended, records=(*ended.records, pruned(5, 3)))))
    assert budget == 3
    assert {one.number: score_at(one, budget, "val_mae", {}) for one in records} == {2: 17.0, 4: 17.0, 5: 17.0}
    whole = replace(ended, records=ended.records[:1])
    assert compared(replace(material, outcome=whole)) == (whole.ranked, None)


def test_mlflow_finishes_a_pruned_run_with_a_tag_and_without_a_best_that_would_rank_it():
    record = pruned(2, 7)
    assert RUN_STATUS[record.status] == "FINISHED"
    assert trial_tags(record)[PRUNED_AT] == "7"
    assert not any(name.startswith("best_val") for name in trial_metrics(record, "val_mae", ["val_loss"]))
    assert PRUNED_AT not in trial_tags(trial(1, 9.0))
