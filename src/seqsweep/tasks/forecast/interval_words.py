"""What is said of forecast intervals: what they are called, what they are made of, where they hold too few targets."""

from __future__ import annotations

from collections.abc import Sequence

from seqsweep.tasks.forecast.intervals import CONFORMAL, ForecastInterval
from seqsweep.words import share, significant

ADAPTATION = 0.01
"""What is advised where intervals fall short."""

MOST = 0.5
"""Of what is advised."""

GREW = 1.1
"""By how much errors have grown where that is told."""

FAR = 2
"""Times as many targets missed as a level allows, from which on that is told though chance might explain it."""

_FEWER = "fewer than chance explains"
_UNPROVEN = "which chance may explain, as few forecasts lie a whole horizon apart"

NAMES = {
    "conformal": ("Split conformal intervals", "the median and its errors"),
    "quantile": ("Intervals between quantiles", "quantiles as they are"),
    "cqr": ("Conformalized quantile intervals", "quantiles moved by errors"),
}
"""Of each kind its name, and in short what it is made of."""


def called(interval: ForecastInterval) -> str:
    """What intervals are called, at the beginning of a sentence."""
    return NAMES[interval.kind][0]


def errors(interval: ForecastInterval, is_baseline: bool = False) -> str:
    """Of what errors an interval was made, in words.

    Args:
        interval: around forecasts.
        is_baseline: whether they are of a baseline.
    """
    if interval.kind == "quantile":
        return "the quantiles that the network has learned, as they are"
    if interval.calibrated_on == "validation":
        chosen = "the baseline's window and penalty" if is_baseline else "the network"
        told = f"the errors on validation, which chose {chosen}, so that they are narrow"
    else:
        same, made = ("baseline", "fitted") if is_baseline else ("networks", "trained")
        told = f"the errors of the same {same} on the end of train, {made} without it: no choice has seen them"
    return f"{told}; their level adapts to what was missed" if interval.adaptation else told


def short_of(intervals: Sequence[ForecastInterval]) -> list[str]:
    """Which intervals hold fewer targets than chance explains, why, and what to do; none where all hold.

    Of long horizons few forecasts lie apart, so that chance explains nearly all: what misses far more is told too.
    """
    short = [interval for interval in intervals if interval.falls_short]
    told = short or [interval for interval in intervals if _misses_far_more(interval)]
    if not told:
        return []
    names = " and ".join(share(interval.level) for interval in told)
    held = " and ".join(share(round(interval.coverage, 3)) for interval in told)
    found = f"{names} intervals hold {held} of the test part, {_FEWER if short else _UNPROVEN}"
    growth, adaptation = told[0].growth, told[0].adaptation
    if growth >= GREW:
        found += (
            f": errors there are {significant(growth, 3)} times as large as those that the intervals are made of, as "
            "in another season, or where the series has changed"
        )
    if told[0].kind == "quantile":
        return [f"{found}. With finals.intervals=cqr the ends are moved by what they missed; it trains nothing anew."]
    value = 5 * adaptation if adaptation else ADAPTATION
    advice = f"finals.adaptation={min(value, MOST):g}"
    advice = advice if told[0].kind == CONFORMAL else f"finals.intervals=conformal {advice}"
    return [
        f"{found}. Expect as few in service, or let the level follow what was missed: the same command with "
        f"{advice} trains nothing anew."
    ]


def _misses_far_more(interval: ForecastInterval) -> bool:
    """Whether it misses many times as many targets as it should, of errors that have grown: no accident of few rows."""
    missed = 1 - interval.coverage
    return interval.least > 0 and interval.growth >= GREW and missed > FAR * (1 - interval.level)
