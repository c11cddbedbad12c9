"""What the code that travels with a model is told: all that turns raw values into a forecast, and its origin."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from seqsweep.data import Series
from seqsweep.events import TrialSpec
from seqsweep.finals import Conclusion, TestEvaluation
from seqsweep.schema import SweepConfig
from seqsweep.windows import Windows

FORMAT = 1
"""Of spec.json; the code that reads it lies beside it."""


@dataclass(frozen=True)
class PackagedLineage:
    """Where a packaged network comes from: the final run that trained it, and the number of its test evaluation."""

    run: str
    test_evaluation: int


@dataclass(frozen=True)
class Packaged:
    """What is read of spec.json outside the code that travels with it."""

    lineage: PackagedLineage


def make_spec(
    series: Series,
    spec: TrialSpec,
    windows: Windows,
    conclusion: Conclusion,
    evaluation: TestEvaluation,
    config: SweepConfig,
    lineage: dict[str, str],
) -> dict[str, Any]:
    """The content of spec.json, of plain JSON values."""
    return {
        "format": FORMAT,
        "series": series.name,
        "columns": list(series.columns),
        "window": windows.window,
        "horizon": windows.horizon,
        "anchor": spec.params.anchor,
        "transform": windows.transform.to_json(),
        "half_widths": finite_half_widths(evaluation),
        "time": config.data.time,
        "frequency": series.frequency if series.index.dtype.kind == "M" else None,
        "csv": {"separator": config.data.separator, "encoding": config.data.encoding},
        "data": {
            "sha256": series.sha256,
            "rows": series.rows,
            "first": str(series.index[0]),
            "last": str(series.index[-1]),
            "train_end": windows.split.train_end,
            "validation_end": windows.split.validation_end,
        },
        "lineage": {
            "study": conclusion.study,
            "sweep": conclusion.fingerprint,
            "run": evaluation.run,
            "test_evaluation": evaluation.number,
            "seed": spec.seed,
            **lineage,
        },
    }


def finite_half_widths(evaluation: TestEvaluation) -> dict[str, list[float]]:
    """Level → half widths (horizon,); a level whose interval is infinite says nothing, and JSON has no infinity."""
    return {
        f"{interval.level:g}": list(interval.half_widths)
        for interval in evaluation.intervals
        if all(math.isfinite(width) for width in interval.half_widths)
    }
