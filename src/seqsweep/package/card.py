"""The model card: what whoever meets the model in a registry must know before they trust it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from seqsweep.finals import Conclusion, Finalist, TestEvaluation
from seqsweep.schema import SweepConfig

USE = """## Use

Give raw values, the latest row last; clipping, logarithm, differencing, scaling and anchoring are inside. Rows beyond
those that are needed are ignored, and so are further columns. A column `series_id` tells several series apart; each
gets its own forecast."""


def card(spec: Mapping[str, Any], conclusion: Conclusion, config: SweepConfig) -> str:
    """Markdown.

    Args:
        spec: the content of spec.json.
        conclusion: of the sweep; it has an evaluation and a winner.
        config: of the sweep.

    Source: Mitchell et al. (2019), Model Cards for Model Reporting, FAT*.
    """
    evaluation, winner = conclusion.evaluation, conclusion.winner
    assert evaluation is not None and winner is not None
    title = f"# {spec['series']}: {winner.name}"
    purpose = (
        f"Forecasts the next {_rows(spec['horizon'])} of `{spec['columns'][0]}`, in its own unit, from the last "
        f"{_rows(spec['window'] + len(spec['transform']['lags']) - 1)} of {_names(spec['columns'])}."
    )
    parts = [title, purpose, USE, _data(spec, conclusion), _scores(evaluation, conclusion)]
    parts += [_intervals(evaluation), _limits(spec, config), _origin(spec, conclusion, winner)]
    return "\n\n".join(parts) + "\n"


def _data(spec: Mapping[str, Any], conclusion: Conclusion) -> str:
    data = spec["data"]
    return "\n".join(
        [
            "## Data and split",
            "",
            f"- series `{spec['series']}`, {data['rows']:,} rows from {data['first']} to {data['last']}"
            + (f", frequency {spec['frequency']}" if spec["frequency"] else ""),
            f"- sha256 `{data['sha256']}`",
            f"- in the order of time: train rows 1 to {data['train_end']:,}, validation to "
            f"{data['validation_end']:,}, test to {data['rows']:,}; scaler and transform learned from train alone",
            f"- leak audit: {_audit(conclusion)}",
        ]
    )


def _audit(conclusion: Conclusion) -> str:
    if conclusion.audit is None:
        return "not made"
    return "passed" if conclusion.audit.passed else "FAILED: " + "; ".join(conclusion.audit.findings)


def _scores(evaluation: TestEvaluation, conclusion: Conclusion) -> str:
    objective = conclusion.objective
    names = list(evaluation.scores)
    rows = [["this model", *(f"{evaluation.scores[name]:.5g}" for name in names)]]
    ranked = sorted(evaluation.baselines, key=lambda name: evaluation.baselines[name][objective])
    rows += [[name.replace("_", " "), *(f"{evaluation.baselines[name][m]:.5g}" for m in names)] for name in ranked]
    lines = ["## Scores on the test part", "", *_table(["", *names], rows), ""]
    lines.append(f"TestEvaluation {evaluation.number} at the test part of this data. Objective: {objective}.")
    if evaluation.skill is not None and evaluation.best_baseline is not None:
        best = evaluation.best_baseline.replace("_", " ")
        lines.append(f"Skill against the best baseline, {best}: {evaluation.skill:+.1%} (above 0: fewer errors).")
    if evaluation.comparison is not None:
        gap = evaluation.comparison.difference
        lines.append(
            f"Mean difference of losses {gap.mean:.4g}, {gap.level:.0%} interval {gap.low:.4g} to {gap.high:.4g} "
            f"(below 0: the model is better), p = {evaluation.comparison.p_value:.3g}, "
            f"{evaluation.comparison.n} origins."
        )
    return "\n".join(lines)


def _intervals(evaluation: TestEvaluation) -> str:
    lines = ["## Intervals", ""]
    if not evaluation.intervals:
        return "\n".join([*lines, "None."])
    lines.append("Split conformal, from the errors on validation; what they covered on test:")
    rows = [[f"{i.level:g}", f"{i.coverage:.3f}", f"{i.width:.5g}"] for i in evaluation.intervals]
    return "\n".join([*lines, "", *_table(["level", "covered", "mean width"], rows)])


def _limits(spec: Mapping[str, Any], config: SweepConfig) -> str:
    limits = [
        "It knows the series that it was trained on; on others, and on later times that behave otherwise, nothing is "
        "promised. Compare its forecasts with what happened.",
        "Rows must be complete and evenly spaced, in the order of time. It fills no gaps"
        + (f" and does not resample: give rows of frequency {config.data.frequency}" if config.data.frequency else "")
        + ".",
        "Intervals hold if later errors are like those on validation; they do not widen with the unusual.",
    ]
    if spec["transform"]["clip"] is not None:
        low, high = spec["transform"]["clip"]
        limits.append(f"What it sees of the target is clipped to {low:.5g} … {high:.5g}, the quantiles of train.")
    return "\n".join(["## Limits", "", *(f"- {limit}" for limit in limits)])


def _origin(spec: Mapping[str, Any], conclusion: Conclusion, winner: Finalist) -> str:
    lineage = spec["lineage"]
    settings = ", ".join(f"{name}={value}" for name, value in winner.params.items())
    return "\n".join(
        [
            "## Where it came from",
            "",
            f"- study `{conclusion.study}`, sweep `{conclusion.fingerprint}`, final run `{lineage['run']}`, seed "
            f"{lineage['seed']}; best mean of {conclusion.seeds} seeds and {conclusion.folds} folds",
            f"- parameters: {settings}; at most {winner.last_epoch} epochs",
            f"- git commit: {lineage.get('git_commit', 'none')}",
            "- "
            + ", ".join(f"{k.removeprefix('version_')} {v}" for k, v in lineage.items() if k.startswith("version_")),
        ]
    )


def _table(head: list[str], rows: Iterable[list[str]]) -> list[str]:
    cells = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(row) + " |" for row in cells]


def _rows(count: int) -> str:
    return "row" if count == 1 else f"{count} rows"


def _names(columns: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in columns)
