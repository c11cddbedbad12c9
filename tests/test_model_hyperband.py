"""Hyperband whose new points come from a model: `tuner=hyperband tuner.sampler=bayesian`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from searches import EIGHT, WIDE, Ours, run, score_of, sweep_config
from seqsweep.tuner import Exhausted, Proposal, Tuner, Wait, faults, make_tuner, plan

pytestmark = pytest.mark.keras


def searched(sampler: str = "bayesian", *, epochs: int = 9, seed: int = 1, **space: Any) -> Any:
    return sweep_config("hyperband", seed=seed, epochs=epochs, tuner={"sampler": sampler}, **(space or WIDE))


def whole(config: Any, directory: Path, score: Callable[[Proposal], float] = score_of) -> list[Proposal]:
    return run(Ours(config, directory), score=score)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Proposal], Tuner]:
    """A search to its end, and its tuner."""
    search = Ours(searched(), tmp_path_factory.mktemp("whole"))
    return run(search), search.tuner


def test_the_plan_is_that_of_hyperband_and_what_runs(
    undisturbed: tuple[list[Proposal], Tuner],
) -> None:
    done, tuner = undisturbed
    drawn = plan(searched("random"))
    assert plan(searched()) == drawn
    assert (len(done), sum(p.last_epoch - p.first_epoch for p in done)) == (drawn.trials, drawn.epochs)
    assert [p.last_epoch for p in done if p.continues is None] == [1] * 9 + [3] * 5 + [9] * 3
    assert tuner.ask("a") == Exhausted(
        "the hyperband plan is complete, 12 of its 17 points by a model of the trials before"
    )


def test_a_search_killed_after_any_ask_or_tell_proposes_what_it_would_have(
    undisturbed: tuple[list[Proposal], Tuner], tmp_path: Path
) -> None:
    done = []
    while isinstance(asked := make_tuner(searched(), tmp_path).ask("a"), Proposal):
        make_tuner(searched(), tmp_path).tell(asked.trial_id, score_of(asked))
        done.append(asked)
    assert done == undisturbed[0]


def test_it_finds_better_trials_than_points_at_random(tmp_path: Path) -> None:
    def best(sampler: str, seed: int) -> float:
        return min(map(score_of, whole(searched(sampler, seed=seed), tmp_path / f"{sampler}{seed}")))

    assert all(best("bayesian", seed) < best("random", seed) for seed in (1, 2, 3))


def test_running_trials_count_as_what_they_may_come_to(tmp_path: Path) -> None:
    """Three workers at once are not sent to three neighbours, as they are where running ones are only left out."""
    config = sweep_config("hyperband", epochs=9, tuner={"sampler": "bayesian"}, units=list(range(1, 65)))
    tuner = make_tuner(config, tmp_path)
    for _ in range(5):
        proposal = tuner.ask("a")
        assert isinstance(proposal, Proposal)
        tuner.tell(proposal.trial_id, (proposal.params.units[0] - 23) ** 2 / 1000)
    asked = sorted(p.params.units[0] for slot in "abc" if isinstance(p := tuner.ask(slot), Proposal))
    assert len(asked) == 3 and np.ptp(asked) > 2


def test_failed_and_exhausted_brackets_end(tmp_path: Path) -> None:
    config = searched(**EIGHT)
    tuner = make_tuner(config, tmp_path)
    done = 0
    while not isinstance(asked := tuner.ask("a"), Exhausted):
        assert not isinstance(asked, Wait)
        tuner.tell(asked.trial_id, None if done % 3 == 0 else score_of(asked))
        done += 1
    assert "the space of 8 points is exhausted" in asked.reason


def test_one_point_is_searched_too(tmp_path: Path) -> None:
    assert [p.last_epoch for p in whole(searched(units=16), tmp_path)] == [1, 3, 9]


@pytest.mark.parametrize("shift", [0.0, 3.0])
def test_budgets_are_compared_within_and_learned_from_across(shift: float) -> None:
    """Points that were trained on lead by much, or not at all: the best at few epochs is expected to be it at many."""
    from seqsweep.tuner.budgets import across, coordinate

    rates = np.linspace(0.05, 0.95, 10)
    few = (rates - 0.3) ** 2 * 10 + shift
    many = (rates[6:] - 0.3) ** 2 * 10
    at = coordinate([1] * 10 + [9] * 4, 9)
    assert at.tolist() == [1.0] * 10 + [0.0] * 4
    points = np.column_stack([np.append(rates, rates[6:]), at])
    scores = np.append(few, many)
    process = across(points, (scores - scores.mean()) / scores.std(), [False])
    expected = process.predict(rates[:, None])[0][:, 0]
    assert rates[np.argmin(expected)] == pytest.approx(0.3, abs=0.06)


def test_the_sampler_must_be_known_and_needs_hyperband() -> None:
    (fault,) = faults(searched(None))  # type: ignore[arg-type]
    assert "tuner.sampler=null: tuner=hyperband needs it; who proposes new points" in fault.text
