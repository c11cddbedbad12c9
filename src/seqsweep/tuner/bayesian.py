"""The Bayesian search: a Gaussian process and what a point may gain. Importing this imports TensorFlow."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfcx, log_ndtr, logsumexp
from scipy.stats import qmc
from threadpoolctl import threadpool_limits

from seqsweep.serving.array_types import Float64s
from seqsweep.tuner.oracles import RUNNING, STOPPED, OracleBase
from seqsweep.tuner.pool import Pool
from seqsweep.tuner.priors import Priors
from seqsweep.tuner.process import Process, fit
from seqsweep.tuner.scalarisation import chebyshev, drawn_weights
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
    - of several objectives each proposal weighs others more, see `scalarisation`, so that the front is found.

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
        scores = eased(self._scores(ended))
        rng = np.random.default_rng([self.seed, len(self.trials)])
        process = self._with_running(self._process(vectors, seen, scores), vectors, rng)
        gain = Gain(process, np.vstack([seen, vectors.encode(self._running_values())]))
        ranked = seen[np.argsort(scores, kind="stable")]
        values = self._untried(vectors, self._candidates(gain, vectors, ranked, rng))
        if values is None:
            return None, math.inf
        expected = float(gain(vectors.encode([values]))[0])
        return values, math.exp(expected) / math.sqrt(process.kernel.noise)

    def _process(self, vectors: Vectors, seen: Float64s, scores: Float64s) -> Process:
        """What is known of these trials, and of those of earlier sweeps."""
        points, known = (seen, scores) if self._pool is None else self._pool.joined(seen, scores)
        some = np.unique(np.linspace(0, len(points) - 1, min(len(points), _FITTED)).astype(int))
        if self._pool is not None:
            return self._pool.fit(points, known, some)
        return Process(fit(points[some], known[some], vectors.named).kernel, points, known[:, None])

    def _scores(self, ended: list[Any]) -> Float64s:
        """Of each trial, (trials,), lower is better; one that failed has the worst."""
        several = [self.costs[trial.trial_id] for trial in ended if trial.trial_id in self.costs]
        if not several:
            worst = max((trial.score for trial in ended if trial.score is not None), default=0.0)
            return np.array([worst if trial.score is None else trial.score for trial in ended])
        count = len(several[0])
        unknown = (math.nan,) * count
        costs = np.array([self.costs.get(trial.trial_id, unknown) for trial in ended])
        for column in costs.T:
            known = np.isfinite(column)
            column[known] = eased(column[known])
        return chebyshev(costs, drawn_weights(count, np.random.default_rng([self.seed, len(self.trials), 1])))

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

    def _candidates(self, gain: Gain, vectors: Vectors, best_first: Float64s, rng: np.random.Generator) -> Float64s:
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


class Gain:
    """The logarithm of the improvement that is expected of a point, by the mean over the draws of a process.

    What is to be improved on is the lowest mean at the points that were tried: a low score may be a lucky seed.

    Args:
        process: knows the scores, or draws of what they may come to.
        tried: points of this sweep, (n, dimensions).
    """

    def __init__(self, process: Process, tried: Float64s) -> None:
        self._process = process
        self._best = process.predict(tried)[0].min(axis=0)

    def __call__(self, points: Float64s) -> Float64s:
        """At points (n, dimensions): (n,)."""
        mean, variance = self._process.predict(points)
        deviation = np.sqrt(variance)[:, None]
        gains = log_improvement((self._best - mean) / deviation) + np.log(deviation)
        return np.asarray(logsumexp(gains, axis=1) - math.log(gains.shape[1]))


def log_improvement(z: Float64s) -> Float64s:
    """The logarithm of φ(z) + z Φ(z), without the cancellation that leaves nothing of it at a low z."""
    density = -(z**2) / 2 - math.log(2 * math.pi) / 2
    low = np.minimum(z, -1.0)
    left = np.maximum(1 + low * math.sqrt(math.pi / 2) * erfcx(-low / math.sqrt(2)), 1e-300)
    high = np.maximum(z, -1.0)
    direct = np.exp(-(high**2) / 2) / math.sqrt(2 * math.pi) + high * np.exp(log_ndtr(high))
    return np.asarray(np.where(z < -1.0, density + np.log(left), np.log(direct)))


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
