"""What is said of items whose target is a text: the text, and what the true one cost the network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Texts = NDArray[np.void]
"""(n,) with the fields `text`, as it was said or happened; `nll`, nats that the true text cost under teacher forcing,
NaN where who said it gives no probabilities; `count`, pieces of the true text, its end included."""


def texts(said: Sequence[str], nll: Any = np.nan, count: Any = 0) -> Texts:
    """Predictions of one text an item.

    Args:
        said: (n,).
        nll: (n,), or one for all.
        count: (n,), or one for all.
    """
    longest = max((len(text) for text in said), default=1)
    made = np.empty(len(said), [("text", f"U{max(1, longest)}"), ("nll", np.float64), ("count", np.int64)])
    made["text"], made["nll"], made["count"] = said, nll, count
    return made
