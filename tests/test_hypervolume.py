"""A search with several objectives: what a point may add to the front, all of it in reach, patience by the front."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from searches import EIGHT, WIDE, score_of, sweep_config
from seqsweep.objectives import fronts, hypervolume
from seqsweep.tuner import EndedTrial, Exhausted, Proposal, Tuner, make_tuner, rebuild_tuner
from seqsweep.tuner.hypervolume import HypervolumeGain, boxes, free
from seqsweep.tuner.process import Kernel, Process, fit
from seqsweep.tuner.pruners import known_costs


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


def test_boxes_hold_whatever_no_point_beats_and_hold_it_once():
    rng = np.random.default_rng(0)
    for objectives in (1, 2, 3, 4):
        costs = rng.uniform(size=(6, objectives))
        lower, upper = boxes(costs, np.ones(objectives))
        asked = rng.uniform(-1, 1, size=(2000, objectives))
        inside = ((asked[:, None] > lower) & (asked[:, None] < upper)).all(axis=2).sum(axis=1)
        beaten = (costs < asked[:, None]).all(axis=2).any(axis=1)
        assert (inside == ~beaten).all()


@pytest.mark.parametrize("objectives", [2, 3])
def test_the_expected_gain_is_the_mean_of_what_draws_would_add(objectives):
    rng = np.random.default_rng(1)
    tried = rng.uniform(size=(10, 2))
    columns = [np.sin(3 * tried[:, 0] + 2 * which) + tried[:, 1] * (1 - which) for which in range(objectives)]
    processes = [fit(tried, (column - column.mean()) / column.std(), [False, False]) for column in columns]
    means = np.column_stack([process.predict(tried)[0] for process in processes])
    front, worst = means[fronts(means.tolist())[0]], means.max(axis=0)
    gain = HypervolumeGain(processes, tried)
    asked = rng.uniform(size=(40, 2))
    best = asked[[int(gain(asked).argmax())]]
    told = [process.predict(best) for process in processes]
    draws = np.column_stack([rng.normal(mean[0, 0], math.sqrt(var[0]), size=500) for mean, var in told])
    low = means.min(axis=0) - 3
    spots = rng.uniform(low, worst, size=(4000, objectives))  # of the volume that draws beat
    free = ~(front <= spots[:, None]).all(axis=2).any(axis=1)
    added = (draws[:, None] <= spots[free]).all(axis=2).sum() / len(draws) / len(spots) * np.prod(worst - low)
    in_the_first = added / np.prod(np.ptp(means, axis=0)[1:])
    assert math.exp(gain(best)[0]) == pytest.approx(in_the_first, rel=0.2)


def test_what_no_draw_can_add_to_is_worth_nothing_and_what_fills_a_gap_most():
    points = np.array([[0.0], [0.5], [1.0]])
    kernel = Kernel(np.array([False]), np.array([0.05]), 1.0, 1e-6)
    costs = np.array([[0.0, 2.0], [3.0, 3.0], [2.0, 0.0]])  # the one in the middle is beaten, and sets what is worst
    gain = HypervolumeGain([Process(kernel, points, costs[:, [i]]) for i in (0, 1)], points)
    tried, far = gain(points), gain(np.array([[0.25]]))  # where nothing is known: 0 in both, with a deviation of 1
    assert far[0] > 0 > -5 > tried.max()


def test_of_a_large_front_those_points_count_that_lie_far_apart():
    first = np.linspace(0, 1, 300)
    costs = np.column_stack([first, 1 - first, np.random.default_rng(0).uniform(size=300)])
    lower, _ = free(costs)
    assert len(lower) < 600


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
    assert hypervolume(found["bayesian"], reference) > 1.1 * hypervolume(found["random"], reference)


def test_what_is_not_known_is_the_worst_that_was_seen():
    assert known_costs(2.0, (9.0, math.inf, 3.0)) == (2.0, None, 3.0)
    assert known_costs(None, (9.0, 1.0)) == known_costs(2.0, ()) == ()


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
