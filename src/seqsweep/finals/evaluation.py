"""The one evaluation on the test part: the winner's network and every baseline on the same items, counted."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from seqsweep.errors import StateError
from seqsweep.finals.conclusion import TestEvaluation
from seqsweep.finals.networks import Trained
from seqsweep.finals.selection import scored_name
from seqsweep.memory import give_back
from seqsweep.search import Problem
from seqsweep.state_files import MEND, write_bytes
from seqsweep.tasks import Audit, Predictions, TestPredictions
from seqsweep.trial import Network

ARRAYS = "test_predictions.npz"
"""Its file in the sweep's folder."""

MORE = "more_"
"""Begins the name of each array that the task keeps beside the predictions."""


def judge(
    problem: Problem,
    scored: Trained,
    networks: Sequence[str],
    number: int,
    held: Trained | None = None,
    calibration: Sequence[str] = (),
) -> tuple[Audit, TestEvaluation, TestPredictions]:
    """Audit the winner for leaks, and score it on the test part; to be called where TensorFlow is.

    Args:
        problem: the sweep's.
        scored: the winner, or several networks of it.
        networks: the final runs that trained it.
        number: of this evaluation on this data.
        held: the same, trained without the end of train; None: there is none.
        calibration: the final runs that trained it.
    """
    network = scored.network(problem)
    # The sweep's own pipeline, with the winner's parameters and network.
    verdict = problem.task.audit(problem.data, network.params, lambda view, items: network.predict(items, view))
    give_back()  # the audit held the data set more than once
    without_end = None if held is None else held.network(problem)
    return verdict, *_evaluated(problem, network, networks, number, without_end, calibration)


def _evaluated(
    problem: Problem,
    network: Network,
    networks: Sequence[str],
    number: int,
    held: Network | None,
    calibration: Sequence[str],
) -> tuple[TestEvaluation, TestPredictions]:
    """The scores of a network on the test part, beside those of every baseline; arguments as of `judge`."""
    task, data, objective = problem.task, problem.data, problem.objective
    items = data.split().test
    made, actual = data.baselines(items), data.actual(items)
    baselines = {name: data.score(actual, answer, items=items) for name, answer in made.items()}
    best = objective.best_of(baselines)
    reference = made[best] if best is not None else None
    seen = _predictions(problem, network, reference, held)
    predicted = seen.test_predicted
    own, confidence = data.score(actual, predicted, items=items), problem.config.finals.confidence
    return TestEvaluation(
        number=number,
        at=time.time(),
        sha256=data.sha256,
        run=scored_name(networks),
        networks=tuple(networks),
        scores=own,
        baselines=baselines,
        best_baseline=best,
        skill=objective.skill(own[objective.name], baselines[best][objective.name]) if best else None,
        comparison=None
        if reference is None
        else task.compare_on(data, items, actual, predicted, reference, confidence),
        details={**task.details(data, seen), **task.examples(data, network.view, network.params, network.call)},
        levels=tuple(problem.config.finals.levels),
        confidence=confidence,
        validation=data.score(seen.validation_actual, seen.validation_predicted, items=seen.validation_items)[
            objective.name
        ],
        baseline_validation=problem.baselines[best][objective.name] if best else None,
        adaptation=problem.config.finals.adaptation,
        intervals=problem.config.finals.intervals,
        calibration=tuple(calibration),
    ), seen


def _predictions(
    problem: Problem, network: Network, reference: Predictions | None, held: Network | None
) -> TestPredictions:
    """What the network says of validation and test, beside the best baseline's predictions of test.

    And what `held` says of the items that it was trained without.
    """
    items = problem.task.calibration(problem.data) if held is not None else None
    data = problem.data
    validation, test = data.split().validation, data.split().test
    return TestPredictions(
        validation_items=validation,
        validation_actual=data.actual(validation),
        validation_predicted=network.predict(validation),
        test_items=test,
        test_actual=data.actual(test),
        test_predicted=network.predict(test),
        test_baseline=reference,
        calibration_actual=data.actual(items) if items is not None else None,
        calibration_predicted=held.predict(items) if held is not None and items is not None else None,
        more={**problem.task.kept_arrays(data), **problem.task.inside(network.view, network.branches, test)},
    )


def save_test_predictions(folder: Path, seen: TestPredictions) -> None:
    """Keep the arrays in the sweep's folder.

    Args:
        folder: of the sweep.
        seen: arrays of validation and test, items first.

    Raises:
        StateError: the disk refuses.
    """
    arrays = {name: array for name, array in vars(seen).items() if name != "more" and array is not None}
    arrays |= {f"{MORE}{name}": array for name, array in seen.more.items()}
    packed = io.BytesIO()
    np.savez_compressed(packed, **arrays)
    write_bytes(folder / ARRAYS, packed.getvalue())


def load_test_predictions(folder: Path) -> TestPredictions | None:
    """The arrays in the sweep's folder; None: the test part was not read.

    Raises:
        StateError: the file is truncated or foreign.
    """
    file = folder / ARRAYS
    if not file.exists():
        return None
    try:
        with file.open("rb") as opened, np.load(opened) as content:  # what is no archive would be left open
            arrays = {name: content[name] for name in content.files}
        more = {name.removeprefix(MORE): arrays.pop(name) for name in list(arrays) if name.startswith(MORE)}
        return TestPredictions(**{"test_baseline": None, **arrays, "more": more})
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else "truncated or damaged"
        raise StateError(f"{file}: these are no predictions of a winner ({said}); {MEND}") from error
