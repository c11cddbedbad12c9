"""Which settings mattered: a random forest predicts the trials' ranks, and is worse without what mattered.

Ranks and not scores, so that a few hopeless trials do not decide it and the unit does not matter. A setting counts only
if shuffling it on trials that the forest has not seen costs more than shuffling a column of noise does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from seqsweep.serving.array_types import Float64s

if TYPE_CHECKING:
    from seqsweep.report.page.parameters import Parameter

ROUNDS = 20  # columns of noise, one after the other: the floor is the worst of them, so chance passes one time in 20
FOLDS = 3
TREES = 50
SHUFFLES = 5  # of each column on each fold
MOST = 500  # trials that the forests are shown, drawn by chance: more cost seconds and change no conclusion
POINTS = 30  # of the line that shows an effect of a number


@dataclass(frozen=True)
class Importance:
    """How much each setting mattered.

    Args:
        shares: by name, the largest first: the squared error that shuffling the setting adds, in variances of the
            ranks, on trials that the forest had not seen; 0: nothing, below 0: by chance; it may pass 1.
        floor: the largest of ROUNDS columns of noise; never below 0.
        explained: the part of the variance of ranks that the forest predicts, on trials that it had not seen; 0 or
            below: it predicts nothing.
    """

    shares: dict[str, float]
    floor: float
    explained: float

    def mattered(self) -> list[str]:
        """The settings above the floor, the largest first; none if the forest predicts nothing."""
        return [name for name, share in self.shares.items() if share > self.floor and self.explained > 0]


def importance(parameters: Sequence[Parameter], scores: Sequence[float], seed: int = 0) -> Importance | None:
    """The importance of each parameter for the scores.

    Args:
        parameters: those that differ between the trials; each has one value a trial.
        scores: (trials,), all by one metric.
        seed: of forests, folds and noise.

    Returns:
        None where all scores are the same, or no parameter differs.

    Source: permutation importance on unseen data, https://scikit-learn.org/stable/modules/permutation_importance.html;
    noise columns as the measure of chance: Kursa & Rudnicki (2010), Journal of Statistical Software 36(11).
    """
    ranks = _ranks(np.asarray(scores, np.float64))
    if not parameters or np.ptp(ranks) == 0:
        return None
    columns = np.column_stack([parameter.codes for parameter in parameters])
    random = np.random.default_rng(seed)
    if len(ranks) > MOST:
        drawn = random.choice(len(ranks), MOST, replace=False)
        columns, ranks = columns[drawn], ranks[drawn]
    rounds, explained = [], []
    for _ in range(ROUNDS):
        noisy = np.column_stack([columns, random.normal(size=len(ranks))])
        lost, predicted = _lost(noisy, ranks, random)
        rounds.append(lost)
        explained.append(predicted)
    lost = np.array(rounds)  # (rounds, parameters + 1)
    shares = {parameter.name: float(share) for parameter, share in zip(parameters, lost.mean(0), strict=False)}
    ordered = dict(sorted(shares.items(), key=lambda item: -item[1]))
    return Importance(ordered, max(0.0, float(lost[:, -1].max())), float(np.mean(explained)))


def effect(
    parameters: Sequence[Parameter], scores: Sequence[float], name: str, seed: int = 0
) -> tuple[Float64s, Float64s]:
    """What a parameter does to the score while the others stay as the trials had them.

    Args:
        parameters: that were searched, with a code a trial each.
        scores: (trials,), all by one metric.
        name: of the parameter in question, one of `parameters`.
        seed: of the forest.

    Returns:
        Codes of the parameter (points,), and the score of the rank that the forest predicts there on average.

    Source: partial dependence, Friedman (2001), Annals of Statistics 29(5), section 8.2.
    """
    from sklearn.inspection import partial_dependence

    columns = np.column_stack([parameter.codes for parameter in parameters])
    values = np.asarray(scores, np.float64)
    forest = _forest(seed, 4 * TREES).fit(columns, _ranks(values))
    place = [parameter.name for parameter in parameters].index(name)
    points = POINTS if parameters[place].categories is None else len(columns) + 1  # or else not each category has one
    found = partial_dependence(
        forest, columns, [place], grid_resolution=points, percentiles=(0, 1), method="brute", kind="average"
    )
    expected = np.interp(found["average"][0], np.linspace(0, 1, len(values)), np.sort(values))
    return np.asarray(found["grid_values"][0], np.float64), expected


def _lost(columns: Float64s, ranks: Float64s, random: np.random.Generator) -> tuple[Float64s, float]:
    """The variance lost for each column (columns,), and the variance predicted; of the variance of ranks, unseen."""
    trials, width = columns.shape
    order = random.permutation(trials)
    errors = np.zeros(width)
    residual = 0.0
    for fold in range(FOLDS):
        held = order[fold::FOLDS]
        seen = np.setdiff1d(order, held)
        forest = _forest(int(random.integers(2**31)), TREES).fit(columns[seen], ranks[seen])
        # One call for all shuffles: a forest's calls cost more than its rows. scikit-learn's permutation_importance
        # makes one each, and takes two to five times as long for the same figures.
        stacked = np.tile(columns[held], (1 + width * SHUFFLES, 1, 1))  # (1 + width * shuffles, held, width)
        for i in range(width * SHUFFLES):
            stacked[1 + i, :, i // SHUFFLES] = random.permutation(columns[held, i // SHUFFLES])
        predicted = forest.predict(stacked.reshape(-1, width)).reshape(len(stacked), -1)
        squares = ((predicted - ranks[held]) ** 2).sum(1)
        residual += squares[0]
        errors += squares[1:].reshape(width, SHUFFLES).mean(1) - squares[0]
    total = ((ranks - ranks.mean()) ** 2).sum()
    return errors / total, 1 - residual / total


def _forest(seed: int, trees: int) -> Any:
    from sklearn.ensemble import RandomForestRegressor

    return RandomForestRegressor(trees, min_samples_leaf=2, random_state=seed)


def _ranks(scores: Float64s) -> Float64s:
    """(trials,) → ranks from 0, the best, to 1; equal scores share theirs."""
    from scipy.stats import rankdata

    return np.asarray((rankdata(scores) - 1) / max(1, len(scores) - 1), np.float64)
