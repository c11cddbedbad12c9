"""The one look at the test part: the winner's network and every baseline on the same targets, recorded and counted."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqsweep.baselines import BASELINES, best, scores
from seqsweep.evidence import coverage, diebold_mariano, half_widths, loss_of
from seqsweep.finals.conclusion import CONCLUSION, ForecastInterval, Look, load
from seqsweep.metrics import skill
from seqsweep.sweep import Problem, write_bytes
from seqsweep.trial import Network

ARRAYS = "look.npz"
"""Its file in the sweep's folder."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Sight:
    """What was seen: forecasts (n, horizon) of validation and test beside what happened, in the unit of the data."""

    validation_origins: NDArray[np.int64]
    validation_actual: Floats
    validation_forecast: Floats
    test_origins: NDArray[np.int64]
    test_actual: Floats
    test_forecast: Floats
    test_baseline: Floats  # of the best baseline; empty where there is none
    index: NDArray[np.generic]  # (time,), times or row numbers of the series


def look(problem: Problem, network: Network, run: str, number: int) -> tuple[Look, Sight]:
    """Score a network on the test part.

    Args:
        problem: the sweep's.
        network: the winner's.
        run: the final run that trained it.
        number: of this look at this data.
    """
    task, origins = problem.config.task, problem.layout.test
    actual, forecast = problem.past.actual(origins), network.forecast(origins)
    baselines = scores(problem.past, origins, actual, task.metrics, problem.scale)
    best_baseline = best(baselines, task.objective)
    own = problem.task.score(actual, forecast)
    reference = BASELINES[best_baseline](problem.past, origins) if best_baseline is not None else None
    loss = loss_of(task.objective)
    confidence = problem.config.finals.confidence
    seen = problem.layout.validation
    sight = Sight(
        validation_origins=seen,
        validation_actual=problem.past.actual(seen),
        validation_forecast=network.forecast(seen),
        test_origins=origins,
        test_actual=actual,
        test_forecast=forecast,
        test_baseline=np.empty((0, task.horizon)) if reference is None else reference,
        index=problem.series.index,
    )
    return Look(
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
        intervals=_intervals(sight, problem.config.finals.levels),
        validation=problem.task.score(sight.validation_actual, sight.validation_forecast)[task.objective],
        baseline_validation=problem.baselines[best_baseline][task.objective] if best_baseline else None,
    ), sight


def save_sight(folder: Path, sight: Sight) -> None:
    """Keep the arrays in the sweep's folder.

    Raises:
        StateError: the disk refuses.
    """
    import io

    packed = io.BytesIO()
    np.savez_compressed(packed, **vars(sight))
    write_bytes(folder / ARRAYS, packed.getvalue())


def looks_before(folder: Path, sha256: str) -> int:
    """Looks at the test part of this data, by all sweeps beside `folder` and by its own.

    Raises:
        StateError: a conclusion cannot be read.
    """
    others = (load(file.parent) for file in folder.parent.glob(f"*/{CONCLUSION}"))
    return sum(look.sha256 == sha256 for other in others if other is not None for look in other.looks)


def _intervals(sight: Sight, levels: list[float]) -> tuple[ForecastInterval, ...]:
    widths = half_widths(sight.validation_actual - sight.validation_forecast, levels)
    seen = {level: coverage(sight.test_actual, sight.test_forecast, width) for level, width in widths.items()}
    return tuple(
        ForecastInterval(level, tuple(widths[level].tolist()), seen[level].share, seen[level].width) for level in levels
    )
