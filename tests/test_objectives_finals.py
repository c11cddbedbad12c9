"""Finals of several objectives: finalists of the front, a winner within the bounds, what each trades, the gate."""

from __future__ import annotations

import io
import json
import math
import re
from dataclasses import replace

import pytest
from rich.console import Console

from outcomes import outcome, trial
from seqsweep import report
from seqsweep.finals import (
    Conclusion,
    Finalist,
    FrontTrial,
    TestEvaluation,
    about_bounds,
    about_front,
    front_rows,
)
from seqsweep.finals.conclusion import load, save
from seqsweep.finals.selection import differences, rank, select_finalists
from seqsweep.objectives import RESOURCES, Objectives
from seqsweep.records import TrialRecord
from seqsweep.registry import gate
from seqsweep.report.finals import finals_table
from seqsweep.report.page.front import front
from seqsweep.report.page.material import Material
from seqsweep.tasks.forecast.metrics import METRICS

MAE = METRICS["mae"]
BOTH = Objectives(MAE, (RESOURCES["parameter_count"], METRICS["rmse"]))


def searched(number: int, score: float, weights: int, layer: str = "lstm") -> TrialRecord:
    return replace(trial(number, score, layer=layer), parameter_count=weights)


RANKED = [searched(1, 1.0, 900), searched(2, 2.0, 300), searched(3, 2.5, 500), searched(4, 3.0, 100, "gru")]
RANKED.append(searched(5, 4.0, 400, "gru"))


def ended(scores: dict[int, list[float | None]]) -> tuple[dict[str, list[str]], dict[str, TrialRecord]]:
    """Final runs of trials by number: the ids of each, and the records of those that did not fail."""
    runs = {
        f"{number:04d}": [f"{number:04d}-s{seed}-f0" for seed, _ in enumerate(row, 1)] for number, row in scores.items()
    }
    records = {}
    for number, row in scores.items():
        weights = next(record.parameter_count for record in RANKED if record.number == number)
        for run, score in zip(runs[f"{number:04d}"], row, strict=True):
            if score is not None:
                metrics = {"val_mae": score, "val_rmse": 2 * score}
                records[run] = TrialRecord(run, number, run, "COMPLETED", {}, metrics, parameter_count=weights)
    return runs, records


SCORES: dict[int, list[float | None]] = {1: [1.0, 1.2, 1.1], 2: [2.0, 2.2, 2.4], 4: [3.0, 3.0, 3.6]}


def ranked(objectives: Objectives = BOTH) -> tuple[Finalist, ...]:
    chosen = [record for record in RANKED if record.number in SCORES]
    return rank(chosen, *ended(SCORES), MAE, objectives)


def test_finalists_are_spread_over_the_front_and_the_best_of_a_missing_layer_type_keeps_to_the_bounds_if_one_does():
    assert [r.number for r in select_finalists(RANKED, 2, BOTH)] == [1, 4]
    assert [r.number for r in select_finalists(RANKED, 4, BOTH)] == [1, 2, 3, 4]
    assert [r.number for r in select_finalists(RANKED, 1, BOTH)] == [1, 4]  # 4 is the best GRU
    assert [r.number for r in select_finalists(RANKED, 2)] == [1, 2, 4]
    bounded = replace(BOTH, bounds={"parameter_count": 350})
    assert [r.number for r in select_finalists(RANKED, 1, bounded)] == [2, 4]
    slow = [*RANKED[:3], searched(6, 2.6, 800, "gru"), searched(7, 5.0, 310, "gru")]
    assert [r.number for r in select_finalists(slow, 1, bounded)] == [2, 7]


def test_the_best_by_the_first_objective_wins_among_those_within_the_bounds():
    assert [finalist.number for finalist in ranked()] == [1, 2, 4]
    bounded = ranked(replace(BOTH, bounds={"parameter_count": 350}))
    assert [(finalist.number, finalist.beyond) for finalist in bounded] == [
        (2, ()),
        (4, ()),
        (1, ("parameter_count",)),
    ]
    assert bounded[0].means == pytest.approx({"parameter_count": 300, "rmse": 4.4})
    by_score = ranked(replace(BOTH, bounds={"rmse": 4.0}))  # of the mean over runs
    assert [finalist.number for finalist in by_score] == [1, 2, 4]
    assert by_score[0].beyond == ()
    together = ranked(replace(BOTH, bounds={"parameter_count": 350}, networks=3))  # 300 weights each: 900
    assert together[0].number == 4
    nobody = ranked(replace(BOTH, bounds={"parameter_count": 5}))
    assert nobody[0].number == 1 and nobody[0].beyond


def test_a_finalist_of_which_a_run_failed_comes_last_whatever_the_bounds():
    runs, records = ended({1: [1.0, None], 2: [2.0, 2.0]})
    chosen = [record for record in RANKED if record.number in (1, 2)]
    first, failed = rank(chosen, runs, records, MAE, replace(BOTH, bounds={"parameter_count": 5}))
    assert (first.number, failed.number, failed.beyond) == (2, 1, ())
    assert failed.others["parameter_count"] == (900, None) and math.isnan(failed.means["parameter_count"])


def test_the_winner_is_compared_with_every_other_finalist_by_each_objective():
    up, gru = differences(ranked(), MAE, 0.95)
    assert [(up.trial_id, up.reason), (gru.trial_id, gru.reason)] == [("0002", "runner-up"), ("0004", "best GRU")]
    weights, rmse = up.others["parameter_count"], up.others["rmse"]
    assert (weights.mean, weights.low, weights.high) == (600, 600, 600)
    assert rmse.mean == pytest.approx(-2.2) and rmse.low < -2.2 < rmse.high < 0
    alone = rank(RANKED[:3], *ended({1: [1.0], 2: [2.0], 3: [2.5]}), MAE, BOTH)
    assert [found.reason for found in differences(alone, MAE, 0.95)] == ["runner-up", "finalist in place 3"]


def concluded(finalists: tuple[Finalist, ...], **bounds: float) -> Conclusion:
    seen = TestEvaluation(
        1, 1.0, "5eed", "b", ("a", "b", "c"), {"mae": 1.0, "rmse": 2.0}, {"linear": {"mae": 2.0, "rmse": 4.0}},
        "linear", 0.5, None, {}, (0.8,), 0.95, 1.0,
    )  # fmt: skip
    return Conclusion(
        "quickstart", "3f0a", "random-12 3f0a", "forecast", "shop", "sales", "5eed", "mae", 3, 1, finalists,
        differences(finalists, MAE, 0.95), (seen,), None, BOTH.names, bounds,
    )  # fmt: skip


def test_how_the_winner_was_chosen_is_said_and_what_each_finalist_trades_is_in_the_table(make_config, tmp_path):
    made = outcome(make_config("task.metrics=[mae,rmse]", "task.objectives=[mae,parameter_count,rmse]"), *RANKED)
    free = concluded(ranked())
    save(tmp_path, free)
    assert load(tmp_path) == free
    said = " ".join(report.headline(made, free))
    assert "The 3 finalists trade mae against parameter count and rmse, and it has the best mae" in said
    console = Console(width=150, file=io.StringIO())
    console.print(finals_table(free, 3))
    shown = console.file.getvalue()
    assert "300 (+600)" in shown and "2.200" in shown and "4.400 (-3.06 to -1.34)" in shown
    assert "Finals: the front again" in shown and "*" not in shown
    within = ranked(replace(BOTH, bounds={"parameter_count": 350}))
    console.print(finals_table(concluded(within, parameter_count=350), 3))
    assert "900* (-600)" in console.file.getvalue()
    assert "* beyond registry.bounds, which are of all networks whose mean serves" in console.file.getvalue()
    told = "2 of 3 finalists keep to registry.bounds (parameter count 350), and of those it has the best mae."
    assert told in " ".join(report.headline(made, concluded(within, parameter_count=350)))
    nobody = ranked(replace(BOTH, bounds={"parameter_count": 5}))
    refused = "No finalist keeps to registry.bounds (parameter count 5): shown is the best mae, which the gate"
    assert refused in " ".join(report.headline(made, concluded(nobody, parameter_count=5)))


@pytest.mark.parametrize(
    ("bounds", "passed", "found"),
    [
        ({"parameter_count": 3000}, True, "parameter count 2,700 of 3 networks together, 3,000 at most"),
        ({"parameter_count": 1000}, False, "parameter count 2,700 of 3 networks together, 1,000 at most"),
        ({"rmse": 1.9}, False, "rmse 2.000, 1.9 at most"),  # on the test part
    ],
)
def test_the_gate_holds_what_serves_to_the_bounds(bounds, passed, found):
    ended = concluded(ranked())
    (condition,) = gate._bounds(ended, replace(BOTH, bounds=bounds))
    assert (condition.name, condition.passed, condition.found) == ("bounds", passed, found)
    assert ("finals.ensemble=false" in condition.mend) == (not passed and "parameter_count" in bounds)


def test_where_the_winner_stands_and_whether_bounds_hold_is_said_for_card_and_registry():
    ended = replace(
        concluded(ranked(), parameter_count=3000, rmse=1.9),
        front=tuple(
            FrontTrial(f"{number:04d}", f"trial {number}: LSTM", {"mae": mae, "parameter_count": size, "rmse": rmse})
            for number, mae, size, rmse in [(1, 1.0, 900.0, 2.0), (2, 2.0, 300.0, 1.0), (4, 3.0, 300.0, None)]
        ),
        completed=5,
    )
    first, second = about_front(ended)
    assert first.startswith("Trials were judged by mae, parameter count and rmse: 3 of 5 completed trials are on the")
    assert second.endswith("is on it: of the 3 it is number 1 by mae, 3 by parameter count and 2 by rmse.")
    assert about_bounds(ended) == (
        "Bounds (registry.bounds): parameter count 2,700 of 3 networks together, 3,000 at most, kept to; "
        "rmse 2.000, 1.9 at most, NOT kept to."
    )
    head, rows = front_rows(ended)
    assert head == ["trial", "mae", "parameter count", "rmse"]
    assert rows[0] == ["trial 1: LSTM (the winner)", "1.000", "900", "2.000"] and rows[2][-1] == "none"
    elsewhere = replace(ended, front=ended.front[1:])
    told = "is not on it: others are as good in mae, parameter count and rmse and better in one."
    assert about_front(elsewhere)[1].endswith(told)
    baseline = replace(ended.finalists[0], name="last value", searched=2.5, others={"parameter_count": (300,)})
    seen = replace(ended.evaluation, networks=())
    simple = replace(ended, finalists=(baseline,), evaluations=(seen,))
    assert about_front(simple)[1] == (
        "The baseline last value is no trial; on validation it has mae 2.500, parameter count 300 and rmse none, and "
        "trial 2 is as good in all."
    )
    one = replace(ended, objectives=())
    assert about_front(one) == [] and about_bounds(one) == ""
    assert about_bounds(replace(ended, bounds={})) == "There are no bounds (registry.bounds)."


def test_without_bounds_the_gate_asks_nothing():
    ended = concluded(ranked())
    assert gate._bounds(ended, BOTH) == []


def drawn(text: str) -> list[dict]:
    return [json.loads(found) for found in re.findall(r'<script type="application/json">(.*?)</script>', text)]


def test_the_page_draws_the_front_with_baseline_and_bound_and_marks_who_is_in_the_finals(make_config):
    given = ("task.metrics=[mae,rmse]", "task.objectives=[mae,parameter_count,rmse]")
    config = make_config(*given, "registry.bounds={parameter_count:350}")
    made = outcome(config, *RANKED, baselines={"linear": 3.5})
    ends = tuple(finalist for finalist in ranked() if finalist.number != 2)
    (section,) = front(Material(made, (), concluded(ends, parameter_count=350), None, None))
    text = "".join(section.blocks)
    weights, rmse = drawn(text)
    assert weights["layout"]["xaxis"]["title"]["text"] == "parameter count, lower is better"
    assert [shape["x0"] for shape in weights["layout"]["shapes"]] == [
        pytest.approx(350 / 3)
    ]  # of one of three networks
    told = "The dotted line: registry.bounds allows a parameter count of 116 at most for one network, 350 for the 3 "
    assert f"{told}whose mean serves." in text
    assert not rmse["layout"].get("shapes")
    traces = {trace["name"]: trace for trace in weights["data"]}
    assert traces.keys() == {
        "lstm, on the front",
        "gru, on the front",
        "lstm, beaten",
        "gru, beaten",
        "best baseline: linear",
    }
    assert traces["gru, beaten"]["x"] == [400]
    rows = re.findall(r"<tr.*?</tr>", text, re.S)
    assert [(f"trial {number}" in row, "yes" in row) for number, row in zip((1, 2, 4), rows[1:], strict=True)] == [
        (True, True),
        (True, False),
        (True, True),
    ]
    assert "3 of 5 completed trials on the front: no other trial is as good in mae, parameter count and rmse" in text
    one = outcome(make_config(*given[:1]), *RANKED)
    assert front(Material(one, (), None, None, None)) == []


def test_with_two_objectives_the_front_is_an_edge(make_config):
    made = outcome(make_config("task.metrics=[mae,rmse]", "task.objectives=[mae,parameter_count]"), *RANKED)
    (section,) = front(Material(made, (), None, None, None))
    (figure,) = drawn("".join(section.blocks))
    edge = next(trace for trace in figure["data"] if trace["name"] == "front")
    assert (edge["x"], edge["y"]) == ([100, 300, 900, 900], [3.0, 2.0, 1.0, 1.0])
