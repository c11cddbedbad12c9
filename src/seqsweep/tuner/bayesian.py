"""The Bayesian search: KerasTuner's rule, repaired and made fast. Importing this imports TensorFlow."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import Matern
from threadpoolctl import threadpool_limits

from seqsweep.serving.array_types import Float64s
from seqsweep.tuner.oracles import RUNNING, OracleBase
from seqsweep.tuner.vectors import Vectors

_LENGTHS = np.log([0.03, 0.1, 0.2, 0.4, 0.8, 1.6, 5.0, 30.0])  # of the kernel, in sides of the unit cube
_FITTED = 200  # trials, evenly chosen, that the length of the kernel is fitted to; all of them are predicted from
_DRAWN = 2000  # candidates over the whole space
_NEAR = 150  # candidates around each of the best trials
_ROUNDS = (0.1, 0.03, 0.01)  # how far the best candidates are moved, round by round


class Bayesian(OracleBase):
    """A Gaussian process over the trials so far; the next point has the lowest mean less `beta` deviations.

    The rule (Matérn kernel of smoothness 2.5, confidence bound, random points first) is KerasTuner's. What
    differs:

    - a failed trial counts as the worst score, where an infinite one counted as the best;
    - running trials count as if they had ended at their prediction plus one deviation, by this very fit;
    - no point is proposed twice; where none is left, the search ends;
    - what a point does not have (the width of a layer that it lacks) is the same for all such points, in the
      fit and where the bound is lowered; KerasTuner lowers it along them and then drops them;
    - candidates are drawn from (seed, number of trials): a resumed search proposes what it would have;
    - the kernel's one length is found by a search along a line, and thousands of candidates, moved round by
      round, are predicted at once: KerasTuner's 20 and 50 gradient descents take far longer and mostly end
      higher, once they are rounded to points of the space.

    Args:
        initial_points: drawn at random before the model is asked.
        beta: standard deviations.
        alpha: variance of the noise, in units of that of the scores.
    """

    def __init__(self, *, initial_points: int, beta: float, alpha: float, **common: Any) -> None:
        super().__init__(**common)
        self.initial_points, self.beta, self.alpha = initial_points, beta, alpha

    def populate_space(self, trial_id: str) -> dict[str, Any]:  # noqa: ARG002  # KerasTuner's signature
        """A point at random until there are enough, then the one that the model prefers."""
        ended = [trial for trial in self.trials.values() if trial.trial_id not in self.ongoing_trials]
        scored = [trial.score for trial in ended if trial.score is not None]
        few = len(ended) < self.initial_points or not scored
        if few or not self.hyperparameters.space:
            return self.drawn()
        # Threads would fight with the workers for their cores.
        with threadpool_limits(limits=1, user_api="blas"):
            values = self._preferred(ended, scored)
        return self.drawn() if values is None else {"status": RUNNING, "values": values}

    def _preferred(self, ended: list[Any], scored: list[float]) -> dict[str, Any] | None:
        """The untried point with the lowest bound; None where the candidates were all tried."""
        vectors = Vectors(self.hyperparameters.space)
        seen = vectors.encode([trial.hyperparameters.values for trial in ended])
        scores = np.array([max(scored) if trial.score is None else trial.score for trial in ended])
        model = self._with_running(fit(seen, scores, self.alpha), vectors, seen, scores)
        rng = np.random.default_rng([self.seed, len(self.trials)])
        candidates = self._candidates(model, vectors, seen[np.argsort(scores, kind="stable")], rng)
        decoded = (vectors.decode(point) for point in candidates)
        return next((values for values in decoded if self.key(values) not in self.tried), None)

    def _with_running(
        self, model: GaussianProcessRegressor, vectors: Vectors, seen: Float64s, scores: Float64s
    ) -> GaussianProcessRegressor:
        """`model` as if the running trials had ended: what they are about to tell is not asked again."""
        busy = list(self.ongoing_trials.values())
        if not busy:
            return model
        points = vectors.encode([trial.hyperparameters.values for trial in busy])
        mean, deviation = model.predict(points, return_std=True)
        return gaussian_process(model.kernel_, self.alpha).fit(
            np.vstack([seen, points]), np.append(scores, mean + deviation)
        )

    def _candidates(
        self, model: GaussianProcessRegressor, vectors: Vectors, best_first: Float64s, rng: np.random.Generator
    ) -> Float64s:
        """Points of the space, (candidates, dimensions), the most promising first."""

        def bound(points: Float64s) -> Float64s:
            mean, deviation = model.predict(points, return_std=True)
            return np.asarray(mean - self.beta * deviation)

        points = vectors.all_points()
        if points is not None:
            return points[np.argsort(bound(points), kind="stable")]
        drawn = rng.uniform(size=(_DRAWN, vectors.width))
        points = vectors.snap(np.vstack([drawn, _moved(best_first[:10], _NEAR, 0.15, rng)]))
        bounds = bound(points)
        for distance in _ROUNDS:
            near = vectors.snap(_moved(points[_ascending(bounds)[:10]], 30, distance, rng))
            points, bounds = np.vstack([points, near]), np.append(bounds, bound(near))
        return points[_ascending(bounds)]


def gaussian_process(kernel: Any, noise: float) -> GaussianProcessRegressor:
    """A process with this kernel, fixed; `noise` is a variance in units of that of the scores.

    Args:
        kernel: of scikit-learn.
        noise: a variance, in units of that of the scores.
    """
    # Below 1e-8, neighbouring points would make the matrix singular.
    return GaussianProcessRegressor(kernel, alpha=max(noise, 1e-8), normalize_y=True, optimizer=None)


def fit(points: Float64s, scores: Float64s, noise: float) -> GaussianProcessRegressor:
    """A process with the likeliest length of kernel for `points`, (trials, dimensions) in the unit cube.

    Args:
        points: (trials, dimensions), in the unit cube.
        scores: (trials,), of which lower is better.
        noise: a variance, in units of that of the scores.
    """
    some = np.unique(np.linspace(0, len(points) - 1, min(len(points), _FITTED)).astype(int))
    process = gaussian_process(Matern(nu=2.5), noise).fit(points[some], scores[some])

    def unlikelihood(length: float) -> float:
        return -float(process.log_marginal_likelihood(np.array([length]), clone_kernel=False))

    # The likelihood may have several peaks: look along the line, then climb the highest.
    heights = [unlikelihood(length) for length in _LENGTHS]
    top = int(np.argmin(heights))
    within = (_LENGTHS[max(top - 1, 0)], _LENGTHS[min(top + 1, len(_LENGTHS) - 1)])
    found = minimize_scalar(unlikelihood, bounds=within, method="bounded", options={"xatol": 0.05})
    best = found.x if found.fun < heights[top] else _LENGTHS[top]
    return gaussian_process(Matern(np.exp(best), nu=2.5), noise).fit(points, scores)


def _ascending(bounds: Float64s) -> NDArray[np.intp]:
    """Where the lowest bound is, the next … : each bound once, since equal points have equal bounds."""
    order: NDArray[np.intp] = np.unique(bounds, return_index=True)[1]
    return order


def _moved(points: Float64s, times: int, distance: float, rng: np.random.Generator) -> Float64s:
    """Each of `points` `times` over, some of its coordinates moved by some `distance` or drawn anew."""
    copies = np.repeat(points, times, axis=0)
    width = copies.shape[1]
    which = rng.uniform(size=copies.shape) < max(0.3, 1.5 / width)
    anew = rng.uniform(size=copies.shape) < 0.2
    moved = np.where(anew, rng.uniform(size=copies.shape), copies + rng.normal(scale=distance, size=copies.shape))
    return np.where(which, np.clip(moved, 0, 1), copies)
