"""The model card: what whoever meets the model in a registry must know before they trust it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from seqsweep.finals import Conclusion, Finalist, TestEvaluation
from seqsweep.metrics import sort_key
from seqsweep.schema import SweepConfig
from seqsweep.words import (
    column_title,
    counted,
    how_sure,
    in_words,
    nth_evaluation,
    percent,
    scored,
    share,
    significant,
)

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
            f"- leak audit: {conclusion.audit.said if conclusion.audit is not None else 'not made'}",
        ]
    )


def _scores(evaluation: TestEvaluation, conclusion: Conclusion) -> str:
    objective = conclusion.objective
    names = list(evaluation.scores)
    rows = [["this model", *(significant(evaluation.scores[name]) for name in names)]]
    ranked = sorted(evaluation.baselines, key=lambda name: sort_key(objective, evaluation.baselines[name][objective]))
    rows += [[in_words(name), *(significant(evaluation.baselines[name][m]) for m in names)] for name in ranked]
    lines = ["## Scores on the test part", "", *_table(["", *map(column_title, names)], rows), ""]
    standing = evaluation.standing(objective)
    lines += [f"Trials were ranked by {in_words(objective)}. {scored(standing, 'test')}", how_sure(standing)]
    if evaluation.skill is not None:
        lines.append(f"Skill over the best baseline: {percent(evaluation.skill)}.")
    return "\n".join([*lines, nth_evaluation(evaluation.number)])


def _intervals(evaluation: TestEvaluation) -> str:
    lines = ["## Intervals", ""]
    if not evaluation.intervals:
        return "\n".join([*lines, "None."])
    lines.append("Split conformal, from the errors on validation; what they covered on test:")
    rows = [[share(i.level), share(i.coverage), significant(i.width)] for i in evaluation.intervals]
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
        low, high = map(significant, spec["transform"]["clip"])
        limits.append(f"What it sees of the target is clipped to {low} … {high}, the quantiles of train.")
    return "\n".join(["## Limits", "", *(f"- {limit}" for limit in limits)])


def _origin(spec: Mapping[str, Any], conclusion: Conclusion, winner: Finalist) -> str:
    lineage = spec["lineage"]
    settings = ", ".join(f"{name}={value}" for name, value in winner.params.items())
    return "\n".join(
        [
            "## Where it came from",
            "",
            f"- study `{conclusion.study}`, sweep `{conclusion.fingerprint}`, final run `{lineage['run']}`, seed "
            f"{lineage['seed']}; best mean of "
            f"{counted(conclusion.seeds, 'seed')} and {counted(conclusion.folds, 'fold')}",
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
    return "row" if count == 1 else counted(count, "row")


def _names(columns: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in columns)
