"""Sales of shops by a formula: a week, a trend, promotions that are known ahead, and a feature that tells nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd

SEASON = 7


def shop(name: str, size: float, rows: int, seed: int) -> pd.DataFrame:
    """One of them, to the end of June 2023.

    Args:
        name: in the column `shop`.
        size: that its sales are multiplied by.
        rows: days.
        seed: of promotions and noise.
    """
    random = np.random.default_rng(seed)
    count, promo = np.arange(rows), random.integers(0, 2, rows)
    level = 30 + 0.1 * count + 5 * np.sin(2 * np.pi * count / SEASON) + 8 * promo + random.normal(size=rows)
    days = pd.date_range(end="2023-06-30", periods=rows)
    walk = random.normal(size=rows).cumsum()
    return pd.DataFrame({"shop": name, "day": days, "y": size * level, "x": walk, "promo": promo})
