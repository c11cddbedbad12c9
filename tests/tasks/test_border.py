"""What the border does for a task that says nothing else of it."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from waves import Parts, WavesTask


def task(**finals: int) -> WavesTask:
    return WavesTask(SimpleNamespace(task=SimpleNamespace(objective="accuracy"), finals=SimpleNamespace(**finals)))


@pytest.mark.parametrize(
    ("folds", "shared"),
    [
        ([([0, 1], [2], [3, 4])], []),
        ([([0, 1], [1, 2], [3, 4])], [1]),
        ([([0, 1, 4], [2, 3], [3, 4])], [3, 4]),
        ([([0, 1], [2], [3, 4]), ([0, 3], [1], [])], [3]),
        ([([0, 1], [2], [3, 4]), ([0], [2, 4], [])], [4]),
        ([([0, 1], [2], [3, 4]), ([0, 2], [1, 2], [])], [2]),
        ([([1, 2], [0], [3, 4]), ([0, 1], [2], [])], []),  # folds may swap what is learned from and what ranks
    ],
)
def test_the_audit_finds_each_item_that_is_learned_from_and_predicted(folds, shared):
    parts = [Parts(*(np.array(part, np.int64) for part in fold)) for fold in folds]
    audit = task(folds=len(folds)).audit(SimpleNamespace(split=lambda fold=0: parts[fold]), None, None)
    assert audit.passed == (not shared)
    assert audit.findings == tuple(f"item {item} is in two parts" for item in shared)


def test_predictions_are_compared_by_the_objectives_loss_of_each_item():
    actual, predicted, reference = np.array([0, 1, 1, 0, 1]), np.array([0, 1, 1, 0, 0]), np.array([1, 0, 1, 0, 0])
    found = task().compare(actual, predicted, reference, 0.95)
    assert (found.test, found.measure, found.n) == ("paired t", "error", 5)
    assert found.difference.mean == pytest.approx(1 / 5 - 3 / 5)


def test_answers_are_the_first_column_in_the_order_of_the_requests():
    frames = [pd.DataFrame({"rises": [1, 0], "probability": [0.9, 0.8]}), pd.DataFrame({"rises": [1]})]
    assert task().answers(None, frames).tolist() == [1, 0, 1]


def test_a_data_set_has_no_notes_on_its_baselines():
    assert task().load(None, print).notes_on_baselines() == {}
