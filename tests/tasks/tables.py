"""Small tables of labelled items for the tests of classification."""

from __future__ import annotations

import numpy as np
import pandas as pd

COLUMNS = [f"x{k}" for k in range(6)]


def waves(rows: int = 120, seed: int = 0) -> pd.DataFrame:
    """Six numbers that rise, fall, or do neither, with noise; a label, and who drew them."""
    random = np.random.default_rng(seed)
    kind = np.arange(rows) % 3
    slope = np.array([-1.0, 0.0, 1.0])[kind][:, None] * np.linspace(-2, 2, 6)
    frame = pd.DataFrame((slope + 0.4 * random.normal(size=(rows, 6))).round(4), columns=COLUMNS)
    return frame.assign(label=np.array(["falls", "flat", "rises"])[kind], who=[f"w{k // 7}" for k in range(rows)])
