from __future__ import annotations

import numpy as np
import pytest

from seqsweep.tasks import make_task


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
