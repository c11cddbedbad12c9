"""The model card: what whoever meets the model in a registry must know before they trust it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seqsweep.finals import Conclusion
from seqsweep.html import Markup, environment
from seqsweep.schema import SweepConfig
from seqsweep.words import (
    column_title,
    counted,
    how_sure,
    in_words,
    moment,
    nth_evaluation,
    percent,
    ranking,
    scored,
    share,
    significant,
)

TEMPLATE = "model_card.md.j2"


def card(spec: Mapping[str, Any], conclusion: Conclusion, config: SweepConfig) -> str:
    """Markdown.

    Args:
        spec: the content of spec.json.
        conclusion: of the sweep; it has an evaluation and a winner.
        config: of the sweep.

    Source: Mitchell et al. (2019), Model Cards for Model Reporting, FAT*.
    """
    evaluation, winner, metric = conclusion.evaluation, conclusion.winner, conclusion.objective
    assert evaluation is not None and winner is not None
    metrics, standing, lineage = list(evaluation.scores), evaluation.standing(metric), spec["lineage"]
    ranked = ranking("this model", evaluation.scores, evaluation.baselines, evaluation.best_baseline, metric, metrics)
    skill = [f"Skill over the best baseline: {percent(standing.skill)}."] if standing.skill is not None else []
    return (
        environment(Path(__file__).parent, code=code, moment=moment, rows=rows)
        .get_template(TEMPLATE)
        .render(
            spec=spec,
            conclusion=conclusion,
            winner=winner,
            ahead=_without_one(spec["horizon"]),
            back=_without_one(spec["window"] + len(spec["transform"]["lags"]) - 1),
            audit=conclusion.audit,
            head=["", *map(column_title, metrics), "skill"],
            scores=[[who, *cells] for who, _, cells in ranked],
            metric=in_words(metric),
            verdict=[scored(standing, "test"), *skill, how_sure(standing), nth_evaluation(evaluation.number)],
            intervals=[[share(i.level), share(i.coverage), significant(i.width)] for i in evaluation.intervals],
            resampled=config.data.frequency,
            clip=[significant(value) for value in spec["transform"]["clip"] or ()],
            seeds=counted(conclusion.seeds, "seed"),
            folds=counted(conclusion.folds, "fold"),
            parameters=[f"{name}={value}" for name, value in winner.params.items()],
            versions=[f"{k.removeprefix('version_')} {v}" for k, v in lineage.items() if k.startswith("version_")],
        )
    )


def rows(count: int) -> str:
    """`1 row`, `1,200 rows`."""
    return counted(count, "row")


def _without_one(count: int) -> str:
    """What stands behind `the next`: `row`, `3 rows`."""
    return "row" if count == 1 else rows(count)


def code(text: object) -> Markup:
    """A code span of Markdown, in which nothing is markup; its fence is longer than any in the text."""
    words = " ".join(str(text).split())
    fence = "`" * (1 + max(map(len, re.findall("`+", words)), default=0))
    space = " " if "`" in words else ""
    return Markup(f"{fence}{space}{words}{space}{fence}")
