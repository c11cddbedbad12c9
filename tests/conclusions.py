"""Sweeps that ended, without the search: one trained network, a conclusion by hand, a package, a run in MLflow."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from seqsweep import finals, package, search
from seqsweep.config import compose
from seqsweep.events import TrialSpec
from seqsweep.evidence import diebold_mariano, half_widths
from seqsweep.finals import conclusion as conclusions
from seqsweep.finals.conclusion import Conclusion, Finalist, TestEvaluation
from seqsweep.schema import SweepConfig
from seqsweep.search import Problem
from seqsweep.search_space.points import complete
from seqsweep.state_files import write_bytes
from seqsweep.tasks import Audit
from seqsweep.tasks.forecast.intervals import ForecastInterval
from seqsweep.trial import Network, Trial, restore
from seqsweep.trial.checkpoint import pack_weights

ALL_AT_ONCE = (  # of what may be done to a series before a network sees it, but for the anchor
    "data.features=[x1]",
    "data.log1p=true",
    "data.clip_quantile=0.9",
    "data.difference=1",
    "data.seasonal_difference=1",
    "data.season=12",
    "task.horizon=3",
)

SMALL = (
    "executor=inline",
    "registry.refit=train",  # tests/test_refit.py has the other
    "search_space.layer=gru",
    "search_space.depth=1",
    "search_space.units=8",
    "search_space.window=6",
    "search_space.dropout=0",
    "search_space.learning_rate=0.01",
    "search_space.batch_size=32",
    "task.metrics=[mae,rmse]",
)


class Silent:
    """An observer that shows nothing."""

    def say(self, text: str) -> None: ...

    def describe(self, facts: object) -> None: ...

    def begin(self, *_: object) -> None: ...

    stage = started = epoch = ended = begin

    def finish(self) -> None: ...


@dataclass(frozen=True)
class Made:
    """A sweep that ended, and what its package was made of."""

    config: SweepConfig
    folder: Path
    problem: Problem
    job: Trial
    spec: TrialSpec
    network: Network
    conclusion: Conclusion
    model: Path

    @property
    def fingerprint(self) -> str:
        return self.folder.name


def season(rows: int = 260, seed: int = 0) -> np.ndarray:
    """A noisy season of 12 rows on a level of 50, (rows,)."""
    noise = np.random.default_rng(seed).normal(size=rows)
    return 50 + 20 * np.sin(np.arange(rows) * 2 * np.pi / 12) + 2 * noise


def write_csv(file: Path, *columns: np.ndarray) -> Path:
    """A file with the columns y, x1, x2 …"""
    names = ["y", *(f"x{i}" for i in range(1, len(columns)))]
    rows = [",".join(f"{value:.6f}" for value in row) for row in zip(*columns, strict=True)]
    file.write_text("\n".join([",".join(names), *rows]) + "\n")
    return file


def make_sweep(
    csv: Path, directory: Path, *overrides: str, epochs: int = 25, skill: float | None = 0.2, study: str = "quickstart"
) -> Made:
    """Train one network, evaluate it on the test part, package it.

    Args:
        csv: the series; its target is `y`.
        directory: of all that runs leave behind.
        overrides: of the study.
        epochs: 0 leaves the network as it was initialised.
        skill: what the evaluation says of it; None: there was no baseline.
        study: a name in `sweeps/`.
    """
    source = ("data=csv", f"data.path={csv}", "data.target=y", f"tracking.directory={directory}")
    config = compose(study, [*source, *SMALL, *overrides]).jobs[0]
    with search.open_sweep(config, Silent()) as context:
        problem, folder = context.problem, context.state.folder
        job = Trial(problem.task, problem.data)
        spec = TrialSpec("0001-s0-f0", complete(config, {}), config.seed, 0, epochs, network=True)
        weights = list(job(spec))[-1].network if epochs else pack_weights(job.model(spec, job.view(spec)))
        write_bytes(context.state.network(spec.trial_id), weights)
        trained = restore(job, spec, weights)
        ended = _conclusion(problem, folder, spec, trained, skill)
        conclusions.save(folder, ended)
        model = package.build(folder, problem, trained, ended)
    return Made(config, folder, problem, job, spec, trained, ended, model)


def rewrite(made: Made, **changes: object) -> Made:
    """The same sweep with another conclusion in its folder."""
    changed = dataclasses.replace(made.conclusion, **changes)
    conclusions.save(made.folder, changed)
    return dataclasses.replace(made, conclusion=changed)


def _conclusion(problem: Problem, folder: Path, spec: TrialSpec, trained: Network, skill: float | None) -> Conclusion:
    data, config, split = problem.data, problem.config, problem.data.split()
    actual, forecast = data.actual(split.test), trained.predict(split.test)
    past, validation = data.actual(split.validation), trained.predict(split.validation)
    scores = data.score(actual, forecast, items=split.test)
    rows = slice(getattr(split, "train_end", None))  # several series have an end each: all of their rows
    mean = np.full_like(actual, trained.view.values[rows, 0].mean())
    objective = config.task.objective
    baseline = {} if skill is None else {"linear": {name: value / (1 - skill) for name, value in scores.items()}}
    widths = half_widths(past - validation, (0.8, 0.95))
    intervals = [asdict(ForecastInterval(level, tuple(width), level, 1.0)) for level, width in widths.items()]
    evaluation = TestEvaluation(
        number=1,
        at=time.time(),
        sha256=data.sha256,
        run=spec.trial_id,
        networks=(spec.trial_id,),
        scores=scores,
        baselines=baseline,
        best_baseline=next(iter(baseline), None),
        skill=skill,
        comparison=diebold_mariano(actual, forecast, mean, "absolute"),
        details={"intervals": intervals},
        levels=(0.8, 0.95),
        confidence=0.95,
        validation=data.score(past, validation, items=split.validation)[objective],
    )
    params = {name: _plain(value) for name, value in dict(spec.params).items()}
    score = evaluation.validation
    winner = Finalist(
        "0001", 1, "1 GRU 8x1", "gru", params, spec.last_epoch, score, (spec.trial_id,), (score,), score, None
    )
    return Conclusion(
        study=config.study,
        fingerprint=folder.name,
        name=f"random-12 {folder.name[:4]}",
        task=config.task.kind,
        data=data.name,
        target=data.target,
        sha256=data.sha256,
        objective=objective,
        seeds=1,
        folds=1,
        finalists=(winner,),
        differences=(),
        evaluations=(evaluation,),
        audit=Audit(True, "noise after each of 1 cut moves nothing before it"),
    )


def _plain(value: object) -> object:
    return value[0] if isinstance(value, Sequence) and not isinstance(value, str) else value


def scored_network(context, conclusion):
    """What a conclusion says was scored on the test part, in this process."""
    return finals.scored(context, conclusion)[1].network(context.problem)
