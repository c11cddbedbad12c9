"""A metric knows its direction, its range and its best score; everything that ranks asks it."""

from __future__ import annotations

import math

import pytest

from seqsweep.metrics import Metric, with_prefix

ERROR = Metric("error", lambda: 0.0)
ACCURACY = Metric("accuracy", lambda: 0.0, higher_is_better=True, highest=1.0)
CORRELATION = Metric("correlation", lambda: 0.0, higher_is_better=True, lowest=-1.0, highest=1.0)


@pytest.mark.parametrize(
    ("error", "reference", "expected"),
    [
        (0.0, 4.0, 1.0),
        (1.0, 4.0, 0.75),
        (4.0, 4.0, 0.0),
        (8.0, 4.0, -1.0),
        (0.0, 0.0, 0.0),
        (1e-9, 0.0, -math.inf),
        (math.inf, 4.0, -math.inf),
        (math.nan, 4.0, -math.inf),
        (math.inf, math.inf, -math.inf),
        (1.0, math.inf, math.nan),
    ],
)
def test_the_skill_of_an_error_is_the_part_of_the_references_error_that_is_avoided(error, reference, expected):
    assert ERROR.skill(error, reference) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("metric", "score", "reference", "expected"),
    [
        (ACCURACY, 1.0, 0.8, 1.0),
        (ACCURACY, 0.9, 0.8, 0.5),
        (ACCURACY, 0.8, 0.8, 0.0),
        (ACCURACY, 0.6, 0.8, -1.0),
        (ACCURACY, 1.0, 1.0, 0.0),
        (ACCURACY, 0.99, 1.0, -math.inf),
        (ACCURACY, math.nan, 0.8, -math.inf),
        (ACCURACY, 0.8, math.nan, math.nan),
        (CORRELATION, 0.25, -0.5, 0.5),
        (CORRELATION, -1.0, 0.0, -1.0),
    ],
)
def test_the_skill_of_a_score_is_its_part_of_the_way_to_the_best(metric, score, reference, expected):
    assert metric.skill(score, reference) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("metric", "score", "reference"), [(ERROR, -1.0, 2.0), (ERROR, 1.0, -2.0), (ACCURACY, 1.1, 0.5), (ACCURACY, 0.5, 3)]
)
def test_skill_refuses_what_lies_outside_the_range(metric, score, reference):
    with pytest.raises(ValueError, match="received"):
        metric.skill(score, reference)


def test_a_mean_of_parts_may_pass_the_highest_score_by_rounding():
    assert ACCURACY.skill(1.0 + 1e-12, 0.5) == pytest.approx(1.0)


@pytest.mark.parametrize(("metric", "better", "worse"), [(ERROR, 1.0, 2.0), (ACCURACY, 0.9, 0.8)])
def test_the_direction_decides_everywhere(metric, better, worse):
    assert metric.is_better(better, worse)
    assert not metric.is_better(worse, better)
    assert not metric.is_better(better, better)
    assert metric.cost(better) < metric.cost(worse)
    scored = {"worse": {metric.name: worse}, "better": {metric.name: better}, "equal": {metric.name: better}}
    assert metric.best_of(scored) == "better"
    assert metric.ranked(scored) == ["better", "equal", "worse"]
    assert metric.best_score([worse, better]) == better


@pytest.mark.parametrize("metric", [ERROR, ACCURACY])
def test_nan_is_the_worst_score_of_all(metric):
    assert not metric.is_better(math.nan, 0.5)
    assert metric.is_better(0.5, math.nan)


def test_directions_have_the_oracles_words():
    assert (ERROR.direction, ACCURACY.direction) == ("min", "max")
    assert (ERROR.best, ACCURACY.best) == (0.0, 1.0)


def test_nothing_is_ranked_by_a_metric_that_cannot_rank():
    bias = Metric("bias", lambda: 0.0, lowest=-math.inf, can_rank=False)
    for ask in (lambda: bias.best_of({"a": {"bias": 1.0}}), lambda: bias.skill(1.0, 2.0)):
        with pytest.raises(ValueError, match="bias"):
            ask()


def test_no_baseline_is_no_best():
    assert ERROR.best_of({}) is None


def test_a_metric_that_ranks_without_a_best_score_is_refused():
    with pytest.raises(ValueError, match="no best score"):
        Metric("likelihood", lambda: 0.0, higher_is_better=True)


def test_scores_carry_the_name_of_their_part():
    assert with_prefix("val", {"mae": 1.0}) == {"val_mae": 1.0}
