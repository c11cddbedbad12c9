"""What is wrong with forecasts is told where chance does not explain it, and only there."""

from __future__ import annotations

import numpy as np
import pytest

from seqsweep.tasks.forecast.diagnosis import diagnosis
from seqsweep.tasks.forecast.intervals import ForecastInterval

RANDOM = np.random.default_rng(0).normal(size=(120, 3))
STEP = np.where(np.arange(120)[:, None] < 60, -1.0, 1.0)


def interval(coverage: float) -> ForecastInterval:
    return ForecastInterval(0.8, (1.0, 1.0, 1.0), coverage, 2.0)


@pytest.mark.parametrize(
    ("residuals", "coverage", "said"),
    [
        (RANDOM, 0.8, []),
        (RANDOM + 1, 0.8, ["Forecasts are too low throughout: by "]),
        (RANDOM - 1, 0.8, ["Forecasts are too high throughout: by "]),
        (RANDOM + STEP, 0.8, ["The residuals drift: their mean is -"]),
        (RANDOM, 0.75, []),
        (RANDOM, 0.6, ["80% intervals hold 60% of the test part, fewer than chance explains"]),
        ((RANDOM + STEP)[:19], 0.2, []),  # too few to tell
        (np.zeros((40, 1)), 0.8, []),
        (np.full((40, 1), np.nan), 0.8, []),
    ],
    ids=["well", "low", "high", "drift", "by chance", "narrow", "few", "perfect", "not finite"],
)
def test_what_chance_does_not_explain_is_told(residuals, coverage, said):
    told = diagnosis(residuals, [interval(coverage)], "unit of sales")
    assert len(told) == len(said)
    assert all(text.startswith(start) for text, start in zip(told, said, strict=True))
    assert all("(unit of sales)" in text for text in told if "intervals" not in text)


def test_errors_whose_neighbours_are_alike_seldom_alarm():
    random = np.random.default_rng(1)
    alarms = 0
    for _ in range(300):
        noise, errors = random.normal(size=150), np.zeros(150)
        for i in range(1, 150):
            errors[i] = 0.7 * errors[i - 1] + noise[i]
        alarms += bool(diagnosis(errors[50:, None], [], ""))
    assert alarms <= 18  # 6 in 100: two questions, each at three standard errors that are themselves estimated
