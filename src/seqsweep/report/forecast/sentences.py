"""What the forecasts of the test part tell besides their score: is there a signal at all, and do intervals hold."""

from __future__ import annotations

from seqsweep.finals import TestEvaluation
from seqsweep.metrics import skill, sort_key
from seqsweep.words import share, significant

CONSTANTS = ("train_mean", "train_median")
HARDLY = 0.02  # a best forecast with less skill over a constant tells next to nothing


def sentences(evaluation: TestEvaluation, metric: str) -> list[str]:
    """All that is worth saying, in plain words.

    Args:
        evaluation: of the winner.
        metric: that ranks.
    """
    return [*_signal(evaluation, metric), *_intervals(evaluation)]


def _signal(evaluation: TestEvaluation, metric: str) -> list[str]:
    """Said where the best forecast of all is hardly better than a constant."""

    def best(scores: list[float]) -> float:
        return min(scores, key=lambda score: sort_key(metric, score))

    constants = [evaluation.baselines[name][metric] for name in CONSTANTS if name in evaluation.baselines]
    if not constants:
        return []
    others = [row[metric] for name, row in evaluation.baselines.items() if name not in CONSTANTS]
    gain = skill(best([evaluation.scores[metric], *others]), best(constants))
    if gain >= HARDLY:
        return []
    how = f"{share(round(gain, 3))} better than" if gain > 0 else "no better than"
    return [
        f"There is hardly any signal from row to row: the best forecast of all is {how} the same number every time."
    ]


def _intervals(evaluation: TestEvaluation) -> list[str]:
    parts = [
        f"those of {share(interval.level)} hold {share(interval.coverage)} of the test part (mean width "
        f"{significant(interval.width)})"
        for interval in evaluation.intervals
    ]
    return [f"Forecast intervals: {', '.join(parts)}."] if parts else []
