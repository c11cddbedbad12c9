"""Several objectives: what no trial beats, what is measured and told of it, and what a config may ask for."""

from __future__ import annotations

import io
import json
import math
import time
from dataclasses import fields, replace
from types import SimpleNamespace

import numpy as np
import pytest
from rich.console import Console

from outcomes import outcome, pruned, trial
from seqsweep.api import tables
from seqsweep.config import compose
from seqsweep.errors import ConfigError
from seqsweep.events import TrialResult
from seqsweep.objectives import RESOURCES, Objectives, fronts, hypervolume, spread
from seqsweep.records import TrialRecord
from seqsweep.report.leaderboard import leaderboard
from seqsweep.search.front import FRONT, ON_FRONT, log_front, ranked_by_first
from seqsweep.tasks import faults, objectives_of
from seqsweep.tasks.forecast.metrics import METRICS
from seqsweep.tracking import SweepRecord
from seqsweep.tracking.memory import MemoryTracker
from seqsweep.tracking.mlflow_spelling import FIGURES
from seqsweep.tracking.reading import read_metrics
from seqsweep.trial.latency import FEWEST, REPEATS, WARM_UP, latency

BOTH = "task.objectives=[mae,parameter_count]"
ALL = "task.objectives=[mae,parameter_count,latency_ms]"


def sized(number: int, score: float, weights: int, latency: float | None = None, **params: object):
    told = {} if latency is None else {"latency_ms": latency, "latency_spread_ms": latency / 10}
    return replace(trial(number, score, **params), parameter_count=weights, **told)


# Arithmetic


@pytest.mark.parametrize("objectives", [1, 2, 3])
def test_fronts_are_those_that_a_comparison_of_every_pair_gives(objectives):
    points = np.random.default_rng(objectives).integers(0, 6, size=(60, objectives)).astype(float)  # with equal ones
    points[7] = math.inf
    left, expected = list(range(len(points))), []
    while left:
        beaten = {
            i
            for i in left
            for j in left
            if all(a <= b for a, b in zip(points[j], points[i], strict=True)) and any(points[j] < points[i])
        }
        expected.append([i for i in left if i not in beaten])
        left = sorted(beaten)
    assert fronts(points.tolist()) == expected
    assert len(expected) > 2


def test_a_spread_choice_has_the_best_by_the_first_objective_the_other_end_and_what_lies_between():
    line = [[float(i), 100.0 - i] for i in range(11)]
    assert spread(line, 3) == [0, 10, 5]
    assert spread(line, 1) == [0]
    assert sorted(spread(line, 99)) == list(range(11))
    assert spread([], 3) == spread(line, 0) == []
    assert sorted(spread([[1.0, 2.0]] * 3, 3)) == [0, 1, 2]  # equal points are each taken once
    assert sorted(spread([[1.0, math.inf], [2.0, 1.0], [2.0, 1.0]], 2)) in ([0, 1], [0, 2])


def test_a_resource_counts_by_its_logarithm_and_what_is_not_known_is_the_worst():
    count = RESOURCES["parameter_count"]
    assert count.cost(20) - count.cost(10) == pytest.approx(count.cost(2000) - count.cost(1000))
    assert count.cost(math.nan) == math.inf
    assert count.cost(0) == -math.inf
    both = Objectives(METRICS["mae"], (count,))
    assert both.costs(trial(1, 2.0)) == (2.0, math.inf)
    assert both.names == ("mae", "parameter_count")
    assert Objectives(METRICS["mae"]).names == ()
    assert Objectives(METRICS["mae"]).front([trial(1, 2.0)]) == []


def test_every_resource_has_its_fields_in_result_and_record():
    for one in RESOURCES.values():
        for kept in (TrialResult, TrialRecord):
            assert {one.name, one.spread} - {""} <= {field.name for field in fields(kept)}
        assert RESOURCES[one.name] is one and one.name in FIGURES and one.meaning


def test_finalists_come_from_within_the_bounds_from_the_front_first_and_lie_far_apart():
    found = [sized(i, float(i), 1000 // i) for i in range(1, 8)]
    beaten = sized(8, 9.0, 900)
    free = Objectives(METRICS["mae"], (RESOURCES["parameter_count"],))
    assert [r.number for r in free.spread([*found, beaten], 3)] == [1, 3, 7]
    assert [r.number for r in free.spread([*found, beaten], 99)] == [*range(1, 9)]
    bounded = replace(free, bounds={"parameter_count": 500})
    assert [r.number for r in bounded.spread([*found, beaten], 2)] == [2, 7]
    assert bounded.beyond({"mae": 1.0, "parameter_count": 501.0}) == ("parameter_count",)
    assert bounded.beyond({"mae": 1.0, "parameter_count": 500.0}) == ()
    # Three of them serve as their mean.
    assert replace(bounded, networks=3).beyond({"mae": 1.0, "parameter_count": 200.0}) == ("parameter_count",)
    assert bounded.beyond({"mae": 1.0, "parameter_count": math.nan}) == ("parameter_count",)


def test_the_hypervolume_is_that_of_a_known_case():
    assert hypervolume([(1.0, 3.0), (2.0, 2.0), (3.0, 1.0), (3.0, 3.0)], (4.0, 4.0)) == 6.0
    assert hypervolume([(5.0, 1.0)], (4.0, 4.0)) == 0.0


# What is told


def test_the_front_is_in_table_frame_and_store_and_latency_is_named_with_its_spread(make_config):
    config = make_config("task.metrics=[mae,rmse]", ALL)
    records = [sized(1, 5.0, 900, 2.0), sized(2, 6.0, 4000, 1.0), sized(3, 7.0, 5000, 3.0), trial(4, None, "diverged")]
    made = outcome(config, *records, pruned(5, 3))
    assert [record.number for record in made.front] == [1, 2]
    console = Console(width=140, file=io.StringIO())
    console.print(leaderboard(made, 140))
    shown = console.file.getvalue()
    board, _, front = shown.partition("Pareto front, validation part")
    assert "no other trial is as good in mae, parameter count and latency ms, and better in one of them" in front
    assert "parameter count" in board and "5,000" in board
    assert "2.000 ± 0.20" in front and "4,000" in front and "5,000" not in front
    assert "latency ms: milliseconds that one network takes" in front
    frame = tables.front(made)
    assert frame[["trial", "mae", "parameter_count", "latency_ms", "latency_spread_ms"]].to_numpy().tolist() == [
        [1, 5.0, 900, 2.0, 0.2],
        [2, 6.0, 4000, 1.0, 0.1],
    ]
    tracker = MemoryTracker()
    tracker.open(SweepRecord("shop", "Which?", "one", "3f0a", "x: 1", objective="val_mae"))
    for record in made.records:
        tracker.end_trial(record)
    log_front(made, tracker)
    tags = {run.tags["trial_id"]: run.tags.get(ON_FRONT) for run in tracker.trials}
    assert tags == {"0001": "yes", "0002": "yes", "0003": "no", "0004": None, "0005": None}
    assert tracker.trials[0].metrics["latency_ms"] == 2.0
    kept = json.loads(tracker.sweeps["3f0a"].artifacts[FRONT])
    assert [objective["direction"] for objective in kept["objectives"]] == ["min", "min", "min"]
    assert [entry["trial"] for entry in kept["front"]] == [1, 2]


def test_with_one_objective_there_is_no_front(make_config):
    made = outcome(make_config("task.metrics=[mae,rmse]"), trial(1, 5.0), trial(2, 6.0))
    assert made.front == []
    assert len(tables.front(made)) == 0
    tracker = MemoryTracker()
    log_front(made, tracker)  # it was never opened
    console = Console(width=120, file=io.StringIO())
    console.print(leaderboard(made, 120))
    assert "Pareto" not in console.file.getvalue()


class Slow:
    """A task whose forecasts take some milliseconds, every fourth one many."""

    def __init__(self, config):
        self.config, self.asked = config, []

    def predict(self, view, params, call, items):
        self.asked.append(items.tolist())
        time.sleep(0.02 if len(self.asked) % 4 == 0 else 0.002)


def test_latency_is_the_median_of_single_forecasts_after_a_warm_up_and_nobody_waits_for_it_unasked(make_config):
    seen = SimpleNamespace(split=SimpleNamespace(validation=np.arange(7, 20)))
    task = Slow(make_config(ALL))
    taken = latency(task, SimpleNamespace(call=None), seen, None)
    assert task.asked == [[7]] * (WARM_UP + REPEATS)
    assert 2 <= taken["latency_ms"] < 20 and taken["latency_spread_ms"] >= 0
    unasked = Slow(make_config(BOTH))
    assert latency(unasked, SimpleNamespace(call=None), seen, None) == {} and not unasked.asked


def test_what_takes_long_is_asked_fewer_times(make_config, monkeypatch):
    seen = SimpleNamespace(split=SimpleNamespace(validation=np.arange(3)))
    monkeypatch.setattr("seqsweep.trial.latency.LONGEST", 0.0)
    task = Slow(make_config(ALL))
    latency(task, SimpleNamespace(call=None), seen, None)
    assert len(task.asked) == WARM_UP + FEWEST


def test_a_latency_that_was_logged_is_no_score_that_a_reproduction_compares():
    assert read_metrics({"val_mae": 2.0, "latency_ms": 1.0, "latency_spread_ms": 0.1, "epochs": 3.0}, {}) == {
        "val_mae": 2.0
    }


# Configs


def test_objectives_of_one_are_the_objective_and_the_first_of_several_takes_its_place():
    one, plain, two, other = (
        compose("quickstart", given).jobs[0]
        for given in (["task.objectives=[rmse]"], ["task.objective=rmse"], ["task.objectives=[rmse,mae]"], [])
    )
    assert one == plain
    assert (two.task.objective, two.task.objectives) == ("rmse", ["rmse", "mae"])
    assert [objective.name for objective in objectives_of(two)] == ["rmse", "mae"]
    assert other.task.objectives is None


FAULTS = {
    "unknown": (["task.objectives=[mae,parametercount]"], "this is not among task.metrics; did you mean 'parameter_c"),
    "no metric of these": (["task.objectives=[mae,wape]"], "task.objectives=wape: this is not among task.metrics; add"),
    "the same twice": (["task.objectives=[mae,mae]"], "task.objectives=[mae, mae]: mae is listed twice; leave one"),
    "none": (["task.objectives=[]"], "as in [mae, parameter_count]; or leave it null"),
    "no list": (["task.objectives=mae"], "task.objectives=mae: a list is needed, such as [mae]"),
    "a resource first": (["task.objectives=[latency_ms,mae]"], "write task.objectives=[mae, latency_ms]"),
    "given twice": (["task.objective=mae", BOTH], "it has an effect only where task.objectives is null"),
    "a bound on no objective": (["registry.bounds={latency_ms:5}"], "write task.objectives=[mae, latency_ms]"),
    "a bound on the first": ([BOTH, "registry.bounds={mae:5}"], "which registry.min_skill judges; leave it out"),
    "a misspelt bound": ([BOTH, "registry.bounds={parameters:5}"], "did you mean 'parameter_count'?"),
    "a bound that is no number": ([BOTH, "registry.bounds={parameter_count:few}"], "a bound is a number, such as"),
    "a bound below nothing": ([BOTH, "registry.bounds={parameter_count:-20}"], "no network needs so little; give more"),
    "a bound beyond the best": (
        ["task.objectives=[mae,rmse]", "registry.bounds={rmse:-1}"],
        "no network is better than 0, the best rmse",
    ),
    "bounds that are none": ([BOTH, "registry.bounds=5"], "registry.bounds=5: must be a mapping, or null"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_cannot_be_an_objective_or_a_bound_is_refused_in_one_sentence(name):
    given, said = FAULTS[name]
    with pytest.raises(ConfigError) as refused:
        compose("quickstart", given, [faults])
    assert len(refused.value.faults) == 1
    assert said in str(refused.value)


def test_a_metric_that_cannot_rank_is_no_objective():
    with pytest.raises(ConfigError, match="nothing can be ranked by this metric"):
        compose("dates", ["task.objectives=[exact_match,bleu]"], [faults])


@pytest.mark.parametrize("given", ["tuner=hyperband", "tuner.pruner=median"])
def test_who_ranks_by_the_first_objective_alone_says_so(given):
    config = compose("quickstart", [given, BOTH]).jobs[0]
    assert "by mae, the first objective" in ranked_by_first(config)
    config.task.objectives = None
    assert ranked_by_first(config) == ""
    assert ranked_by_first(compose("quickstart", [BOTH]).jobs[0]) == ""
