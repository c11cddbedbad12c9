"""What a result shows and what it does not, in sentences: each fact has one phrasing, whoever says it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from seqsweep.evidence import Comparison, Interval
from seqsweep.metrics import Metric, Scores
from seqsweep.words.names import in_prose, in_words, sentence
from seqsweep.words.numbers import bounds, chance, confidence, counted, gain, percent, plus_minus, significant

Verdict: TypeAlias = Literal["better", "worse", "open"]

PROVEN: dict[Verdict, str] = {
    "better": "shown to be better",
    "worse": "shown to be WORSE",
    "open": "not shown to be better or worse",
}

BEATS: dict[Verdict, str] = {"better": "yes", "worse": "no, worse", "open": "not shown"}
"""In a cell below `beats baselines`."""


SAME = 1e-6
"""The share by which scores differ that are the same but for rounding: networks answer in single precision."""


@dataclass(frozen=True)
class Standing:
    """How a network stands against the best baseline, both scored on the same items.

    Args:
        metric: what scores them; it can rank.
        score: of the network.
        baseline: the name of the best baseline; None: none was scored.
        reference: its score; None likewise.
        skill: of the network over it; None likewise.
        test: of the losses of both; None: there were too few items, or the network's predictions are not finite.
    """

    metric: Metric
    score: float
    baseline: str | None = None
    reference: float | None = None
    skill: float | None = None
    test: Comparison | None = None

    @property
    def verdict(self) -> Verdict:
        """What is proven: the score says it, and the interval of the losses' difference does not hold zero.

        Both are asked for, since the interval is of losses, whatever the metric is.
        """
        if self.test is None or self.skill is None:
            return "open"
        if self.test.difference.high < 0 < self.skill:
            return "better"
        return "worse" if self.test.difference.low > 0 > self.skill else "open"


def ranking(
    name: str,
    scores: Scores,
    baselines: Mapping[str, Scores],
    best: str | None,
    objective: Metric,
    metrics: Sequence[Metric],
) -> list[tuple[str, bool, list[str]]]:
    """Rows of a table, best first: who, whether that is the network, its scores and behind them its skill.

    Args:
        name: of the network.
        scores: of it.
        baselines: those of each baseline, on the same items.
        best: the best baseline, which the skill is over; None: there is none.
        objective: the metric that ranks, and that the skill is of.
        metrics: what stands in the cells.
    """
    known = {**{in_words(baseline): row for baseline, row in baselines.items()}, name: scores}
    reference = None if best is None else baselines[best][objective.name]

    def cells(row: Scores) -> list[str]:
        skill = None if reference is None else objective.skill(row[objective.name], reference)
        return [*(significant(row[metric.name]) for metric in metrics), gain(skill)]

    return [(who, who == name, cells(known[who])) for who in objective.ranked(known)]


def won(name: str, metric: Metric, mean: float, std: float | None, runs: int, unit: str = "") -> str:
    """Who won the finals.

    Args:
        name: of the winner.
        metric: what decided.
        mean: over its final runs, on validation; `std` likewise, None: there was one run.
        std: their standard deviation.
        runs: how many there were.
        unit: of the metric, in words; may be empty.
    """
    named = f" ({unit})" if unit else ""
    what = "mean and standard deviation of" if std is not None else "of"
    figures = f"{in_words(metric.name)} {plus_minus(mean, std)} on validation{named}"
    return f"{sentence(in_prose(name))} won: {figures}, {what} {counted(runs, 'run')} from new seeds."


def scored(standing: Standing, part: str) -> str:
    """The network's score beside the best baseline's.

    Args:
        standing: of the network.
        part: of the data: `test`.
    """
    own = f"On the {part} part its {in_words(standing.metric.name)} is {significant(standing.score)}"
    if standing.baseline is None or standing.reference is None:
        return f"{own}; no baseline was scored."
    other = f"{significant(standing.reference)} of {in_words(standing.baseline)}, the best baseline"
    return f"{own}, {compared(standing.score, standing.reference, standing.metric)} the {other}."


def compared(score: float, reference: float, metric: Metric) -> str:
    """`11.7% less than`, `more than`, `the same as`: what a reader then takes for better depends on the metric.

    Args:
        score: of the network.
        reference: of the baseline.
        metric: of both. Where its best is not 0 the difference is told as it is: a share of it would mean nothing.
    """
    if math.isclose(score, reference, rel_tol=SAME):
        return "the same as"
    word = "less than" if score < reference else "more than"
    if metric.best:
        size = significant(abs(score - reference), 3)
        return f"{size} {word}" if math.isfinite(score - reference) else word
    change = score / reference - 1 if reference else math.inf
    if not math.isfinite(change):
        return word
    return f"{abs(change):.1%} {word}" if abs(change) >= 0.0005 else f"under 0.1% {word}"


def change(score: float, before: float, metric: Metric) -> str:
    """How far a score has moved: `+7.9%`, or `+0.0123` where a share of it would mean nothing.

    Args:
        score: now.
        before: may be 0 only where the metric's best is not.
        metric: of both.
    """
    if not metric.best:
        return percent(score / before - 1)
    return f"{'+' if score >= before else '-'}{significant(abs(score - before), 3)}"


def how_sure(standing: Standing, subject: str = "The network") -> str:
    """Whether the difference to the best baseline is proven.

    Args:
        standing: on the test part.
        subject: whose it is.
    """
    if standing.baseline is None:
        return "Without a baseline nothing is shown to be better."
    if standing.test is None:
        finite = math.isfinite(standing.score)
        why = "there are too few items for a test" if finite else "the network leaves all bounds there"
        return f"How sure that is cannot be said: {why}."
    proven = f"{subject} is {PROVEN[standing.verdict]} than {in_words(standing.baseline)}"
    return f"{proven}: {difference(standing.test)}."


def difference(test: Comparison) -> str:
    """`the mean absolute error differs by -1.61 (95% interval -4.89 to 1.66, p = 0.33, 46 origins)`.

    Args:
        test: of the first's losses minus the second's: below 0 the first is better.
    """
    mean, told = significant(test.difference.mean, 3), f"{confidence(test.difference)}, {chance(test.p_value)}"
    return f"the mean {test.measure} differs by {mean} ({told}, {counted(test.n, test.item)})"


def lead(better: str, other: str, metric: Metric, interval: Interval | None) -> str:
    """What pairs of runs say of two that were trained from the same seeds.

    Args:
        better: the name of the one with the better mean.
        other: the name of the other.
        metric: of their scores.
        interval: of the cost of better minus that of other, see `Metric.cost`; None: fewer than two pairs.
    """
    better, other = sentence(in_prose(better)), in_prose(other)
    if interval is None:
        return f"{better} against {other}: one run each shows nothing; finals.seeds=3 would tell more."
    if interval.low == interval.high == 0:
        return f"{better} and {other} have the same scores: neither does better."
    name, by = in_words(metric.name), bounds(interval, sign=-1)
    if interval.holds_zero:
        return f"{better} is not shown to do better than {other}: its lead in {name} of {by} may be chance."
    word = "more" if metric.higher_is_better else "less"
    pairs = counted(interval.n, "pair")
    return f"{better} does better than {other}: its {name} is {word} by {by}, over {pairs} of runs."


def nth_evaluation(number: int) -> str:
    """How often the test part of this data was read, and what follows from that.

    Args:
        number: 1 for the first time.
    """
    if number == 1:
        return "This was the first evaluation on the test part of this data."
    return (
        f"This was evaluation {number} on the test part of this data: whatever was chosen after an earlier one looks "
        "better here than it is."
    )


def audited(passed: bool, shown: str, findings: Sequence[str]) -> str:
    """`passed: …` or `FAILED …`, to stand behind `Leak audit`.

    Args:
        passed: whether nothing leaked.
        shown: what that means for this audit: `noise after a cut moves nothing before it`.
        findings: what leaked; empty where it passed.
    """
    return f"passed: {shown}" if passed else f"FAILED, so believe none of these figures: {'; '.join(findings)}"
