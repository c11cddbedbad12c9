"""Folders of finished sweeps, made up without training, for the tests of the page that reports them."""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from seqsweep import finals
from seqsweep.config import to_yaml
from seqsweep.events import Cause, Epoch
from seqsweep.evidence import Interval, diebold_mariano, half_widths
from seqsweep.evidence.conformal import coverage
from seqsweep.finals import Conclusion, Difference, Finalist, TestEvaluation
from seqsweep.html import theme
from seqsweep.records import TrialRecord
from seqsweep.schema import SweepConfig
from seqsweep.search import Identity, Outcome, SweepState, load_outcome
from seqsweep.search.outcome import BEGUN, save_outcome
from seqsweep.state_files import write_text
from seqsweep.tasks import Audit, Facts, FactTable, Picture
from seqsweep.tasks.forecast.intervals import ForecastInterval
from seqsweep.tasks.forecast.metrics import METRICS

ROWS = 240
FACTS = Facts(
    name="shop",
    summary=("shop: 240 rows of sales", "rows: train 144, validation 48, test 48"),
    tables=(
        FactTable("columns", "Columns", (("sales <b>", "number"),), ("column", "type")),
        FactTable("time", "Time", (("zone", "none is named"),)),
    ),
    pictures=(
        Picture(
            "The series and its parts",
            [{"x": [1, 2, 3], "y": [1.0, None, 2.5], "name": "sales", "mode": "lines"}],
            theme.axis("row"),
            theme.axis("sales (unit of the data)"),
            note="Every row is drawn.",
        ),
    ),
    notes=("7 values were missing <b>",),
)
CAUSES = (
    (Cause.DIVERGED, "loss became nan in epoch 3"),
    (Cause.ERROR, "out of memory"),
    (Cause.TIME_LIMIT, "took over 60 s"),
)


def finished_sweep(
    folder: Path,
    config: SweepConfig,
    *,
    trials: int = 30,
    failing: float = 0.1,
    constant: bool = False,
    ends: bool = True,
    times: bool = True,
    better: float = 2.0,
    seed: int = 0,
) -> Path:
    """The folder of a sweep that ended.

    Args:
        folder: of the sweep; its name is the fingerprint.
        config: of the sweep.
        trials: of the search.
        failing: the share of them that failed.
        constant: every trial has the same score.
        ends: there were finals and a test evaluation; never where no trial completed.
        times: the index is one of dates, else of row numbers.
        better: how far the network's forecasts are from the baseline's: 0 for none at all.
        seed: of all that is drawn.
    """
    random = np.random.default_rng(seed)
    state = SweepState(folder)
    records = tuple(_trial(number, config, random, failing, constant) for number in range(1, trials + 1))
    for record in records:
        state.write(record)
    write_text(folder / "config.yaml", to_yaml(config))
    state.write_facts(FACTS)
    state.begin(Identity(config.study, config.seed, {}, {}, {}, {}, {}, {}, {}, {}))
    outcome = _outcome(folder, config, records)
    save_outcome(outcome)
    if ends and outcome.ranked:
        _conclude(outcome, random, times, better)
    return folder


def begun_sweep(folder: Path, config: SweepConfig, trials: int = 4) -> Path:
    """The folder of a sweep whose search goes on: some trials have ended, and no outcome is there.

    Args:
        folder: of the sweep.
        config: of the sweep.
        trials: that have ended.
    """
    finished_sweep(folder, config, trials=trials, failing=0.0, ends=False)
    outcome = load_outcome(folder)
    assert outcome is not None  # it was saved a moment ago
    save_outcome(replace(outcome, reason="", trained=0, lineage={}), BEGUN)
    (folder / "outcome.json").unlink()
    return folder


def end_trial(folder: Path, config: SweepConfig, number: int) -> TrialRecord:
    """One more trial of a sweep that goes on.

    Args:
        folder: of the sweep.
        config: of the sweep.
        number: of the trial.
    """
    record = _trial(number, config, np.random.default_rng(number), 0.0, constant=False)
    SweepState(folder).write(record)
    return record


def _trial(
    number: int, config: SweepConfig, random: np.random.Generator, failing: float, constant: bool
) -> TrialRecord:
    layer, depth = str(random.choice(["simple_rnn", "lstm", "gru"])), int(random.choice([1, 2]))
    units = [int(random.choice([8, 16, 32, 64])) for _ in range(depth)]
    rate, dropout, window = 10 ** random.uniform(-3.5, -1.5), float(random.choice([0.0, 0.1, 0.2])), 12
    window *= int(random.choice([1, 2, 4]))
    params: dict[str, Any] = {"layer": layer, "depth": depth}
    params |= {"units": units[0]} if depth == 1 else {"units_1": units[0], "units_2": units[1]}
    params |= {"dropout": dropout, "window": window, "learning_rate": rate, "optimizer": "adam"}
    params |= {"clip_quantile": random.choice([None, 0.99]), "linear_skip": bool(random.random() < 0.5)}
    kind = "SimpleRNN" if layer == "simple_rnn" else layer.upper()
    name = f"trial {number}: {kind}, {' and '.join(map(str, units))} units"
    score = 11 + 3 * abs(math.log10(rate) + 2.4) + (layer == "simple_rnn") + random.gamma(1.0, 0.6)
    score = 12.0 if constant else score
    started = 1.7e9 + 4 * number
    failed = random.random() < failing
    epochs = 3 if failed else int(random.integers(10, 30))
    curve = []
    for epoch in range(1, epochs + 1):
        value = score * (1 + 4 * math.exp(-epoch / 4)) if not failed else 10.0 ** (3 * epoch)
        loss = {"loss": value / 20, "val_loss": value / 16, f"val_{config.task.objective}": value}
        curve.append(Epoch(epoch, {key: 12.0 if constant else v for key, v in loss.items()}, started + 0.1 * epoch))
    common: dict[str, Any] = {"params": params, "curve": tuple(curve), "started": started, "ended": started + 3}
    if failed:
        cause, reason = CAUSES[int(random.integers(3))]
        return TrialRecord(f"{number:04d}", number, name, "FAILED", cause=cause, reason=reason, **common)
    metrics = {f"val_{metric}": score * (1 + 0.3 * i) for i, metric in enumerate(config.task.metrics)}
    metrics |= {f"val_{config.task.objective}": score, "val_skill": 1 - score / 13, "loss": 0.2, "val_loss": 0.3}
    common |= {"epochs": epochs, "best_epoch": epochs - 1, "parameter_count": 1234}
    common["seconds"] = {"building": 0.4, "training": 1.5, "validation": 0.4, "tracing": 0.5}
    return TrialRecord(f"{number:04d}", number, name, "COMPLETED", metrics=metrics, **common)


def _outcome(folder: Path, config: SweepConfig, records: tuple[TrialRecord, ...]) -> Outcome:
    errors = {"last_value": 24.6, "seasonal_naive": 24.2, "linear": 13.0, "train_mean": 41.2}
    return Outcome(
        config=config,
        name=f"random-{len(records)} {folder.name[:4]}",
        fingerprint=folder.name,
        folder=folder,
        data="shop <b>&",  # what data may be called
        target="sales",
        rows=ROWS,
        measure="forecast",
        sha256="ab" * 32,
        records=records,
        baselines={name: dict.fromkeys(config.task.metrics, error) for name, error in errors.items()},
        best_baseline="linear",
        reason=f"{len(records)} of {len(records)} trials",
        trained=len(records),
        seconds=75.0,
        search_seconds=0.4,
        tracking_seconds=1.2,
        disk=2_500_000,
        lineage={"version_keras": "3.15.1", "python": "3.11.2", "git_commit": "0" * 40},
        prior="",
    )


def _conclude(outcome: Outcome, random: np.random.Generator, times: bool, better: float) -> None:
    """Finals of the best three, and a test evaluation."""
    config, state = outcome.config, SweepState(outcome.folder)
    finalists, differences = [], []
    for record in outcome.ranked[:3]:
        score = record.metrics[outcome.objective]
        scores = tuple(score + 0.4 + float(random.normal(0, 0.3)) for _ in range(3))
        runs = tuple(f"{record.trial_id}-s{i}-f0" for i in range(3))
        for run, value in zip(runs, scores, strict=True):
            metrics = {**record.metrics, outcome.objective: value}
            state.write(TrialRecord(run, record.number, record.name, "COMPLETED", record.params, metrics, kind="final"))
        mean, std = float(np.mean(scores)), float(np.std(scores, ddof=1))
        layer, params = str(record.params["layer"]), dict(record.params)
        finalists.append(
            Finalist(record.trial_id, record.number, record.name, layer, params, 30, score, runs, scores, mean, std)
        )
    finalists.sort(key=lambda finalist: finalist.mean or 0.0)
    for other in finalists[1:]:
        gap = (finalists[0].mean or 0.0) - (other.mean or 0.0)
        interval = Interval(gap, gap - 0.8, gap + 0.8, 0.95, 3)
        differences.append(Difference(other.trial_id, other.name, "runner-up", interval))
    evaluation = _evaluation(outcome, random, times, better)
    conclusion = Conclusion(
        study=config.study,
        fingerprint=outcome.fingerprint,
        name=outcome.name,
        task="forecast",
        data=outcome.data,
        target=outcome.target,
        sha256=outcome.sha256,
        objective=config.task.objective,
        seeds=3,
        folds=1,
        finalists=tuple(finalists),
        differences=tuple(differences),
        evaluations=(evaluation,),
        audit=Audit(True, "noise after each of 2 cuts moves nothing before it"),
    )
    finals.save(outcome.folder, conclusion)


def _evaluation(outcome: Outcome, random: np.random.Generator, times: bool, better: float) -> TestEvaluation:
    config, horizon = outcome.config, outcome.config.task.horizon
    rows = np.arange(ROWS)
    series = 50 + 20 * np.sin(rows * 2 * np.pi / 12) + 3 * random.normal(size=ROWS)
    steps = np.arange(1, horizon + 1)
    parts = {"validation": np.arange(150, 190 - horizon), "test": np.arange(189, ROWS - horizon)}
    arrays: dict[str, Any] = {}
    for part, origins in parts.items():
        actual = series[origins[:, None] + steps]
        spread = 2 + 0.4 * steps
        arrays |= {f"{part}_items": origins, f"{part}_actual": actual}
        arrays[f"{part}_predicted"] = actual + spread * random.normal(size=actual.shape)
    shape = arrays["test_actual"].shape
    arrays["test_baseline"] = arrays["test_predicted"] + better * (2 + 0.4 * steps) * random.normal(size=shape)
    start = np.datetime64("2001-01", "M")
    months = (start + rows).astype("datetime64[ns]")
    arrays["more_index"] = months if times else rows
    np.savez_compressed(outcome.folder / finals.ARRAYS, **arrays)
    actual, forecast, baseline = (arrays[f"test_{name}"] for name in ("actual", "predicted", "baseline"))
    scores, reference = (
        {metric: METRICS[metric](actual, values, 5.0) for metric in config.task.metrics}
        for values in (forecast, baseline)
    )
    widths = half_widths(arrays["validation_actual"] - arrays["validation_predicted"], config.finals.levels)
    seen = {level: coverage(actual, forecast, width) for level, width in widths.items()}
    objective = config.task.objective
    return TestEvaluation(
        number=1,
        at=1.7e9,
        sha256=outcome.sha256,
        run=f"{outcome.ranked[0].trial_id}-s0-f0",
        networks=(f"{outcome.ranked[0].trial_id}-s0-f0",),
        scores=scores,
        baselines={"linear": reference, "last_value": dict.fromkeys(config.task.metrics, 30.0)},
        best_baseline="linear",
        skill=METRICS[objective].skill(scores[objective], reference[objective]),
        comparison=diebold_mariano(actual, forecast, baseline, "absolute"),
        details={
            "intervals": [
                asdict(ForecastInterval(level, tuple(widths[level].tolist()), seen[level].share, seen[level].width))
                for level in config.finals.levels
            ]
        },
        levels=tuple(config.finals.levels),
        confidence=config.finals.confidence,
        validation=scores[objective],
    )
