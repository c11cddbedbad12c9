"""Several objectives as one score, another one for each proposal, so that a search finds the whole of a front."""

from __future__ import annotations

import numpy as np

from seqsweep.serving.array_types import Float64s

_SUM = 0.05
"""How much the weighted sum counts beside the greatest term: so little that all of a front can be the best, enough that
a point which another one beats never is."""


def chebyshev(costs: Float64s, weights: Float64s) -> Float64s:
    """The augmented weighted Chebyshev norm of each point, (points,), of which lower is better.

    Each objective is measured by the range that the points have in it. What a point does not have, or what is infinite,
    counts as the worst that was seen.

    Args:
        costs: (points, objectives), of which lower is better.
        weights: (objectives,), 0 or more, with the sum 1.

    Source: Knowles (2006), ParEGO, IEEE Transactions on Evolutionary Computation 10(1), with its 0.05.
    """
    known = np.where(np.isfinite(costs), costs, np.nan)
    low, high = (np.nan_to_num(edge.reduce(known, axis=0)) for edge in (np.fmin, np.fmax))
    scaled = np.nan_to_num((known - low) / np.where(high > low, high - low, 1.0), nan=1.0)
    weighted = scaled * weights
    return np.asarray(weighted.max(axis=1) + _SUM * weighted.sum(axis=1))


def drawn_weights(objectives: int, rng: np.random.Generator) -> Float64s:
    """Weights of objectives, (objectives,): any that add up to 1, none more likely than others.

    Args:
        objectives: how many there are.
        rng: that draws.
    """
    return np.asarray(rng.dirichlet(np.ones(objectives)))
