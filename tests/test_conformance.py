"""KerasTuner's known faults, one test each: the stock oracle has the fault, this project's has not.

The stock case is marked as expected to fail, strictly: where a release of KerasTuner mends a fault, its test
says so, and the repair can go.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from searches import EIGHT, WIDE, Ours, Stock, run, score_of, sweep_config
from seqsweep.errors import StateError
from seqsweep.tuner import Exhausted, Proposal, Wait

pytestmark = [
    pytest.mark.keras,
    # What the stock oracles warn of, so that they fail by their faults alone.
    pytest.mark.filterwarnings("ignore:(currentThread|getName):DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:All-NaN axis:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:Skipping variable loading:UserWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]
Search = type[Ours] | type[Stock]


def fault(of_stock: str) -> pytest.MarkDecorator:
    """Run the test with both; `of_stock` says what KerasTuner does instead."""
    stock = pytest.param(Stock, id="stock", marks=pytest.mark.xfail(strict=True, reason=of_stock))
    return pytest.mark.parametrize("search", [stock, pytest.param(Ours, id="ours")])


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """The matrices are so small that threads only wait for each other."""
    with threadpool_limits(limits=1, user_api="blas"):
        yield


@fault("an infinite loss counts as 0, the best there is")
def test_b2_divergence_repels_the_bayesian_search(search: Search, tmp_path: Path) -> None:
    space = {"learning_rate": {"low": 1e-4, "high": 1.0, "log": True}}
    config = sweep_config("bayesian", seed=2, tuner={"max_trials": 8}, **space)

    def diverges_above_a_hundredth(proposal: Proposal) -> float:
        rate = proposal.params.learning_rate
        return math.inf if rate > 0.01 else 1 + (math.log10(rate) + 3) ** 2

    guided = run(search(config, tmp_path), score=diverges_above_a_hundredth)[4:]

    assert len(guided) == 4
    assert sum(p.params.learning_rate > 0.01 for p in guided) <= 1


@fault("the same point is proposed again and again")
def test_b3_a_bayesian_search_repeats_no_point_and_ends_when_none_is_left(search: Search, tmp_path: Path) -> None:
    searching = search(sweep_config("bayesian", tuner={"max_trials": 12}, **EIGHT), tmp_path)

    done = run(searching)

    assert len({p.params for p in done}) == len(done) == 8
    assert isinstance(searching.ask(), Exhausted)


@fault("the round waits for the failed trial forever, and the bracket ends without its last round")
def test_b4_a_failed_trial_leaves_a_hyperband_round_whole(search: Search, tmp_path: Path) -> None:
    searching = search(sweep_config("hyperband", epochs=9, **WIDE), tmp_path)

    trained: list[Proposal] = []
    while isinstance(proposal := searching.ask(), Proposal):
        if proposal.number == 2:
            searching.crash(proposal.trial_id)
        else:
            searching.tell(proposal.trial_id, score_of(proposal))
            trained.append(proposal)

    # 9 epochs by 3: brackets of 9, 3, 1 and 5, 2 and 3 trials; the last round of each trains to the end.
    assert len(trained) == 23 - 1
    assert sum(p.last_epoch == 9 and p.continues is not None for p in trained) == 1 + 2


@fault("weights are loaded before the optimizer is built, which then starts from nothing")
def test_b5_a_promoted_trial_goes_on_with_its_optimizer(search: Search, tmp_path: Path) -> None:
    before = _tiny_model()
    for _ in range(3):
        before.train_on_batch(np.array([[1.0, 2.0]]), np.array([[1.0]]))

    after = _promoted_by_stock(before, tmp_path) if search is Stock else _promoted_by_ours(before, tmp_path)

    assert int(after.optimizer.iterations) == 3
    for old, new in zip(before.optimizer.variables, after.optimizer.variables, strict=True):
        assert old.numpy() == pytest.approx(new.numpy())
    for old, new in zip(before.weights, after.weights, strict=True):
        assert old.numpy() == pytest.approx(new.numpy())


@fault("the walk through the grid is in no state file: KeyError, or an early end")
def test_b6_a_grid_resumes_where_it_was(search: Search, tmp_path: Path) -> None:
    config = sweep_config("grid", **EIGHT)
    whole = [p.params for p in run(search(config, tmp_path / "whole"))]

    first = run(search(config, tmp_path / "cut"), trials=3)
    rest = run(search(config, tmp_path / "cut"))

    assert [p.params for p in first + rest] == whole
    assert len(set(whole)) == 8


@fault("the state of the old space is taken up without a word")
def test_b7_a_changed_space_does_not_resume(search: Search, tmp_path: Path) -> None:
    run(search(sweep_config("random", **EIGHT), tmp_path), trials=2)
    state = _content(tmp_path)

    with pytest.raises((StateError, RuntimeError, ValueError)):  # whichever KerasTuner would choose
        search(sweep_config("random", **{**EIGHT, "units": [8, 32]}), tmp_path)

    assert _content(tmp_path) == state


@fault("0 is read as no seed")
def test_b8_seed_0_is_a_seed(search: Search, tmp_path: Path) -> None:
    config = sweep_config("random", seed=0, **WIDE)
    once, twice = (run(search(config, tmp_path / name), trials=3) for name in ("once", "twice"))

    assert [p.params for p in once] == [p.params for p in twice]


@fault("the lock that the failed call took is held for good")
def test_b9_an_exception_leaves_no_lock_behind(search: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    searching = search(sweep_config("random", **WIDE), tmp_path)
    answers: list[Any] = []

    def fails(trial_id: str) -> dict[str, Any]:
        raise MemoryError

    def ask_and_fail() -> None:
        with monkeypatch.context() as patch, pytest.raises(MemoryError):
            patch.setattr(searching.oracle, "populate_space", fails)
            searching.ask("a")

    first = threading.Thread(target=ask_and_fail, name="first")
    first.start()
    first.join()
    second = threading.Thread(target=lambda: answers.append(searching.ask("b")), name="second", daemon=True)
    second.start()
    second.join(timeout=3)

    assert len(answers) == 1


@fault("a divergence counts as a crash, and three in a row end the search with an exception")
def test_b11_divergences_in_a_row_do_not_end_a_search(search: Search, tmp_path: Path) -> None:
    config = sweep_config("random", tuner={"max_trials": 6, "max_consecutive_failures": 3}, **WIDE)

    done = run(search(config, tmp_path), score=lambda proposal: math.nan)

    assert len(done) == 6


@fault("places that no finished trial takes are given to failed ones")
def test_b13_the_best_trials_are_finished_ones(search: Search, tmp_path: Path) -> None:
    searching = search(sweep_config("random", **WIDE), tmp_path)
    scores = iter([0.3, math.inf, 0.1])
    ids = [p.trial_id for p in run(searching, trials=3, score=lambda proposal: next(scores))]
    crashed = searching.ask()
    assert isinstance(crashed, Proposal)
    searching.crash(crashed.trial_id)

    assert searching.best(4) == [ids[2], ids[0]]


@fault("each file is emptied before it is written, and one trial's state is spread over two files")
def test_b14_a_kill_in_the_middle_of_a_write_loses_nothing(
    search: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = sweep_config("random", tuner={"max_trials": 4}, **WIDE)
    whole = run(search(config, tmp_path / "whole"))

    for nth in range(1, 9):
        directory = tmp_path / f"killed-at-write-{nth}"
        with monkeypatch.context() as patch:
            dying_open = _dying_at_write(nth)
            patch.setattr("builtins.open", dying_open)
            patch.setattr(Path, "open", dying_open)
            patch.setattr("keras_tuner.src.backend.io.File", dying_open)
            with pytest.raises(_Killed):
                run(search(config, directory))

        _ask_again(search, config, directory, whole)


@fault("21 draws in a row that were tried before pass for the end of the space")
def test_a_random_search_finds_every_point_of_a_small_space(search: Search, tmp_path: Path) -> None:
    space = {"layer": ["lstm", "gru"], "units": [4, 8, 12, 16, 20], "window": [10, 20, 30, 40, 50]}
    searching = search(sweep_config("random", tuner={"max_trials": 60}, **space), tmp_path)

    done = run(searching)

    assert len({p.params for p in done}) == len(done) == 50
    assert isinstance(searching.ask(), Exhausted)


@fault("seeds that are a multiple of the dimensions apart draw the same trials, shifted")
def test_neighbouring_seeds_share_no_trial(search: Search, tmp_path: Path) -> None:
    space = {"learning_rate": {"low": 1e-4, "high": 1e-1, "log": True}}
    drawn = {
        seed: {
            p.params for p in run(search(sweep_config("random", seed=seed, **space), tmp_path / str(seed)), trials=10)
        }
        for seed in (1, 2)
    }

    assert not drawn[1] & drawn[2]


@fault("the walk stops until a running trial ends")
def test_a_grid_feeds_as_many_workers_as_ask(search: Search, tmp_path: Path) -> None:
    searching = search(sweep_config("grid", **EIGHT), tmp_path)

    asked = [searching.ask(slot) for slot in "abcdefgh"]

    assert not any(isinstance(answer, Wait) for answer in asked)
    assert len({answer.params for answer in asked if isinstance(answer, Proposal)}) == 8


@fault("Float steps by floor division, which never yields the end")
def test_a_range_with_steps_reaches_its_end(search: Search, tmp_path: Path) -> None:
    config = sweep_config("grid", dropout={"low": 0.0, "high": 0.5, "step": 0.1})
    if search is Stock:
        from keras_tuner import HyperParameters

        declared = HyperParameters()
        declared.Float("dropout", 0.0, 0.5, step=0.1)
        found = [float(value) for value in declared.space[0].values]
    else:
        found = [p.params.dropout[0] for p in run(search(config, tmp_path))]

    assert found == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]


@fault("what a shallow network does not have is searched all the same, and then dropped")
def test_the_width_of_an_absent_layer_does_not_draw_the_bayesian_search(search: Search, tmp_path: Path) -> None:
    # A network of one layer is bad; of two, the wider the second the better. A model that takes a coordinate
    # for the width of a layer that is not there finds networks of one layer as good, and tries many.
    space = {"depth": [1, 2], "units": {"low": 8, "high": 800}, "per_layer": ["units"]}
    config = sweep_config("bayesian", seed=3, tuner={"max_trials": 14, "initial_points": 6}, **space)

    def second_layer_counts(proposal: Proposal) -> float:
        return 1.0 - (proposal.params.units[1] / 800 if proposal.params.depth == 2 else 0.0)

    guided = run(search(config, tmp_path), score=second_layer_counts)[6:]

    assert sum(p.params.depth == 1 for p in guided) <= 1


@fault("a running point is proposed again")
def test_parallel_bayesian_proposals_differ(search: Search, tmp_path: Path) -> None:
    searching = search(sweep_config("bayesian", tuner={"max_trials": 20}, **EIGHT), tmp_path)
    run(searching, trials=4)

    asked = [searching.ask(slot) for slot in "abcd"]

    assert len({answer.params for answer in asked if isinstance(answer, Proposal)}) == 4


STOCK_SEARCHES = [
    ("random", 9, {}),
    ("grid", 9, {}),
    ("hyperband", 9, {"factor": 3}),
    ("hyperband", 10, {"factor": 2}),
    ("hyperband", 5, {"factor": 4, "iterations": 2}),
]


@pytest.mark.parametrize(("kind", "epochs", "settings"), STOCK_SEARCHES)
def test_without_faults_the_trials_are_those_of_the_stock_oracle(
    kind: str, epochs: int, settings: dict[str, Any], tmp_path: Path
) -> None:
    space = EIGHT if kind == "grid" else WIDE
    config = sweep_config(kind, seed=5, epochs=epochs, tuner=settings, **space)
    stock, ours = Stock(config, tmp_path / "stock"), Ours(config, tmp_path / "ours")
    ours.oracle.next_seed = config.seed  # where the stock oracle begins

    theirs, own = run(stock), run(ours)

    assert [(p.params, p.first_epoch, p.last_epoch) for p in own] == [
        (p.params, p.first_epoch, p.last_epoch) for p in theirs
    ]
    assert [p.continues and int(p.continues) - 1 for p in own] == [p.continues and int(p.continues) for p in theirs]


class _Killed(BaseException):
    """Stands for SIGKILL: nothing catches it."""


def _dying_at_write(nth: int) -> Any:
    """An `open` whose nth write gets half of its text into the file."""
    opened, writes = open, iter(range(1, 1000))

    class Dying:
        def __init__(self, file: Any) -> None:
            self.file = file

        def __enter__(self) -> Dying:
            return self

        def __exit__(self, *_: object) -> None:
            self.file.close()

        def __getattr__(self, name: str) -> Any:
            return getattr(self.file, name)

        def write(self, text: str) -> None:
            if next(writes) == nth:
                self.file.write(text[: len(text) // 2])
                self.file.flush()
                raise _Killed
            self.file.write(text)

    def dying_open(file: Any, mode: str = "r", *args: Any, **named: Any) -> Any:
        content = opened(file, mode, *args, **named)
        return Dying(content) if "w" in mode else content

    return dying_open


def _ask_again(search: Search, config: Any, directory: Path, whole: list[Proposal]) -> None:
    """Resume, and find every trial of the whole run, once."""
    resumed = search(config, directory)
    run(resumed)
    trials = (resumed.tuner._records if isinstance(resumed, Ours) else resumed.oracle.trials).values()
    assert [t.status for t in trials] == ["COMPLETED"] * len(whole)
    assert [t.score for t in trials] == [score_of(p) for p in whole]


def _content(directory: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in directory.rglob("*.json")}


def _tiny_model(hp: object = None) -> Any:
    import keras

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    return model


def _promoted_by_stock(model: Any, directory: Path) -> Any:
    import keras_tuner

    tuner = keras_tuner.Hyperband(_tiny_model, keras_tuner.Objective("val_loss", "min"), directory=str(directory))
    path = Path(tuner._get_checkpoint_fname("0000"))
    path.parent.mkdir(parents=True, exist_ok=True)
    model.save_weights(path)
    build_config = Path(tuner._get_build_config_fname("0000"))
    build_config.write_text(json.dumps(model.get_build_config()))
    hyperparameters = keras_tuner.HyperParameters()
    hyperparameters.values["tuner/trial_id"] = "0000"
    return tuner._build_hypermodel(hyperparameters)


def _promoted_by_ours(model: Any, directory: Path) -> Any:
    from seqsweep.trial import checkpoint
    from seqsweep.trial.training_progress import TrainingProgress

    left = checkpoint.pack_checkpoint(model, TrainingProgress(epoch=3), seed=1)
    promoted = _tiny_model()
    promoted.optimizer.build(promoted.trainable_variables)
    checkpoint.restore_checkpoint(left, promoted)
    return promoted
