"""Data that a formula makes, so that it is known what a forecast can know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seqsweep.data.sources import BUNDLED, TIME

if TYPE_CHECKING:
    import pandas as pd

SHOPS, DAYS = 12, 500
PROMOTED = 0.12
"""Of the days."""


@BUNDLED.register
def shops() -> pd.DataFrame:
    """Daily sales of 12 shops from 2023-01-01 on, the smallest of some 20 a day and the largest of some 3,000.

    Shop s opens on day 6 s and sells

        20 * 1.58^s * week(day) * (1 + 0.0004 day) * (1 + 0.9 promo * quiet) * exp(0.05 e)

    with e standard normal, promo 1 on 12 % of its days, drawn by itself, week from 0.8 on Mondays to 1.3 on Saturdays,
    and quiet 1 from Monday to Thursday, else 0.4: what a promotion is worth depends on its day, which no sum can say.
    """
    import pandas as pd

    random = np.random.default_rng(0)
    week, parts = np.array([0.8, 0.85, 0.9, 0.95, 1.1, 1.3, 1.1]), []
    for shop in range(SHOPS):
        day = np.arange(6 * shop, DAYS)
        times = np.datetime64("2023-01-01", "ns") + day * np.timedelta64(1, "D")
        weekday = (day + 6) % 7  # the first day is a Sunday
        promo = (random.random(len(day)) < PROMOTED).astype(np.int64)
        worth = 1 + 0.9 * promo * np.where(weekday < 4, 1.0, 0.4)
        level = 20 * 1.58**shop * week[weekday] * (1 + 0.0004 * day)
        sales = level * worth * np.exp(0.05 * random.normal(size=len(day)))
        parts.append(pd.DataFrame({"shop": f"shop {shop:02}", TIME: times, "sales": sales.round(2), "promo": promo}))
    return pd.concat(parts, ignore_index=True)
