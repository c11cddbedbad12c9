"""What a test evaluation leaves behind: predictions, who is who in them, and whether anything leaked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from numpy.typing import NDArray

from seqsweep.html import theme
from seqsweep.metrics import Metric
from seqsweep.tasks.dataset import Items, Predictions
from seqsweep.words import audited


@dataclass(frozen=True)
class Audit:
    """Whether what a trial learns depends on what it must not know.

    Args:
        passed: nothing was found.
        checked: what was looked for, as the end of a sentence: `noise after each of 5 cuts moves nothing before it`.
        findings: a sentence for each fault.
    """

    passed: bool
    checked: str
    findings: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """The verdict in words, to stand behind `Leak audit`."""
        return audited(self.passed, self.checked, self.findings)


@dataclass(frozen=True, eq=False)  # equality of arrays has no single truth value
class TestPredictions:
    """What the winner said of validation and test beside what happened, and what the best baseline said of test.

    Args:
        validation_items: (n,).
        validation_actual: (n, …), in the unit of the data; likewise below.
        validation_predicted: of the network.
        test_items: (m,).
        test_actual: (m, …).
        test_predicted: of the network.
        test_baseline: of the best baseline; None: there is none.
        more: arrays that the task keeps beside these, by name.
        calibration_actual: (k, …), of items that no choice has seen, see `Task.calibration`; None: there are none.
        calibration_predicted: of networks that have not learned from them.
    """

    __test__: ClassVar = False  # of pytest, which would take it for a test by its name

    validation_items: Items
    validation_actual: Predictions
    validation_predicted: Predictions
    test_items: Items
    test_actual: Predictions
    test_predicted: Predictions
    test_baseline: Predictions | None
    more: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    calibration_actual: Predictions | None = None
    calibration_predicted: Predictions | None = None

    @property
    def unseen(self) -> tuple[str, Predictions, Predictions]:
        """The part by whose errors a result is calibrated, what happened there, and what was predicted."""
        if self.calibration_actual is not None and self.calibration_predicted is not None:
            return "train", self.calibration_actual, self.calibration_predicted
        return "validation", self.validation_actual, self.validation_predicted


@dataclass(frozen=True)
class Heading:
    """Who is who in what a task shows.

    Args:
        winner: its name.
        target: what is predicted.
        objective: the metric that ranks.
        best_baseline: its name; None: there is none.
        colour: of the winner in figures: that of its layer type.
    """

    winner: str
    target: str
    objective: Metric
    best_baseline: str | None
    colour: str = theme.PLAIN
