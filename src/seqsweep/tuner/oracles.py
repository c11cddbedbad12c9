"""The random and the grid oracle, and the repairs that all oracles share. Importing it imports TensorFlow."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any

import keras_tuner
from keras_tuner.oracles import GridSearchOracle, RandomSearchOracle
from keras_tuner.src.engine.trial import Trial, TrialStatus

_FEW = 20_000  # points that are listed one by one when a draw keeps meeting those that were tried
_DRAWS = 50  # times 21, in a larger space

RUNNING = TrialStatus.RUNNING
STOPPED = {"status": TrialStatus.STOPPED, "values": None}
IDLE = {"status": TrialStatus.IDLE, "values": None}


class OracleBase(keras_tuner.Oracle):  # type: ignore[misc]  # KerasTuner ships no types
    """An oracle whose trials are begun and finished by a Tuner, which keeps them; it only chooses points.

    The repairs that all oracles share: a seed of 0 is a seed, the draws of neighbouring seeds do not overlap,
    and a finite space is drawn from until nothing is left.
    """

    def __init__(self, space: keras_tuner.HyperParameters, seed: int, points: float, **settings: Any) -> None:
        super().__init__(
            objective=keras_tuner.Objective("score", "min"),
            hyperparameters=space,
            tune_new_entries=False,
            allow_new_entries=False,
            seed=seed + 1,  # KerasTuner reads 0 as "draw a seed"
            **settings,
        )
        self.verbose = 0
        self.points = points
        self.seed = seed
        # Each draw of a dimension takes the next integer: seeds that are one apart would soon draw the same
        # trials.
        self._seed_state = seed << 32

    def begin(self, trial_id: str, values: Mapping[str, Any]) -> None:
        """Take note that the trial runs."""
        hyperparameters = self.hyperparameters.copy()
        hyperparameters.values = dict(values)
        trial = Trial(hyperparameters, trial_id=trial_id, status=TrialStatus.RUNNING)
        self._record_values(trial)
        self.trials[trial_id] = self.ongoing_trials[trial_id] = trial
        self.start_order.append(trial_id)

    def finish(self, trial_id: str, score: float | None) -> None:
        """Take note of the trial's score; None: it failed."""
        trial = self.ongoing_trials.pop(trial_id)
        trial.status = TrialStatus.COMPLETED if score is not None else TrialStatus.FAILED
        trial.score = score
        self.end_order.append(trial_id)

    # Hyperband needs the id.
    def adopt(self, trial_id: str, values: dict[str, Any]) -> dict[str, Any] | None:  # noqa: ARG002
        """The values of a given point, with what the search rule adds; None: there is no room for it."""
        return values

    def promotable(self) -> set[str]:
        """The trials whose checkpoints may still be continued."""
        return set()

    def why_stopped(self, points: float) -> str:
        """Why `populate_space` had nothing more."""
        return f"the space of {points:.0f} points is exhausted"

    def memory(self) -> dict[str, Any]:
        """What a resume needs beside the trials."""
        return {"seed_state": self._seed_state}

    def recall(self, memory: Mapping[str, Any]) -> None:
        """Take up what `memory` gave."""
        self._seed_state = memory["seed_state"]

    def _random_values(self) -> dict[str, Any] | None:
        """New values; None only where every point was tried.

        KerasTuner gives up after 21 draws that were tried before, which leaves a tenth of a space of 100
        untried.
        """
        values = super()._random_values()
        if values is None and self.points <= _FEW:
            left = [point for point in every_point(self.hyperparameters) if not self._duplicate(point)]
            if not left:
                return None
            self._seed_state += 1
            return random.Random(self._seed_state).choice(left)
        draws = 0
        while values is None and draws < _DRAWS:
            values, draws = super()._random_values(), draws + 1
        return values  # type: ignore[no-any-return]  # KerasTuner ships no types


class Random(OracleBase, RandomSearchOracle):  # type: ignore[misc]
    """Points drawn at random, none twice."""


class Grid(OracleBase, GridSearchOracle):  # type: ignore[misc]
    """Every point once, in KerasTuner's order: the first of each dimension first, the last dimension fastest.

    KerasTuner's own walk waits until a trial ends before it goes on, so that it never runs two at once for
    long, and cannot be resumed. Here the walk is one point, the last that was proposed.
    """

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._at: dict[str, Any] | None = None  # the last point of the walk

    def populate_space(self, trial_id: str) -> dict[str, Any]:  # noqa: ARG002  # KerasTuner's signature
        """The next point that was not tried."""
        at = self._at
        while True:
            at = _first_point(self.hyperparameters) if at is None else self._get_next_combination(at)
            if at is None:
                return STOPPED
            if not self._duplicate(at):
                self._at = at
                return {"status": RUNNING, "values": dict(at)}

    def memory(self) -> dict[str, Any]:
        """What a resume needs beside the trials: where the walk is."""
        return {**super().memory(), "at": self._at}

    def recall(self, memory: Mapping[str, Any]) -> None:
        """Take up what `memory` gave."""
        super().recall(memory)
        self._at = memory["at"]


def every_point(space: keras_tuner.HyperParameters) -> Iterator[dict[str, Any]]:
    """Each distinct point of a finite space once; what a point does not have is left out."""

    def extend(index: int, point: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if index == len(space.space):
            yield dict(point)
            return
        dimension = space.space[index]
        if not all(condition.is_active(point) for condition in dimension.conditions):
            yield from extend(index + 1, point)
            return
        for value in _every_value(dimension):
            yield from extend(index + 1, {**point, dimension.name: value})

    return extend(0, {})


def _every_value(dimension: Any) -> list[Any]:
    if getattr(dimension, "sampling", "linear") == "log":  # KerasTuner lists ten of them
        return list(range(dimension.min_value, dimension.max_value + 1))
    return list(dimension.values)


def _first_point(space: keras_tuner.HyperParameters) -> dict[str, Any]:
    point: dict[str, Any] = {}
    for dimension in space.space:
        if all(condition.is_active(point) for condition in dimension.conditions):
            point[dimension.name] = dimension.default
    return point
