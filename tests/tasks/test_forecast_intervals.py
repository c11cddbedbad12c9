"""Intervals around forecasts: what a package may carry of them."""

from __future__ import annotations

import math

from seqsweep.tasks.forecast.intervals import ForecastInterval, finite_half_widths


def test_a_level_that_is_endless_at_any_step_is_not_packaged():
    known = [
        ForecastInterval(0.8, (1.0, 2.0), 0.8, 3.0),
        ForecastInterval(0.95, (3.0, math.inf), 1.0, math.inf),
        ForecastInterval(0.99, (math.inf, math.inf), 1.0, math.inf),
    ]
    assert finite_half_widths(known) == {"0.8": [1.0, 2.0]}
