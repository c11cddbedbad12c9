"""Small tables of texts to be said, for the tests of the tasks that say them."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd

NAMES = {"red": "al", "blue": "Mavi", "green": "yeşil", "black": "siyah", "white": "beyaz"}
THINGS = {"car": "araba", "house": "ev", "tree": "ağaç", "dog": "köpek", "book": "kitap", "sea": "deniz"}


def pairs(copies: int = 1) -> pd.DataFrame:
    """60 phrases and what they are in Turkish; with more copies, some more of each with another mark at the end."""
    rows = [
        (f"A {colour} {thing}{mark}", f"{NAMES[colour]} bir {THINGS[thing]}{mark}")
        for mark, colour, thing in product((".", "!", "?", "…")[: 2 * copies], NAMES, THINGS)
    ]
    return pd.DataFrame(rows, columns=["english", "turkish"])


def squares(rows: int = 120) -> pd.DataFrame:
    """Nine numbers, three by three, one line of which is bright, and its name."""
    random = np.random.default_rng(0)
    line = np.arange(rows) % 3
    values = random.uniform(0, 0.5, (rows, 3, 3))
    values[np.arange(rows), line] += 4
    frame = pd.DataFrame(values.reshape(rows, 9).round(3), columns=[f"p{k}" for k in range(9)])
    return frame.assign(caption=np.array(["Top", "middle", "bottom!"])[line])
