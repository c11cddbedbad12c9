"""The part of the border that a finished search asks: what a result proves, and what is shown of a test evaluation.

What it does by default fits items that do not depend on each other.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seqsweep.events import TrialParams
from seqsweep.evidence import Comparison, compare_losses, losses
from seqsweep.html import Section
from seqsweep.metrics import Metric, Scores
from seqsweep.schema import SweepConfig
from seqsweep.tasks.dataset import Call, Dataset, Items, Predict, Predictions, View
from seqsweep.tasks.facts import FactTable
from seqsweep.tasks.results import Audit, Heading, TestPredictions

if TYPE_CHECKING:
    import keras


class Evaluated(ABC):
    """What a task has to say of results; a part of `Task`."""

    config: SweepConfig

    @property
    @abstractmethod
    def objective(self) -> Metric:
        """The metric that ranks trials, on validation."""

    @classmethod
    def trained_for(cls, config: SweepConfig) -> Mapping[str, Any]:  # noqa: ARG003
        """Settings of `finals` that the networks of the search depend on, so that others make another sweep.

        None, by default: finals do not change what a trial learns.

        Args:
            config: of the sweep.
        """
        return {}

    # What a result proves

    def compare(
        self, actual: Predictions, predicted: Predictions, reference: Predictions, level: float
    ) -> Comparison | None:
        """A test of two sets of predictions of the same items against each other; None: too few items.

        By default the paired t test of the objective's losses, for items that do not depend on each other.

        Args:
            actual: (n, …), what happened.
            predicted: (n, …).
            reference: (n, …), of a baseline, or of the champion.
            level: of the interval's confidence, in (0, 1).
        """
        loss = self.objective.loss
        own, other = (losses(actual, made, loss) for made in (predicted, reference))
        measure = "error" if loss == "zero-one" else f"{loss} error"
        return compare_losses(own.tolist(), other.tolist(), measure, "item", level)

    def answered(self, predictions: Predictions) -> Predictions:
        """What of a network's predictions the answers of a packaged model hold: by default all of it.

        Args:
            predictions: (n, …), as `predict` makes them.
        """
        return predictions

    def compare_on(
        self,
        data: Dataset,  # noqa: ARG002
        items: Items,  # noqa: ARG002
        actual: Predictions,
        predicted: Predictions,
        reference: Predictions,
        level: float,
    ) -> Comparison | None:
        """What `compare` says of items of the data: a task whose items happen together says how they are alike.

        Args:
            data: that the items are of.
            items: (n,).
            actual: (n, …), what happened.
            predicted: (n, …).
            reference: (n, …).
            level: of the interval's confidence, in (0, 1).
        """
        return self.compare(actual, predicted, reference, level)

    def audit(self, data: Dataset, params: TrialParams, predict: Predict) -> Audit:  # noqa: ARG002
        """Whether anything that a trial learns or predicts depends on what it must not know.

        By default whether an item that is predicted was learned from: enough where no item holds a part of another.

        Args:
            data: of the sweep.
            params: of the winner.
            predict: the winner's network.
        """
        test = data.split().test
        folds = list(map(data.split, range(self.config.finals.folds)))
        pairs = [(fold.train, fold.validation) for fold in folds]
        pairs += [(part, test) for fold in folds for part in (fold.train, fold.validation)]
        shared = sorted({int(item) for seen, predicted in pairs for item in np.intersect1d(seen, predicted)})
        return Audit(not shared, "no item is in two parts", tuple(f"item {item} is in two parts" for item in shared))

    def calibration(self, data: Dataset) -> Items:  # noqa: ARG002
        """Items of train that networks of the fold CALIBRATION have not learned from, to be forecast by the winner's.

        None, by default, where the details of a test evaluation do not ask for them: then no network is trained.

        Args:
            data: of the sweep.
        """
        return np.zeros(0, np.int64)

    def details(self, data: Dataset, seen: TestPredictions) -> Mapping[str, Any]:  # noqa: ARG002
        """What the task adds to a test evaluation, of plain JSON values: intervals, a confusion matrix.

        Args:
            data: that was evaluated on.
            seen: predictions of validation and test.
        """
        return {}

    def examples(self, data: Dataset, view: View, params: TrialParams, call: Call) -> Mapping[str, Any]:  # noqa: ARG002
        """What the task lets the evaluated network do beside predicting items: more of the details, by other names.

        Args:
            data: that was evaluated on.
            view: of the network.
            params: of its trial.
            call: the network, of any arrays.
        """
        return {}

    def kept_arrays(self, data: Dataset) -> Mapping[str, NDArray[Any]]:  # noqa: ARG002
        """Arrays that the task keeps beside the predictions of a test evaluation, for its figures."""
        return {}

    def inside(self, view: View, models: Sequence[keras.Model], items: Items) -> Mapping[str, NDArray[Any]]:  # noqa: ARG002
        """Arrays of what goes on inside the winner's network, kept as those of `kept_arrays`: by default none.

        Args:
            view: what its trial saw.
            models: inputs of items → outputs; several where the winner is the mean of them, and so is what they show.
            items: (n,), of the test part; the task takes some of them.
        """
        return {}

    # What is shown of a test evaluation

    def test_metrics(self, details: Mapping[str, Any]) -> Mapping[str, float]:  # noqa: ARG002
        """Figures of the details for the sweep's run, by name."""
        return {}

    @classmethod
    def tables(cls, details: Mapping[str, Any]) -> list[FactTable]:  # noqa: ARG003
        """Tables for the terminal, below that of scores on the test part.

        Args:
            details: of the test evaluation.
        """
        return []

    @classmethod
    def sentences(
        cls,
        heading: Heading,  # noqa: ARG003
        scores: Mapping[str, Scores],  # noqa: ARG003
        details: Mapping[str, Any],  # noqa: ARG003
    ) -> list[str]:
        """What the task has to say of a test evaluation in plain words.

        Args:
            heading: who is who.
            scores: of the winner, under its name, and of each baseline.
            details: of the evaluation.
        """
        return []

    @classmethod
    def sections(
        cls,
        heading: Heading,  # noqa: ARG003
        details: Mapping[str, Any],  # noqa: ARG003
        seen: TestPredictions | None,  # noqa: ARG003
    ) -> list[Section]:
        """Sections of the page that only this task has, below the table of scores on the test part.

        Args:
            heading: who is who.
            details: of the test evaluation.
            seen: the predictions; None: their file is gone.
        """
        return []
