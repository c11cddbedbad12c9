"""What is wrong with forecasts is told where chance does not explain it, and only there."""

from __future__ import annotations

import numpy as np
import pytest

from seqsweep.tasks.forecast.diagnosis import diagnosis

RANDOM = np.random.default_rng(0).normal(size=(120, 3))
STEP = np.where(np.arange(120)[:, None] < 60, -1.0, 1.0)


@pytest.mark.parametrize(
    ("residuals", "said"),
    [
        (RANDOM, []),
        (RANDOM + 1, ["Forecasts are too low throughout: by "]),
        (RANDOM - 1, ["Forecasts are too high throughout: by "]),
        (RANDOM + STEP, ["The residuals drift: their mean is -"]),
        ((RANDOM + STEP)[:19], []),  # too few to tell
        (np.zeros((40, 1)), []),
        (np.full((40, 1), np.nan), []),
    ],
    ids=["well", "low", "high", "drift", "few", "perfect", "not finite"],
)
def test_what_chance_does_not_explain_is_told(residuals, said):
    told = diagnosis(residuals, "unit of sales")
    assert len(told) == len(said)
    assert all(text.startswith(start) for text, start in zip(told, said, strict=True))
    assert all("(unit of sales)" in text for text in told)


def test_errors_whose_neighbours_are_alike_seldom_alarm():
    random = np.random.default_rng(1)
    alarms = 0
    for _ in range(300):
        noise, errors = random.normal(size=150), np.zeros(150)
        for i in range(1, 150):
            errors[i] = 0.7 * errors[i - 1] + noise[i]
        alarms += bool(diagnosis(errors[50:, None], ""))
    assert alarms <= 18  # 6 in 100: of two questions, each at three standard errors that are themselves estimated
