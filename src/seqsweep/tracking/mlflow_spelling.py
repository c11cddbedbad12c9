"""How MLflow spells sweeps and trials: statuses, parameters, metrics, tags. No other package knows it.

The memory tracker spells them the same way; `reading` is the way back.
"""

from __future__ import annotations

import json
import math
import posixpath
import re
from collections.abc import Iterable, Mapping

from seqsweep.records import TrialRecord, Value

RUN_STATUS = {"COMPLETED": "FINISHED", "PRUNED": "FINISHED", "FAILED": "FAILED"}
"""What MLflow calls the end of a trial; of one that was pruned a tag says so."""

PRUNED_AT = "pruned_at_epoch"
"""The tag of a trial that was pruned; it has curves, and no `best_NAME` that would rank it among the others."""

NAME = "name"
"""The tag of a trial that says its whole name: that of its run is a short one."""

NOTE = "mlflow.note.content"
"""The tag that MLflow shows as the description of a run or an experiment."""

EVALUATION = "test_evaluation_number"
EVALUATED_AT = "test_evaluation_at"
"""The tag of a sweep whose winner was scored on the test part: the how-manieth evaluation on this data that was."""

PARENT = "mlflow.parentRunId"
"""The tag that nests a run in another."""

LOG_RATE = "log10_lr"
"""The parameter that a run has beside `learning_rate`, see `plain_params`."""

LAST_EPOCH = "last_epoch"
"""The parameter that is none of the network, but of its training."""

TAGS = ("seed", "origin", "continues", "final_of", "note", "kernels", "threads", "cause", "reason")
"""Fields of a record that are tags where they have a value, beside `fold` of a final run and `retries`."""

OF_A_SWEEP = (
    "trials", "failed", "pruned", "seconds", "seconds_tracking", "val_skill", "final_mean", "final_std", "test_skill",
    "test_p_value",
)  # fmt: skip
"""Figures that are metrics of a sweep's run, beside those of its objective; METRICS holds all of them."""

METRICS = "metrics.json"
"""The file of a sweep's run that holds every figure, with all its digits."""

DIGITS = 5
"""Significant ones of a score that is there to be seen."""

FIGURES = ("epochs", "best_epoch", "parameter_count", "duration", "latency_ms", "latency_spread_ms")
"""Fields of a record that are metrics where they have a value, beside `seconds_NAME`."""

SECONDS = "seconds_"
BEST = "best_"

LONGEST_NAME = 250  # characters; MLflow's limit


def check_names(names: Iterable[str], kind: str) -> None:
    """Nothing, if the store takes every one of `names`.

    Checked here and not by the store, so that a bad name shows with the memory tracker too, and before the first write.

    Args:
        names: of parameters, metrics or tags.
        kind: what they name, for the message.

    Raises:
        ValueError: a name is empty, too long, looks like a path that leads elsewhere, or holds a character
            other than letters, digits, blanks and `_ - . / :`.
    """
    for name in names:
        if not re.fullmatch(r"[\w\-. /:]+", name):
            raise ValueError(f"{kind} {name!r}: a name holds letters, digits, blanks and _ - . / : alone")
        path = posixpath.normpath(name)
        if path != name or path.startswith(("/", "..")) or path == ".":
            raise ValueError(f"{kind} {name!r}: the store would read this name as the path {path!r}")
        if len(name) > LONGEST_NAME:
            raise ValueError(f"{kind} {name!r}: a name has at most {LONGEST_NAME} characters, not {len(name)}")


def check_trial(trial: TrialRecord) -> None:
    """Nothing, if the store takes every name of a record.

    Raises:
        ValueError: see `check_names`.
    """
    check_names(trial.params, "parameter")
    for metrics in (trial.metrics, *(epoch.metrics for epoch in trial.curve)):
        check_names(metrics, "metric")


def plain(value: Value) -> str:
    """`value` as a YAML file would spell it: `null`, `true`, `0.001`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def plain_params(params: Mapping[str, Value]) -> dict[str, str]:
    """Parameters as text, with `log10_lr` beside `learning_rate`.

    Charts of parallel coordinates have linear axes, on which all small rates fall together.
    """
    texts = {name: plain(value) for name, value in params.items()}
    rate = params.get("learning_rate")
    if isinstance(rate, int | float) and rate > 0:
        texts[LOG_RATE] = str(round(math.log10(rate), 4))
    return texts


def trial_params(trial: TrialRecord) -> dict[str, str]:
    """The parameters of a trial's run."""
    return plain_params({**trial.params, LAST_EPOCH: trial.last_epoch})


def trial_tags(trial: TrialRecord) -> dict[str, str]:
    """The tags of a trial's run, but for those that name its sweep."""
    tags = {"kind": trial.kind, "trial_id": trial.trial_id, NAME: trial.name}
    tags |= {name: str(getattr(trial, name)) for name in TAGS if getattr(trial, name) not in (None, "")}
    tags |= {"fold": str(trial.fold)} if trial.kind == "final" else {}
    tags |= {PRUNED_AT: str(trial.epochs)} if trial.status == "PRUNED" else {}
    return tags | ({"retries": str(trial.retries)} if trial.retries else {})


def trial_metrics(trial: TrialRecord, objective: str, curves: Iterable[str]) -> dict[str, float]:
    """The final metrics of a trial's run, `best_NAME` for the objective and for each that has a curve.

    Tables show the last value of a curve, and that is seldom the best.

    Args:
        trial: that ended.
        objective: what the sweep ranks by.
        curves: names of metrics that have one point an epoch.
    """
    told = {objective, *curves}
    scores = {} if trial.status == "PRUNED" else trial.metrics
    named = {name: value for name, value in scores.items() if name not in told}
    for name in told & scores.keys():
        # Where the curve holds the very value, `reading` takes it from there, and the table shows a short one.
        exact = any(p.epoch == trial.best_epoch and p.metrics.get(name) == scores[name] for p in trial.curve)
        named[best_name(name)] = rounded(scores[name]) if exact else scores[name]
    named |= {name: getattr(trial, name) for name in FIGURES if getattr(trial, name) is not None}
    return named | {f"{SECONDS}{name}": value for name, value in trial.seconds.items()}


def sweep_metrics(metrics: Mapping[str, float], objective: str) -> dict[str, float]:
    """The few figures of a sweep that are metrics of its run, rounded: `best_NAME` for the objective, as of trials.

    Args:
        metrics: by the name that the sweep gives them; the others are in METRICS alone.
        objective: the metric that trials are ranked by; empty: none.
    """
    on_test = objective.replace("val_", "test_", 1)
    shown = {name: value for name, value in metrics.items() if name in (*OF_A_SWEEP, objective, on_test)}
    return {best_name(name) if name == objective else name: rounded(value) for name, value in shown.items()}


def metrics_file(metrics: Mapping[str, float]) -> str:
    """All figures of a sweep as JSON, a line each; NaN and infinity as texts, which JSON has no numbers for."""
    plain = {name: value if math.isfinite(value) else str(value) for name, value in metrics.items()}
    return json.dumps(plain, indent=2)


def rounded(value: float) -> float:
    """To DIGITS; tables of MLflow show as many as there are."""
    return float(f"{value:.{DIGITS}g}")


def best_name(metric: str) -> str:
    """The name that a trial's and its sweep's best value of `metric` share, so that one column shows both."""
    return f"{BEST}{metric}"


def split_finite(metrics: Mapping[str, float]) -> tuple[dict[str, float], dict[str, str]]:
    """The numbers among `metrics`, and the others as tags: `val_mae=inf`.

    MLflow stores infinity as 1.8e308, which flattens every chart, and shows NaN as if it were a value.
    """
    numbers = {name: float(value) for name, value in metrics.items() if math.isfinite(value)}
    oddities = {name: str(float(value)) for name, value in metrics.items() if not math.isfinite(value)}
    return numbers, oddities
