"""Arrays by what they hold, one name each for the whole project."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Float32s: TypeAlias = NDArray[np.float32]
"""What a network takes and puts out."""

Float64s: TypeAlias = NDArray[np.float64]
"""Values in the unit of the data, and figures."""

Int64s: TypeAlias = NDArray[np.int64]
"""Rows, origins, items."""

Index: TypeAlias = NDArray[np.datetime64] | NDArray[np.int64]
"""Times in order: datetime64[ns], in UTC where their zone is known; or whole numbers that count."""
