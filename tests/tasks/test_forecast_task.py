from __future__ import annotations

import numpy as np
import pytest

from seqsweep.errors import ConfigError
from seqsweep.search.problem import build_problem
from seqsweep.tasks import make_task
from seqsweep.tuner import plan


@pytest.fixture
def constant_loss(make_config):
    """The loss of the best constant, by a task that trains with this loss."""
    return lambda loss, targets: make_task(make_config(f"task.loss={loss}")).constant_loss(
        np.array(targets, np.float32)
    )


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("mse", (1 + 1 + 4) / 3),  # about the mean, 1
        ("mae", (0 + 0 + 3) / 3),  # about the median, 0
        ("huber", (1 / 2 + 1 / 2 + 3 / 2) / 3),  # about the mean: half the square up to 1, the distance less 1/2 beyond
    ],
)
def test_the_best_constant_has_the_loss_that_is_worked_out_by_hand(loss, expected, constant_loss):
    assert constant_loss(loss, [[0.0], [0.0], [3.0]]) == pytest.approx(expected)


def test_hubers_loss_is_a_square_below_1_and_straight_above(constant_loss):
    expected = (2 * 0.5**2 / 2 + 2 * (1.5 - 0.5)) / 4
    assert constant_loss("huber", [[-1.5, -0.5], [0.5, 1.5]]) == pytest.approx(expected)


@pytest.fixture
def said(make_config, tmp_path):
    """What is told as a problem of 40 rows is built: 28 of them are train."""
    (tmp_path / "short.csv").write_text("y\n" + "".join(f"{row % 7}\n" for row in range(40)))

    def build(*overrides):
        notes = []
        given = ["data=csv", f"data.path={tmp_path}/short.csv", "data.season=7", "search_space.window=12", *overrides]
        build_problem(make_config(*given), notes.append)
        return notes

    return build


def test_what_the_rows_are_too_few_for_is_told_once_and_by_what_mends_it(said):
    assert said() == []
    assert said("data.season=27") == []
    (told,) = said("data.season=28")
    assert told.startswith("data.season=28: train has 28 rows, not one whole season and a row")
    assert said("search_space.window=18", "search_space.batch_size=8") == []
    (told,) = said("search_space.window=19", "search_space.batch_size=9")
    assert told == (
        "train has 9 windows, and a network learns next to nothing of so few: the longest looks back 19 of 28 rows; "
        "shorten search_space.window"
    )
    assert "train has 1 window, and" in said("search_space.window=27", "search_space.batch_size=1")[0]


def test_a_batch_that_is_larger_than_train_is_told(said):
    assert said("search_space.batch_size=[8,16]") == []
    assert said("search_space.batch_size=[8,17]") == [
        "search_space.batch_size: up to 17, and train has 16 items: an epoch of such a trial is one step, as with 16"
    ]


def test_a_trial_of_a_long_series_trains_for_as_many_epochs_as_its_samples_allow_and_says_so(
    said, make_config, tmp_path
):
    """Train has 16 items here, of 28 rows."""
    assert said("trial.max_samples=1600", "trial.epochs=100") == []
    assert said("trial.max_samples=1599", "trial.epochs=100") == [
        "trial.max_samples=1,599: train has 16 items, so a trial trains for at most 99 epochs, not 100"
    ]
    config = make_config(
        "data=csv", f"data.path={tmp_path}/short.csv", "search_space.window=12", "trial.max_samples=10"
    )
    problem = build_problem(config, lambda _: None)
    assert (problem.config.trial.epochs, problem.task.config.trial.epochs, config.trial.epochs) == (1, 1, 40)
    assert plan(problem.config).epochs == plan(problem.config).trials  # one each


def test_samples_that_leave_a_pruner_nothing_to_prune_are_refused_with_what_the_data_allows(said):
    with pytest.raises(ConfigError, match="train has 16 items, which leaves 2 epochs: tuner"):
        said("tuner.pruner=median", "tuner.warmup_epochs=2", "trial.max_samples=32")
