"""A score by name: its unit, which way it improves, its range, and whether trials may be ranked by it.

Tasks bring the functions; everything that ranks, compares or shows scores asks the metric which way is up.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

from numpy.typing import NDArray

from seqsweep.catalog import Catalog

Scores: TypeAlias = Mapping[str, float]
"""Metric → score."""

_ROUNDING = 1e-9  # a share by which a mean of parts may pass its highest value

Unit: TypeAlias = Literal["data", "%", ""]
Loss: TypeAlias = Literal["absolute", "squared", "zero-one"]


class Score(Protocol):
    """A metric's function where the task hands over nothing but predictions."""

    def __call__(self, actual: NDArray[Any], predicted: NDArray[Any]) -> float:
        """The score.

        Args:
            actual: (n, …), what happened.
            predicted: (n, …).
        """


@dataclass(frozen=True)
class Metric:
    """One metric of a task; calling it scores predictions.

    Args:
        name: the word of configs, tables and runs: `mae`.
        function: of what happened, what was predicted, and whatever else the task hands over.
        unit: `data` for that of what is predicted, `%`, or empty for none.
        higher_is_better: the direction.
        lowest: the smallest score that there can be, inclusive.
        highest: the largest.
        can_rank: whether better by this metric is better, so that trials may be ranked by it and a skill be had.
        loss: of one prediction, by which two sets of predictions of the same items are compared where this metric
            ranks: `absolute` or `squared` errors, `zero-one` for right or wrong.
        needs_decoding: it scores what a network says step by step, each from its own words before (`Task.predict`),
            not the outputs that training looks at. It is worked out once a trial, so that nothing is ranked by it.

    Raises:
        ValueError: it can rank, and there is no best score, or it needs decoding.

    Source of the idea: scikit-learn's scorers, which know their sign.
    """

    name: str
    function: Callable[..., float]
    unit: Unit = ""
    higher_is_better: bool = False
    lowest: float = 0.0
    highest: float = math.inf
    can_rank: bool = True
    loss: Loss = "absolute"
    needs_decoding: bool = False

    def __post_init__(self) -> None:
        """Refuse a metric that ranks towards infinity, of whose skill nothing could be said, or without its scores."""
        if self.can_rank and self.needs_decoding:
            raise ValueError(f"metric {self.name!r} needs decoding, which no epoch does, and so it cannot rank")
        if self.can_rank and not math.isfinite(self.best):
            raise ValueError(f"metric {self.name!r} can rank and has no best score")

    def __call__(self, *values: object, **more: object) -> float:
        """Its function's score."""
        return self.function(*values, **more)

    @property
    def meaning(self) -> str:
        """The first sentences of what its function says of itself, as part of another: `mean absolute error, in …`."""
        first = " ".join((self.function.__doc__ or self.name).split("\n\n")[0].split()).rstrip(".")
        return first[:1].lower() + first[1:] if first[1:2].islower() else first

    @property
    def best(self) -> float:
        """The score of perfect predictions."""
        return self.highest if self.higher_is_better else self.lowest

    @property
    def direction(self) -> Literal["max", "min"]:
        """KerasTuner's word for which way it improves."""
        return "max" if self.higher_is_better else "min"

    def cost(self, score: float) -> float:
        """The score such that lower is better; NaN is the worst of all."""
        if math.isnan(score):
            return math.inf
        return -score if self.higher_is_better else score

    def is_better(self, score: float, than: float) -> bool:
        """Whether a score is better than another; NaN never is.

        Args:
            score: in the unit of the metric.
            than: another score; equal ones are not better.
        """
        return self.cost(score) < self.cost(than)

    def best_of(self, scored: Mapping[str, Scores]) -> str | None:
        """The name with the best score by this metric, the first of equals; None where there is none.

        Raises:
            ValueError: by this metric nothing can be ranked.
        """
        if not self.can_rank:
            raise ValueError(f"{self.name} cannot rank: better by it is not better")
        return min(scored, key=lambda name: self.cost(scored[name][self.name]), default=None)

    def ranked(self, scored: Mapping[str, Scores]) -> list[str]:
        """The names by their score, best first."""
        return sorted(scored, key=lambda name: self.cost(scored[name][self.name]))

    def best_score(self, scores: Iterable[float]) -> float:
        """The best of one or more scores."""
        return min(scores, key=self.cost)

    def skill(self, score: float, reference: float) -> float:
        """How much of the way from a reference to perfection: 1 perfect, 0 no better, below 0 worse.

        Of an error (best score 0) it is 1 - error / reference: the part of the reference's error that is avoided. Of
        a score with another best it is (score - reference) / (best - reference). A score that is not finite has skill
        -inf. Against a perfect reference a perfect score has skill 0 and any other -inf. Against a reference that is
        not finite nothing can be said: NaN.

        Args:
            score: of the predictions.
            reference: of the baseline, on the same items.

        Raises:
            ValueError: by this metric nothing can be ranked, or a score lies outside its range.

        Source: Murphy (1988), Monthly Weather Review 116(12).
        """
        if not self.can_rank:
            raise ValueError(f"{self.name} gives no skill: better by it is not better")
        for value in (score, reference):
            if value < self.lowest or (math.isfinite(value) and value > self.highest * (1 + _ROUNDING)):
                bounds = f"{self.lowest:g} to {self.highest:g}"
                raise ValueError(f"{self.name} is {bounds}, received {score} and the reference {reference}")
        if not math.isfinite(score):
            return -math.inf
        if not math.isfinite(reference):
            return math.nan
        if reference == self.best:
            return 0.0 if score == self.best else -math.inf
        if self.best == 0:
            return 1.0 - score / reference
        return (score - reference) / (self.best - reference)


def with_prefix(prefix: str, scores: Scores) -> dict[str, float]:
    """The same scores under the name of the part that they were taken on: `mae` → `val_mae`.

    Args:
        prefix: of the part that the scores were taken on: `val`.
        scores: by the metric's name.
    """
    return {f"{prefix}_{name}": value for name, value in scores.items()}


def adder(catalog: Catalog[Metric]) -> Callable[..., Callable[[Callable[..., float]], Metric]]:
    """A decorator that adds a function to a task's metrics under its own name, with the facts of its `Metric`.

    Args:
        catalog: of the task.
    """

    def register(**facts: Any) -> Callable[[Callable[..., float]], Metric]:
        def add(function: Callable[..., float]) -> Metric:
            name: str = function.__name__  # the decorated are functions
            return catalog.add(name, Metric(name, function, **facts), function)

        return add

    return register
