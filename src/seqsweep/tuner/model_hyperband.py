"""Hyperband whose new points come from a model of the trials so far. Importing this imports TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from seqsweep.serving.array_types import Float64s
from seqsweep.tuner.budgets import across, coordinate
from seqsweep.tuner.hyperband import Hyperband
from seqsweep.tuner.improvement import Gain, as_if_ended, candidates, eased, spread
from seqsweep.tuner.process import one_thread
from seqsweep.tuner.vectors import Vectors


class ModelHyperband(Hyperband):
    """Rounds and promotions are Hyperband's; a new point is the one that the Gaussian process of `budgets` prefers.

    The first points are spread. Then the one comes that is expected to improve most, at the most epochs, on the lowest
    mean of a point that was tried; running trials count as what they may come to, a failed one as the worst of all.
    All is drawn from (seed, number of trials): a resumed search proposes what it would have.

    Source: Falkner et al., BOHB: Robust and Efficient Hyperparameter Optimization at Scale, ICML 2018, with a Gaussian
    process over all budgets in place of densities at one of them, as in MOBSTER.

    Args:
        initial_points: spread before the model is asked.
    """

    def __init__(self, *, initial_points: int, **common: Any) -> None:
        super().__init__(**common)
        self.initial_points = initial_points

    def new_point(self) -> dict[str, Any] | None:
        """See Hyperband."""
        if not self.hyperparameters.space:
            return self.draw()
        ended = [trial for trial in self.trials.values() if trial.trial_id not in self.ongoing_trials]
        vectors, fresh = Vectors(self.hyperparameters.space), self.fresh()
        if fresh < self.initial_points or all(trial.score is None for trial in ended):
            rows = spread(vectors, fresh, self.seed)
        else:
            with one_thread():
                rows = self._preferred(vectors, ended)
        return self.untried(vectors, rows) or self.draw()

    def why_stopped(self, points: float) -> str:
        """See OracleBase."""
        asked = self.fresh() - self.initial_points
        told = f", {asked} of its {self.fresh()} points by a model of the trials before" if asked > 0 else ""
        return super().why_stopped(points) + told

    def _preferred(self, vectors: Vectors, ended: list[Any]) -> Float64s:
        """Points, those of the highest expected improvement first."""
        worst = max(trial.score for trial in ended if trial.score is not None)
        scores = eased(np.array([worst if trial.score is None else trial.score for trial in ended]))
        points = self._rows(vectors, [trial.hyperparameters.values for trial in ended])
        busy = self._rows(vectors, self.running_values())
        rng = np.random.default_rng([self.seed, len(self.trials)])
        process = as_if_ended(across(points, scores, vectors.named), busy, rng)
        tried = np.vstack([points, busy])[:, :-1]
        best_first = tried[np.argsort(process.predict(tried)[0].mean(axis=1), kind="stable")]
        return candidates(Gain(process, tried), vectors, best_first, rng)

    def _rows(self, vectors: Vectors, values: list[Mapping[str, Any]]) -> Float64s:
        """Points of trials with the epochs behind them, (trials, dimensions + 1)."""
        epochs = coordinate([one["tuner/epochs"] for one in values], self.plan[0][-1].last_epoch)
        return np.column_stack([vectors.encode(values), epochs])
