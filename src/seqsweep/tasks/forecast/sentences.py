"""What the forecasts of the test part tell besides their score: is there a signal at all, and do intervals hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seqsweep.metrics import Metric, Scores
from seqsweep.tasks.forecast.interval_words import called, errors, short_of
from seqsweep.tasks.forecast.intervals import CONFORMAL, ForecastInterval
from seqsweep.words import share, significant

CONSTANTS = ("train_mean", "train_median")
HARDLY = 0.02  # a best forecast with less skill over a constant tells next to nothing


def sentences(metric: Metric, scores: Mapping[str, Scores], intervals: Sequence[ForecastInterval]) -> list[str]:
    """All that is worth saying, in plain words.

    Args:
        metric: that ranks.
        scores: on the test part, of the network and of each baseline.
        intervals: around the network's forecasts.
    """
    return [*_signal(metric, scores), *_held(intervals)]


def _signal(metric: Metric, scores: Mapping[str, Scores]) -> list[str]:
    """Said where the best forecast of all is hardly better than a constant."""
    constants = [row[metric.name] for name, row in scores.items() if name in CONSTANTS]
    others = [row[metric.name] for name, row in scores.items() if name not in CONSTANTS]
    if not constants or not others:
        return []
    gain = metric.skill(metric.best_score(others), metric.best_score(constants))
    if gain >= HARDLY:
        return []
    how = f"{share(round(gain, 3))} better than" if gain > 0 else "no better than"
    return [
        f"There is hardly any signal from row to row: the best forecast of all is {how} the same number every time."
    ]


def _held(intervals: Sequence[ForecastInterval]) -> list[str]:
    parts = [
        f"those of {share(interval.level)} hold {share(interval.coverage)} of the test part (mean width "
        f"{significant(interval.width)})"
        for interval in intervals
    ]
    if not parts:
        return []
    made = "Forecast intervals" if intervals[0].kind == CONFORMAL else called(intervals[0])
    return [f"{made}, from {errors(intervals[0])}: {', '.join(parts)}.", *short_of(intervals)]
