"""What a test evaluation adds to the scores: confusions, mistakes, a temperature, prediction sets, what they held."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from seqsweep.evidence import Bin, calibration_error, fit_temperature, half_widths, reliability
from seqsweep.serving.array_types import Float64s, Int64s
from seqsweep.serving.probabilities import prediction_sets, tempered
from seqsweep.tasks.classify.metrics import labels, log_loss
from seqsweep.tasks.results import TestPredictions

MISTAKES = 20  # that are kept, the most confident ones


@dataclass(frozen=True)
class PredictionSet:
    """Split conformal prediction sets of one level.

    Args:
        level: the share of items whose class they should hold, in (0, 1).
        threshold: the greatest improbability of a class in a set, from validation; above 1 where validation has too few
            items for the level: then a set holds every class.
        coverage: the share of test items whose class they held.
        size: mean number of classes in a set, on test.
    """

    level: float
    threshold: float
    coverage: float
    size: float


@dataclass(frozen=True)
class Mistake:
    """An item of test whose most probable class is wrong.

    Args:
        item: its number.
        actual: the number of its class.
        said: the number of the class that was taken for it.
        probability: that it was given, after the temperature.
        place: where it came from: `line 17`.
    """

    item: int
    actual: int
    said: int
    probability: float
    place: str


@dataclass(frozen=True)
class Evaluation:
    """What is known of a network's probabilities on test.

    Args:
        classes: the labels.
        confusion: (classes, classes), items by what they are and what they were taken for.
        temperature: fitted on validation.
        raw_log_loss: on test, of the network's own probabilities, in nats.
        tempered_log_loss: after the temperature.
        raw_error: the expected calibration error on test, of the network's own probabilities.
        tempered_error: after the temperature.
        bins: reliability on test, after the temperature.
        sets: one a level.
        mistakes: the most confident ones.
    """

    classes: tuple[str, ...]
    confusion: Int64s
    temperature: float
    raw_log_loss: float
    tempered_log_loss: float
    raw_error: float
    tempered_error: float
    bins: tuple[Bin, ...]
    sets: tuple[PredictionSet, ...]
    mistakes: tuple[Mistake, ...]

    @property
    def recall(self) -> Float64s:
        """(classes,), the share of each class's items that were found; NaN where test has none."""
        items = self.confusion.sum(axis=1)
        return _shares(self.confusion.diagonal(), items)

    @property
    def precision(self) -> Float64s:
        """(classes,), the share of items taken for a class that are of it; NaN where none was."""
        said = self.confusion.sum(axis=0)
        return _shares(self.confusion.diagonal(), said)

    @property
    def confused(self) -> list[tuple[str, str, int]]:
        """Pairs of what items are and what they were taken for, with their count, most frequent first."""
        wrong = self.confusion - np.diag(self.confusion.diagonal())
        pairs = [(int(wrong[a, s]), -a, -s) for a, s in np.argwhere(wrong > 0)]
        return [(self.classes[-a], self.classes[-s], count) for count, a, s in sorted(pairs, reverse=True)]

    @classmethod
    def read(cls, details: Mapping[str, Any]) -> Evaluation:
        """The evaluation in the details of a test evaluation."""
        plain = dict(details)
        return cls(
            **{
                **plain,
                "classes": tuple(plain["classes"]),
                "confusion": np.array(plain["confusion"], np.int64),
                "bins": tuple(Bin(**entry) for entry in plain["bins"]),
                "sets": tuple(PredictionSet(**entry) for entry in plain["sets"]),
                "mistakes": tuple(Mistake(**entry) for entry in plain["mistakes"]),
            }
        )


def evaluate(
    seen: TestPredictions,
    classes: Sequence[str],
    levels: Sequence[float],
    place: Callable[[int], str] = "item {}".format,
) -> dict[str, Any]:
    """An `Evaluation` as plain values.

    Temperature and thresholds come from validation, which has also chosen the network and its best epoch: they promise
    a little too much, and what they held on test stands beside them.

    Args:
        seen: probabilities of validation and test.
        classes: the labels.
        levels: of the prediction sets, each in (0, 1).
        place: of an item.
    """
    temperature = fit_temperature(seen.validation_predicted, seen.validation_actual)
    calibrated = tempered(seen.test_predicted, temperature)
    bins = reliability(calibrated, seen.test_actual)
    said = labels(calibrated)
    confusion = np.zeros((len(classes), len(classes)), np.int64)
    np.add.at(confusion, (seen.test_actual, said), 1)
    found = Evaluation(
        classes=tuple(classes),
        confusion=confusion,
        temperature=temperature,
        raw_log_loss=log_loss(seen.test_actual, seen.test_predicted),
        tempered_log_loss=log_loss(seen.test_actual, calibrated),
        raw_error=calibration_error(reliability(seen.test_predicted, seen.test_actual)),
        tempered_error=calibration_error(bins),
        bins=tuple(bins),
        sets=tuple(_sets(seen, temperature, calibrated, levels)),
        mistakes=tuple(_mistakes(seen, said, calibrated, place)),
    )
    plain = {name: list(map(asdict, getattr(found, name))) for name in ("bins", "sets", "mistakes")}
    return {**vars(found), **plain, "classes": list(classes), "confusion": confusion.tolist()}


def _sets(
    seen: TestPredictions, temperature: float, calibrated: Float64s, levels: Sequence[float]
) -> list[PredictionSet]:
    """The classes that are probable enough; here the most probable one is always in its set.

    Source: Sadinle, Lei & Wasserman (2019), Least Ambiguous Set-Valued Classifiers With Bounded Error Levels, Journal
    of the American Statistical Association 114(525).
    """
    validation = tempered(seen.validation_predicted, temperature)
    improbable = 1 - validation[np.arange(len(validation)), seen.validation_actual]
    found = []
    for level, width in half_widths(improbable[:, None], levels).items():
        threshold = min(float(width[0]), 2.0)  # JSON has no infinity, and no improbability is above 1
        held = prediction_sets(calibrated, threshold)
        covered = held[np.arange(len(held)), seen.test_actual]
        found.append(PredictionSet(level, threshold, float(covered.mean()), float(held.sum(axis=1).mean())))
    return found


def _mistakes(
    seen: TestPredictions, said: Int64s, calibrated: Float64s, place: Callable[[int], str]
) -> Iterator[Mistake]:
    sure, wrong = calibrated.max(axis=1), np.flatnonzero(said != seen.test_actual)
    worst = wrong[np.argsort(-sure[wrong], kind="stable")][:MISTAKES]
    for k in worst:
        item = int(seen.test_items[k])
        yield Mistake(item, int(seen.test_actual[k]), int(said[k]), float(sure[k]), place(item))


def _shares(parts: Int64s, wholes: Int64s) -> Float64s:
    """Parts of wholes, NaN where the whole is 0."""
    found = np.full(len(wholes), np.nan)
    found[wholes > 0] = parts[wholes > 0] / wholes[wholes > 0]
    return found
