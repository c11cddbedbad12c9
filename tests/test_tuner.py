from __future__ import annotations

import dataclasses
import itertools
import json
import math
import pickle
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from searches import EIGHT, KINDS, WIDE, Ours, Stock, run, score_of, sweep_config
from seqsweep import search_space
from seqsweep.config import CONF
from seqsweep.errors import StateError
from seqsweep.records import TrialRecord
from seqsweep.schema import TunerConfig
from seqsweep.tuner import (
    TUNERS,
    EndedTrial,
    Exhausted,
    Proposal,
    Tuner,
    Wait,
    faults,
    make_tuner,
    plan,
    rebuild_tuner,
    remote_oracle,
    state_file,
)
from storm import live

keras = pytest.mark.keras
TRIALS = {"random": 6, "grid": 6, "bayesian": 8, "hyperband": 15}  # that a short search has
OUTSIDE = {"layer": "simple_rnn", "units": 100}
INSIDE = {"layer": "gru", "units": 16, "window": 24}


def short(kind: str, **settings: Any) -> Any:
    """A search of TRIALS[kind] trials."""
    limit = {} if kind == "hyperband" else {"max_trials": TRIALS[kind]}
    space = {**WIDE, "learning_rate": 0.01, "dropout": 0.0} if kind == "grid" else WIDE
    return sweep_config(
        kind, epochs=4, tuner={**limit, "factor": 2 if kind == "hyperband" else 3}, **{**space, **settings}
    )


def whole(tuner: Tuner, **named: Any) -> list[Proposal]:
    return run(_As(tuner), **named)


class _As(Ours):
    def __init__(self, tuner: Tuner) -> None:
        self.tuner = tuner


def test_every_tuner_is_tested() -> None:
    assert set(KINDS) == set(TRIALS) == set(TUNERS)
    assert set(KINDS) == {path.stem for path in (CONF / "tuner").glob("[!_]*.yaml")}


# What is wrong with a config


@pytest.mark.parametrize(
    ("kind", "settings", "words"),
    [
        ("bayes", {}, "tuner.kind=bayes: there is no tuner 'bayes'; did you mean 'bayesian'?"),
        ("random", {"max_trials": None}, "tuner.max_trials=null: tuner=random needs it"),
        (
            "bayesian",
            {"initial_points": 24},
            "tuner.initial_points=24: all tuner.max_trials=24 trials would be random",
        ),
        ("hyperband", {"factor": None}, "tuner.factor=null: tuner=hyperband needs it"),
        ("hyperband", {"iterations": None}, "tuner.iterations=null: tuner=hyperband needs it"),
        (
            "hyperband",
            {"max_trials": 12},
            "tuner.max_trials=12: the number of hyperband's trials follows from",
        ),
    ],
)
def test_a_wrong_setting_is_named_with_its_mend(kind: str, settings: dict[str, Any], words: str) -> None:
    (fault,) = faults(sweep_config(kind, tuner=settings))
    assert words in fault.text


def test_a_grid_refuses_a_range_without_steps() -> None:
    (fault,) = faults(sweep_config("grid", learning_rate={"low": 0.001, "high": 0.1, "log": True}, window=[12, 24]))
    assert fault.text.startswith("search_space.learning_rate={low: 0.001, high: 0.1}: a grid cannot try every value")


def test_more_known_points_than_trials_are_refused() -> None:
    (fault,) = faults(sweep_config("random", tuner={"max_trials": 1}, warm_start=[INSIDE, OUTSIDE], **EIGHT))
    assert "search_space.warm_start alone lists 2 trials" in fault.text


@pytest.mark.parametrize("kind", KINDS)
def test_a_right_config_has_no_fault(kind: str) -> None:
    assert faults(sweep_config(kind, **EIGHT)) == []


# What a sweep will cost


@pytest.mark.parametrize(
    ("epochs", "factor", "trials", "trained"),
    [(4, 2, 15, 30), (9, 3, 23, 75), (27, 3, 70, 375), (81, 3, 211, 1767)],
)
def test_the_plan_of_hyperband_is_that_of_published_tables(epochs: int, factor: int, trials: int, trained: int) -> None:
    planned = plan(sweep_config("hyperband", epochs=epochs, tuner={"factor": factor}, **WIDE))
    assert (planned.trials, planned.epochs) == (trials, trained)


@pytest.mark.parametrize(("limit", "trials"), [(20, 20), (27, 27), (45, 36), (60, 39), (1000, 70)])
def test_the_plan_of_hyperband_within_a_limit_of_epochs_counts_its_short_trials(limit: int, trials: int) -> None:
    assert plan(sweep_config("hyperband", epochs=27, tuner={"factor": 3, "max_epochs": limit}, **WIDE)).trials == trials


@keras
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("every", [1000, 3])
def test_an_oracle_in_another_process_proposes_the_same_however_often_that_dies(
    kind: str, every: int, tmp_path: Path
) -> None:
    expected = whole(make_tuner(short(kind), tmp_path / "here"))
    calls = itertools.count(1)

    def call(function: Any, *given: Any) -> Any:
        if next(calls) % every == 0:
            remote_oracle._present.clear()
        return pickle.loads(pickle.dumps(function(*pickle.loads(pickle.dumps(given)))))

    apart = make_tuner(short(kind), tmp_path / "apart", call)
    assert whole(apart) == expected
    assert make_tuner(short(kind), tmp_path / "apart", call).ask("a") == Exhausted(apart.ask("a").reason)


@keras
def test_a_search_that_is_over_is_taken_up_without_its_oracle_and_goes_on_with_it(tmp_path: Path) -> None:
    asked: list[Any] = []

    def call(function: Any, *given: Any) -> Any:
        asked.append(given)
        return function(*given)

    def trials(count: int) -> Any:
        return sweep_config("random", epochs=4, tuner={"max_trials": count}, **WIDE)

    longer, here, apart = (tmp_path / name for name in ("longer", "here", "apart"))
    expected = whole(make_tuner(trials(9), longer))
    for folder in (here, apart):
        whole(make_tuner(trials(6), folder))
    remote_oracle._present.clear()
    before = (apart / "tuner.json").read_bytes()
    over = make_tuner(trials(6), apart, call)
    assert over.ask("a") == Exhausted("6 of 6 trials") and not over.running()
    over._save()
    assert not asked and (apart / "tuner.json").read_bytes() == before
    assert over.promotable() == make_tuner(trials(6), here).promotable() and asked
    assert whole(make_tuner(trials(9), apart, call)) == expected[6:]


@keras
@pytest.mark.parametrize("epochs", [1, 2, 5, 9, 10, 30])
@pytest.mark.parametrize("factor", [2, 3, 4])
def test_the_plan_of_hyperband_is_what_runs(epochs: int, factor: int, tmp_path: Path) -> None:
    config = sweep_config("hyperband", epochs=epochs, tuner={"factor": factor}, **WIDE)
    done = whole(make_tuner(config, tmp_path))
    assert (len(done), sum(p.last_epoch - p.first_epoch for p in done)) == (
        plan(config).trials,
        plan(config).epochs,
    )


@keras
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("known", [[], [INSIDE], [OUTSIDE, INSIDE]])
def test_the_plan_is_what_runs_in_a_small_space(kind: str, known: list[dict[str, Any]], tmp_path: Path) -> None:
    config = sweep_config(kind, warm_start=known, **EIGHT)
    done = whole(make_tuner(config, tmp_path))
    assert (len(done), sum(p.last_epoch - p.first_epoch for p in done)) == (
        plan(config).trials,
        plan(config).epochs,
    )


# Ask and tell


@keras
@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_trials_and_another_seed_others(kind: str, tmp_path: Path) -> None:
    first, second, other = (
        [p.params for p in whole(make_tuner(short(kind, seed=seed), tmp_path / name))]
        for name, seed in (("first", 1), ("second", 1), ("other", 2))
    )
    assert first == second
    assert (first == other) == (kind == "grid")


@keras
@pytest.mark.parametrize("kind", KINDS)
def test_a_tuner_killed_after_any_ask_or_tell_goes_on_as_if_nothing_had_happened(kind: str, tmp_path: Path) -> None:
    expected = whole(make_tuner(short(kind), tmp_path / "whole"))
    assert len(expected) >= TRIALS[kind]

    done = []
    while True:
        asked = make_tuner(short(kind), tmp_path / "cut").ask("a")
        if not isinstance(asked, Proposal):
            break
        resumed = make_tuner(short(kind), tmp_path / "cut")
        assert resumed.running() == [asked]
        assert resumed.ask("another slot") == asked
        resumed.tell(asked.trial_id, score_of(asked))
        done.append(asked)

    assert done == expected


@keras
@pytest.mark.parametrize("kind", ["bayesian", "hyperband"])
def test_synchronous_order_depends_neither_on_who_is_faster_nor_on_kills(kind: str, tmp_path: Path) -> None:
    def run_in_order(name: str, order: int, killed: bool) -> list[list[Proposal]]:
        rounds: list[list[Proposal]] = []
        tuner = make_tuner(short(kind, order="synchronous"), tmp_path / name)
        while True:
            asked = [answer for slot in "abc" if isinstance(answer := tuner.ask(slot), Proposal)]
            if not asked:
                return rounds
            for told, proposal in enumerate(asked[::order]):
                tuner.tell(proposal.trial_id, score_of(proposal))
                if killed:
                    tuner = make_tuner(short(kind, order="synchronous"), tmp_path / name)
                if told + 1 < len(asked):
                    left = [p for p in asked[::order] if p not in asked[::order][: told + 1]]
                    again = [tuner.ask(slot) for slot in "abc"] if killed else []
                    assert [p for p in again if isinstance(p, Proposal)] == (
                        sorted(left, key=lambda p: p.number) if killed else []
                    )
            rounds.append(asked)

    forwards = run_in_order("forwards", 1, killed=False)

    assert max(map(len, forwards)) == 3
    assert run_in_order("backwards", -1, killed=False) == forwards
    assert run_in_order("killed", 1, killed=True) == forwards


@keras
@pytest.mark.parametrize("kind", ["random", "grid", "bayesian"])
def test_asynchronous_asks_never_wait(kind: str, tmp_path: Path) -> None:
    tuner = make_tuner(short(kind), tmp_path)
    asked = [tuner.ask(slot) for slot in "abcd"]
    tuner.tell("0002", 0.5)
    asked.append(tuner.ask("b"))
    assert [answer.trial_id for answer in asked if isinstance(answer, Proposal)] == [
        "0001",
        "0002",
        "0003",
        "0004",
        "0005",
    ]


@keras
def test_a_slot_that_asks_again_gets_its_own_trial(tmp_path: Path) -> None:
    tuner = make_tuner(short("random"), tmp_path)
    first, second = tuner.ask("a"), tuner.ask("b")
    assert tuner.ask("a") == first
    assert tuner.ask("b") == second
    assert first != second


@keras
def test_hyperband_waits_for_a_running_trial_only_when_nothing_else_is_left(tmp_path: Path) -> None:
    tuner = make_tuner(short("hyperband"), tmp_path)
    first = tuner.ask("slow")
    assert isinstance(first, Proposal)
    while isinstance(proposal := tuner.ask("a"), Proposal):
        tuner.tell(proposal.trial_id, score_of(proposal))
    assert isinstance(proposal, Wait)
    assert len(tuner._records) > 10
    tuner.tell(first.trial_id, 0.0)
    assert isinstance(tuner.ask("a"), Proposal)


@keras
@pytest.mark.parametrize(
    ("trial_id", "score", "words"),
    [
        ("0009", 1.0, "not running"),
        ("0001", float("nan"), "not finite"),
        ("0001", float("inf"), "not finite"),
    ],
)
def test_a_wrong_tell_is_refused(trial_id: str, score: float, words: str, tmp_path: Path) -> None:
    tuner = make_tuner(short("random"), tmp_path)
    tuner.ask("a")
    with pytest.raises(ValueError, match=words):
        tuner.tell(trial_id, score)


@keras
def test_a_trial_is_told_once(tmp_path: Path) -> None:
    tuner = make_tuner(short("random"), tmp_path)
    tuner.ask("a")
    tuner.tell("0001", 1.0)
    with pytest.raises(ValueError, match="not running"):
        tuner.tell("0001", 2.0)


# The end


@keras
@pytest.mark.parametrize(
    ("kind", "limit", "reason"),
    [
        ("random", 5, "5 of 5 trials"),
        ("random", 20, "the space of 8 points is exhausted"),
        ("grid", None, "the space of 8 points is exhausted"),
        ("bayesian", 20, "the space of 8 points is exhausted"),
        ("hyperband", None, "the space of 8 points is exhausted"),
    ],
)
def test_the_end_comes_with_a_word(kind: str, limit: int | None, reason: str, tmp_path: Path) -> None:
    tuner = make_tuner(sweep_config(kind, tuner={"max_trials": limit}, **EIGHT), tmp_path)
    done = whole(tuner)
    assert tuner.ask("a") == Exhausted(reason)
    assert len({p.params for p in done}) == min(8, limit or 8)


@keras
@pytest.mark.parametrize("kind", KINDS)
def test_searches_of_all_tuners_end_after_as_many_epochs_and_go_on_with_more(kind: str, tmp_path: Path) -> None:
    def searched(limit: int) -> tuple[list[Proposal], str]:
        tuner = make_tuner(
            sweep_config(kind, epochs=9, tuner={"max_epochs": limit}, units=list(range(1, 40))), tmp_path
        )
        return whole(tuner), tuner.ask("a").reason

    done, reason = searched(36)
    trained = sum(proposal.last_epoch - proposal.first_epoch for proposal in done)
    assert 36 <= trained < 36 + 9  # the last trial may begin before the limit and end behind it
    assert reason == f"{trained} of 36 epochs (tuner.max_epochs)"
    assert searched(45)[0]


@keras
def test_a_random_search_finds_the_last_points_of_a_larger_space(tmp_path: Path) -> None:
    config = sweep_config("random", units=list(range(8, 28)), window=list(range(10, 30)))
    oracle = TUNERS["random"](config)
    for number in range(400):
        answer = oracle.populate_space(str(number))
        oracle.begin(str(number), answer["values"])
    assert (
        len({(trial.hyperparameters["units"], trial.hyperparameters["window"]) for trial in oracle.trials.values()})
        == 400
    )
    assert oracle.populate_space("400")["status"] == "STOPPED"


@keras
def test_a_complete_hyperband_plan_says_so(tmp_path: Path) -> None:
    tuner = make_tuner(short("hyperband"), tmp_path)
    whole(tuner)
    assert tuner.ask("a") == Exhausted("the hyperband plan is complete")
    assert tuner.oracle.unfinished == []  # its state does not grow with brackets that are done


@keras
@pytest.mark.parametrize("kind", KINDS)
def test_a_space_of_one_point_is_one_trial(kind: str, tmp_path: Path) -> None:
    config = sweep_config(kind, epochs=1, tuner={"initial_points": 1})
    assert len(whole(make_tuner(config, tmp_path))) == 1


@keras
def test_crashes_in_a_row_end_the_search_until_it_is_started_again(tmp_path: Path) -> None:
    config = sweep_config("random", tuner={"max_consecutive_failures": 3}, **WIDE)
    tuner = make_tuner(config, tmp_path)
    for crashed in (True, True, False, True, True, True):
        proposal = tuner.ask("a")
        assert isinstance(proposal, Proposal)
        tuner.tell(proposal.trial_id, None, "no space left", crashed=crashed)

    assert tuner.ask("a") == Exhausted("3 failures in a row, the last: no space left")
    assert isinstance(make_tuner(config, tmp_path).ask("a"), Proposal)


@keras
def test_steps_of_a_long_search_are_added_and_any_of_them_can_be_resumed(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(state_file, "FEW", 3)
    config = sweep_config("random", tuner={"max_trials": 40}, **WIDE)
    calm = [proposal.params for proposal in whole(make_tuner(config, tmp_path / "calm"))]
    whole_file, steps = tmp_path / "tuner.json", tmp_path / "tuner.steps"
    tuner, found, written = make_tuner(config, tmp_path), [], set()
    for number in range(40):
        proposal = tuner.ask("a")
        assert isinstance(proposal, Proposal)
        found.append(proposal.params)
        if number % 7 == 5:  # killed while it wrote a step that nobody heard of
            with steps.open("ab") as file:
                file.write(b'{"trial": {"trial_id": "00')
            tuner = make_tuner(config, tmp_path)
            assert not steps.exists()
            assert tuner.ask("b") == proposal
        tuner.tell(proposal.trial_id, float(number))
        written.add(whole_file.stat().st_ino)
    assert found == calm
    assert len(written) < 20
    resumed = make_tuner(config, tmp_path)
    assert resumed.best(2) == ["0001", "0002"]
    assert (len(resumed.ended()), resumed.running()) == (40, [])

    tuner = make_tuner(sweep_config("random", tuner={"max_trials": 44}, **WIDE), tmp_path)
    for _ in range(2):
        tuner.tell(tuner.ask("a").trial_id, 1.0)  # type: ignore[union-attr]
    steps.write_bytes(steps.read_bytes().replace(b'"trial_id"', b'"trialid"', 1))
    with pytest.raises(StateError, match=r"tuner\.steps: line 1: trial\.trial_id is missing"):
        make_tuner(config, tmp_path)


@keras
def test_more_trials_can_be_asked_for_later(tmp_path: Path) -> None:
    whole(make_tuner(sweep_config("random", tuner={"max_trials": 3}, **WIDE), tmp_path))
    more = whole(make_tuner(sweep_config("random", tuner={"max_trials": 5}, **WIDE), tmp_path))
    assert [p.number for p in more] == [4, 5]


# Known configurations


@keras
@pytest.mark.parametrize("kind", KINDS)
def test_known_configurations_run_first_and_count(kind: str, tmp_path: Path) -> None:
    config = sweep_config(kind, epochs=3, tuner={"initial_points": 2}, warm_start=[OUTSIDE, INSIDE], **EIGHT)
    tuner = make_tuner(config, tmp_path)
    done = whole(tuner)

    assert [p.params for p in done[:2]] == search_space.warm_start(config)
    assert [p.origin for p in done[:3]] == ["warm_start", "warm_start", "oracle"]
    fresh = [p.params for p in done if p.continues is None]
    assert len(set(fresh)) == len(fresh)  # the point inside is not proposed again
    assert len(fresh) == (6 if kind == "hyperband" else 9)
    assert set(tuner.oracle.trials) == {p.trial_id for p in done} - {"0001"}  # nor is the one outside learnt from


@keras
def test_known_configurations_count_as_trials(tmp_path: Path) -> None:
    config = sweep_config("random", tuner={"max_trials": 3}, warm_start=[OUTSIDE, INSIDE], **EIGHT)
    assert len(whole(make_tuner(config, tmp_path))) == 3


@keras
def test_in_hyperband_a_known_point_of_the_space_competes_and_another_trains_to_the_end(
    tmp_path: Path,
) -> None:
    config = sweep_config("hyperband", warm_start=[OUTSIDE, INSIDE], **EIGHT)
    outside, inside = whole(make_tuner(config, tmp_path), trials=2)
    assert (outside.last_epoch, inside.last_epoch) == (9, 1)


# Hyperband


@keras
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("slots", [1, 3])
def test_what_is_continued_was_promotable_until_then_and_little_else_is(seed: int, slots: int, tmp_path: Path) -> None:
    tuner = make_tuner(sweep_config("hyperband", seed=seed, **WIDE), tmp_path)
    chance = random.Random(seed)
    kept: set[str] = set()  # as if all other checkpoints were deleted, for good
    ended = 0
    while True:
        for slot in map(str, range(slots)):
            answer = tuner.ask(slot)
            if isinstance(answer, Proposal):
                assert answer.continues is None or answer.continues in kept
        running = tuner.running()
        if not running:
            break
        proposal = chance.choice(running)
        may_be_continued = proposal.trial_id in tuner.promotable()
        assert may_be_continued == (proposal.last_epoch < 9)
        failed = chance.random() < 0.2
        tuner.tell(proposal.trial_id, None if failed else score_of(proposal))
        ended += 1
        kept = (kept | ({proposal.trial_id} if may_be_continued and not failed else set())) & tuner.promotable()
        assert len(kept) <= 3 + 2 + 2 * slots  # a bracket keeps as many as it promotes
    assert kept == tuner.promotable() == set()
    assert ended >= 15


@keras
def test_a_round_that_failed_as_a_whole_ends_its_bracket(tmp_path: Path) -> None:
    tuner = make_tuner(sweep_config("hyperband", tuner={"max_consecutive_failures": 99}, **WIDE), tmp_path)
    done = whole(tuner, score=lambda proposal: float("nan"))
    assert all(p.continues is None for p in done)
    assert tuner.ask("a") == Exhausted("the hyperband plan is complete")


@keras
def test_the_best_of_each_round_are_promoted(tmp_path: Path) -> None:
    done = whole(make_tuner(sweep_config("hyperband", **WIDE), tmp_path))
    scores = {p.trial_id: score_of(p) for p in done}
    first_round = [p for p in done if p.last_epoch == 1]
    promoted = {p.continues for p in done if p.first_epoch == 1}
    assert len(first_round) == 9
    assert promoted == set(sorted((p.trial_id for p in first_round), key=scores.__getitem__)[:3])
    for proposal in done:
        if proposal.continues:
            parent = next(p for p in done if p.trial_id == proposal.continues)
            assert (proposal.params, proposal.first_epoch) == (parent.params, parent.last_epoch)
            assert proposal.first_trial == parent.first_trial
        else:
            assert proposal.first_trial == proposal.trial_id


# The model of the Bayesian search


def _improvement(kernel: Any, x: np.ndarray, y: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Expected improvement on the lowest mean, by the textbook: Rasmussen and Williams (2006), algorithm 2.1."""
    from scipy.stats import norm

    def matern(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        r = np.sqrt(5) * np.sqrt((((a[:, None, :] - b[None, :, :]) / kernel.lengths) ** 2).sum(-1))
        return kernel.amplitude * (1 + r + r**2 / 3) * np.exp(-r)

    inverse = np.linalg.inv(matern(x, x) + (kernel.noise + 1e-6) * np.eye(len(x)))
    mean = matern(points, x) @ inverse @ y
    deviation = np.sqrt(kernel.amplitude - np.einsum("ij,jk,ik->i", matern(points, x), inverse, matern(points, x)))
    gain = (matern(x, x) @ inverse @ y).min() - mean
    return gain * norm.cdf(gain / deviation) + deviation * norm.pdf(gain / deviation)


@keras
@pytest.mark.parametrize("failed", [False, True])
def test_the_untried_point_that_promises_most_is_proposed(failed: bool, tmp_path: Path) -> None:
    from seqsweep.tuner.improvement import eased
    from seqsweep.tuner.process import fit

    space = {"units": [8, 16, 24, 32, 40], "window": [10, 20, 30, 40]}
    tuner = make_tuner(sweep_config("bayesian", tuner={"initial_points": 8}, **space), tmp_path)

    def vector(p: Proposal) -> list[float]:
        return [(p.params.units[0] / 8 - 0.5) / 5, (p.params.window / 10 - 0.5) / 4]

    seen, scores = [], []
    for i in range(8):
        proposal = tuner.ask("a")
        assert isinstance(proposal, Proposal)
        score = None if failed and i == 3 else (proposal.params.units[0] - 20) ** 2 / 100 + proposal.params.window / 20
        tuner.tell(proposal.trial_id, score)
        seen.append(vector(proposal))
        scores.append(score)
    worst = max(score for score in scores if score is not None)
    x, y = np.array(seen), eased(np.array([worst if score is None else score for score in scores]))
    space_points = np.array([[(u - 0.5) / 5, (w - 0.5) / 4] for u in range(1, 6) for w in range(1, 5)])
    untried = np.array([p for p in space_points if not (np.abs(x - p).max(axis=1) < 1e-9).any()])
    proposal = tuner.ask("a")
    assert isinstance(proposal, Proposal)
    gains = _improvement(fit(x, y, [False, False]).kernel, x, y, untried)
    assert vector(proposal) == pytest.approx(untried[np.argmax(gains)])
    others = [tuner.ask(slot) for slot in ("b", "c")]  # as if the running ones had ended
    assert len({tuple(vector(p)) for p in (proposal, *others) if isinstance(p, Proposal)} | set(map(tuple, seen))) == 11


@keras
def test_the_first_points_are_spread_and_neither_drawn_nor_the_same_for_every_seed(tmp_path: Path) -> None:
    def first(seed: int) -> list[tuple[float, str]]:
        space = {"learning_rate": {"low": 0.001, "high": 1.0, "log": True}, "layer": ["simple_rnn", "gru"]}
        config = sweep_config("bayesian", seed=seed, tuner={"initial_points": 8}, **space)
        points = whole(make_tuner(config, tmp_path / str(seed)), trials=8)
        return [(math.log10(p.params.learning_rate) + 3, p.params.layer) for p in points]

    found = [first(seed) for seed in (1, 2)]
    for points in found:
        assert [int(rate / 3 * 8) for rate in sorted(rate for rate, _ in points)] == list(
            range(8)
        )  # one in each eighth
        assert [layer for _, layer in points].count("gru") == 4
    assert found[0] != found[1]


@keras
def test_the_model_computes_in_one_thread_and_leaves_the_rest_to_others() -> None:
    from threadpoolctl import threadpool_info, threadpool_limits

    from seqsweep.tuner.process import one_thread

    def threads() -> set[int]:
        return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}

    with threadpool_limits(limits=2, user_api="blas"):
        for _ in range(2):  # the libraries are looked for once
            with one_thread():
                assert threads() == {1}
            assert threads() == {2}


@keras
def test_lengths_and_noise_of_the_model_are_the_most_probable_ones() -> None:
    from seqsweep.tuner.process import _unlikelihood, fit

    rng = np.random.default_rng(1)
    x = rng.uniform(size=(60, 3))
    x[:, 2] = np.where(x[:, 2] > 0.5, 0.75, 0.25)
    y = np.sin(6 * x[:, 0]) + 0.8 * (x[:, 2] > 0.5) + rng.normal(scale=0.1, size=60)
    y = (y - y.mean()) / y.std()
    kernel = fit(x, y, [False, False, True]).kernel
    assert kernel.lengths[1] > 4 * kernel.lengths[0]  # what does nothing is long
    assert 0.005 < kernel.noise < 0.06  # 0.1 ** 2 over the variance of the scores is 0.02
    squares = np.stack([(x[:, i, None] - x[None, :, i]) ** 2 for i in range(3)])
    guess = np.log([0.4, 1.0, 2.0, 1.0, 0.05])
    for beside in (np.zeros((60, 60)), 4.0 * (x[:, 2:] == x[:, 2])):
        _, slope = _unlikelihood(guess, squares, y, beside)
        steps = [
            (_unlikelihood(guess + d, squares, y, beside)[0] - _unlikelihood(guess - d, squares, y, beside)[0]) / 2e-5
            for d in 1e-5 * np.eye(5)
        ]
        assert slope == pytest.approx(steps, rel=1e-4, abs=1e-5)


@keras
def test_the_logarithm_of_an_improvement_holds_where_nothing_is_left_of_it() -> None:
    from scipy.stats import norm

    from seqsweep.tuner.improvement import log_improvement

    z = np.array([-4.0, -1.0, -0.999, 0.0, 3.0])
    assert np.exp(log_improvement(z)) == pytest.approx(norm.pdf(z) + z * norm.cdf(z), rel=1e-6)
    far = log_improvement(np.array([-20.0, -30.0, -40.0]))
    assert np.isfinite(far).all()
    assert (np.diff(far) < 0).all()


@keras
def test_poor_scores_come_nearer_and_keep_their_order() -> None:
    from seqsweep.tuner.improvement import eased

    scores = np.array([10.0, 11.0, 12.0, 13.0, 90.0, 5000.0])
    found = eased(scores)
    assert (np.diff(found) > 0).all()
    assert found[-1] - found[2] < 12 * (found[2] - found[0])  # and not 2,500 times
    assert eased(np.full(3, 2.0)) == pytest.approx(0.0)


@keras
def test_vectors_lead_to_points_and_back() -> None:
    from seqsweep.tuner.oracles import every_point
    from seqsweep.tuner.vectors import ABSENT, Vectors

    config = sweep_config("grid", **{**WIDE, "learning_rate": 0.01, "dropout": {"low": 0.0, "high": 0.4, "step": 0.2}})
    space = search_space.hyperparameters(config)
    points = list(every_point(space))
    vectors = Vectors(space.space)

    rows = vectors.encode(points)

    assert len(points) == search_space.size(config) == 3 * 3 * (3 + 9 + 27)
    assert [vectors.decode(row) for row in rows] == points
    assert vectors.snap(rows) == pytest.approx(rows)
    assert (rows == ABSENT).any()
    everything = vectors.all_points()
    assert everything is not None
    assert {tuple(row) for row in everything.round(9)} == {tuple(row) for row in rows.round(9)}


@keras
def test_snapped_vectors_stand_for_points_of_an_endless_space() -> None:
    from seqsweep.tuner.vectors import Vectors

    config = sweep_config(
        "bayesian",
        **{**WIDE, "batch_size": {"low": 8, "high": 256, "log": True}, "window": {"low": 5, "high": 99}},
    )
    vectors = Vectors(search_space.hyperparameters(config).space)
    rows = vectors.snap(np.random.default_rng(0).uniform(size=(200, vectors.width)))

    assert vectors.all_points() is None
    assert vectors.encode([vectors.decode(row) for row in rows]) == pytest.approx(rows, abs=1e-9)


@keras
def test_the_model_finds_better_trials_than_chance(tmp_path: Path) -> None:
    def best(kind: str, seed: int) -> float:
        config = sweep_config(kind, seed=seed, tuner={"max_trials": 24, "initial_points": 8}, **WIDE)
        return min(map(score_of, whole(make_tuner(config, tmp_path / f"{kind}{seed}"))))

    assert all(best("bayesian", seed) < best("random", seed) for seed in (1, 2, 3))


@keras
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:(currentThread|getName):DeprecationWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # KerasTuner's
def test_a_proposal_takes_a_fraction_of_the_stock_oracles_time(tmp_path: Path) -> None:
    space = {**WIDE, "window": [12, 24, 48], "batch_size": [32, 64, 128]}
    seconds = {}
    for search in (Stock, Ours):
        searching = search(
            sweep_config("bayesian", tuner={"max_trials": 90, "initial_points": 80}, **space),
            tmp_path / search.__name__,
        )
        run(searching, trials=80)
        started = time.perf_counter()
        searching.ask()
        seconds[search] = time.perf_counter() - started
    assert seconds[Ours] < seconds[Stock] / 2


# The state file


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    """The state file of a search that has begun."""
    whole(make_tuner(short("random"), tmp_path), trials=2)
    return tmp_path / "tuner.json"


@keras
@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda text: text[: len(text) // 2], "truncated or damaged"),
        (lambda text: "", "truncated or damaged"),
        (lambda text: "\x00" * 100, "truncated or damaged"),
        (lambda text: '{"trials": {}}', "search is missing"),
        (lambda text: "[]", "the whole of it is .., which does not belong there"),
        (lambda text: text.replace('"ended": ', '"endet": '), "ended is missing"),
        (lambda text: text.replace('"next_seed": ', '"next_sead": '), "what the oracle remembers do not belong"),
        (lambda text: text.replace('"draining": false', '"draining": 0'), "draining is 0, which does not belong"),
        (lambda text: text.replace('"seed": 1', '"seed": 2'), "another search: seed was 2, is 1"),
    ],
)
def test_a_state_that_is_not_whole_or_not_its_own_is_reported_and_kept(damage: Any, words: str, begun: Path) -> None:
    begun.write_text(damage(begun.read_text()))
    before = begun.read_bytes()

    with pytest.raises(StateError, match=words) as raised:
        make_tuner(short("random"), begun.parent)

    assert str(begun) in str(raised.value)
    assert f"to start anew, move or delete {begun.parent}" in str(raised.value)
    assert begun.read_bytes() == before


@keras
def test_a_changed_space_is_named_with_both_its_settings(begun: Path) -> None:
    with pytest.raises(StateError, match=r"search_space.units was \[8, 16, 32\], is \[8, 64\]"):
        make_tuner(short("random", units=[8, 64]), begun.parent)


@keras
@pytest.mark.parametrize("moment", ["fsync", "replace"])
def test_a_full_disk_stops_with_a_word_and_loses_nothing(
    moment: str, begun: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    tuner = make_tuner(short("random"), begun.parent)
    proposal = tuner.ask("a")
    assert isinstance(proposal, Proposal)
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync" if moment == "fsync" else "pathlib.Path.replace", full)
        with pytest.raises(StateError, match="No space left on device"):
            tuner.tell(proposal.trial_id, 0.5)

    assert make_tuner(short("random"), begun.parent).running() == [proposal]


def left_of(tuner: Tuner, proposal: Proposal, score: float | None) -> EndedTrial:
    """The record that a trial leaves, in the plain values of its file."""
    told = TrialRecord(
        proposal.trial_id,
        proposal.number,
        "",
        "FAILED" if score is None else "COMPLETED",
        json.loads(json.dumps(search_space.plain(proposal.params))),
        ended=float(proposal.number),
        last_epoch=proposal.last_epoch,
        origin=proposal.origin,
        continues=proposal.continues,
    )
    tuner.tell(proposal.trial_id, score)
    return EndedTrial(told, score)


@keras
@pytest.mark.parametrize("warm_start", [[], [OUTSIDE, INSIDE]])
@pytest.mark.parametrize("kind", KINDS)
def test_a_search_goes_on_from_records_alone_as_from_its_own_state(kind: str, warm_start: Any, tmp_path: Path) -> None:
    config = short(kind, warm_start=warm_start)
    tuner, records = make_tuner(config, tmp_path / "own"), []
    for number in range(1, TRIALS[kind] - 1):
        proposal = tuner.ask("a")
        assert isinstance(proposal, Proposal)
        records.append(left_of(tuner, proposal, None if number == 3 else score_of(proposal)))
    again = rebuild_tuner(config, tmp_path / "rebuilt", records[::-1])
    own, rebuilt = (json.loads((tmp_path / name / "tuner.json").read_text()) for name in ("own", "rebuilt"))
    assert {**rebuilt, "oracle": None} == {**own, "oracle": None}
    assert whole(again) == whole(tuner)


@keras
@pytest.mark.parametrize("kind", ["random", "grid"])
def test_where_state_and_a_record_are_lost_that_trial_alone_is_proposed_again(kind: str, tmp_path: Path) -> None:
    config = short(kind)
    tuner = make_tuner(config, tmp_path / "own")
    proposals, records = [], []
    while isinstance(proposal := tuner.ask("a"), Proposal):
        proposals.append(proposal)
        records.append(left_of(tuner, proposal, score_of(proposal)))
    again = rebuild_tuner(config, tmp_path / "rebuilt", [*records[:1], *records[2:]])
    assert again.running() == [proposals[1]]
    again.tell("0002", 1.0)
    assert isinstance(again.ask("a"), Exhausted)


@keras
def test_what_follows_a_trial_that_cannot_have_been_proposed_is_proposed_anew(tmp_path: Path) -> None:
    config = short("hyperband")
    tuner, records = make_tuner(config, tmp_path / "own"), []
    while isinstance(proposal := tuner.ask("a"), Proposal):
        records.append(left_of(tuner, proposal, score_of(proposal)))
    promoted = next(i for i, ended in enumerate(records) if ended.record.continues)
    stranger = dataclasses.replace(records[promoted].record, continues="0099")
    again = rebuild_tuner(
        config, tmp_path / "rebuilt", [*records[:promoted], EndedTrial(stranger, 1.0), *records[promoted + 1 :]]
    )
    assert again.known() == tuner.known()[:promoted]
    assert [proposal.trial_id for proposal in whole(again)] == tuner.known()[promoted:]


@keras
@pytest.mark.parametrize("kind", KINDS)
def test_a_tuner_of_another_kind_does_not_take_the_state_up(kind: str, begun: Path) -> None:
    if kind != "random":
        with pytest.raises(StateError, match=f'tuner.kind was "random", is "{kind}"'):
            make_tuner(short(kind), begun.parent)


@keras
@pytest.mark.slow
def test_a_storm_of_kills_changes_no_trial(tmp_path: Path) -> None:
    import keras_tuner  # noqa: F401  # not to be timed
    import sklearn.gaussian_process  # noqa: F401

    chance, kinds, arguments = random.Random(7), ("bayesian", "hyperband"), []
    for kind in kinds:
        started = time.monotonic()
        live(kind, tmp_path / kind / "calm")
        seconds = time.monotonic() - started
        moments = ",".join(str(chance.uniform(0, seconds / 6)) for _ in range(12))
        arguments += [kind, str(tmp_path / kind / "storm"), moments]
    command = [sys.executable, str(Path(__file__).with_name("storm.py")), *arguments]
    killed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()

    for kind, times in zip(kinds, killed, strict=True):
        assert int(times) >= 6
        calm, storm = (json.loads((tmp_path / kind / name / "tuner.json").read_text()) for name in ("calm", "storm"))
        assert storm["trials"] == calm["trials"]
        assert storm == calm
        assert [trial["status"] for trial in storm["trials"]].count("RUNNING") == 0
        assert sorted(storm["ended"]) == [trial["trial_id"] for trial in storm["trials"]]


@pytest.mark.parametrize("kind", KINDS)
def test_a_shipped_tuner_has_no_fault(kind: str) -> None:
    from omegaconf import OmegaConf

    folder = CONF / "tuner"
    settings = OmegaConf.to_container(
        OmegaConf.merge(OmegaConf.load(folder / "_base.yaml"), OmegaConf.load(folder / f"{kind}.yaml"))
    )
    assert isinstance(settings, dict)
    assert settings.pop("defaults") == ["_base"]
    assert set(settings) == {field.name for field in dataclasses.fields(TunerConfig)}
    assert faults(sweep_config(kind, tuner=settings, **EIGHT)) == []


def test_every_tuner_says_what_it_does() -> None:
    assert set(TUNERS) == set(KINDS)
    assert all(TUNERS[kind].__doc__ for kind in TUNERS)
