"""The winner's forecasts of the test part, beside what happened."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seqsweep.data.series import Index
from seqsweep.errors import StateError
from seqsweep.serving.array_types import Float64s


@dataclass(frozen=True)
class Forecasts:
    """What was forecast, in the unit of the data.

    Args:
        times: (n, horizon), the index of each target.
        actual: (n, horizon).
        forecast: (n, horizon).
        baseline: (n, horizon), of the best baseline; None: there is none.
    """

    times: Index
    actual: Float64s
    forecast: Float64s
    baseline: Float64s | None

    @property
    def horizon(self) -> int:
        """Rows ahead."""
        return int(self.actual.shape[1])


def read(file: Path) -> Forecasts | None:
    """What a test evaluation left in a file; None: there is no such file.

    Raises:
        StateError: the file is truncated or foreign.
    """
    if not file.exists():
        return None
    try:
        with np.load(file) as arrays:
            actual = arrays["test_actual"]
            origins, steps = arrays["test_origins"], np.arange(1, actual.shape[1] + 1)
            times = arrays["index"][origins[:, None] + steps]  # from origin t the rows t+1 … t+horizon are forecast
            baseline = arrays["test_baseline"] if arrays["test_baseline"].size else None
            return Forecasts(times, actual, arrays["test_forecast"], baseline)
    except (OSError, ValueError, KeyError, IndexError, zipfile.BadZipFile) as error:
        raise StateError(f"{file}: these are no forecasts of a winner ({error}); move it away") from error
