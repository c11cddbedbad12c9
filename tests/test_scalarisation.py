"""A search with several objectives: one score a proposal, all of the front in reach, patience by the front."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from searches import EIGHT, WIDE, score_of, sweep_config
from seqsweep.objectives import fronts
from seqsweep.tuner import EndedTrial, Exhausted, Proposal, Tuner, make_tuner, rebuild_tuner
from seqsweep.tuner.pruners import known_costs
from seqsweep.tuner.scalarisation import chebyshev, drawn_weights


def costs_of(proposal: Proposal) -> tuple[float, float]:
    return score_of(proposal), math.log(sum(proposal.params.units))


def searched(tuner: Tuner, trials: int, costs: Any = costs_of) -> list[tuple[float, ...]]:
    found = []
    for _ in range(trials):
        proposal = tuner.ask("a")
        assert isinstance(proposal, Proposal)
        told = costs(proposal)
        tuner.tell(proposal.trial_id, told[0], objectives=told)
        found.append(told)
    return found


def test_each_point_of_a_front_is_the_best_for_some_weights_and_a_beaten_one_for_none():
    rng = np.random.default_rng(0)
    first = np.linspace(0, 1, 9)
    hollow = np.stack([first, 1 - first**1.3], axis=1)  # a weighted sum finds its two ends alone
    points = np.vstack([hollow, hollow + 0.3])
    best = {int(chebyshev(points, drawn_weights(2, rng)).argmin()) for _ in range(2000)}
    assert best == set(range(9))
    sums = {int((points @ drawn_weights(2, rng)).argmin()) for _ in range(200)}
    assert sums == {0, 8}


def test_weights_add_up_and_what_is_not_known_is_the_worst_that_was_seen():
    weights = drawn_weights(3, np.random.default_rng(1))
    assert weights.shape == (3,) and weights.min() >= 0 and weights.sum() == pytest.approx(1)
    points = np.array([[1.0, math.nan], [3.0, 2.0], [2.0, 4.0], [math.inf, math.nan]])
    half = np.array([0.5, 0.5])
    worst = 0.5 + 0.05 * 1.0  # each objective at the end of its range
    assert chebyshev(points, half) == pytest.approx([0.5 + 0.05 * 0.5, 0.5 + 0.05 * 0.5, 0.5 + 0.05 * 0.75, worst])
    assert known_costs(2.0, (9.0, math.inf, 3.0)) == (2.0, None, 3.0)
    assert known_costs(None, (9.0, 1.0)) == known_costs(2.0, ()) == ()


def area(points: list[tuple[float, ...]], reference: tuple[float, float]) -> float:
    """The hypervolume of a front of two objectives: what it beats, up to a reference."""
    total, height = 0.0, reference[1]
    for x, y in sorted(points[place] for place in fronts(points)[0]):
        if x < reference[0] and y < height:
            total, height = total + (reference[0] - x) * (height - y), y
    return total


def test_the_hypervolume_is_that_of_a_known_case():
    assert area([(1.0, 3.0), (2.0, 2.0), (3.0, 1.0), (3.0, 3.0)], (4.0, 4.0)) == 6.0
    assert area([(5.0, 1.0)], (4.0, 4.0)) == 0.0


def test_the_model_finds_more_of_a_front_than_chance_and_goes_on_after_a_kill(tmp_path: Path):
    found = {}
    for kind in ("random", "bayesian"):
        config = sweep_config(
            kind, tuner={"max_trials": 13, "initial_points": 5 if kind == "bayesian" else None}, **WIDE
        )
        config.task.objectives = ["mae", "parameter_count"]
        tuner = make_tuner(config, tmp_path / kind)
        first = searched(tuner, 7)
        asked = tuner.ask("a")
        again = make_tuner(config, tmp_path / kind)
        assert again.ask("a") == asked
        found[kind] = [*first, *searched(again, 6)]
    reference = (3.0, math.log(200))
    assert area(found["bayesian"], reference) > 1.1 * area(found["random"], reference)


def test_patience_waits_for_what_joins_the_front(tmp_path: Path):
    config = sweep_config("random", tuner={"patience": 2}, **EIGHT)
    config.task.objectives = ["mae", "parameter_count"]
    told = iter([(5.0, 5.0), (6.0, 4.0), (7.0, None), (6.0, 4.0)])
    tuner = make_tuner(config, tmp_path)
    searched(tuner, 4, lambda _: next(told))
    over = tuner.ask("a")
    assert isinstance(over, Exhausted) and "2 trials in a row brought no better one" in over.reason


def test_a_search_that_is_made_again_from_its_records_proposes_the_same(tmp_path: Path):
    from seqsweep.records import TrialRecord
    from seqsweep.search_space import plain

    config = sweep_config("bayesian", tuner={"max_trials": 12, "initial_points": 4}, **EIGHT)
    config.task.objectives = ["mae", "parameter_count"]
    tuner, kept = make_tuner(config, tmp_path / "one"), []
    for number in range(1, 6):
        proposal = tuner.ask("a")
        costs = costs_of(proposal)
        record = TrialRecord(
            proposal.trial_id, number, "", "COMPLETED", plain(proposal.params), started=number, ended=number + 0.5
        )
        tuner.tell(proposal.trial_id, costs[0], objectives=costs)
        kept.append(EndedTrial(record, costs[0], objectives=costs))
    (tmp_path / "two").mkdir()
    again = rebuild_tuner(config, tmp_path / "two", kept)
    assert again.ask("a").params == tuner.ask("a").params
