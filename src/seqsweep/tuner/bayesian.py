"""The Bayesian search: a Gaussian process and what a point may gain. Importing this imports TensorFlow."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from seqsweep.objectives import fronts
from seqsweep.serving.array_types import Float64s
from seqsweep.tuner.hypervolume import HypervolumeGain
from seqsweep.tuner.improvement import Gain, as_if_ended, candidates, eased, some_of, spread
from seqsweep.tuner.oracles import RUNNING, STOPPED, OracleBase
from seqsweep.tuner.pool import Pool
from seqsweep.tuner.priors import Priors
from seqsweep.tuner.process import Process, fit, one_thread
from seqsweep.tuner.vectors import Vectors

_SPREAD_FIRST = 1  # points before the model that has trials of earlier sweeps is asked
_IN_A_ROW = 5  # proposals of which none is expected to gain enough, before the search ends


class Bayesian(OracleBase):
    """A Gaussian process over the trials so far; the next point is expected to improve on the best of them most.

    The first points are spread (a Sobol sequence over the unit cube), not drawn. Then:

    - each dimension has its own length, names are as far apart as any other two, and the noise of a seed is estimated
      from the scores, see `process.fit`; what a point does not have (the width of a layer that it lacks) is the same
      for all such points;
    - poor scores are drawn nearer: how bad a hopeless trial was says nothing of the good ones;
    - a failed trial counts as the worst score;
    - running trials count as what they may come to, several draws of it, so that no two workers do the same;
    - no point is proposed twice; where none is left, the search ends;
    - trials of earlier sweeps (`learn`) count as far as their scores go with those of this one, see `Pool`;
    - all is drawn from (seed, number of trials): a resumed search proposes what it would have;
    - of several objectives each has a process of its own, and what counts is what a point may add to the front, see
      `HypervolumeGain`.

    Source: expected improvement, Jones et al. (1998), in the logarithm as in Ament et al., Unexpected Improvements,
    NeurIPS 2023; fantasies, Snoek et al. (2012), section 3.3.

    Args:
        initial_points: spread before the model is asked.
        min_gain: the search ends where several proposals in a row are expected to gain less, in deviations between
            seeds, which the model estimates from the scores; None: it does not end for that.
    """

    def __init__(self, *, initial_points: int, min_gain: float | None = None, **common: Any) -> None:
        super().__init__(**common)
        self.initial_points = initial_points
        self.min_gain = min_gain
        self.gains: list[float] = []  # what each point that the model preferred was expected to gain
        self._pool: Pool | None = None  # trials of earlier sweeps
        self._ended_at: tuple[int, int] | None = None  # trials begun and ended when too little was expected

    def learn(self, priors: Priors) -> None:
        """See OracleBase. The model is then asked from the first trial on, but for a few that show it its scale."""
        if priors.trials:
            with one_thread():
                self._pool = Pool(priors, Vectors(self.hyperparameters.space), eased)
            self.initial_points = max(self.initial_points - priors.trials, min(self.initial_points, _SPREAD_FIRST))

    def populate_space(self, trial_id: str) -> dict[str, Any]:  # noqa: ARG002  # KerasTuner's signature
        """A spread point until there are enough, then the one that the model prefers."""
        ended = [trial for trial in self.trials.values() if trial.trial_id not in self.ongoing_trials]
        scored = [trial.score for trial in ended if trial.score is not None]
        if not self.hyperparameters.space:
            return self.drawn()
        if self._ended_at == (len(self.trials), len(ended)):  # asked again before anything was told
            return STOPPED
        vectors = Vectors(self.hyperparameters.space)
        if len(self.trials) < self.initial_points or not (scored or (self._pool and not ended)):
            values = self.untried(vectors, spread(vectors, len(self.trials), self.seed))
        else:
            with one_thread():
                values, gain = self._preferred(vectors, ended)
            if self._is_too_little(gain):
                self._ended_at = len(self.trials), len(ended)
                return STOPPED
            self._ended_at = None
            if values is not None:
                self.gains.append(gain)
        return self.drawn() if values is None else {"status": RUNNING, "values": values}

    def why_stopped(self, points: float) -> str:
        """See OracleBase."""
        if self._ended_at is None:
            return super().why_stopped(points)
        told = f"{_IN_A_ROW} proposals in a row were each expected to gain less than {self.min_gain:g}"
        return f"{told} of the deviation between seeds (tuner.min_gain)"

    def memory(self) -> dict[str, Any]:
        """See OracleBase."""
        return {**super().memory(), "gains": self.gains}

    def recall(self, memory: Mapping[str, Any]) -> None:
        """See OracleBase."""
        super().recall(memory)
        self.gains = list(memory["gains"])

    def _is_too_little(self, gain: float) -> bool:
        last = [*self.gains, gain][-_IN_A_ROW:]
        return self.min_gain is not None and len(last) == _IN_A_ROW and max(last) < self.min_gain

    def _preferred(self, vectors: Vectors, ended: list[Any]) -> tuple[dict[str, Any] | None, float]:
        """The untried point of the highest expected improvement, and that in deviations between seeds.

        None where the candidates were all tried: of what is left nothing is known.
        """
        seen = vectors.encode([trial.hyperparameters.values for trial in ended])
        columns = [eased(costs) for costs in self._costs(ended)]
        rng = np.random.default_rng([self.seed, len(self.trials)])
        busy = vectors.encode(self.running_values())
        made = [as_if_ended(self._process(vectors, seen, costs), busy, rng) for costs in columns]
        tried = np.vstack([seen, busy])
        gain = Gain(made[0], tried) if len(made) == 1 else HypervolumeGain(made, tried)
        values = self.untried(vectors, candidates(gain, vectors, seen[_best_first(columns)], rng))
        if values is None:
            return None, math.inf
        expected = float(gain(vectors.encode([values]))[0])
        return values, math.exp(expected) / math.sqrt(made[0].kernel.noise)

    def _process(self, vectors: Vectors, seen: Float64s, scores: Float64s) -> Process:
        """What is known of these trials, and of those of earlier sweeps."""
        points, known = (seen, scores) if self._pool is None else self._pool.joined(seen, scores)
        some = some_of(len(points))
        if self._pool is not None:
            return self._pool.fit(points, known, some)
        return Process(fit(points[some], known[some], vectors.named).kernel, points, known[:, None])

    def _costs(self, ended: list[Any]) -> list[Float64s]:
        """Of each objective what each trial came to, (trials,), lower is better; the worst where that is not known."""
        if not ended:  # as where trials of earlier sweeps are all that is known
            return [np.empty(0)]
        known = [self.costs.get(trial.trial_id, (trial.score,)) for trial in ended]
        count = max(map(len, known))
        costs = np.array([row if len(row) == count else (None,) * count for row in known], dtype=np.float64)
        costs[~np.isfinite(costs)] = math.nan
        worst = np.nan_to_num(np.fmax.reduce(costs))
        return list(np.where(np.isnan(costs), worst, costs).T)


def _best_first(columns: Sequence[Float64s]) -> list[int]:
    """Where the best trials stand, front by front where there are several objectives."""
    if len(columns) == 1:
        return [int(place) for place in np.argsort(columns[0], kind="stable")]
    return [place for front in fronts(np.column_stack(columns).tolist()) for place in front]
