"""What a network must beat: probabilities that cost next to nothing, for exactly the items that it is scored on."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from seqsweep.catalog import Catalog
from seqsweep.serving.array_types import Float64s, Int64s
from seqsweep.serving.gather import Gather
from seqsweep.tasks.classify.metrics import METRICS
from seqsweep.tasks.classify.table import Table
from seqsweep.tasks.parts import Parts

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

PENALTIES = (0.001, 0.01, 0.1, 1.0, 10.0)
"""Scikit-learn's C, that the logistic regression chooses from: the less, the smaller its weights stay."""


@dataclass(frozen=True, eq=False)  # hashed by identity, so that a fit can be kept for it
class Known:
    """What a baseline may know of a table.

    Args:
        table: the items.
        codes: (items,), the number of each item's class; those of test are not to be used.
        classes: how many there are.
        parts: it may learn from train, and choose between its own settings on validation.
        objective: the metric by which it chooses.
    """

    table: Table
    codes: Int64s
    classes: int
    parts: Parts
    objective: str


@dataclass(frozen=True)
class Fitted:
    """A logistic regression, and the penalty that it chose."""

    C: float
    model: Pipeline


class Baseline(Protocol):
    """What an entry of BASELINES is."""

    def __call__(self, known: Known, items: Int64s) -> Float64s:
        """(n, classes), probabilities.

        Args:
            known: of the table.
            items: (n,), of validation or test.
        """


BASELINES: Catalog[Baseline] = Catalog("baseline", like=Baseline)


@BASELINES.register
def majority(known: Known, items: Int64s) -> Float64s:
    """The shares of the classes in train, for every item: the most frequent one is said to be it."""
    shares = np.bincount(known.codes[known.parts.train], minlength=known.classes) / len(known.parts.train)
    return np.tile(shares, (len(items), 1))


@BASELINES.register
def logistic_regression(known: Known, items: Int64s) -> Float64s:
    """Scikit-learn's logistic regression: on an item's numbers, standardised, or on TF-IDF of its text."""
    return _probabilities(known, fitted(known).model, items)


@lru_cache(maxsize=4)
def fitted(known: Known) -> Fitted:
    """The logistic regression with the penalty that does best on validation, by the objective."""
    metric, validation = METRICS[known.objective], known.parts.validation
    tried = [(_fit(known, penalty), penalty) for penalty in PENALTIES]
    costs = [
        metric.cost(metric(known.codes[validation], _probabilities(known, model, validation))) for model, _ in tried
    ]
    model, penalty = tried[int(np.argmin(costs))]
    return Fitted(penalty, model)


def _fit(known: Known, penalty: float) -> Pipeline:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    # By its own pattern a word has two letters at least; here a text of short ones would leave it nothing.
    first = StandardScaler() if known.table.texts is None else TfidfVectorizer(token_pattern=r"(?u)\b\w+\b")
    model = make_pipeline(first, LogisticRegression(C=penalty, max_iter=1000))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # what a weak penalty ends with is scored as it is
        return model.fit(_inputs(known, known.parts.train), known.codes[known.parts.train])


def _probabilities(known: Known, model: Pipeline, items: Int64s) -> Float64s:
    found = np.zeros((len(items), known.classes))
    found[:, model.classes_] = model.predict_proba(_inputs(known, items))
    return found


def _inputs(known: Known, items: Int64s) -> Any:
    table = known.table
    if table.window:
        return Gather(table.values, range(-table.window, 0)).numpy(items).reshape(len(items), -1)
    return table.values[items] if table.texts is None else table.texts[items]
