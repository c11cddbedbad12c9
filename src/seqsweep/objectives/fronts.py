"""Points of which none is better in all objectives: Pareto fronts, and some points of one that lie far apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def fronts(costs: Sequence[Sequence[float]]) -> list[list[int]]:
    """Where the points of the first front stand, then those of the second, which only the first beats, and so on.

    A point beats another if it is no worse in any objective and better in one; equal points share a front.

    Args:
        costs: (points, objectives), of which lower is better; infinite where a point has none.

    Source: nondominated sorting, Deb et al. (2002), NSGA-II, IEEE Transactions on Evolutionary Computation 6(2).
    """
    points = _array(costs)
    left = np.arange(len(points))
    found: list[list[int]] = []
    while len(left):
        beaten = np.array([_beaten(points[left], points[place]) for place in left])
        found.append(left[~beaten].tolist())
        left = left[beaten]
    return found


def spread(costs: Sequence[Sequence[float]], count: int) -> list[int]:
    """Where so many points stand that lie far from each other: the best by the first objective, then the farthest.

    Each of the others is the one whose nearest neighbour among those that were taken is farthest away, each objective
    measured by its range.

    Args:
        costs: (points, objectives), of which lower is better.
        count: of points; all of them where there are fewer.
    """
    if not count or not costs:
        return []
    points = _array(costs)
    whole = np.where(np.isfinite(points), points, np.nan)
    low, high = np.nan_to_num(np.fmin.reduce(whole)), np.nan_to_num(np.fmax.reduce(whole))
    scaled = np.nan_to_num((whole - low) / np.where(high > low, high - low, 1.0), nan=1.0)
    taken = [int(np.lexsort(points.T[::-1])[0])]
    distances = np.linalg.norm(scaled - scaled[taken[0]], axis=1)
    while len(taken) < min(count, len(points)):
        distances[taken] = -1.0
        taken.append(int(distances.argmax()))
        distances = np.minimum(distances, np.linalg.norm(scaled - scaled[taken[-1]], axis=1))
    return taken


def hypervolume(costs: Sequence[Sequence[float]], reference: Sequence[float]) -> float:
    """The area that points of two objectives beat, up to a reference.

    Args:
        costs: (points, 2), of which lower is better.
        reference: (2,); what does not beat it counts nothing.
    """
    area, height = 0.0, reference[1]
    for first, second in sorted((point[0], point[1]) for point in costs):
        if first < reference[0] and second < height:
            area, height = area + (reference[0] - first) * (height - second), second
    return area


def _beaten(points: NDArray[np.float64], point: NDArray[np.float64]) -> bool:
    return bool(np.any((points <= point).all(axis=1) & (points < point).any(axis=1)))


def _array(costs: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    return np.array(costs, dtype=np.float64).reshape(len(costs), len(costs[0]) if costs else 0)
