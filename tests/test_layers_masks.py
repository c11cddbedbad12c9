"""Where a mask leaves steps out, fast kernels give what Keras's own layers give under the same mask."""

from __future__ import annotations

from itertools import chain

import numpy as np
import pytest

from networks import assert_same, network, outputs_and_gradients, random, spread_biases
from seqsweep.layers import ACTIVATIONS, kernels_of, to_keras

pytestmark = pytest.mark.keras

STATES = {"simple_rnn": 1, "gru": 1, "lstm": 2}

PADDED = [9, 3, 0, 7]
"""Steps that count in each row, the first ones; a window of more has steps that no row needs."""

HOLES = ["..x.x..xx", "xxx......", "........x", "x.x.x.x.x"]
"""Rows of a mask: `x` counts."""


def masked_windows(rows, window):
    """Random windows, zero where a step does not count; `rows` are numbers of steps or pictures."""
    windows = random(len(rows), window, 2)
    for windows_of, row in zip(windows, rows, strict=True):
        counts = (
            [i < row for i in range(window)] if isinstance(row, int) else [c == "x" for c in row.ljust(window, ".")]
        )
        windows_of[~np.array(counts)] = 0
    return windows


def compare(windows, kind, units=(5,), states=False, **changes):
    """Outputs and all gradients of a body on fast kernels and of the same weights in Keras's layers."""
    per_layer = STATES[kind] * (2 if changes.get("bidirectional") else 1)
    widths = [(width,) * per_layer for width in units] if states else ()
    given = [random(len(windows), width, seed=i) for i, width in enumerate(chain(*widths))]
    fast = network(kind, shape=windows.shape[1:], units=units, masked=True, kernels="fast", states=widths, **changes)
    assert kernels_of(fast) == "fast"
    fast.set_weights(spread_biases(fast.get_weights()))
    plain = to_keras(fast)
    assert kernels_of(plain) == "keras"
    assert_same(*(outputs_and_gradients(model, model.trainable_variables, windows, *given) for model in (fast, plain)))


@pytest.mark.parametrize("kind", STATES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_rows_of_any_length_are_exact(kind, activation):
    compare(masked_windows(PADDED, 37), kind, activation=activation)


@pytest.mark.parametrize("kind", STATES)
@pytest.mark.parametrize("every_step", [False, True])
def test_any_mask_is_exact_in_stacks_that_start_from_given_states(kind, every_step):
    compare(masked_windows(HOLES, 9), kind, (5, 4), states=True, every_step=every_step)


@pytest.mark.parametrize("kind", STATES)
def test_both_directions_are_exact(kind):
    compare(masked_windows(PADDED, 37), kind, bidirectional=True)
    compare(masked_windows(HOLES, 9), kind, (5, 4), states=True, bidirectional=True, every_step=True)


@pytest.mark.parametrize("window", [25, 30])  # a last turn that goes beyond the window, and whole turns
def test_rows_that_fill_their_window_are_exact(window):
    compare(masked_windows([window, 2], window), "gru", (4, 3), every_step=True, states=True)


@pytest.mark.parametrize("pooling", ["mean", "attention"])
def test_one_vector_of_all_steps_leaves_masked_ones_out(pooling):
    compare(masked_windows([9, 3, 12], 12), "gru", pooling=pooling)


@pytest.mark.parametrize("kind", STATES)
def test_a_state_without_bounds_grows_no_further_than_its_row_goes(kind):
    """Steps that nobody reads would end in infinity, and infinity times 0 is no gradient."""
    model = network(kind, shape=(200, 2), masked=True, activation="relu", kernels="fast")
    model.set_weights(
        [2 + np.abs(weight) for weight in model.get_weights()[:2]] + [np.ones_like(model.get_weights()[2])]
    )
    windows = np.zeros((2, 200, 2), np.float32)
    windows[0], windows[1, :3] = -9, 1  # a long row whose state stays small, a short one whose state would explode
    found = outputs_and_gradients(model, model.trainable_variables, windows)
    assert all(np.isfinite(array).all() for array in found)
