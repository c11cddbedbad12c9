"""Scores of probabilities: against scikit-learn, and of what is no probability."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn import metrics as theirs

from seqsweep.tasks.classify.metrics import METRICS

SKLEARN = {
    "accuracy": lambda actual, said: theirs.accuracy_score(actual, said.argmax(1)),
    "macro_f1": lambda actual, said: theirs.f1_score(actual, said.argmax(1), average="macro"),
    "log_loss": lambda actual, said: theirs.log_loss(actual, said, labels=range(said.shape[1])),
}


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("classes", [2, 5])
def test_every_metric_agrees_with_scikit_learn(name, classes):
    random = np.random.default_rng(classes)
    said, actual = random.dirichlet(np.ones(classes), 60), random.integers(0, max(2, classes - 1), 60)
    assert METRICS[name](actual, said) == pytest.approx(SKLEARN[name](actual, said))


@pytest.mark.parametrize("name", METRICS)
def test_perfect_probabilities_have_the_best_score_and_broken_ones_the_worst(name):
    actual = np.array([0, 1, 2])
    assert METRICS[name](actual, np.eye(3)) == METRICS[name].best
    broken = np.eye(3)
    broken[1, 1] = np.nan
    assert METRICS[name](actual, broken) == (0.0 if METRICS[name].higher_is_better else math.inf)


def test_one_miss_that_was_called_impossible_does_not_decide():
    assert METRICS["log_loss"](np.array([1]), np.array([[1.0, 0.0]])) == pytest.approx(-math.log(1e-7))
