"""The one evaluation on the test part: the winner's network and every baseline on the same targets, counted."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from seqsweep.baselines import BASELINES, best, scores
from seqsweep.evidence import coverage, diebold_mariano, half_widths, loss_of
from seqsweep.finals.conclusion import CONCLUSION, ForecastInterval, TestEvaluation, load
from seqsweep.metrics import skill
from seqsweep.serving.array_types import Float64s
from seqsweep.state_files import write_bytes
from seqsweep.sweep import Problem
from seqsweep.trial import Network

ARRAYS = "test_forecasts.npz"
"""Its file in the sweep's folder."""


@dataclass(frozen=True)
class TestForecasts:
    """What was seen: forecasts (n, horizon) of validation and test beside what happened, in the unit of the data."""

    __test__: ClassVar = False  # of pytest, which would take it for a test by its name

    validation_origins: NDArray[np.int64]
    validation_actual: Float64s
    validation_forecast: Float64s
    test_origins: NDArray[np.int64]
    test_actual: Float64s
    test_forecast: Float64s
    test_baseline: Float64s  # of the best baseline; empty where there is none
    index: NDArray[np.generic]  # (time,), times or row numbers of the series


def evaluate_on_test(problem: Problem, network: Network, run: str, number: int) -> tuple[TestEvaluation, TestForecasts]:
    """Score a network on the test part.

    Args:
        problem: the sweep's.
        network: the winner's.
        run: the final run that trained it.
        number: of this evaluation on this data.
    """
    task, origins = problem.config.task, problem.split.test
    actual, forecast = problem.past.actual(origins), network.forecast(origins)
    baselines = scores(problem.past, origins, actual, task.metrics, problem.mase_scale)
    best_baseline = best(baselines, task.objective)
    own = problem.task.score(actual, forecast)
    reference = BASELINES[best_baseline](problem.past, origins) if best_baseline is not None else None
    loss = loss_of(task.objective)
    confidence = problem.config.finals.confidence
    seen = problem.split.validation
    forecasts = TestForecasts(
        validation_origins=seen,
        validation_actual=problem.past.actual(seen),
        validation_forecast=network.forecast(seen),
        test_origins=origins,
        test_actual=actual,
        test_forecast=forecast,
        test_baseline=np.empty((0, task.horizon)) if reference is None else reference,
        index=problem.series.index,
    )
    return TestEvaluation(
        number=number,
        at=time.time(),
        sha256=problem.series.sha256,
        run=run,
        scores=own,
        baselines=baselines,
        best_baseline=best_baseline,
        skill=skill(own[task.objective], baselines[best_baseline][task.objective]) if best_baseline else None,
        loss=loss,
        comparison=diebold_mariano(actual, forecast, reference, loss, confidence) if reference is not None else None,
        intervals=_intervals(forecasts, problem.config.finals.levels),
        validation=problem.task.score(forecasts.validation_actual, forecasts.validation_forecast)[task.objective],
        baseline_validation=problem.baselines[best_baseline][task.objective] if best_baseline else None,
    ), forecasts


def save_test_forecasts(folder: Path, forecasts: TestForecasts) -> None:
    """Keep the arrays in the sweep's folder.

    Raises:
        StateError: the disk refuses.
    """
    import io

    packed = io.BytesIO()
    np.savez_compressed(packed, **vars(forecasts))
    write_bytes(folder / ARRAYS, packed.getvalue())


def evaluations_before(folder: Path, sha256: str) -> int:
    """Test evaluations on this data, by all sweeps beside `folder` and by its own.

    Raises:
        StateError: a conclusion cannot be read.
    """
    others = (load(file.parent) for file in folder.parent.glob(f"*/{CONCLUSION}"))
    return sum(evaluation.sha256 == sha256 for other in others if other is not None for evaluation in other.evaluations)


def _intervals(forecasts: TestForecasts, levels: list[float]) -> tuple[ForecastInterval, ...]:
    widths = half_widths(forecasts.validation_actual - forecasts.validation_forecast, levels)
    seen = {level: coverage(forecasts.test_actual, forecasts.test_forecast, width) for level, width in widths.items()}
    return tuple(
        ForecastInterval(level, tuple(widths[level].tolist()), seen[level].share, seen[level].width) for level in levels
    )
