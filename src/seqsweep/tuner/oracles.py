"""The random and the grid search, and what all oracles share. Importing it imports TensorFlow."""

from __future__ import annotations

import copy
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras_tuner
from keras_tuner.engine.trial import Trial, TrialStatus

from seqsweep.serving.array_types import Float64s
from seqsweep.tuner.priors import Priors
from seqsweep.tuner.vectors import Vectors

_FEW = 20_000  # points that are listed one by one when a draw keeps meeting those that were tried
_DRAWS = 21  # of points that were all tried, before the points are listed
_MANY_DRAWS = 51 * _DRAWS  # in a larger space, before it counts as exhausted

RUNNING = TrialStatus.RUNNING
STOPPED = {"status": TrialStatus.STOPPED, "values": None}
IDLE = {"status": TrialStatus.IDLE, "values": None}


class OracleBase(keras_tuner.Oracle):  # type: ignore[misc]  # KerasTuner ships no types
    """An oracle whose trials are begun and finished by a Tuner, which keeps them; it only chooses points.

    KerasTuner's interface, and its rule of drawing: each value from the next integer as its seed. Repaired for all
    oracles: a seed of 0 is a seed, the draws of neighbouring seeds do not overlap, and a finite space is drawn from
    until nothing is left, where KerasTuner gives up after 21 draws that were tried, with a tenth of 100 points left.

    Args:
        space: all hyperparameters.
        seed: of every draw.
        points: that the space has; may be infinite.
    """

    def __init__(self, space: keras_tuner.HyperParameters, seed: int, points: float) -> None:
        super().__init__(
            objective=keras_tuner.Objective("score", "min"),
            hyperparameters=space,
            tune_new_entries=False,
            allow_new_entries=False,
            seed=seed + 1,  # KerasTuner reads 0 as "draw a seed"
        )
        self.seed = seed
        self.points = points
        # Each draw of a dimension takes the next integer: seeds that are one apart would soon draw the same
        # trials.
        self.next_seed = seed << 32
        self.tried: set[tuple[Any, ...]] = set()
        self.costs: dict[str, tuple[float, ...]] = {}  # of trials with several objectives, by id

    def begin(self, trial_id: str, values: Mapping[str, Any]) -> None:
        """Take note that the trial runs.

        Args:
            trial_id: of the proposal, as KerasTuner's oracle gave it.
            values: by dimension, what the search rule added included.
        """
        hyperparameters = copy.copy(self.hyperparameters)  # one space for all: its own copy takes milliseconds
        hyperparameters.values = dict(values)
        self.tried.add(self.key(values))
        trial = Trial(hyperparameters, trial_id=trial_id, status=TrialStatus.RUNNING)
        self.trials[trial_id] = self.ongoing_trials[trial_id] = trial

    def finish(self, trial_id: str, score: float | None, costs: Sequence[float | None] = ()) -> None:
        """Take note of the trial's score.

        Args:
            trial_id: of a trial that was begun.
            score: lower is better; None: it failed.
            costs: with several objectives, the score first: that of each, None where it is not known.
        """
        if costs:
            self.costs[trial_id] = tuple(math.nan if cost is None else cost for cost in costs)
        trial = self.ongoing_trials.pop(trial_id)
        trial.status = TrialStatus.COMPLETED if score is not None else TrialStatus.FAILED
        trial.score = score

    def key(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """What tells the point of these values from others: what a search rule added to them is left out."""
        return tuple(values.get(dimension.name) for dimension in self.hyperparameters.space)

    # Hyperband needs the id.
    def adopt(self, trial_id: str, values: dict[str, Any]) -> dict[str, Any] | None:  # noqa: ARG002
        """The values of a given point, with what the search rule adds; None: there is no room for it.

        Args:
            trial_id: the id that the trial will have.
            values: by dimension, without what a search rule adds.
        """
        return values

    # Hyperband needs the id and the parent.
    def replay(self, trial_id: str, values: dict[str, Any], continues: str | None) -> dict[str, Any] | None:  # noqa: ARG002
        """The values of a point that was proposed before this process began, with what the search rule added.

        Draws go on behind those that it took.

        Args:
            trial_id: of the trial.
            values: by dimension, without what a search rule adds.
            continues: the trial that it went on from; None: a fresh one.

        Returns:
            None: this search cannot have proposed it.
        """
        before = self.next_seed
        drawn = self.draw()
        if drawn is None or self.key(drawn) != self.key(values):
            self.next_seed = before  # it was chosen otherwise
        return values

    def learn(self, priors: Priors) -> None:
        """Take up trials of earlier sweeps, before the first of this one; without a model there is no use for them."""

    def promotable(self) -> set[str]:
        """The trials whose checkpoints may still be continued."""
        return set()

    def why_stopped(self, points: float) -> str:
        """Why `populate_space` had nothing more."""
        return f"the space of {points:.0f} points is exhausted"

    def memory(self) -> dict[str, Any]:
        """What a resume needs beside the trials."""
        return {"next_seed": self.next_seed}

    def recall(self, memory: Mapping[str, Any]) -> None:
        """Take up what `memory` gave."""
        self.next_seed = memory["next_seed"]

    def draw(self) -> dict[str, Any] | None:
        """The values of a point at random that was not tried; None only where every point was."""
        for _ in range(_DRAWS if self.points <= _FEW else _MANY_DRAWS):
            values = self.draw_any()
            if self.key(values) not in self.tried:
                return values
        if self.points > _FEW:
            return None
        left = [point for point in every_point(self.hyperparameters) if self.key(point) not in self.tried]
        if not left:
            return None
        self.next_seed += 1
        return random.Random(self.next_seed).choice(left)

    def draw_any(self) -> dict[str, Any]:
        """The values of a point at random, tried or not."""
        values: dict[str, Any] = {}
        for dimension in self.hyperparameters.space:
            if exists(dimension, values):
                values[dimension.name] = dimension.random_sample(self.next_seed)
                self.next_seed += 1
        return values

    def untried(self, vectors: Vectors, rows: Float64s) -> dict[str, Any] | None:
        """The values of the first point that was not tried; None where all were.

        Args:
            vectors: of the space.
            rows: (points, dimensions).
        """
        decoded = (vectors.decode(row) for row in rows)
        return next((values for values in decoded if self.key(values) not in self.tried), None)

    def running_values(self) -> list[Mapping[str, Any]]:
        """Of the running trials, in the order of proposal."""
        return [trial.hyperparameters.values for trial in self.ongoing_trials.values()]

    def drawn(self) -> dict[str, Any]:
        """An answer of `populate_space`: a point at random."""
        values = self.draw()
        return STOPPED if values is None else {"status": RUNNING, "values": values}


class Random(OracleBase):
    """Points drawn at random, none twice."""

    def populate_space(self, trial_id: str) -> dict[str, Any]:  # noqa: ARG002  # KerasTuner's signature
        """The next draw."""
        return self.drawn()


class Grid(OracleBase):
    """Every point once, in KerasTuner's order: the first of each dimension first, the last dimension fastest.

    KerasTuner's own walk waits until a trial ends before it goes on, so that it never runs two at once for
    long, and cannot be resumed. Here the next point is the first that was not tried.
    """

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.walk = every_point(self.hyperparameters, default_first=True)

    def populate_space(self, trial_id: str) -> dict[str, Any]:  # noqa: ARG002  # KerasTuner's signature
        """The next point that was not tried."""
        values = next((point for point in self.walk if self.key(point) not in self.tried), None)
        return STOPPED if values is None else {"status": RUNNING, "values": values}


def exists(dimension: Any, values: Mapping[str, Any]) -> bool:
    """Whether a point that has these values has the dimension, which comes after all that it depends on.

    Args:
        dimension: a hyperparameter of KerasTuner's.
        values: of the dimensions before it.
    """
    return all(condition.is_active(values) for condition in dimension.conditions)


def every_point(space: keras_tuner.HyperParameters, default_first: bool = False) -> Iterator[dict[str, Any]]:
    """Each distinct point of a finite space once; what a point does not have is left out.

    Args:
        space: all hyperparameters, each after those that it depends on.
        default_first: whether a dimension's default comes before its other values.
    """

    def extend(index: int, point: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if index == len(space.space):
            yield dict(point)
            return
        dimension = space.space[index]
        if not exists(dimension, point):
            yield from extend(index + 1, point)
            return
        values = _every_value(dimension)
        if default_first:
            values.sort(key=lambda value: value != dimension.default)
        for value in values:
            yield from extend(index + 1, {**point, dimension.name: value})

    return extend(0, {})


def _every_value(dimension: Any) -> list[Any]:
    if getattr(dimension, "sampling", "linear") == "log":  # KerasTuner lists ten of them
        return list(range(dimension.min_value, dimension.max_value + 1))
    return list(dimension.values)
