"""The Bayesian search: a Gaussian process and what a point may gain. Importing this imports TensorFlow."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc
from threadpoolctl import threadpool_limits

from seqsweep.objectives import fronts
from seqsweep.serving.array_types import Float64s
from seqsweep.tuner.hypervolume import HypervolumeGain
from seqsweep.tuner.improvement import Gain
from seqsweep.tuner.oracles import RUNNING, STOPPED, OracleBase
from seqsweep.tuner.pool import Pool
from seqsweep.tuner.priors import Priors
from seqsweep.tuner.process import Process, fit
from seqsweep.tuner.vectors import Vectors

_FITTED = 200  # trials, evenly chosen, that lengths are fitted to; all of them are predicted from
_DRAWN = 2000  # candidates over the whole space
_NEAR = 150  # candidates around each of the best trials
_ROUNDS = (0.1, 0.03, 0.01)  # how far the best candidates are moved, round by round
_FANTASIES = 16  # of what the running trials may come to
_SPREAD = 64  # points of the spread sequence that are tried for one that was not had before
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
            with threadpool_limits(limits=1, user_api="blas"):
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
            values = self._spread(vectors)
        else:
            # Threads would fight with the workers for their cores.
            with threadpool_limits(limits=1, user_api="blas"):
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

    def _spread(self, vectors: Vectors) -> dict[str, Any] | None:
        """The next untried point of a sequence that fills the space evenly; None where it meets tried ones alone."""
        first = len(self.trials)
        count = 1 << (first + _SPREAD - 1).bit_length()  # it is even over powers of 2
        rows = qmc.Sobol(vectors.width, rng=np.random.default_rng([self.seed, 0])).random(count)[first:]
        return self._untried(vectors, vectors.snap(rows))

    def _preferred(self, vectors: Vectors, ended: list[Any]) -> tuple[dict[str, Any] | None, float]:
        """The untried point of the highest expected improvement, and that in deviations between seeds.

        None where the candidates were all tried: of what is left nothing is known.
        """
        seen = vectors.encode([trial.hyperparameters.values for trial in ended])
        columns = [eased(costs) for costs in self._costs(ended)]
        rng = np.random.default_rng([self.seed, len(self.trials)])
        made = [self._with_running(self._process(vectors, seen, costs), vectors, rng) for costs in columns]
        tried = np.vstack([seen, vectors.encode(self._running_values())])
        gain = Gain(made[0], tried) if len(made) == 1 else HypervolumeGain(made, tried)
        ranked = seen[_best_first(columns)]
        values = self._untried(vectors, self._candidates(gain, vectors, ranked, rng))
        if values is None:
            return None, math.inf
        expected = float(gain(vectors.encode([values]))[0])
        return values, math.exp(expected) / math.sqrt(made[0].kernel.noise)

    def _process(self, vectors: Vectors, seen: Float64s, scores: Float64s) -> Process:
        """What is known of these trials, and of those of earlier sweeps."""
        points, known = (seen, scores) if self._pool is None else self._pool.joined(seen, scores)
        some = np.unique(np.linspace(0, len(points) - 1, min(len(points), _FITTED)).astype(int))
        if self._pool is not None:
            return self._pool.fit(points, known, some)
        return Process(fit(points[some], known[some], vectors.named).kernel, points, known[:, None])

    def _costs(self, ended: list[Any]) -> list[Float64s]:
        """Of each objective what each trial came to, (trials,), lower is better; the worst where that is not known."""
        known = [self.costs.get(trial.trial_id, (trial.score,)) for trial in ended]
        count = max(map(len, known))
        costs = np.array([row if len(row) == count else (None,) * count for row in known], dtype=np.float64)
        costs[~np.isfinite(costs)] = math.nan
        worst = np.nan_to_num(np.fmax.reduce(costs))
        return list(np.where(np.isnan(costs), worst, costs).T)

    def _untried(self, vectors: Vectors, rows: Float64s) -> dict[str, Any] | None:
        decoded = (vectors.decode(row) for row in rows)
        return next((values for values in decoded if self.key(values) not in self.tried), None)

    def _with_running(self, process: Process, vectors: Vectors, rng: np.random.Generator) -> Process:
        """`process` as if the running trials had ended, in one draw a column."""
        busy = self._running_values()
        if not busy:
            return process
        points = vectors.encode(busy)
        guesses = process.draws(points, _FANTASIES, rng)
        known = np.repeat(process.scores, _FANTASIES, axis=1)
        points = np.vstack([process.points, process.of_this_sweep(points)])
        return Process(process.kernel, points, np.vstack([known, guesses]))

    def _running_values(self) -> list[Mapping[str, Any]]:
        return [trial.hyperparameters.values for trial in self.ongoing_trials.values()]

    def _candidates(
        self, gain: Callable[[Float64s], Float64s], vectors: Vectors, best_first: Float64s, rng: np.random.Generator
    ) -> Float64s:
        """Points of the space, (candidates, dimensions), the most promising first."""
        points = vectors.all_points()
        if points is not None:
            return points[np.argsort(-gain(points), kind="stable")]
        drawn = rng.uniform(size=(_DRAWN, vectors.width))
        points = vectors.snap(np.vstack([drawn, _moved(best_first[:10], _NEAR, 0.15, rng)]))
        gains = gain(points)
        for distance in _ROUNDS:
            near = vectors.snap(_moved(points[_descending(gains)[:10]], 30, distance, rng))
            points, gains = np.vstack([points, near]), np.append(gains, gain(near))
        return points[_descending(gains)]


def eased(scores: Float64s) -> Float64s:
    """Scores (n,) of mean 0 and deviation 1; those worse than the median come nearer to it, by the logarithm.

    Args:
        scores: (n,), of which lower is better.
    """
    if not len(scores):
        return scores
    centre = float(np.median(scores))
    scale = centre - float(scores.min())
    if scale <= 0:
        scale = float(scores.std()) or 1.0
    off = (scores - centre) / scale
    off = np.where(off > 0, np.log(1 + np.maximum(off, 0.0)), off)
    return np.asarray((off - off.mean()) / (off.std() or 1.0))


def _best_first(columns: Sequence[Float64s]) -> list[int]:
    """Where the best trials stand, front by front where there are several objectives."""
    if len(columns) == 1:
        return [int(place) for place in np.argsort(columns[0], kind="stable")]
    return [place for front in fronts(np.column_stack(columns).tolist()) for place in front]


def _descending(gains: Float64s) -> NDArray[np.intp]:
    """Where the highest gain is, the next … : each gain once, since equal points have equal gains."""
    order: NDArray[np.intp] = np.unique(-gains, return_index=True)[1]
    return order


def _moved(points: Float64s, times: int, distance: float, rng: np.random.Generator) -> Float64s:
    """Each of `points` `times` over, some of its coordinates moved by some `distance` or drawn anew."""
    copies = np.repeat(points, times, axis=0)
    width = copies.shape[1]
    which = rng.uniform(size=copies.shape) < max(0.3, 1.5 / width)
    anew = rng.uniform(size=copies.shape) < 0.2
    moved = np.where(anew, rng.uniform(size=copies.shape), copies + rng.normal(scale=distance, size=copies.shape))
    return np.where(which, np.clip(moved, 0, 1), copies)
